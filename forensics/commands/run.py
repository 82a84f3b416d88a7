"""`athar run`: evidence in; timeline, findings and a summary out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forensics.code_page import code_page_option
from forensics.flow_timeouts import flow_timeout_option
from forensics.log_formats import log_format_option
from forensics.rule_options import chosen, rule_options
from forensics.stamp_year import year_option
from forensics.summary_languages import languages_option

_EPILOG = """\b
Examples:
  athar run /media/usb/evidence --case case-0042
  athar run web.zip dc01/ trace.pcap --case C --rules sigma/rules --lang fr,ar
  athar run dc01/ --case C --rules sigma/rules --level medium --allow known.yaml
  athar run logs/ --case C --tz Africa/Casablanca      times written without a zone
  athar run logs/ --case C --workers 1                 one process, least memory
An interrupted run goes on where it stopped when it is given again.
"""


@click.command(epilog=_EPILOG)
@click.argument("evidence", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--case", "folder", required=True, type=click.Path(path_type=Path), help="Case folder: new, or one to go on with."
)
@rule_options
@click.option("--tz", "zone", metavar="ZONE", help="IANA zone of times that the evidence writes without one.")
@log_format_option
@year_option
@code_page_option
@flow_timeout_option
@languages_option("en")
@click.option("--date", metavar="YYYY-MM-DD", help="Date that the summaries bear; today unless given.")
@click.option("--workers", type=int, metavar="N", help="Worker processes; one a processor unless given.")
@click.option("--scheduler", metavar="URL", help="Dask scheduler to run on, such as tcp://192.0.2.7:8786.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    evidence: tuple[Path, ...],
    folder: Path,
    zone: str | None,
    log_formats: tuple[str, ...],
    year: int | None,
    code_page: int | None,
    flow_timeouts: tuple[str, ...],
    lang: str,
    date: str | None,
    workers: int | None,
    scheduler: str | None,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Read EVIDENCE (files or folders) into a case, run the rules, write the summaries.

    Nothing is written to the evidence. Every file is hashed before and after; every byte is accounted for. Where a hash is not what was
    registered, the run stops there: exit code 1, no rules, no summary.
    """
    from forensics.executors import prepare

    prepare(workers, scheduler)  # while this process loads what it needs, and files are hashed
    from forensics import overview, pipeline
    from forensics.api import OpenCase, start
    from forensics.frameless import frameless
    from forensics.pipeline import About
    from forensics.progress import on_terminal
    from forensics.reporting import FORMATS, issue_all, languages, report_date
    from forensics.terminal import complain

    frameless()
    wanted, bears = languages(lang), report_date(date)
    rules = chosen(options)
    with on_terminal(quiet or as_json) as progress:
        about = About(zone, log_formats=log_formats, flow_timeouts=flow_timeouts, year=year, code_page=code_page)
        case = start(folder, evidence, about, progress)
        ingested = pipeline.ingest(case, workers, scheduler, progress, tell=complain)
        if ingested.changed:
            return overview.stop(ingested, as_json)
        searched = pipeline.analyze(case, rules, progress)
        progress.stage("Write summaries", len(wanted) * len(FORMATS))
        reports = issue_all(case, wanted, bears, progress.advance)
    opened = OpenCase(case)
    overview.show(opened, reports, as_json)
    overview.warn(ingested)
    overview.warn_unused(searched.unused)
    return 0 if ingested.sound else 1
