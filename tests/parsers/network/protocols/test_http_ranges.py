"""Files that were fetched in ranges (RFC 9110 section 14), put together where every byte came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parsers.network.protocols.http1.ranges import Range, content_range
from tests.parsers.network.protocols.hardships import bear, by_scapy
from tests.parsers.network.protocols.test_http_files import PDF, answer, sha

TOTAL = len(PDF)
VERSION = b'ETag: "v1"'


def ask(begin: int, stop: int, target: bytes = b"/doc.pdf") -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: www.example.com\r\nRange: bytes=%d-%d\r\n\r\n" % (target, begin, stop - 1)


def part(begin: int, stop: int, *headers: bytes, total: int = TOTAL) -> bytes:
    said = b"Content-Range: bytes %d-%d/%d" % (begin, stop - 1, total)
    return answer(PDF[begin:stop], said, *(headers or (VERSION,)), status=b"206 Partial Content")


def fetched(*bounds: tuple[int, int]) -> list[tuple[str, bytes]]:
    return [(side, message(*pair)) for pair in bounds for side, message in (("c", ask), ("s", part))]


def whole(result: Any) -> list[dict[str, Any]]:
    return [file for file in result.files if "parts" in file]


@pytest.mark.parametrize(
    "bounds",
    [
        [(0, 2000), (2000, 4000), (4000, TOTAL)],
        [(4000, TOTAL), (0, 2000), (2000, 4000)],  # readers of documents fetch the end first
        [(0, 3000), (1000, 2000), (2000, 4500), (4000, TOTAL)],  # over one another, one inside another
    ],
)
def test_pieces_are_put_together(read: Any, wire: Any, bounds: list[tuple[int, int]]) -> None:
    result = read(wire.pcap(wire.session(fetched(*bounds))))
    (file,) = whole(result)
    assert (file["sha256"], file["seen_bytes"], file["total_bytes"], file["complete"]) == (sha(PDF), TOTAL, TOTAL, True)
    assert (file["filename"], file["mime_type"], file["is_orig"]) == ("doc.pdf", "application/pdf", False)
    pieces = [other for other in result.files if "parts" not in other]
    assert set(file["parts"].split(",")) <= {piece["fuid"] for piece in pieces}
    assert [(piece["complete"], piece["flags"]) for piece in pieces] == [(False, "")] * len(bounds)
    assert file["packet_first"] == min(piece["packet_first"] for piece in pieces)
    assert file["packet_last"] == max(piece["packet_last"] for piece in pieces)


@pytest.mark.parametrize(
    "turns",
    [
        fetched((0, 2000), (2001, TOTAL)),  # a byte lacks
        fetched((0, 2000), (2000, TOTAL - 1)),  # the last one lacks
        [*fetched((0, 2000)), ("c", ask(2000, TOTAL, b"/other.pdf")), ("s", part(2000, TOTAL))],
        [*fetched((0, 2000)), ("c", ask(2000, TOTAL)), ("s", part(2000, TOTAL, b'ETag: "v2"'))],  # changed in between
        [*fetched((0, 2000)), ("c", ask(2000, TOTAL)), ("s", part(2000, TOTAL, total=TOTAL + 1))],
        [*fetched((0, 2000)), ("c", ask(2000, TOTAL)), ("s", part(2000, TOTAL, VERSION, b"Content-Encoding: gzip"))],
    ],
)
def test_what_does_not_belong_together_is_not(read: Any, wire: Any, turns: list[tuple[str, bytes]]) -> None:
    result = read(wire.pcap(wire.session(turns)))
    assert (len(result.files), whole(result)) == (2, [])


def test_a_range_of_all_is_the_file_itself(read: Any, wire: Any) -> None:
    (file,) = read(wire.pcap(wire.session(fetched((0, TOTAL))))).files
    assert (file["complete"], file["sha256"], "parts" in file) == (True, sha(PDF), False)


def test_several_ranges_in_one_answer(read: Any, wire: Any) -> None:
    parts = b"".join(
        b"--B\r\nContent-Range: bytes %d-%d/%d\r\n\r\n%b\r\n" % (begin, stop - 1, TOTAL, PDF[begin:stop])
        for begin, stop in ((0, 2500), (2500, TOTAL))
    )
    told = answer(
        parts + b"--B--\r\n", b"Content-Type: multipart/byteranges; boundary=B", status=b"206 Partial Content"
    )
    (file,) = whole(read(wire.pcap(wire.session([("c", ask(0, TOTAL)), ("s", told)]))))
    assert (file["sha256"], file["complete"]) == (sha(PDF), True)


def test_a_piece_with_bytes_that_the_capture_lacks_is_no_piece(read: Any, wire: Any) -> None:
    packets = wire.session(fetched((0, 2000), (2000, TOTAL)))
    assert whole(read(wire.pcap(packets[:6] + packets[7:]))) == []


def test_shuffled_damaged_and_cut(read: Any, wire: Any) -> None:
    bear(read, wire, wire.session(fetched((0, 2000), (2000, TOTAL))), "files", "http")


def test_by_scapy(read: Any, tmp_path: Path) -> None:
    (file,) = whole(read(by_scapy(tmp_path, fetched((0, 800), (800, TOTAL)), 80)))
    assert file["sha256"] == sha(PDF)


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("bytes 0-4/10", Range(0, 5, 10)),
        ("BYTES 5-9/*", Range(5, 10, None)),
        ("bytes */10", None),
        ("bytes 5-4/10", None),
        ("bytes 0-10/10", None),
        ("bytes 0-99999999999999999999/10", None),
        ("lines 0-4/10", None),
        (None, None),
    ],
)
def test_what_the_field_says(said: str | None, held: Range | None) -> None:
    assert content_range(said) == held
