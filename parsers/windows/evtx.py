"""The parser of Windows event logs (EVTX): file by columns, the odd record by hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from parsers.base import Evidence, Output, Slice
from parsers.gather import as_bytes
from parsers.windows.chunks import CHUNK, FILE_HEADER, FILE_MAGIC, RECORD_HEADER, Ledger, file_header, records
from parsers.windows.columns import decode
from parsers.windows.events import batches
from parsers.windows.groups import Fragments, grouped
from parsers.windows.inline import inline
from parsers.windows.singles import singles
from parsers.windows.typed import Window

PIECE = 512 * CHUNK  # bytes parsed at a time: some 40,000 records, 250 MB of memory


class Evtx:
    """Reads every chunk and record of a log, whatever its header says. See `parsers.base.Parser`."""

    name = "windows/evtx"

    def accepts(self, head: bytes, name: str) -> bool:
        return head.startswith(FILE_MAGIC)

    def slices(self, evidence: Evidence) -> list[Slice]:
        """Runs of whole chunks; the first also holds the file header."""
        bounds = [0, *range(FILE_HEADER + PIECE, evidence.size, PIECE), evidence.size]
        return [Slice(start, stop) for start, stop in pairwise(bounds)]

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Batches by family and event shape, then problems and accounts in file order."""
        data = as_bytes(evidence.open())[piece.start : piece.stop]
        ledger = Ledger(evidence, piece.start)
        first = 0
        if piece.start == 0:
            file_header(data, ledger)
            first = FILE_HEADER
        window = Window.of(data, piece.start)
        found = records(data, first, ledger)
        fragments = Fragments(found.offset + RECORD_HEADER, found.offset + found.size - 4, found.base)
        groups, odd = grouped(window, fragments)
        rest = [odd]
        for group in groups:
            table = decode(window, group)
            if table is None:
                rest.append(group.rows)
            else:
                yield from batches(table, found, ledger)
        tables, odd = inline(window, fragments, np.sort(np.concatenate(rest)))
        for table in (*tables, *singles(window, found, odd)):
            yield from batches(table, found, ledger)
        yield from sorted(ledger.problems, key=lambda problem: (problem.offset, problem.reason))
        yield from ledger.accounts()


PARSER = Evtx()
