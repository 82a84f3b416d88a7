"""Is the case what it was? Evidence, custody, timeline, and every file of the case against what was recorded.

Nothing that could not be looked at counts as well: evidence that is not on this machine is `not-checked`, and the verdict is
then `incomplete`, which is not `ok`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cases import exhibits, signing, timestamping
from cases.case import FILE as DETAILS
from cases.case import Case
from cases.checks import Check, Verification
from cases.errors import CaseError
from timelines.hashing import sha256_file
from timelines.inventory import Exhibit
from timelines.store import MANIFEST, Store

__all__ = ["Check", "Trust", "Verification", "recorded", "verify"]

Progress = Callable[[int], None]
_RECORDED = ("findings", "reports", "signatures")  # folders of the case in which every file is named by a custody entry


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier brings along: public keys (PEM), signatures kept outside the case with their heads beside them, certificates of
    time-stamping authorities (PEM)."""

    keys: tuple[Path, ...] = ()
    signed: tuple[Path, ...] = ()
    authorities: tuple[Path, ...] = ()


def verify(
    case: Case, evidence_override: Path | None = None, progress: Progress | None = None, trust: Trust | None = None
) -> Verification:
    """Check a case against its records. `evidence_override` is where the evidence is now; `progress` is told bytes hashed.

    Raises CaseError for keys and certificates of `trust` that cannot be read.
    """
    trust = trust or Trust()
    checks: list[Check] = []
    for exhibit in case.register.exhibits:
        checks += _evidence(case, exhibit, evidence_override, progress)
    checks += _custody(case)
    checks += signing.checks(case, trust.keys, trust.signed)
    checks += timestamping.checks(case, trust.authorities)
    checks += _timeline(case, progress)
    checks += _files(case)
    return Verification(tuple(checks))


def _evidence(case: Case, exhibit: Exhibit, override: Path | None, progress: Progress | None) -> Iterator[Check]:
    entries = case.register.on_disk(exhibit.exhibit)
    try:
        root = case.locate(exhibit, override)
    except CaseError as error:
        yield Check("evidence", exhibit.exhibit, "not-checked", str(error))
        return
    present = exhibits.files_below(root, exhibit)
    hashed = [entry for entry in entries if entry.sha256]
    same = 0
    for entry in hashed:
        path = present.get(entry.file) if exhibit.is_folder else root
        check = _file(path, f"{exhibit.exhibit}/{entry.file}", entry.sha256, progress)
        if check.ok:
            same += 1
        else:
            yield check
    if exhibit.is_folder:
        for file in sorted(set(present) - {entry.file for entry in entries}):
            yield Check("evidence", f"{exhibit.exhibit}/{file}", "failed", "new: not there when the exhibit was added")
    if same or not hashed:
        yield Check("evidence", exhibit.exhibit, "ok", _tally(same, len(entries) - len(hashed)))


def _tally(same: int, unhashed: int) -> str:
    files = "1 file" if same == 1 else f"{same} files"
    rest = f"; {unhashed} without a recorded hash, not read when the exhibit was added" if unhashed else ""
    return f"{files} as recorded{rest}"


def _file(path: Path | None, subject: str, sha256: str, progress: Progress | None) -> Check:
    if path is None:
        return Check("evidence", subject, "failed", "missing: recorded when the exhibit was added, not there now")
    try:
        found = sha256_file(path, progress)
    except OSError as error:
        return Check("evidence", subject, "not-checked", f"cannot be read: {error.strerror or error}")
    if found != sha256:
        return Check("evidence", subject, "failed", f"changed: SHA-256 is {found}, recorded was {sha256}")
    return Check("evidence", subject, "ok", "as recorded")


def _walk(root: Path) -> Iterator[str]:
    """Every file under a folder of the case, by its path with `/` between parts."""
    for folder, _, names in os.walk(root):
        for name in names:
            yield Path(folder, name).relative_to(root).as_posix()


def _custody(case: Case) -> Iterator[Check]:
    faults = case.custody.check()
    for fault in faults:
        yield Check("custody", f"entry {fault.seq}", "failed", fault.reason)
    if not faults:
        head = case.custody.head()
        yield Check("custody", f"entries 1 to {head.seq}", "ok", f"chain whole; head {head.hash}")


def _timeline(case: Case, progress: Progress | None) -> Iterator[Check]:
    root = case.timeline_folder
    try:
        infos = Store(root).infos()
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        yield Check("timeline", f"timeline/{MANIFEST}", "failed", f"cannot be read: {error}")
        return
    bad = 0
    for info in infos:
        path = root / info.path
        detail = ""
        if not path.resolve().is_relative_to(root.resolve()):
            detail = "leads out of the case"
        elif not path.is_file():
            detail = "missing: the manifest lists it"
        elif (found := sha256_file(path, progress)) != info.sha256:
            detail = f"changed: SHA-256 is {found}, the manifest says {info.sha256}"
        if detail:
            bad += 1
            yield Check("timeline", f"timeline/{info.path}", "failed", detail)
    listed = {info.path for info in infos} | {MANIFEST}
    for file in sorted(_walk(root)) if root.is_dir() else ():
        if file not in listed:
            bad += 1
            yield Check("timeline", f"timeline/{file}", "failed", "not listed in the manifest")
    if not bad:
        yield Check("timeline", f"timeline/{MANIFEST}", "ok", f"{len(infos)} parts as listed")


def recorded(case: Case) -> dict[str, tuple[str, int]]:
    """Each file of the case that custody names: the SHA-256 and the number of the last entry that names it."""
    found: dict[str, tuple[str, int]] = {}
    for entry in case.custody.entries():
        for subject in entry.act.subjects:
            if _of_the_case(subject.name):
                found[subject.name] = (subject.sha256, entry.seq)
    return found


def _of_the_case(name: str) -> bool:
    first, _, rest = name.partition("/")
    return name in (DETAILS, exhibits.FILE) or (bool(rest) and first in ("timeline", *_RECORDED) and ".." not in rest)


def _files(case: Case) -> Iterator[Check]:
    try:
        records = recorded(case)
    except CaseError:
        yield Check("record", "files of the case", "not-checked", "the custody journal that records them can't be read")
        return
    for name, (sha256, seq) in sorted(records.items()):
        path = case.folder / name
        if not path.is_file():
            yield Check("record", name, "failed", f"missing: recorded in custody entry {seq}")
        elif (found := sha256_file(path)) != sha256:
            detail = f"changed since custody entry {seq}: SHA-256 is {found}, recorded was {sha256}"
            yield Check("record", name, "failed", detail)
        else:
            yield Check("record", name, "ok", f"as recorded in custody entry {seq}")
    present = [f"{folder}/{file}" for folder in _RECORDED for file in _walk(case.folder / folder)]
    known = [DETAILS, exhibits.FILE, *([f"timeline/{MANIFEST}"] if (case.timeline_folder / MANIFEST).exists() else [])]
    for name in sorted({*present, *known} - set(records)):
        yield Check("record", name, "failed", "in the case, but no custody entry records it")
