"""Web servers' lines inside journald's export format (`journalctl -o export`): each entry's message is a line, its row cites the entry.

Entries that no web server wrote are told, and not read. https://systemd.io/JOURNAL_EXPORT_FORMATS/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from mmap import mmap

import numpy as np

from parsers.base import Evidence, Output, Slice
from parsers.web import journal_fields
from parsers.web.block import Block
from parsers.web.formats import all_formats
from parsers.web.journal_entries import Entry, entries
from parsers.web.lines import LONGEST_LINE, Lines, too_long
from timelines.problems import account

PIECE = 64 << 20  # bytes of a slice
TOGETHER = 4_096  # entries that become rows at a time
TOGETHER_BYTES = 2 << 20
_FIRST = re.compile(rb"\n*[A-Za-z0-9_]{1,64}=[^\n]*\n")
_NOTHING = np.empty(0, np.uint8)


class JournalExport:
    """Reader of web servers' rows from exported journals. See `parsers.base.Parser`."""

    name = "web/journal-export"

    def accepts(self, head: bytes, name: str) -> bool:
        """Fields, a time among them, and some entry whose message keeps to a format of web servers."""
        if _FIRST.match(head) is None or b"__REALTIME_TIMESTAMP=" not in head:
            return False
        said = [entry.fields.get(b"MESSAGE", b"") for entry in entries(head, 0, len(head)) if not entry.fault]
        return any(True in one.sniff(said, {}) for one in all_formats()) if said else False

    def slices(self, evidence: Evidence) -> list[Slice]:
        """Pieces of about 64 MiB that begin at an entry and know how many came before: entries are walked, since only their lengths tell
        where they end."""
        found, start, first = [], 0, 1
        if evidence.size > PIECE:
            for number, entry in enumerate(entries(_bytes(evidence), 0, evidence.size), 2):
                if entry.stop - start >= PIECE and entry.stop < evidence.size:
                    found.append(Slice(start, entry.stop, {"entry": first}))
                    start, first = entry.stop, number
        return [*found, Slice(start, evidence.size, {"entry": first})] if evidence.size else []

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Rows, problems and accounts of the entries in a piece."""
        at, number = piece.start, int(str(piece.context.get("entry", 1)))
        held: list[tuple[int, Entry]] = []
        size = 0
        for entry in entries(_bytes(evidence), piece.start, piece.stop):
            if entry.start > at:
                yield account("free", at, entry.start - at)
            length = entry.stop - entry.start
            if entry.fault:
                reason = f"journal entry {number}: {entry.fault}; counted as damaged"
                yield evidence.problem(entry.start, length, reason)
                yield account("damaged", entry.start, length)
            elif len(entry.fields.get(b"MESSAGE", b"")) > LONGEST_LINE:
                yield too_long(evidence, entry.start, length)
                yield account("damaged", entry.start, length)
            else:
                held.append((number, entry))
                size += len(entry.fields.get(b"MESSAGE", b""))
            if len(held) == TOGETHER or size > TOGETHER_BYTES:
                yield from _rows(evidence, held)
                held, size = [], 0
            at, number = entry.stop, number + 1
        if piece.stop > at:
            yield account("free", at, piece.stop - at)
        yield from _rows(evidence, held)


def _bytes(evidence: Evidence) -> mmap | bytes:
    """The file's bytes as something that can be searched."""
    held = evidence.open().obj
    return held if isinstance(held, mmap) else b""


def _rows(evidence: Evidence, held: Sequence[tuple[int, Entry]]) -> Iterator[Output]:
    """Entries as rows; neighbours without a web server's message as one problem."""
    if not held:
        return
    spans = [(number, entry.start, entry.stop - entry.start) for number, entry in held]
    numbers, offsets, lengths = np.array(spans, np.int64).T.copy()
    places = Lines(_NOTHING, numbers, numbers, numbers, offsets, lengths)
    cut = np.array([entry.cut for _, entry in held], np.bool_)
    fields = [entry.fields for _, entry in held]
    found = journal_fields.held("journald-export", np.arange(len(held)), fields, places, {"truncated": cut})
    block = Block(evidence, found.lines, {})
    yield from block.inside(found, found.rows, found.rows)
    if not len(block.left):
        return
    for _, run in groupby(enumerate(block.left.tolist()), lambda pair: held[pair[1]][0] - pair[0]):
        rows = [row for _, row in run]
        start, stop = held[rows[0]][1].start, held[rows[-1]][1].stop
        yield evidence.problem(start, stop - start, _others(held[rows[0]][0], held[rows[-1]][0]))
    unread = np.zeros(len(held), np.bool_)
    unread[block.left] = True
    yield found.lines.account("unsupported", unread)


def _others(first: int, last: int) -> str:
    which = f"journal entry {first}" if first == last else f"journal entries {first} to {last}"
    return f"{which}: no message laid out as a web server's log; not read"


PARSER = JournalExport()
