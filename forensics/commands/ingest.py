"""`athar ingest`: read registered evidence into the timeline."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="\b\nExamples:\n  athar ingest CASE\n  athar ingest CASE --workers 4 --evidence /mnt/copy")
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.option("--workers", type=int, metavar="N", help="Worker processes; one a processor unless given.")
@click.option("--scheduler", metavar="URL", help="Dask scheduler to run on, such as tcp://192.0.2.7:8786.")
@click.option("--evidence", type=click.Path(path_type=Path), help="Where the evidence lies now, if it was moved.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def command(
    case_folder: Path, workers: int | None, scheduler: str | None, evidence: Path | None, quiet: bool, as_json: bool
) -> int:
    """Read what CASE has registered and not read yet. A run that was cut off goes on where it stopped."""
    from forensics.executors import prepare

    prepare(workers, scheduler)  # while this process loads what it needs, and files are hashed
    from dataclasses import asdict

    from cases.case import Case
    from forensics import overview, pipeline
    from forensics.frameless import frameless
    from forensics.progress import on_terminal
    from forensics.terminal import as_json as print_json
    from forensics.terminal import complain, say

    frameless()
    case = Case.open(case_folder)
    with on_terminal(quiet or as_json) as progress:
        result = pipeline.ingest(case, workers, scheduler, progress, evidence, complain)
    if as_json:
        print_json(asdict(result))
    else:
        say(f"{result.rows:,} rows read by {result.tasks} tasks; {result.problems:,} problems reported")
    overview.warn(result)
    return 0 if result.sound else 1
