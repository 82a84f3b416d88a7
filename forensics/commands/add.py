"""`athar add`: register evidence with a case."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.code_page import code_page_option
from forensics.flow_timeouts import flow_timeout_option
from forensics.log_formats import log_format_option
from forensics.stamp_year import year_option

_EPILOG = """\b
Examples:
  athar add CASE /media/usb/WEB01 --seal SC-02 --description "Disk of the portal"
  athar add CASE access.log --tz Africa/Casablanca --clock-offset 187 --clock-source "compared with the capture"
  athar add CASE logs/ --log-format '%v %h %l %u %t "%r" %>s %b %D'      as LogFormat or log_format writes it
  athar add CASE trace.pcap --flow-timeout tcp=1h    a connection goes on after an hour of silence, not five minutes
  athar add CASE DC01/ --code-page 1256              event logs whose old text is in Arabic
  athar add CASE image.zip --sha256 9f86d0…          hash supplied by those who handed it over
"""


@click.command(epilog=_EPILOG)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.argument("evidence", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tz", "zone", metavar="ZONE", help="IANA zone of times that the evidence writes without one.")
@log_format_option
@year_option
@code_page_option
@flow_timeout_option
@click.option(
    "--sha256", "supplied", metavar="HEX", help="SHA-256 that came with the evidence; kept apart from the computed one."
)
@click.option("--seal", help="Seal number.")
@click.option(
    "--clock-offset", type=float, metavar="SECONDS", help="How far the exhibit's clock runs ahead of true time."
)
@click.option("--clock-source", help="How the clock offset is known.")
@click.option("--description", help="What the exhibit is, in a few words.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.option("--json", "as_json", is_flag=True, help="Print exhibits and files as JSON.")
def command(
    case_folder: Path,
    evidence: tuple[Path, ...],
    zone: str | None,
    log_formats: tuple[str, ...],
    year: int | None,
    code_page: int | None,
    flow_timeouts: tuple[str, ...],
    supplied: str | None,
    seal: str | None,
    clock_offset: float | None,
    clock_source: str | None,
    description: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Register EVIDENCE with CASE, each path as an exhibit of its own: hash, recognise and list every file. `athar ingest` reads it."""
    from dataclasses import asdict, replace

    from cases.case import Case
    from forensics import pipeline
    from forensics.evidence_paths import check_evidence
    from forensics.flow_timeouts import checked_timeouts
    from forensics.frameless import frameless
    from forensics.log_formats import checked_formats
    from forensics.progress import on_terminal
    from forensics.terminal import Failure, amount, table
    from forensics.terminal import as_json as print_json
    from timelines.times import zone as checked

    frameless()
    if zone is not None:
        checked(zone)
    if supplied is not None and len(evidence) > 1:
        raise Failure("--sha256 belongs to one file; add the files one at a time")
    case = Case.open(case_folder)
    about = pipeline.About(
        zone, supplied, seal, clock_offset, clock_source, description, year=year, code_page=code_page
    )
    about = replace(about, log_formats=checked_formats(log_formats), flow_timeouts=checked_timeouts(flow_timeouts))
    check_evidence(case_folder, evidence)
    taken = []
    with on_terminal(quiet or as_json) as progress:
        for path in evidence:
            taken.append(pipeline.add(case, path, about, progress))
    if as_json:
        print_json([{"exhibit": asdict(t.exhibit), "files": [asdict(e) for e in t.entries]} for t in taken])
        return 0
    for t in taken:
        rows = [
            (e.file, e.status, e.parser or "–", amount(e.size), e.reason or e.duplicate_of or "") for e in t.entries
        ]
        table(f"{t.exhibit.exhibit}  {t.exhibit.name}", ("file", "status", "reader", "size", "remark"), rows)
    return 0
