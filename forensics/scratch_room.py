"""What to do about evidence that is read slowly for want of room for temporary files: said before it is read, since that may take hours."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator

from forensics.executors import default_workers
from forensics.terminal import amount
from parsers.base import Roomy
from parsers.registry import by_name
from timelines.inventory import FileEntry


def advice(entries: Iterable[FileEntry], workers: int | None) -> Iterator[str]:
    """A sentence for each file of a case that more room would have read faster, by so many workers."""
    workers = default_workers() if workers is None else workers
    for entry in entries:
        if entry.status != "evidence" or entry.on_disk not in ("", entry.file):
            continue
        parser = by_name(entry.parser)
        lacking = parser.lacking(entry.size, workers) if isinstance(parser, Roomy) else 0
        if lacking:
            yield (
                f"{entry.exhibit}/{entry.file}: {amount(entry.size)} do not stay in this machine's memory, so it is read from the disk"
                f" again and again; with more than {amount(lacking)} free in {tempfile.gettempdir()}, or where TMPDIR says, it would not be"
            )
