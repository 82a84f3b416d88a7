"""Summaries issued from the command line and from Python: languages, date and format checked, then written and recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from cases.annex import Written
from cases.annex import written as written_annex
from cases.case import Case
from cases.languages import codes, language
from cases.reports import ReasonDue
from cases.reports import issue as issue_one
from cases.summarise import summarise
from cases.summary import Summary

FORMATS = ("html", "pdf", "json")  # what `run` and `demo` issue for each language


AGAIN = "run again with athar run"


def issue(
    case: Case,
    path: Path | None,
    lang: str = "en",
    form: str | None = None,
    bears: str | None = None,
    reason: str | None = None,
) -> Path:
    """Write one summary. The format is `form`, else that of the path's suffix, else HTML; `bears` is its date, today when None.

    `reason` is due from the second version on; what was issued last and has not changed is given again without one.
    """
    (lang,) = languages(lang)
    return issue_one(case, lang, _format(path, form), report_date(bears), path, reason=reason)


def issue_redacted(
    case: Case, path: Path | None, profile: str, how: tuple[str, str | None, str | None], reason: str | None = None
) -> Path:
    """Write one summary under a redaction profile, its full copy sealed in the case. `how`: language, format, date, as for `issue`."""
    from cases.redaction.issuing import Asked
    from cases.redaction.issuing import issue as issue_under
    from cases.redaction.profile import profile as known

    lang, form, bears = how
    chosen = _format(path, form)
    return issue_under(case, Asked(languages(lang)[0], chosen, report_date(bears), known(profile), reason), path)


def _format(path: Path | None, form: str | None) -> str:
    return form or (path.suffix.lstrip(".").lower() if path is not None and path.suffix else FORMATS[0])


def issue_all(case: Case, wanted: Sequence[str], bears: str | None, done: Callable[[int], None]) -> list[Path]:
    """Write the summary in each language and format into the case. The case is summed up once.

    Where one was issued before and the case has changed since, this is a new version, whose reason is that the case was run again.
    """
    day = report_date(bears)
    summary = summarise(case, day)
    paths = []
    for lang in wanted:
        with written_annex(case, summary, language(lang)) as annex:  # one for all formats
            for form in FORMATS:
                paths.append(_issue_or_renew(case, lang, form, summary, annex))
                done(1)
    return paths


def _issue_or_renew(case: Case, lang: str, form: str, summary: Summary, annex: Written) -> Path:
    try:
        return issue_one(case, lang, form, summary.date, summary=summary, annex=annex)
    except ReasonDue:
        return issue_one(case, lang, form, summary.date, summary=summary, annex=annex, reason=AGAIN)


def languages(text: str) -> tuple[str, ...]:
    """`"en,fr"` as a tuple of known languages. Raises ValueError naming those there are."""
    known = codes()
    wanted = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for code in wanted:
        if code not in known:
            raise ValueError(f"no language {code!r}; there are {', '.join(sorted(known))}")
    return wanted


def report_date(text: str | None) -> str:
    """The date that a summary bears: as given, checked; today in UTC when None. Raises ValueError."""
    if text is None:
        return datetime.now(UTC).date().isoformat()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"date {text!r}: expected YYYY-MM-DD")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"date {text!r}: no such day; expected YYYY-MM-DD") from error
