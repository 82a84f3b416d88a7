"""What is read of HTTP/1 at once where it is plain: heads and bodies, the same as the readers of any heads and bodies give."""

from __future__ import annotations

import gzip
import zlib
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from parsers.network.protocols import CutShort
from parsers.network.protocols.http1.contents import PIECE, RATIO_FREE, Content, Solid, span
from parsers.network.protocols.http1.heads import ANSWER_LINE, REQUEST_LINE, FirstLine, Head, head_at, plain_head
from parsers.network.protocols.http1.window import Window
from parsers.network.space import Space
from parsers.network.streams import Pieces, Stream

LINES = (
    b"GET /a?b=1 HTTP/1.1", b"POST * HTTP/1.0", b"GET /a b HTTP/1.1", b"get  /a HTTP/1.1", b" GET / HTTP/1.1", b"GET / HTTP/1.1 ",
    b"HTTP/1.1 200 OK", b"HTTP/1.1 304", b"HTTP/1.1 404 ", b"HTTP/1.0  500 Not so\tgood", b"HTTP/1.1 2000 OK", b"HTTP/1.1 200 \xe9",
    b"GET / HTTP/1.1\x0b", b"", b"M" * 65 + b" / HTTP/1.1",
)  # fmt: skip
FIELDS = (
    b"Host: example.com", b"Content-Length: 12", b"content-length : 3, 3", b"Transfer-Encoding: gzip, Chunked", b"X: a\n b", b"no field",
    b"X:" + b"y" * 300, b"X: \xff", b"Host: again", b"Content-Length: \xb2", b"Content-Length: 99999999999999999999",
)  # fmt: skip
ENDS = (b"\r\n", b"\n", b"\r\r\n", b"\r")


def stream(data: bytes) -> Stream:
    """A stream in pieces of 700 bytes."""
    starts = np.arange(0, len(data), 700)
    columns = np.stack([starts, np.minimum(700, len(data) - starts), starts, np.arange(len(starts))])
    return Stream(Pieces(Space(memoryview(data)), columns, np.array([0, len(starts), len(starts)])), 0)


def told(head: Head) -> tuple[object, ...]:
    found = head.fields
    parts = tuple(part.strip() for part in head.parts)  # the CR behind a reason
    fields = found.values, found.names, found.folded, found.spaced, found.chunked, found.length, found.sound
    return head.begin, head.body, parts, *fields, head.whole


@given(
    st.sampled_from(LINES),
    st.lists(st.sampled_from(FIELDS), max_size=4),
    st.lists(st.sampled_from(ENDS), min_size=6, max_size=6),
)
@example(LINES[0], [FIELDS[0]], [b"\r\n"] * 6)
@example(LINES[6], [FIELDS[0]], [b"\r\n", b"\n", b"\n", b"\r\n", b"\r\n", b"\r\n"])
def test_a_head_read_at_once_is_the_head(line: bytes, fields: list[bytes], ends: list[bytes]) -> None:
    raw = b"".join([part + end for part, end in zip([line, *fields, b""], ends, strict=False)]) + b"body\r\n\r\n"
    for first in (REQUEST_LINE, ANSWER_LINE):
        found = plain_head(Window(stream(raw)), 0, first)
        whole = head_at(Window(stream(raw)), 0, first)
        assert found is None or (whole is not None and told(found) == told(whole))


@pytest.mark.parametrize(("first", "line"), [(REQUEST_LINE, LINES[0]), (ANSWER_LINE, LINES[6])])
def test_usual_heads_are_read_at_once(first: FirstLine, line: bytes) -> None:
    raw = line + b"\r\nHost: example.com\r\n\r\nbody"
    assert plain_head(Window(stream(raw)), 0, first) is not None


def given_by(content: Content) -> tuple[bytes, str | None, bytes | None]:
    got = b""
    try:
        for piece in content():
            got += piece
    except CutShort:
        pass  # what was given before counts; `fault` says why
    return got, content.fault, content.start and content.start[:700]


@given(
    st.binary(max_size=400),
    st.sampled_from(["none", "gzip", "zlib", "deflate", "two members", "padded"]),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=2),
    st.integers(0, 3),
)
@example(bytes(RATIO_FREE + 1), "gzip", [], 0)  # does not fit at once
@example(bytes(RATIO_FREE), "gzip", [], 0)
@example(bytes(4 * PIECE), "zlib", [], 1)
@example(b"", "gzip", [], 0)
def test_a_body_read_at_once_is_the_body(plain: bytes, how: str, changes: list[tuple[int, int]], lost: int) -> None:
    bare = zlib.compressobj(wbits=-15)
    raw = {
        "none": plain,
        "gzip": gzip.compress(plain),
        "zlib": zlib.compress(plain),
        "deflate": bare.compress(plain) + bare.flush(),
        "two members": gzip.compress(plain) + gzip.compress(b"more"),
        "padded": gzip.compress(plain) + bytes(8),
    }[how]
    damaged = bytearray(raw[: len(raw) - lost])
    for at, value in changes:
        if at < len(damaged):
            damaged[at] = value
    assume(damaged)  # a body without a byte carries no file
    source, applied = stream(b"head" + bytes(damaged)), ["gzip"] if how != "none" else []
    expected = given_by(Content(partial(span, source, 4, 4 + len(damaged)), applied))
    assert given_by(Solid(source, 4, len(damaged), applied)) == expected
