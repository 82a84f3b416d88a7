"""Issuing a summary: written once, recorded in custody with its hash, never overwritten; each new version says why it was needed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from cases import durable
from cases.annex import Written
from cases.annex import written as written_annex
from cases.case import Case
from cases.custody import Entry, Subject
from cases.errors import CaseError
from cases.exporters import Exporter, exporter
from cases.languages import Language, language
from cases.notebook import one_line
from cases.summarise import ISSUED, summarise
from cases.summary import Annex, Issue, Summary


class ReasonDue(CaseError):
    """A summary that was issued would change, and nobody said why."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What was issued last in one language and format: the issue, and the hash and name that custody recorded."""

    issue: Issue
    sha256: str
    name: str


def issue(
    case: Case,
    code: str,
    format: str,
    date: str,
    path: Path | None = None,
    summary: Summary | None = None,
    reason: str | None = None,
    annex: Written | None = None,
) -> Path:
    """Write the summary of `case` in the language `code` and the format `format`, dated `date` (YYYY-MM-DD), and record it.

    Versions count by language and format. The first needs no `reason`. Asked again for what was issued last, with nothing changed
    and no reason, this gives the same bytes: as a copy at `path`, or where they are. Anything else is a new version, which prints
    its reason and the hash of the one before. Without `path` it goes to `reports/summary-<code>-v<N>.<suffix>`. Beside it lies
    its annex, recorded with it. `summary` and `annex` (in the same language) save making them again. Raises CaseError when a reason
    is due, or when a file is at `path` already.
    """
    form, words = exporter(format), language(code)
    summary = summary if summary is not None else summarise(case, date)
    if annex is None:
        with written_annex(case, summary, words) as made:
            return issue(case, code, format, date, path, summary, reason, made)
    summary = replace(summary, annex=annex.facts)
    last = edition(case.custody.legible(), code, form.name)
    number, data = written(summary, last, (form, words), one_line("--reason", reason) if reason is not None else None)
    name = f"summary-{code}-v{number.version}{form.suffix}"
    target = path if path is not None else case.reports_folder / name
    if path is None and last is not None and number == last.issue and holds(target, last.sha256):
        annex.put(target.parent)
        return target
    lay(target, data, annex)
    asked = {"language": code, "format": form.name, "date": date}
    record(case, target, asked, number, summary.draft.applies(code), data, annex.facts)
    return target


def lay(target: Path, data: bytes, annex: Written) -> None:
    """Write an issued summary and its annex beside it, both or neither. Raises CaseError when a file is at `target` already."""
    if target.exists():
        raise CaseError(
            f"{target}: a file is there already, and an issued summary is never overwritten; give another name"
        )
    new = annex.put(target.parent)
    try:
        durable.write(target, data)
    except CaseError:
        if new is not None:
            new.unlink(missing_ok=True)
        raise


def edition(entries: Sequence[Entry], code: str, format: str) -> Edition | None:
    """The last that custody records in this language and format; None before the first."""
    for entry in reversed(entries):
        options = entry.act.options
        if entry.act.action == ISSUED and (options.get("language"), options.get("format")) == (code, format):
            reason, before = options.get("reason"), options.get("predecessor")
            number = Issue(
                _version(options),
                reason if isinstance(reason, str) else None,
                before if isinstance(before, str) else None,
            )
            return Edition(number, entry.act.subjects[0].sha256 if entry.act.subjects else "", str(options.get("name")))
    return None


def _version(options: Mapping[str, Any]) -> int:
    """The version that an entry gives; summaries issued before custody recorded it bear it in their name."""
    version = options.get("version")
    if isinstance(version, int) and not isinstance(version, bool):
        return version
    named = re.search(r"-v(\d{1,9})\.", str(options.get("name")))
    return int(named[1]) if named else 1


def written(
    summary: Summary, last: Edition | None, how: tuple[Exporter, Language], reason: str | None
) -> tuple[Issue, bytes]:
    """The issue that this is, and its bytes. Raises ReasonDue when they changed and there is no reason."""
    form, words = how
    if last is None:
        first = Issue(reason=reason)
        return first, form.render(replace(summary, issue=first), words)
    if reason is None:
        again = form.render(replace(summary, issue=last.issue), words)
        if hashlib.sha256(again).hexdigest() == last.sha256:
            return last.issue, again
        raise ReasonDue(
            f"{last.name}, version {last.issue.version}, was issued, and the case, the date or the tool has changed since; "
            "say why it is issued again: --reason TEXT"
        )
    following = Issue(last.issue.version + 1, reason, last.sha256)
    return following, form.render(replace(summary, issue=following), words)


def holds(path: Path, sha256: str) -> bool:
    """Whether the file is there with that hash."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def record(
    case: Case, target: Path, asked: Mapping[str, Any], number: Issue, draft: bool, data: bytes, annex: Annex | None
) -> None:
    """Enter an issued summary and its annex in custody. `asked`: what it was asked for, language and format among it."""
    told = {"version": number.version, "reason": number.reason, "predecessor": number.predecessor, "draft": draft}
    options = {**asked, "name": target.name, **told}
    subjects = [Subject(target.name, hashlib.sha256(data).hexdigest())]
    if annex is not None:
        options["annex"] = {"name": annex.name, "lines": annex.lines, "records": annex.records}
        subjects.append(Subject(annex.name, annex.sha256))
    folder, place = case.folder.resolve(), target.resolve().parent
    inside = place.is_relative_to(folder)
    lead = place.relative_to(folder) if inside else PurePosixPath("outside")
    case.log(ISSUED, options, subjects=[Subject((lead / one.name).as_posix(), one.sha256) for one in subjects])
