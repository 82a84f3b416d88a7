"""`athar report`: the case summary."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    epilog="\b\nExamples:\n  athar report CASE --lang ar --format html --date 2026-01-20 -o summary-ar.html\n"
    "  athar report CASE --lang fr -o resume.json\n"
    '  athar report CASE --lang fr --reason "a finding was reviewed"\n'
    "  athar report CASE --lang fr --format pdf --redact court\n  athar report CASE --redact own-profile.toml"
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.option(
    "--lang", type=click.Choice(("en", "fr", "ar")), default="en", show_default=True, help="Language of the summary."
)
@click.option("--format", "form", help="html, json or pdf; by the suffix of -o unless given.")
@click.option("--date", metavar="YYYY-MM-DD", help="Date that the summary bears; today unless given.")
@click.option("--reason", metavar="TEXT", help="Why a new version is issued; needed from version 2 on.")
@click.option(
    "--redact",
    metavar="PROFILE",
    help="Replace personal data by pseudonyms: court, public, or FILE.toml; the full summary is sealed beside it.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; a new version in CASE/reports unless given.",
)
def command(
    case_folder: Path,
    lang: str,
    form: str | None,
    date: str | None,
    reason: str | None,
    redact: str | None,
    output: Path | None,
) -> int:
    """Write the summary of CASE. The same case, language and date give the same bytes. An issued summary is never overwritten.

    Once the case has changed, a summary in the same language and format is a new version: it needs a --reason, which it prints with
    the hash of the version before. Beside it lies its annex (annex-LANG-HASH.csv): every record that its findings cite, whole; the
    summary prints the annex's name, SHA-256 and number of lines.
    """
    from cases.case import Case
    from forensics.reporting import issue, issue_redacted
    from forensics.terminal import say

    case = Case.open(case_folder)
    if redact is None:
        say(str(issue(case, output, lang, form, date, reason)))
    else:
        say(str(issue_redacted(case, output, redact, (lang, form, date), reason)))
    return 0
