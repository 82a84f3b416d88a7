"""A row's bytes, exactly as they lie in the evidence, as a file of their own, so that anyone can repeat the reading."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cases.case import Case
from cases.custody import Subject
from forensics.exhibit_bytes import opened
from forensics.new_file import write_new
from forensics.row_sheet import Sheet

PIECE = 1 << 20  # bytes written at a time


@dataclass(frozen=True, slots=True)
class Extract:
    """What was written: `offset` and `length` in `file`, whose own hash is `file_sha256`; `sha256` is that of the row's bytes.

    `written` and `written_sha256` are of the file made, which differ from the row's where it is a capture file of the row's packets.
    """

    row_id: str
    exhibit: str
    file: str
    file_sha256: str
    on_disk: str
    offset: int
    length: int
    sha256: str
    path: str
    written: int
    written_sha256: str
    form: str


def extract(case: Case, sheet: Sheet, path: Path, override: Path | None = None, pcap: bool = False) -> Extract:
    """Write the row's bytes, or with `pcap` a capture file of its packets, to `path`, and record it in custody.

    Raises CaseError when the evidence is not there or has changed, or `path` is taken; ValueError when no capture file can be made.
    """
    entry = case.register.entry(sheet.exhibit, sheet.file)
    with opened(case, sheet.exhibit, sheet.file, override) as view:
        digest = hashlib.sha256(view[sheet.offset : sheet.offset + sheet.length]).hexdigest()
        pieces = _packets(view, sheet) if pcap else _bytes(view, sheet.offset, sheet.length)
        written, written_sha256 = write_new(case, path, pieces, override)
        view.release()
    row_id, form = str(sheet.values["row_id"]), "pcap" if pcap else "bytes"
    options = {
        "row": row_id,
        "exhibit": sheet.exhibit,
        "file": sheet.file,
        "offset": sheet.offset,
        "length": sheet.length,
        "sha256": digest,
        "form": form,
        "name": path.name,
    }
    case.log("row-extracted", options, (), [Subject(f"extract/{path.name}", written_sha256)])
    return Extract(
        row_id=row_id,
        exhibit=sheet.exhibit,
        file=sheet.file,
        file_sha256=entry.sha256,
        on_disk=entry.on_disk or entry.file,
        offset=sheet.offset,
        length=sheet.length,
        sha256=digest,
        path=str(path),
        written=written,
        written_sha256=written_sha256,
        form=form,
    )


def _bytes(view: memoryview, offset: int, length: int) -> Iterator[bytes]:
    for at in range(offset, offset + length, PIECE):
        yield bytes(view[at : min(at + PIECE, offset + length)])


def _packets(view: memoryview, sheet: Sheet) -> Iterator[bytes]:
    from parsers.network.excerpt import capture_of

    first, last = sheet.values.get("packet_first"), sheet.values.get("packet_last")
    if first is None or last is None:
        raise ValueError(f"a row of {sheet.family} has no packets; leave --pcap out to get its bytes")
    return capture_of(view, sheet.offset, None if sheet.family == "net/conn" else (int(first), int(last)))
