"""Logs written in UTF-16, told by their byte order mark: the same lines as UTF-8, at the places of the original bytes.

A lone surrogate becomes bytes that are no UTF-8, which readers of lines spell out and flag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from parsers.base import Evidence
from parsers.gather import Bytes, Int64s
from parsers.web.lines import BLOCK, LONGEST_LINE, Lines, joined, too_long
from timelines.problems import Account, Problem, account

ORDERS: Mapping[bytes, str] = {b"\xff\xfe": "<", b"\xfe\xff": ">"}
_CODECS = {"<": "utf-16-le", ">": "utf-16-be"}


def order_of(head: bytes) -> str | None:
    """`<` or `>` for text that begins with UTF-16's byte order mark."""
    return ORDERS.get(head[:2])


def narrowed(head: bytes, order: str) -> bytes:
    """The beginning of such a file as UTF-8, without its mark."""
    return head[2 : len(head) // 2 * 2].decode(_CODECS[order], "replace").encode("utf-8")


def read_wide_lines(evidence: Evidence, order: str) -> Iterator[Lines | Problem | Account]:
    """The lines of a whole file, block by block, and the fate of every byte that is no line."""
    yield account("read", 0, 2)
    at, line, even = 2, 1, evidence.size // 2 * 2
    with evidence.path.open("rb", buffering=0) as handle:
        while at < even:
            handle.seek(at)
            data = handle.read(min(BLOCK, even - at))
            data = data[: len(data) // 2 * 2]
            if not data:
                break
            units = np.frombuffer(data, f"{order}u2")
            newlines = np.flatnonzero(units == 10)
            last = at + len(data) >= even
            if not len(newlines) and not last:
                stop = _next_newline(evidence, order, at + len(data), even)
                yield from _too_long(evidence, at, stop - at)
                at, line = stop, line + 1
                continue
            stops = newlines + 1
            if last and (not len(stops) or stops[-1] < len(units)):
                stops = np.append(stops, len(units))
            yield from _lines(evidence, (data, units, order), stops, at, line)
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


def _lines(
    evidence: Evidence, block: tuple[bytes, Bytes, str], stops: Int64s, base: int, first: int
) -> Iterator[Lines | Problem | Account]:
    """One block of whole lines; `stops` counts units."""
    data, units, order = block
    begins = np.concatenate((np.zeros(1, np.int64), stops[:-1]))
    if (units < 0x80).all():
        text = units.astype(np.uint8)
        starts, ends = begins, stops - (units[stops - 1] == 10)
    else:
        lines = [data[2 * a : 2 * b] for a, b in zip(begins.tolist(), stops.tolist(), strict=True)]
        told = [raw.decode(_CODECS[order], "surrogatepass").encode("utf-8", "surrogatepass") for raw in lines]
        text = np.frombuffer(b"".join(told), np.uint8)
        edges = np.cumsum(np.fromiter(map(len, told), np.int64, len(told)))
        starts = np.concatenate((np.zeros(1, np.int64), edges[:-1]))
        ends = edges - (text[edges - 1] == 10)
    ends = ends - ((ends > starts) & (text[np.maximum(ends - 1, 0)] == 13))
    offsets, lengths = base + 2 * begins, 2 * (stops - begins)
    bare = int(offsets[-1]) if units[stops[-1] - 1] != 10 else -1
    found = Lines(text, starts, ends, np.arange(first, first + len(starts), dtype=np.int64), offsets, lengths, bare)
    empty, long = starts >= ends, ends - starts > LONGEST_LINE
    if empty.any():
        yield joined("free", offsets[empty], lengths[empty])
    for row in np.flatnonzero(long).tolist():
        yield from _too_long(evidence, int(offsets[row]), int(lengths[row]))
    keep = np.flatnonzero(~(empty | long))
    if len(keep):
        yield found.take(keep)
