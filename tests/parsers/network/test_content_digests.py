"""Digests of content, of which what was seen before is not computed again."""

import hashlib

import pytest

from parsers.network import content_digests
from parsers.network.content_digests import Content, Told

PIECES = [b"\x89PNG\r\n\x1a\n" + bytes(500), b"some more", b""]


def told(*pieces: bytes) -> Told:
    content = Content()
    for piece in pieces:
        content.add(piece)
    return content.told()


def expected(*pieces: bytes) -> tuple[str, ...]:
    whole = b"".join(pieces)
    return tuple(make(whole, usedforsecurity=False).hexdigest() for make in (hashlib.md5, hashlib.sha1, hashlib.sha256))


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_digests, "_known", {})


@pytest.mark.parametrize("held", [0, 300, 505, content_digests.HELD])
def test_digests_are_those_of_the_whole_whatever_is_held(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_digests, "HELD", held)
    for _ in range(2):
        assert told(*PIECES)[1:] == expected(*PIECES)
        assert told(*PIECES).mime_type == "image/png"
        assert told(b"".join(PIECES)) == told(*PIECES)


def test_content_seen_before_is_told_from_what_is_known() -> None:
    first = told(*PIECES)
    assert told(b"".join(PIECES)) is first
    assert told(*PIECES, b"!") != first


def test_nothing_has_no_media_type() -> None:
    assert told() == told(b"") == (None, *expected(b""))


def test_pieces_that_may_change_are_digested_as_they_pass() -> None:
    content, piece = Content(), bytearray(b"first bytes")
    content.add(piece)
    piece[:] = b"other bytes"
    content.add(piece)
    assert content.told()[1:] == expected(b"first bytes", b"other bytes")


def test_what_is_known_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_digests, "KNOWN", 3)
    for number in range(10):
        assert told(b"%d" % number)[1:] == expected(b"%d" % number)
        assert 1 <= len(content_digests._known) <= 3
