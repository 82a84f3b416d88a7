"""Event logs with a few things wrong: a seed chunk and small changes where they hurt. Choices are bytes, so that any fuzzer can make them.

Seeds are chunks of real logs, read where they lie, and what our own writer makes. Changes aim at the fields that steer a reader: sizes,
counts, offsets, types, tokens, names.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parsers.windows.binxml import Reader
from parsers.windows.chunks import CHUNK, CHUNK_HEADER, FILE_HEADER, RECORD_HEADER, SIGNATURE

EVIDENCE = Path(__file__).resolve().parents[3] / "shared" / "evidence" / "windows"
TOKENS = bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x41, 0x46, 0x45, 0x47])
RECORDS = 12
KINDS = bytes([*range(0x16), 0x20, 0x21, 0x23, 0x81, 0x82, 0x84, 0x88, 0x8D, 0x8F, 0x90, 0x91, 0x93, 0x95, 0xA1, 0xFF])
WORDS = (0, 1, 2, 3, 4, 7, 8, 16, 24, 28, 29, 255, 256, 4095, 16_384, 32_767, 32_768, 65_535)
UNITS = (b"\0\0", b"\0\xd8", b"\0\xdc", b"\xff\xff", b"\xe9\0", b"\n\0", b"\xff\xfe")


@dataclass(frozen=True, repr=False)
class Seed:
    """A chunk, where its live records end, and the places that steer a reader, by what stands there."""

    chunk: bytes
    free: int
    records: tuple[int, ...]
    sizes: tuple[int, ...]  # of values, in their descriptors
    kinds: tuple[int, ...]
    texts: tuple[int, ...]  # begin of values
    others: tuple[int, ...]  # offsets, counts, sizes of 4 bytes


def seed(chunk: bytes) -> Seed:
    """Find the places of one chunk. Just its first RECORDS are kept: more of them cost time and show nothing new."""
    free = int.from_bytes(chunk[48:52], "little")
    records, sizes, kinds, texts, others = [], [], [], [], [48]
    at = CHUNK_HEADER
    while chunk[at : at + 4] == SIGNATURE and at < free and len(records) < RECORDS:
        size = int.from_bytes(chunk[at + 4 : at + 8], "little")
        records.append(at)
        others += [at + 4, at + 8, at + 16, at + size - 4]
        _instances(chunk, at + RECORD_HEADER, at + size - 4, (sizes, kinds, texts, others))
        at += max(size, RECORD_HEADER)
    kept = bytearray(chunk[:at].ljust(CHUNK, b"\0"))
    kept[48:52] = struct.pack("<I", at)
    return Seed(bytes(kept), at, tuple(records), tuple(sizes), tuple(kinds), tuple(texts), tuple(others))


def _instances(chunk: bytes, at: int, end: int, found: tuple[list[int], list[int], list[int], list[int]]) -> None:
    """Note the fields of a template instance and of those among its values."""
    sizes, kinds, texts, others = found
    if chunk[at : at + 1] != b"\x0f" or chunk[at + 4 : at + 5] != b"\x0c" or len(texts) > 4_000:
        return
    reader = Reader(chunk)
    body, stop, values_at = reader.template(at + 5, end)
    others += [at + 10, body - 4, values_at]
    if body < end:
        others += range(body, min(stop, body + 400), 3)
    for number, (kind, start, size) in enumerate(reader.slots(values_at, end)[0]):
        sizes.append(values_at + 4 + 4 * number)
        kinds.append(values_at + 6 + 4 * number)
        texts.append(start)
        if kind == 0x21:
            _instances(chunk, start, start + size, found)


def real_seeds(every: int) -> list[Seed]:
    """The first chunk of every so manieth real log, and the last."""
    found = []
    for path in sorted(EVIDENCE.rglob("*.evtx"))[::every]:
        data = path.read_bytes()
        for base in {FILE_HEADER, FILE_HEADER + (len(data) - FILE_HEADER - 1) // CHUNK * CHUNK}:
            if data[base : base + 7] == b"ElfChnk" and len(data) >= base + CHUNK:
                found.append(seed(data[base : base + CHUNK]))
    return found


class Choices:
    """Bytes as a row of decisions; zero when they have run out."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def left(self) -> bool:
        return self._at < len(self._data)

    def below(self, limit: int) -> int:
        width = 1 if limit <= 256 else 2 if limit <= 65_536 else 3
        raw = self._data[self._at : self._at + width]
        self._at += width
        return int.from_bytes(raw, "little") % max(limit, 1)

    def of(self, items: Sequence[int] | Sequence[bytes]) -> int | bytes:
        return items[self.below(len(items))] if len(items) else 0


