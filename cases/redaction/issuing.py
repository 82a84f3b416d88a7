"""Issuing a redacted summary: the full copy is sealed first, the redacted one names its hash, and custody records both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from cases import durable, reports
from cases.case import Case
from cases.errors import CaseError
from cases.exporters import Exporter, exporter
from cases.languages import Language, codes, language
from cases.notebook import one_line
from cases.redaction.known import cited_rows, known, sentences
from cases.redaction.profile import Profile
from cases.redaction.pseudonyms import KEY_FILE, Pseudonyms, case_key, key_name
from cases.redaction.record import KINDS, KindCount, Redaction
from cases.redaction.redactor import Redactor
from cases.redaction.tree import redacted
from cases.summarise import summarise
from cases.summary import Summary
from timelines.query import Timeline

SEALED = "sealed"  # the folder in `reports` for full copies that were issued only to lie beside a redacted one


@dataclass(frozen=True, slots=True)
class Asked:
    """One redacted copy: in which language and format, dated when (YYYY-MM-DD), under which profile; `reason` of a new version."""

    code: str
    format: str
    date: str
    profile: Profile
    reason: str | None = None


def redact(case: Case, summary: Summary, profile: Profile, full: tuple[str, str]) -> tuple[Summary, Redactor]:
    """`summary` under the profile, with the log of what was replaced; `full`: name and SHA-256 of the sealed copy.

    Raises CaseError when the secret of the case is lost, since its pseudonyms would change.
    """
    key = _key(case)
    timeline = Timeline(case.timeline_folder)
    cited = cited_rows(summary, timeline)
    redactor = Redactor(profile, known(summary, timeline, cited, profile), Pseudonyms(key))
    changed = redacted(summary, redactor, sentences(cited, redactor, codes()))
    who = case.hand.who if profile.acting == "stay" else redactor.whole("person", case.hand.who)
    counts = redactor.pseudonyms.counts()
    found = tuple(KindCount(kind, counts[kind]) for kind in KINDS if kind in counts)
    log = Redaction(profile.name, profile.why, who, found, key_name(key), *full)
    return replace(changed, redaction=log), redactor


def _key(case: Case) -> bytes:
    """The secret, the one that custody names where a copy was redacted before."""
    acts = (entry.act.options for entry in reversed(case.custody.entries()))
    used = next((options["key"] for options in acts if "profile" in options and "key" in options), None)
    path = case.folder / KEY_FILE
    if used is not None and (not path.exists() or key_name(case_key(case.folder)) != used):
        raise CaseError(
            f"{path}: not the key that earlier redacted copies were made with: pseudonyms would change; restore it from a copy"
        )
    return case_key(case.folder)


def issue(case: Case, asked: Asked, path: Path | None = None) -> Path:
    """Issue the full summary into `reports/sealed/` unless the same bytes were issued already, then the redacted one.

    Versions count by language, format and profile, and follow the rules of `cases.reports.issue`: this raises CaseError as that does.
    The redacted copy goes to `reports/summary-<code>-<profile>-v<N>.<suffix>` unless `path` is given.
    """
    form, words = exporter(asked.format), language(asked.code)
    if path is not None and path.exists():
        raise CaseError(
            f"{path}: a file is there already, and an issued summary is never overwritten; give another name"
        )
    reason = one_line("--reason", asked.reason) if asked.reason is not None else None
    summary = summarise(case, asked.date)
    full = _sealed(case, asked, summary, reason)
    changed, redactor = redact(case, summary, asked.profile, full)
    log = changed.redaction
    assert log is not None
    under = Under(form, changed, redactor)
    last = reports.edition(case.custody.entries(), asked.code, under.name)
    number, data = reports.written(summary, last, (under, words), reason)
    name = f"summary-{asked.code}-{log.profile}-v{number.version}{form.suffix}"
    target = path if path is not None else case.reports_folder / name
    if path is None and last is not None and number == last.issue and reports.holds(target, last.sha256):
        return target
    if target.exists():
        raise CaseError(f"{target}: a file is there already, and an issued summary is never overwritten")
    durable.write(target, data)
    told = {
        "language": asked.code,
        "format": under.name,
        "date": asked.date,
        "profile": log.profile,
        "why": dict(log.why),
        "replaced": {count.kind: count.values for count in log.counts},
        "key": log.key,
        "full": {"name": log.full_name, "sha256": log.full_sha256},
    }
    reports.record(case, target, told, number, summary.draft.applies(asked.code), data)
    return target


@dataclass(frozen=True, slots=True)
class Under:
    """A format under a profile: `html/court`. What it renders is the redacted summary, with the issue of the one it is given."""

    form: Exporter
    changed: Summary
    redactor: Redactor

    @property
    def name(self) -> str:
        return f"{self.form.name}/{self.redactor.profile.name}"

    @property
    def suffix(self) -> str:
        return self.form.suffix

    def render(self, summary: Summary, language: Language) -> bytes:
        number = summary.issue
        reason = self.redactor.text(number.reason) if number.reason else number.reason
        return self.form.render(replace(self.changed, issue=replace(number, reason=reason)), language)


def _sealed(case: Case, asked: Asked, summary: Summary, reason: str | None) -> tuple[str, str]:
    """The full copy's name and SHA-256: the one that was issued already, where it is in the case, else a new one in `sealed`."""
    form, words = exporter(asked.format), language(asked.code)
    last = reports.edition(case.custody.entries(), asked.code, form.name)
    try:
        number, data = reports.written(summary, last, (form, words), None)
        reason = None
    except reports.ReasonDue:
        number, data = reports.written(summary, last, (form, words), reason)
    name, sha256 = f"summary-{asked.code}-v{number.version}{form.suffix}", hashlib.sha256(data).hexdigest()
    for place in (name, f"{SEALED}/{name}"):
        if reports.holds(case.reports_folder / place, sha256):
            return f"reports/{place}", sha256
    target = case.reports_folder / SEALED / name
    reports.issue(case, asked.code, form.name, asked.date, target, summary, reason)
    return f"reports/{SEALED}/{name}", sha256
