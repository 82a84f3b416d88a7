"""Heads of mail: only fields that rows use are kept; parts end at their delimiters, wherever the bytes end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.network.protocols import text
from parsers.network.protocols.mail_headers import HEAD_LINES, READ, head, hops, parameters
from parsers.network.protocols.mail_parts import parts

HEAD = b"""X-Spam: no\r
 folded, of a field that nobody reads\r
SUBJECT : first\r
\tfolded\r
no colon on this line\r
 goes on with nothing\r
subject: second\r
\r
body: no field\r
"""


def test_fields_that_are_read_keep_their_folded_lines_and_no_others() -> None:
    found = head(HEAD, 0, len(HEAD))
    assert found.fields == {"subject": ["first folded", "second"]}
    assert HEAD[found.end :] == b"body: no field\r\n"
    assert all(name == name.lower() for name in READ)


@pytest.mark.parametrize(
    ("raw", "end"),
    [(b"To: a\n\nb\r\n\r\nc", 7), (b"To: a\r\n\r\nb\n\nc", 9), (b"\r\nbody", 2), (b"\nbody", 1), (b"To: a\r\n", 7)],
)
def test_a_head_ends_with_the_first_empty_line(raw: bytes, end: int) -> None:
    assert head(raw, 0, len(raw)).end == end


def by_line(raw: bytes) -> dict[str, list[str]]:
    """The fields of a head, one line after the other."""
    found: dict[str, list[bytes]] = {}
    values: list[bytes] | None = None
    for line in raw.split(b"\n")[:HEAD_LINES]:
        if line[:1] in (b" ", b"\t"):
            if values is not None:
                values[-1] += b" " + line.strip()
            continue
        name, colon, value = line.partition(b":")
        values = None
        if colon and name.strip().lower().decode("latin-1") in READ:
            values = found.setdefault(name.strip().lower().decode(), [])
            values.append(value.strip())
    return {name: [text(value).strip() for value in values] for name, values in found.items()}


@given(
    st.lists(
        st.sampled_from(
            [b"\n", b"\n", b" ", b"\t", b"\v", b"\f", b":", b"a", b"\xff", *(name.title().encode() for name in READ)]
        )
    )
)
def test_a_head_is_read_as_line_by_line(pieces: list[bytes]) -> None:
    raw = b"a" + b"".join(pieces).replace(b"\n\n", b"\n")
    assert head(raw, 0, len(raw)).fields == by_line(raw.partition(b"\n\n")[0])


def test_lines_beyond_what_is_read_of_a_head_are_none() -> None:
    raw = b"X: 1\r\n" * (HEAD_LINES - 1) + b"To: last\r\n folded\r\nCc: beyond\r\n\r\n"
    assert head(raw, 0, len(raw)).fields == {"to": ["last"]} == by_line(raw)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b"from (192.0.2.1:25) by 192.0.2.2.", None),  # with a port, or with a dot behind it, it is none
        (b"id ab192.0.2.1 =192.0.2.3x 1.192.0.2.4 999.0.2.1", "192.0.2.3"),
        (b"[IPv6:2001:db8:0:0:0:0:0:7] at 12:00:00", "2001:db8::7"),
        (b"a" * 60 + b"192.0.2.5", None),
    ],
)
def test_what_looks_nearly_like_an_address(said: bytes, found: str | None) -> None:
    assert hops([said.decode()]) == found


def test_hops_are_addresses_with_or_without_brackets() -> None:
    said = ["from a.example ([192.0.2.7]) by b.example (IPv6:2001:db8::1) id a1b2c3d4; Sat, 28 Nov 2026 12:34:56 +0000"]
    assert hops([*said, "from [192.0.2.7] x192.0.2.9 198.51.100.1"]) == "192.0.2.7,2001:db8::1,198.51.100.1"


def test_parameters_need_a_semicolon() -> None:
    assert parameters("attachment") == {}
    assert parameters('a; filename="b c"') == {"filename": "b c"}
    assert parameters('a; filename="b\\"c\\\\"; size=\\1') == {"filename": 'b"c\\', "size": "\\1"}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"--x\r\n\r\none\r\n--x \t\r\n\r\ntwo\r\n--x--\r\nafter", [b"one", b"two"]),
        (b"--x\n\none\n--x\n\ntwo", [b"one", b"two"]),  # the last delimiter is missing
        (b"--x\r\n\r\none\r\n--xy\r\ntwo\r\n--x--", [b"one\r\n--xy\r\ntwo"]),  # another boundary that begins alike
        (b"--x\r\n\r\none --x\r\ntwo\r\n--x--", [b"one --x\r\ntwo"]),  # amid a line it is none
        (b"--x\r\n\r\none\r\n--x-\r\ntwo\r\n--x", [b"one\r\n--x-\r\ntwo"]),
    ],
)
def test_parts_end_at_delimiters(body: bytes, found: list[bytes]) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + body
    assert [raw[part.begin : part.stop] for part in parts(raw, head(raw, 0, len(raw)))] == found