def mutated(seeds: Sequence[Seed], data: bytes) -> bytes:
    """A log of one to three chunks as `data` decides."""
    choices = Choices(data)
    chunks = [_chunk(seeds, choices) for _ in range(1 + choices.below(8) // 3)]
    log = _log(b"".join(chunks), len(chunks))
    cut = choices.below(64)
    return log[: len(log) - choices.below(CHUNK + 64)] if cut == 1 else log


def _chunk(seeds: Sequence[Seed], choices: Choices) -> bytes:
    held = seeds[choices.below(len(seeds))]
    chunk = bytearray(held.chunk)
    for _ in range(choices.below(12)):
        if choices.left():
            _change(chunk, held, choices)
    chunk = chunk[:CHUNK].ljust(CHUNK, b"\0")
    if choices.below(4):  # mostly with sound checksums
        free = int.from_bytes(chunk[48:52], "little")
        chunk[52:56] = struct.pack("<I", zlib.crc32(chunk[CHUNK_HEADER : min(free, CHUNK)]))
        chunk[124:128] = struct.pack("<I", zlib.crc32(chunk[128:CHUNK_HEADER], zlib.crc32(chunk[:120])))
    return bytes(chunk)


def _change(chunk: bytearray, held: Seed, choices: Choices) -> None:
    what = choices.below(16)
    if what < 3:
        at = int(choices.of(held.sizes))
        old = int.from_bytes(chunk[at : at + 2], "little")
        new = int(choices.of((old + 1, old - 1, old + 2, old - 2, 2 * old, 0, *WORDS)))
        chunk[at : at + 2] = struct.pack("<H", new & 0xFFFF)
    elif what < 6:
        chunk[int(choices.of(held.kinds))] = int(choices.of(KINDS))
    elif what == 6:
        at = int(choices.of(held.others))
        old = int.from_bytes(chunk[at : at + 4], "little")
        new = int(choices.of((old + 1, old - 1, old + 4, old ^ 0x8000, 2**32 - 1, 2**31, choices.below(CHUNK), *WORDS)))
        chunk[at : at + 4] = struct.pack("<I", new & 0xFFFFFFFF)
    elif what == 7:
        chunk[int(choices.of(held.others))] = int(choices.of(TOKENS))
    elif what < 10:
        at = int(choices.of(held.texts)) + 2 * choices.below(16)
        units = bytes(choices.of(UNITS)) * (1 + choices.below(4))
        chunk[at : at + len(units)] = units
    elif what == 10:
        chunk[CHUNK_HEADER + choices.below(held.free - CHUNK_HEADER + 1)] ^= 1 << choices.below(8)
    elif what == 11:
        at, source, size = choices.below(CHUNK - 64), choices.below(CHUNK - 64), 1 + choices.below(64)
        chunk[at : at + size] = chunk[source : source + size]
    elif what == 12:
        _again(chunk, held, choices)
    elif what == 13:
        at = CHUNK_HEADER + choices.below(held.free - CHUNK_HEADER + 1)
        size = 1 + choices.below(8)
        chunk[at:at] = bytes([choices.below(256)]) * size
        del chunk[CHUNK:]
    elif what == 14:
        chunk[choices.below(CHUNK_HEADER)] = choices.below(256)
    else:
        chunk[int(choices.of(held.texts))] = choices.below(256)


def _again(chunk: bytearray, held: Seed, choices: Choices) -> None:
    """Repeat a record behind the last one, as often as there is room, up to 30 times."""
    start = int(choices.of(held.records))
    size = int.from_bytes(chunk[start + 4 : start + 8], "little")
    free = int.from_bytes(chunk[48:52], "little")
    for _ in range(1 + choices.below(30)):
        if not RECORD_HEADER < size <= CHUNK - free or free < CHUNK_HEADER:
            break
        chunk[free : free + size] = chunk[start : start + size]
        free += size
    chunk[48:52] = struct.pack("<I", free)


def _log(chunks: bytes, count: int) -> bytes:
    head = bytearray(FILE_HEADER)
    struct.pack_into("<8sQQQIHHHH", head, 0, b"ElfFile\0", 0, count - 1, 2, 128, 1, 3, FILE_HEADER, count)
    struct.pack_into("<I", head, 124, zlib.crc32(head[:120]))
    return bytes(head) + chunks
