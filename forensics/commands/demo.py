"""`athar demo`: a whole synthetic case, made and run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from forensics.summary_languages import languages_option

if TYPE_CHECKING:
    from forensics.progress import Progress

_EPILOG = """\b
Examples:
  athar demo
  athar demo /tmp/training --seed 7 --lang en,fr,ar
  athar demo /tmp/evidence --evidence-only
  athar demo /tmp/exercise --exercise --seed 7 --lang fr,ar
"""


@click.command(epilog=_EPILOG)
@click.argument("folder", default="athar-demo", type=click.Path(path_type=Path))
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same evidence, byte for byte."
)
@languages_option("en,fr,ar")
@click.option("--date", metavar="YYYY-MM-DD", help="Date that the summaries bear; today unless given.")
@click.option("--workers", type=int, metavar="N", help="Worker processes; one a processor unless given.")
@click.option("--evidence-only", is_flag=True, help="Make the evidence, and leave the examination to the reader.")
@click.option(
    "--exercise",
    is_flag=True,
    help="Make the evidence, question sheets, and in FOLDER/answers the key for the trainer.",
)
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    folder: Path,
    seed: int,
    lang: str,
    date: str | None,
    workers: int | None,
    evidence_only: bool,
    exercise: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Make the evidence of an invented intrusion in FOLDER/evidence and run the case in FOLDER/case.

    A municipal web portal is scanned and entered; the intruder moves on to a second host and carries files away.
    """
    from forensics import demo_case, overview
    from forensics.api import OpenCase
    from forensics.progress import on_terminal
    from forensics.reporting import FORMATS, issue_all, languages, report_date
    from forensics.terminal import say

    wanted, bears = languages(lang), report_date(date)
    with on_terminal(quiet or as_json) as progress:
        if exercise:
            return _exercise(folder, seed, wanted, progress)
        demo_case.make(folder, seed, progress)
        if evidence_only:
            say(f"{folder / 'evidence'}: made; next: athar run {folder / 'evidence'} --case CASE")
            return 0
        case, ingested = demo_case.run(folder, wanted, workers, progress)
        progress.stage("Write summaries", len(wanted) * len(FORMATS))
        reports = issue_all(case, wanted, bears, progress.advance)
    overview.show(OpenCase(case), reports, as_json)
    overview.warn(ingested)
    return 0 if ingested.sound else 1


def _exercise(folder: Path, seed: int, languages: tuple[str, ...], progress: Progress) -> int:
    from forensics.demo.exercise import make_exercise
    from forensics.terminal import say

    for path in make_exercise(folder, seed, languages, lambda label: progress.stage(f"Make evidence: {label}", None)):
        say(str(path))
    say(f"hand out {folder / 'evidence'} and {folder / 'questions'}; keep {folder / 'answers'} back")
    return 0
