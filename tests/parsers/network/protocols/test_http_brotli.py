"""Brotli content of HTTP (RFC 7932): taken off where its decoder is installed, within bounds; kept as sent where it is not."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from parsers.network.protocols.http1 import contents, heads
from tests.parsers.network.protocols.hardships import bear
from tests.parsers.network.protocols.test_http_files import GET, PDF, answer, chunked, sha, talk

# Window of 22 bits, no last block; five bytes as they are; an empty last block (section 9)
HELLO = b"\x0b\x02\x80hello\x03"
BR = b"Content-Encoding: br"
with_decoder = pytest.mark.skipif(importlib.util.find_spec("brotli") is None, reason="brotli is not installed")


def compressed(data: bytes) -> bytes:
    module = contents.brotli()
    assert module is not None
    out: bytes = module.compress(data, quality=5)  # the best takes a hundred times as long for a bomb
    return out


def test_without_the_decoder_content_is_kept_as_sent(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "brotli", lambda: None)
    monkeypatch.setattr(heads, "_known_block", heads.fields)  # heads of other tests were read with the decoder
    result = talk(read, wire, ("c", GET), ("s", answer(HELLO, BR)))
    assert (result.files[0]["encoding"], result.files[0]["sha256"]) == ("br", sha(HELLO))
    assert result.weird == []


def test_a_decoder_that_cannot_be_bounded_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        class Decompressor:
            """That of versions before 1.2."""

    monkeypatch.setattr(contents.importlib, "import_module", lambda name: Old)
    assert contents.brotli.__wrapped__() is None


@with_decoder
@pytest.mark.parametrize("in_chunks", [False, True])
def test_it_is_taken_off(read: Any, wire: Any, in_chunks: bool) -> None:
    for body, plain in ((HELLO, b"hello"), (compressed(PDF), PDF)):
        reply = answer(body, BR)
        if in_chunks:
            reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + BR + b"\r\n\r\n" + chunked(body, 3)
        (file,) = talk(read, wire, ("c", GET), ("s", reply[:100]), ("s", reply[100:])).files
        assert (file["sha256"], file["seen_bytes"], file["complete"]) == (sha(plain), len(plain), True)
        assert "encoding" not in file


@with_decoder
def test_a_bomb_is_stopped(read: Any, wire: Any) -> None:
    bomb = compressed(bytes(64 << 20))
    assert len(bomb) < 200
    result = talk(read, wire, ("c", GET), ("s", answer(bomb, BR)))
    (file,) = result.files
    assert (file["complete"], file["flags"]) == (False, "truncated")
    assert file["seen_bytes"] <= contents.RATIO_FREE + contents.PIECE
    assert [row["name"] for row in result.weird] == ["http_content_bomb"]


@with_decoder
def test_what_is_no_brotli_is_kept_and_what_breaks_off_is_incomplete(read: Any, wire: Any) -> None:
    plain = b"\x91" * 40  # window bits 0010001: reserved (section 9.1)
    result = talk(read, wire, ("c", GET), ("s", answer(plain, BR)))
    assert result.files[0]["sha256"] == sha(plain)
    assert [row["name"] for row in result.weird] == ["http_bad_content_encoding"]
    half = compressed(PDF)[:-20]
    result = talk(read, wire, ("c", GET), ("s", answer(half, BR)))
    assert result.files[0]["complete"] is False


@with_decoder
def test_shuffled_damaged_and_cut(read: Any, wire: Any) -> None:
    body = compressed(PDF * 3)
    bear(read, wire, wire.session([("c", GET), ("s", answer(body, BR))]), "http", "files")
