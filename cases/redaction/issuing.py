"""Issuing a redacted summary: the full copy is sealed first, the redacted one names its hash, and custody records both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from cases import annex as annexes
from cases import reports
from cases.annex import Written
from cases.case import Case
from cases.errors import CaseError
from cases.exporters import Exporter, exporter
from cases.languages import Language, codes, language
from cases.notebook import one_line
from cases.redaction.known import cited_rows, sentences
from cases.redaction.of_case import redactor_of
from cases.redaction.profile import Profile
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
    redactor = redactor_of(case, summary, profile)
    return under(case, summary, redactor, full), redactor


def under(case: Case, summary: Summary, redactor: Redactor, full: tuple[str, str]) -> Summary:
    """`summary` as `redactor` leaves it. Its log counts what the redactor has replaced so far, an annex included."""
    profile = redactor.profile
    cited = cited_rows(summary, Timeline(case.timeline_folder))
    changed = redacted(summary, redactor, sentences(cited, redactor, codes()))
    who = case.hand.who if profile.acting == "stay" else redactor.whole("person", case.hand.who)
    counts = redactor.pseudonyms.counts()
    found = tuple(KindCount(kind, counts[kind]) for kind in KINDS if kind in counts)
    log = Redaction(profile.name, profile.why, who, found, redactor.pseudonyms.key_name, *full)
    return replace(changed, redaction=log)


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
    if asked.reason is not None:
        asked = replace(asked, reason=one_line("--reason", asked.reason))
    summary = summarise(case, asked.date)
    full = _sealed(case, asked, summary)
    redactor = redactor_of(case, summary, asked.profile)
    with annexes.written(case, summary, words, redactor.table, asked.profile.name) as annex:
        changed = replace(under(case, summary, redactor, full), annex=annex.facts)
        return _issue(case, asked, (summary, changed), (Under(form, changed, redactor), annex), path)


def _issue(
    case: Case, asked: Asked, whole_and_changed: tuple[Summary, Summary], how: tuple[Under, Written], path: Path | None
) -> Path:
    summary, changed = whole_and_changed
    (form, annex), log = how, changed.redaction
    assert log is not None
    last = reports.edition(case.custody.entries(), asked.code, form.name)
    number, data = reports.written(summary, last, (form, language(asked.code)), asked.reason)
    name = f"summary-{asked.code}-{log.profile}-v{number.version}{form.suffix}"
    target = path if path is not None else case.reports_folder / name
    if path is None and last is not None and number == last.issue and reports.holds(target, last.sha256):
        annex.put(target.parent)
        return target
    reports.lay(target, data, annex)
    told = {
        "language": asked.code,
        "format": form.name,
        "date": asked.date,
        "profile": log.profile,
        "why": dict(log.why),
        "replaced": {count.kind: count.values for count in log.counts},
        "key": log.key,
        "full": {"name": log.full_name, "sha256": log.full_sha256},
    }
    reports.record(case, target, told, number, summary.draft.applies(asked.code), data, annex.facts)
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


def _sealed(case: Case, asked: Asked, summary: Summary) -> tuple[str, str]:
    """The full copy's name and SHA-256: the one that was issued already, where it is in the case, else a new one in `sealed`."""
    form, words = exporter(asked.format), language(asked.code)
    with annexes.written(case, summary, words) as annex:
        whole = replace(summary, annex=annex.facts)
        last = reports.edition(case.custody.entries(), asked.code, form.name)
        reason = None
        try:
            number, data = reports.written(whole, last, (form, words), None)
        except reports.ReasonDue:
            reason = asked.reason
            number, data = reports.written(whole, last, (form, words), reason)
        name, sha256 = f"summary-{asked.code}-v{number.version}{form.suffix}", hashlib.sha256(data).hexdigest()
        for place in (name, f"{SEALED}/{name}"):
            if reports.holds(case.reports_folder / place, sha256):
                return f"reports/{place}", sha256
        target = case.reports_folder / SEALED / name
        reports.lay(target, data, annex)
        told = {"language": asked.code, "format": form.name, "date": asked.date}
        reports.record(case, target, told, number, summary.draft.applies(asked.code), data, annex.facts)
        return f"reports/{SEALED}/{name}", sha256
