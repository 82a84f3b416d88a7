"""Logs in UTF-16, told by their mark or by the zeros of their first letters: the same lines as UTF-8, at the places of the original bytes.

A lone surrogate becomes bytes that are no UTF-8, which readers of lines spell out and flag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from parsers.base import Evidence
from parsers.gather import Bools, Bytes, Int64s
from parsers.web.line_marks import behind_holes, marks
from parsers.web.lines import BLOCK, LONGEST_LINE, Lines, joined, too_long
from timelines.problems import Account, Problem, account

ORDERS: Mapping[bytes, str] = {b"\xff\xfe": "<", b"\xfe\xff": ">"}
HEAD = 64  # bytes that tell the order: thirty-two letters, which no other kind of file begins with so
_CODECS = {"<": "utf-16-le", ">": "utf-16-be"}
_MARK, _NL, _CR, _OTHER = 0xFEFF, 10, 13, 0x7F


def order_of(head: bytes) -> str | None:
    """`<` or `>` for text that begins with UTF-16's byte order mark, or, as the later piece of a log that was cut does, with plain letters
    that have a zero each."""
    first = np.frombuffer(head[:HEAD], np.uint8)
    if head[:2] in ORDERS or len(first) < HEAD:
        return ORDERS.get(head[:2])
    for order, letters, zeros in (("<", first[::2], first[1::2]), (">", first[1::2], first[::2])):
        if not zeros.any() and (((letters >= 32) & (letters < 127)) | (letters == _CR) | (letters == _NL)).all():
            return order
    return None


def _begin(head: bytes) -> int:
    """How many bytes the mark takes."""
    return 2 if head[:2] in ORDERS else 0


def narrowed(head: bytes, order: str) -> bytes:
    """The beginning of such a file as UTF-8, without its mark."""
    return head[_begin(head) : len(head) // 2 * 2].decode(_CODECS[order], "replace").encode("utf-8")


def read_wide_lines(evidence: Evidence, order: str) -> Iterator[Lines | Problem | Account]:
    """The lines of a whole file, block by block, and the fate of every byte that is no line."""
    with evidence.path.open("rb", buffering=0) as handle:
        begin = _begin(handle.read(2))
        if begin:
            yield account("read", 0, begin)
        at, line, even = begin, 1, evidence.size // 2 * 2
        while at < even:
            handle.seek(at)
            data = handle.read(min(BLOCK, even - at))
            data = data[: len(data) // 2 * 2]
            if not data:
                break
            units = np.frombuffer(data, f"{order}u2")
            newlines = np.flatnonzero(units == 10)
            last = at + len(data) >= even
            if not len(newlines) and not last and (hole := int((units != 0).argmax()) if units.any() else len(units)):
                yield account("free", at, 2 * hole)
                at += 2 * hole
                continue
            if not len(newlines) and not last:
                stop = _next_newline(evidence, order, at + len(data), even)
                yield from _too_long(evidence, at, stop - at)
                at, line = stop, line + 1
                continue
            stops = newlines + 1
            if last and (not len(stops) or stops[-1] < len(units)):
                stops = np.append(stops, len(units))
            handle.seek(max(at - 4, begin))
            before = _narrow(np.frombuffer(handle.read(min(4, at - begin)), f"{order}u2"))
            yield from _lines(evidence, (before, data, units, order), stops, at, line)
            line += len(newlines)
            at += 2 * int(stops[-1])
    if at < evidence.size:
        rest = evidence.size - at
        yield evidence.problem(at, rest, f"{rest} bytes at the end are no whole UTF-16 unit; counted as damaged")
        yield account("damaged", at, rest)


def _next_newline(evidence: Evidence, order: str, at: int, even: int) -> int:
    """Where the line that goes on at `at` ends."""
    with evidence.path.open("rb", buffering=0) as handle:
        while at < even:
            handle.seek(at)
            data = handle.read(min(BLOCK, even - at))
            found = np.flatnonzero(np.frombuffer(data[: len(data) // 2 * 2], f"{order}u2") == 10)
            if len(found):
                return at + 2 * (int(found[0]) + 1)
            at += max(len(data) // 2 * 2, 2)
    return even


def _too_long(evidence: Evidence, at: int, length: int) -> Iterator[Problem | Account]:
    yield too_long(evidence, at, length)
    yield account("damaged", at, length)


def _narrow(units: Bytes) -> Bytes:
    """A byte a unit, as far as line ends, NULs and ASCII are looked for."""
    return np.where(units < 0x80, units, _OTHER).astype(np.uint8)


def _lines(
    evidence: Evidence, block: tuple[Bytes, bytes, Bytes, str], stops: Int64s, base: int, first: int
) -> Iterator[Lines | Problem | Account]:
    """One block of whole lines, given with up to two units that precede it; `stops` counts units."""
    before, data, units, order = block
    narrow = _narrow(units)
    begins = np.concatenate((np.zeros(1, np.int64), stops[:-1]))
    ends = stops - (units[stops - 1] == _NL)
    ends -= (ends > begins) & (units[np.maximum(ends - 1, 0)] == _CR)
    solid = behind_holes(narrow, begins, ends)
    holes = solid > begins
    mark = (ends - solid > 1) & (units[np.minimum(solid, len(units) - 1)] == _MARK)
    starts = solid + mark
    offsets, lengths = base + 2 * starts, 2 * (stops - starts)
    yield from _apart(begins, stops, (solid, ends), mark, base)
    bare = int(offsets[-1]) if units[stops[-1] - 1] != _NL else -1
    remarks = marks(before, narrow, np.flatnonzero(units == _NL), holes, mark)
    told = {name: offsets[mask] for name, mask in remarks.items()}
    numbers = np.arange(first, first + len(starts), dtype=np.int64)
    found = Lines(*_text(data, units, order, starts, ends), numbers, offsets, lengths, bare, told)
    empty, long = starts >= ends, found.ends - found.starts > LONGEST_LINE
    for row in np.flatnonzero(long).tolist():
        yield from _too_long(evidence, int(offsets[row]), int(lengths[row]))
    keep = np.flatnonzero(~(empty | long))
    if len(keep):
        yield found.take(keep)


def _apart(begins: Int64s, stops: Int64s, text: tuple[Int64s, Int64s], mark: Bools, base: int) -> Iterator[Account]:
    """The fate of what is no line's text: marks are read; empty lines and NULs before a line are free. All count units."""
    solid, ends = text
    if mark.any():
        yield joined("read", base + 2 * solid[mark], np.full(int(mark.sum()), 2))
    empty = solid >= ends
    if empty.any():
        yield joined("free", base + 2 * begins[empty], 2 * (stops - begins)[empty])
    if (filled := (solid > begins) & ~empty).any():
        yield Account("free", base + 2 * begins[filled], 2 * (solid - begins)[filled])


def _text(data: bytes, units: Bytes, order: str, starts: Int64s, ends: Int64s) -> tuple[Bytes, Int64s, Int64s]:
    """The lines in UTF-8, and where each begins and ends there."""
    if (units < 0x80).all():
        return units.astype(np.uint8), starts, ends
    pieces = [data[2 * a : 2 * b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    told = [raw.decode(_CODECS[order], "surrogatepass").encode("utf-8", "surrogatepass") for raw in pieces]
    # The line feed between them keeps a reader of whole blocks from seeing two lines as one text.
    text = np.frombuffer(b"\n".join(told) + b"\n", np.uint8)
    edges = np.cumsum(np.fromiter((len(one) + 1 for one in told), np.int64, len(told)))
    return text, np.concatenate((np.zeros(1, np.int64), edges[:-1])), edges - 1
