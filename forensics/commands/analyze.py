"""`athar analyze`: run the rules over a case's timeline."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    epilog="\b\nExamples:\n  athar analyze CASE\n  athar analyze CASE --rules sigma/rules --rules house-rules/"
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.option(
    "--rules",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Sigma rules beside ours: a file or folder; repeatable.",
)
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(case_folder: Path, rules: tuple[Path, ...], quiet: bool, as_json: bool) -> int:
    """Run our rules, and those at --rules, over CASE. Replaces the findings of the run before."""
    from cases.case import Case
    from forensics import findings_list, pipeline
    from forensics.api import OpenCase
    from forensics.progress import on_terminal

    case = Case.open(case_folder)
    with on_terminal(quiet or as_json) as progress:
        pipeline.analyze(case, rules, progress)
    findings_list.show(OpenCase(case), json=as_json)
    return 0
