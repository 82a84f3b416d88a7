"""`athar analyze`: run the rules over a case's timeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forensics.rule_options import chosen, rule_options


@click.command(
    epilog="\b\nExamples:\n  athar analyze CASE\n  athar analyze CASE --rules sigma/rules --rules house-rules/\n"
    "  athar analyze CASE --rules sigma/rules --level medium --exclude 'Noisy rule' --allow known.yaml"
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@rule_options
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(case_folder: Path, quiet: bool, as_json: bool, **options: Any) -> int:
    """Run our rules, and those at --rules, over CASE. Replaces the findings of the run before.

    A rule that is left out is listed as excluded, a match that the allow-list names as suppressed: `athar case show CASE --rules`.
    Refused, with exit code 1, while the evidence is not what was registered: `athar ingest` hashes it again.
    """
    from cases.case import Case
    from cases.integrity import changed_evidence
    from forensics import findings_list, overview, pipeline
    from forensics.api import OpenCase
    from forensics.frameless import frameless
    from forensics.progress import on_terminal
    from forensics.terminal import Failure

    frameless()
    case, rules = Case.open(case_folder), chosen(options)
    if changed := changed_evidence(case):
        raise Failure(changed, code=1)
    with on_terminal(quiet or as_json) as progress:
        searched = pipeline.analyze(case, rules, progress)
    findings_list.show(OpenCase(case), json=as_json)
    overview.warn_unused(searched.unused)
    return 0
