"""A row's bytes out of the evidence as a file of their own, so that anyone can repeat the reading: its record exactly as it lies there, the
packets it was read from, or the file it tells of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cases.case import Case
from cases.custody import Subject
from cases.errors import CaseError
from forensics.defanged import ENDING, wrapped
from forensics.exhibit_bytes import found
from forensics.new_file import write_new
from forensics.row_sheet import Sheet
from forensics.safe_names import safe_name
from parsers.base import Evidence

PIECE = 1 << 20  # bytes written at a time
FORMS = ("record", "packets", "flow", "defanged", "raw")  # what can be written; see `form_of`
_SUFFIXES = {"record": ".bin", "packets": ".pcap", "flow": ".pcap", "defanged": ENDING + ".zip", "raw": ""}


@dataclass(frozen=True, slots=True)
class Extract:
    """What was written: `offset` and `length` in `file`, whose own hash is `file_sha256`; `sha256` is that of the row's bytes, or of the
    file that a row of net/files tells of, which evidence calls `name`.

    `written` and `written_sha256` are of the file made, which differ from the row's where it is a capture file or a wrapper.
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
    name: str | None = None
    complete: bool | None = None


def form_of(family: str, asked: str | None) -> str:
    """What is written of a row where the user asked for none: a carried file defanged, other network rows' packets, else the record.

    Raises CaseError when a row of this family has not what was asked for.
    """
    if asked in ("packets", "flow") and not family.startswith("net/"):
        raise CaseError(f"a row of {family} has no packets; leave the option out to get its bytes")
    if asked == "raw" and family != "net/files":
        raise CaseError(f"a row of {family} tells of no file; --raw is for rows of net/files")
    if asked is not None:
        return asked
    if family == "net/files":
        return "defanged"
    return "packets" if family.startswith("net/") else "record"


def extract(case: Case, sheet: Sheet, path: Path, override: Path | None = None, asked: str | None = None) -> Extract:
    """Write what `form_of` says to `path`, or under a safe name into the folder `path`, and record it in custody.

    Raises CaseError when the evidence is not there or has changed, or `path` is taken; ValueError when it cannot be made.
    """
    form = form_of(sheet.family, asked)
    entry = case.register.entry(sheet.exhibit, sheet.file)
    row_id = str(sheet.values["row_id"])
    carried = form in ("defanged", "raw")
    name = sheet.values.get("filename") if carried else None
    if path.is_dir():
        path = path / (safe_name(name, row_id[:12]) + _SUFFIXES[form])
    with found(case, sheet.exhibit, sheet.file, override) as evidence:
        digest = str(sheet.values["sha256"]) if carried else _digest(evidence, sheet)
        with _pieces(case, evidence, sheet, form, row_id) as pieces:
            written, written_sha256 = write_new(case, path, pieces, override)
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
        name=name,
        complete=sheet.values.get("complete") if carried else None,
    )


def _digest(evidence: Evidence, sheet: Sheet) -> str:
    digest = hashlib.sha256()
    for piece in _record(evidence, sheet):
        digest.update(piece)
    return digest.hexdigest()


@contextmanager
def _pieces(case: Case, evidence: Evidence, sheet: Sheet, form: str, row_id: str) -> Iterator[Iterator[bytes]]:
    """What is to be written, which can be read inside the context."""
    if form == "record":
        yield _record(evidence, sheet)
    elif form in ("packets", "flow"):
        from forensics.packet_reach import asked
        from parsers.network.excerpt import capture_of

        view = evidence.open()
        yield capture_of(view, *asked(case, sheet, whole=form == "flow"))
        view.release()
    else:
        from parsers.network.refinding import Wanted, again, verified

        sha256 = str(sheet.values["sha256"])
        wanted = Wanted(sheet.offset, str(sheet.values["fuid"]), sha256, bool(sheet.values["is_orig"]), sheet.reach)
        with again(evidence, wanted) as file:
            content = verified(file, sha256)
            name = safe_name(sheet.values.get("filename"), row_id[:12])
            size = int(sheet.values["seen_bytes"])
            yield content if form == "raw" else wrapped(name, content, _manifest(evidence, sheet, row_id), size)


def _record(evidence: Evidence, sheet: Sheet) -> Iterator[bytes]:
    view = evidence.open()
    end = sheet.offset + sheet.length
    for at in range(sheet.offset, end, PIECE):
        yield bytes(view[at : min(at + PIECE, end)])
    view.release()


_TOLD = (
    "filename", "mime_type", "declared_type", "source", "seen_bytes", "total_bytes", "missing_bytes", "complete", "md5", "sha1", "sha256",
    "fuid", "uid", "time", "id_orig_h", "id_orig_p", "id_resp_h", "id_resp_p", "packet_first", "packet_last", "content_range", "encoding",
)  # fmt: skip


def _manifest(evidence: Evidence, sheet: Sheet, row_id: str) -> dict[str, object]:
    """What the wrapper says of the file inside."""
    told = {name: sheet.values[name] for name in _TOLD if sheet.values.get(name) is not None}
    return {
        "what": f"A file carried over the network, its bytes unchanged, under a name that ends in {ENDING}. It may be harmful: "
        "handle it on an isolated machine.",
        "row": row_id,
        "exhibit": evidence.exhibit,
        "capture": evidence.file,
        "capture_sha256": evidence.sha256,
        "file": told,
    }
