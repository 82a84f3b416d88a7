"""HPACK: the examples of RFC 7541 appendix C, what scapy encodes, and blocks that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.network.protocols.http2.hpack import LIST_LIMIT, Decoder, Entry, HpackError, huffman

REQUESTS = [  # appendix C.4: three requests of one connection, Huffman coded
    (
        "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")],
    ),
    (
        "828684be5886a8eb10649cbf",
        [
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
            ("cache-control", "no-cache"),
        ],
    ),
    (
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        [
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ],
    ),
]
RESPONSES = [  # appendix C.6: the table holds 256 bytes, so entries are evicted
    (
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        [
            (":status", "302"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ],
    ),
    (
        "4883640effc1c0bf",
        [
            (":status", "307"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ],
    ),
    (
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab27"
        "0fb5291f9587316065c003ed4ee5b1063d5007",
        [
            (":status", "200"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
            ("location", "https://www.example.com"),
            ("content-encoding", "gzip"),
            ("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"),
        ],
    ),
]


def plain(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(entry.name, entry.value) for entry in entries]


def test_requests_of_the_standard() -> None:
    decoder = Decoder()
    for block, expected in REQUESTS:
        assert plain(decoder.decode(bytes.fromhex(block))) == expected


def test_responses_of_the_standard_with_a_small_table() -> None:
    decoder = Decoder()
    assert decoder.decode(bytes.fromhex("3fe101")) == []  # table size 256
    for block, expected in RESPONSES:
        assert plain(decoder.decode(bytes.fromhex(block))) == expected


@given(st.binary(max_size=200))
def test_huffman_reads_what_scapy_writes(raw: bytes) -> None:
    from scapy.contrib.http2 import HPackZString

    bits, count = HPackZString.huffman_encode(raw)
    assert huffman(bits.to_bytes(count // 8, "big")) == raw


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("80", "index 0 names no entry"),
        ("be", "index 62 names no entry"),  # the dynamic table is empty
        ("40", "the block ends amid an entry"),
        ("00016102", "the block ends amid an entry"),
        ("ffffffffffffffff", "an integer is too long"),
        ("3fffffff7f", "the table is to grow beyond 1 MiB"),
        ("0001618118", "a string's padding is not the start of the end code"),
        ("00016184ffffffff", "a string holds the end code"),
    ],
)
def test_blocks_that_are_none(block: str, said: str) -> None:
    with pytest.raises(HpackError, match=said):
        Decoder().decode(bytes.fromhex(block))


def test_a_small_block_that_names_a_large_entry_again_and_again() -> None:
    decoder = Decoder()
    decoder.decode(b"\x40\x01a\x7f\xa1\x1e" + b"x" * 4000)  # one entry of 4,001 bytes and 32
    with pytest.raises(HpackError, match=f"grows beyond {LIST_LIMIT >> 10} KiB"):
        decoder.decode(b"\xbe" * 100)


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    try:
        entries = Decoder().decode(raw)
    except HpackError:
        return
    assert sum(entry.size for entry in entries) <= LIST_LIMIT
