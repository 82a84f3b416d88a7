"""`athar findings`: what the rules found."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    epilog="\b\nExamples:\n  athar findings CASE\n  athar findings CASE --level high\n  athar findings CASE F-1a2b3c4d5e\n"
    "  athar findings CASE --matches --json"
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.argument("finding", required=False)
@click.option(
    "--level",
    type=click.Choice(("informational", "low", "medium", "high", "critical")),
    help="Only this level and above.",
)
@click.option("--matches", is_flag=True, help="List single matches with the reason of each.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(case_folder: Path, finding: str | None, level: str | None, matches: bool, as_json: bool) -> int:
    """List the findings of CASE, gravest first; or show one FINDING with its rows."""
    from forensics import open_case, overview

    case = open_case(case_folder)
    if finding is not None:
        overview.show_finding(case, finding, as_json)
    elif matches:
        overview.show_matches(case, level, as_json)
    else:
        overview.show_findings(case, level, as_json)
    return 0
