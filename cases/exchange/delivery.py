"""Handing an export over: written beside its place, moved there whole, hashed and recorded in custody, never overwriting."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.case import Case
from cases.custody import Subject
from cases.errors import CaseError
from cases.exchange import Options, exchange_named
from cases.exchange.content import Content, content
from cases.languages import codes
from timelines.hashing import sha256_file
from timelines.query import Timeline

if TYPE_CHECKING:
    from cases.redaction.redactor import Redactor

EXPORTED = "exported"  # the act in custody
SEAL = "tagmanifest-sha256.txt"  # the file of a bag whose hash covers all others (RFC 8493 section 2.2.1)
_OWN = ("timeline", "findings", "reports")  # folders of a case in which no file may lie that is not the case's


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was handed over. `sha256` is of the file, or of the manifest that covers a folder; `redaction` is what custody keeps of it."""

    path: Path
    format: str
    sha256: str
    counts: Mapping[str, int]
    redaction: Mapping[str, Any] = field(default_factory=dict)


def deliver(case: Case, name: str, path: Path, options: Options) -> Delivery:
    """Write `case` in the format `name` to `path`, which must not exist yet, and record it in custody with its hash.

    Raises CaseError for an unknown format, a place that is taken or not writable, a package that is not installed, and a format that
    cannot be redacted.
    """
    exchange = exchange_named(name)
    _check(case, path, options)
    if options.redact is not None and not exchange.redactable:
        raise CaseError(
            f"export to {name} cannot be redacted: it holds the case folder as it is; take another format, or `athar report --redact`"
        )
    if options.redact is not None and options.secrets:
        raise CaseError("a redacted export cannot hold secrets: leave out --redact or --secrets")
    told = _Told.of(case, options)
    working = path.with_name(f".{path.stem}.writing{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(working)
        try:
            counts = exchange.write(told.content, told.timeline, working, options)
            digest = sha256_file(working / SEAL if working.is_dir() else working)
            if path.exists():
                raise CaseError(_taken(path))
            os.replace(working, path)
        finally:
            _clear(working)
    except OSError as error:
        raise CaseError(f"{path}: cannot write: {error.strerror or error}; choose a place you can write to") from error
    delivery = Delivery(path, name, digest, counts, told.redaction())
    try:
        _record(case, delivery, options)
    except CaseError:
        _clear(path)  # what custody does not know of was not handed over
        raise
    return delivery


@dataclass(frozen=True, slots=True)
class _Told:
    """What goes into an export: all of the case, or what a redactor leaves of it."""

    content: Content
    timeline: Timeline
    redactor: Redactor | None = None

    @classmethod
    def of(cls, case: Case, options: Options) -> _Told:
        if options.redact is None:
            return cls(content(case), Timeline(case.timeline_folder, secrets=options.secrets))
        from cases.redaction.of_case import redactor_of
        from cases.redaction.profile import profile
        from cases.redaction.tree import contents
        from cases.summarise import summarise

        redactor = redactor_of(case, summarise(case, options.date), profile(options.redact))
        return cls(contents(content(case), redactor), Timeline(case.timeline_folder, rewrite=redactor.table), redactor)

    def redaction(self) -> dict[str, Any]:
        """Profile, reason, how many values of which kind, the name of the secret: never a value."""
        if self.redactor is None:
            return {}
        profile, pseudonyms = self.redactor.profile, self.redactor.pseudonyms
        kept = {"profile": profile.name, "why": dict(profile.why), "replaced": pseudonyms.counts()}
        return {**kept, "key": pseudonyms.key_name}


def _check(case: Case, path: Path, options: Options) -> None:
    if path.exists() or path.is_symlink():
        raise CaseError(_taken(path))
    place, folder = path.resolve(), case.folder.resolve()
    if place.is_relative_to(folder) and place.relative_to(folder).parts[:1] in [(own,) for own in _OWN]:
        raise CaseError(
            f"{path}: this folder of the case holds only its own files; choose CASE/exports or another place"
        )
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", options.date):
            raise ValueError
        date.fromisoformat(options.date)
    except ValueError:
        raise CaseError(f"date {options.date!r}: expected YYYY-MM-DD") from None
    if options.lang not in codes():
        raise CaseError(f"no language {options.lang!r}; there are {', '.join(sorted(codes()))}")


def _taken(path: Path) -> str:
    return f"{path}: there already, and an export never overwrites; give another name"


def _clear(working: Path) -> None:
    """Take away what a run that was stopped left."""
    if working.is_dir():
        shutil.rmtree(working)
    else:
        working.unlink(missing_ok=True)


def _record(case: Case, delivery: Delivery, options: Options) -> None:
    told: dict[str, Any] = {"format": delivery.format, "name": delivery.path.name, "counts": dict(delivery.counts)}
    told |= {"date": options.date, "lang": options.lang, **delivery.redaction}
    told |= {"secrets": True} if options.secrets else {}
    place, folder = delivery.path.resolve(), case.folder.resolve()
    inside = place.is_relative_to(folder)
    name = place.relative_to(folder).as_posix() if inside else f"outside/{delivery.path.name}"
    case.log(EXPORTED, told, subjects=[Subject(name, delivery.sha256)])
