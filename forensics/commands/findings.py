"""`athar findings`: what the rules found, and what the examiner decided on it."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import click

from forensics import reviewing


class _Findings(click.Group):
    """`athar findings CASE` lists; the first word is a command only when it is the name of one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if args and first not in self.commands and first not in ctx.help_option_names:
            near = difflib.get_close_matches(first, self.commands, 1)
            if near and len(args) > 1 and not Path(first).exists():
                raise click.UsageError(f"no case {first!r}, and no such command; did you mean {near[0]!r}?", ctx)
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_Findings,
    epilog="\b\nExamples:\n  athar findings CASE\n  athar findings CASE --level high\n  athar findings CASE F-1a2b3c4d5e\n"
    '  athar findings reject CASE F-1a2b3c4d5e --why "our own scan" --who "A. Analyst"',
)
def command() -> None:
    """List the findings of CASE, or decide on them: accept, reject, edit, merge, add.

    `athar findings CASE` is short for `athar findings list CASE`. Decisions are kept beside the findings, never in them: by whom,
    when and why. A folder that is named like a command is given as ./accept.
    """


@command.command(
    "list",
    epilog="\b\nExamples:\n  athar findings CASE\n  athar findings CASE --level high\n  athar findings CASE F-1a2b3c4d5e\n"
    "  athar findings CASE --by host\n  athar findings CASE --by rule\n  athar findings CASE --coverage\n"
    "  athar findings CASE --matches --json",
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.argument("finding", required=False)
@click.option(
    "--level",
    type=click.Choice(("informational", "low", "medium", "high", "critical")),
    help="Only this level and above.",
)
@click.option(
    "--by",
    type=click.Choice(("host", "technique", "rule")),
    help="Grouped by host and technique, by technique and host, or counted by rule, noisiest first.",
)
@click.option("--coverage", is_flag=True, help="What the rules could not see, by machine and log source.")
@click.option("--matches", is_flag=True, help="List single matches with the reason of each.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def listed(case_folder: Path, finding: str | None, by: str | None, as_json: bool, **options: Any) -> int:
    """List the findings of CASE, gravest first, with their review; or show one FINDING with its rows."""
    from forensics import findings_groups, findings_list, open_case, overview, rules_coverage

    level: str | None = options["level"]
    case = open_case(case_folder)
    if finding is not None:
        findings_list.show_one(case, finding, as_json)
    elif options["coverage"]:
        rules_coverage.show(case, None, False, as_json)
    elif by == "rule":
        findings_groups.show_rules(case, level, as_json)
    elif by is not None:
        findings_groups.show(case, by, level, as_json)
    elif options["matches"]:
        overview.show_matches(case, level, as_json)
    else:
        findings_list.show(case, level, as_json)
    return 0


for _command in reviewing.COMMANDS:
    command.add_command(_command)
