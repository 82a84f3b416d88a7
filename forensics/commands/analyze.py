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
    """Run our rules, and those at --rules, over CASE. Replaces the findings of the run before.

    Refused, with exit code 1, while the evidence is not what was registered: `athar ingest` hashes it again.
    """
    from cases.case import Case
    from cases.integrity import changed_evidence
    from forensics import findings_list, pipeline
    from forensics.api import OpenCase
    from forensics.progress import on_terminal
    from forensics.terminal import Failure

    case = Case.open(case_folder)
    if changed := changed_evidence(case):
        raise Failure(changed, code=1)
    with on_terminal(quiet or as_json) as progress:
        pipeline.analyze(case, rules, progress)
    findings_list.show(OpenCase(case), json=as_json)
    return 0
