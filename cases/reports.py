"""Issuing a summary: written once, recorded in custody with its hash, never overwritten."""

from __future__ import annotations

from pathlib import Path

from cases import durable
from cases.case import Case
from cases.custody import Subject
from cases.errors import CaseError
from cases.exporters import exporter
from cases.languages import language
from cases.summarise import ISSUED, summarise
from cases.summary import Summary
from timelines.hashing import sha256_file


def issue(
    case: Case, code: str, format: str, date: str, path: Path | None = None, summary: Summary | None = None
) -> Path:
    """Write the summary of `case` in the language `code` and the format `format`, dated `date` (YYYY-MM-DD), and record it.

    Without `path` it goes to `reports/summary-<code>-v<N>.<suffix>`, the next free version. `summary` saves making it again for
    another language. Raises CaseError when a file is at `path` already: what was issued is not changed, it gets a new version.
    """
    form, words = exporter(format), language(code)
    summary = summary if summary is not None else summarise(case, date)
    target = path if path is not None else _next(case, code, form.suffix)
    if target.exists():
        raise CaseError(
            f"{target}: a file is there already, and an issued summary is never overwritten; give another name"
        )
    durable.write(target, form.render(summary, words))
    options = {"language": code, "format": form.name, "date": date, "name": target.name}
    folder = case.folder.resolve()
    if target.resolve().is_relative_to(folder):
        case.log(ISSUED, options, [target.resolve().relative_to(folder).as_posix()])
    else:
        case.log(ISSUED, options, subjects=[Subject(f"outside/{target.name}", sha256_file(target))])
    return target


def _next(case: Case, code: str, suffix: str) -> Path:
    version = 1
    while (path := case.reports_folder / f"summary-{code}-v{version}{suffix}").exists():
        version += 1
    return path
