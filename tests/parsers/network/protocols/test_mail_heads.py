"""Heads of many messages are read together as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.network.protocols import mail_heads
from parsers.network.protocols.mail_head_kernels import HEAD_LINES, PLAIN_HEAD, READ
from parsers.network.protocols.mail_headers import envelope, head
from parsers.network.protocols.mail_parts import parts
from timelines import compiled

# What heads are made of: names, and what is read by rules of its own.
PIECES = [
    *(name.title().encode() + b": " for name in READ), b"RECEIVED:", b"\nSubject : ", b"\n", b"\r\n", b"\n", b" ", b"\n ", b"\r\n\t",
    b"\v", b"\x1c", b":", b"a", b"\xff", b"\xc3\xa9", b"=?", b"=?utf-8?q?b=20c?=", b"[192.0.2.1]", b"192.0.2.2", b"1.2.3.4:25",
    b"x192.0.2.3", b"::", b"12:00:00", b"999.1.1.1", b"8.14.4/", b"[]", b"multipart/mixed; boundary=x", b"message/rfc822",
    b"text/plain; name=n.txt", b"\n--x\n", b"base64", b"\n\n", b"\r\n\r\n",
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    compiled.load()


def hold_to_one_by_one(said: list[bytes]) -> int:
    """What both tell of each message is the same; how many are told together."""
    stops = np.cumsum([len(raw) for raw in said])
    begins = stops - [len(raw) for raw in said]
    found = mail_heads.read(np.frombuffer(b"".join(said), np.uint8).copy(), begins, stops)
    columns = {name: column.to_pylist() for name, column in found.columns.items()}
    content = {name: column.to_pylist() for name, column in found.content.items()}
    for row in np.flatnonzero(~found.odd).tolist():
        raw = said[row]
        one = head(raw, 0, len(raw))
        assert {name: values[row] for name, values in columns.items()} == envelope(one)
        assert {name: values[row] for name, values in content.items()} == {
            name: one.shown.get(name, (None,))[0] for name in mail_heads.CONTENT
        }
        assert found.body[row] - begins[row] == one.end
        assert found.parted[row] or not any(part.name for part in parts(raw, one))
    return int((~found.odd).sum())


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join), min_size=1, max_size=8))
def test_heads_are_told_as_one_by_one(said: list[bytes]) -> None:
    hold_to_one_by_one([raw or b"\n" for raw in said])


def test_most_heads_are_told_together() -> None:
    plain = b"Received: from a ([192.0.2.1])\r\n by b;\r\n 12:00\r\nFrom: =?utf-8?q?=C3=A9?= <a@example.org>\r\nX-Any: 1\r\n\r\nbody \xff"
    assert hold_to_one_by_one([plain, b"\r\n", b"To: a", b"To: a\r\nTo: b\r\n\r\n", b"Subject: \xff\r\n\r\n"]) == 3


@pytest.mark.parametrize("size", [PLAIN_HEAD - 9, PLAIN_HEAD - 8, PLAIN_HEAD - 7, PLAIN_HEAD])
def test_long_heads_are_left(size: int) -> None:
    assert hold_to_one_by_one([b"To: " + b"a" * size + b"\r\n\r\nbody"]) == (size + 8 <= PLAIN_HEAD)


def test_many_lines_are_left() -> None:
    assert hold_to_one_by_one([b"X:1\n" * (HEAD_LINES - 1) + b"To: a\n\n", b"X:1\n" * HEAD_LINES + b"To: a\n\n"]) == 1
