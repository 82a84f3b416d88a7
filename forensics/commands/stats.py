"""`athar stats`: what a case holds, counted."""

from __future__ import annotations

from pathlib import Path

import click

import timelines
from forensics.filter_options import filter_options


def _names() -> str:
    """The tables' names, by their files: to import them would take longer than all of `athar --help`."""
    folder = Path(timelines.__file__).parent / "statistics"
    return ", ".join(sorted(path.stem for path in folder.glob("[!_]*.py")))


_HELP = f"""Count what CASE holds: an overview, or one TABLE of {_names()}.

Piped, a table is CSV.
"""
_EPILOG = """\b
Examples:
  athar stats CASE
  athar stats CASE logons --host SRV02.lab.example --from 2026-01-14
  athar stats CASE integrity --lang fr
  athar stats CASE pivots --kind domain --kind process --top 20
  athar stats CASE events --sort=-rows --format csv -o events.csv
docs/stats.md describes every table and column.
"""


@click.command(help=_HELP, epilog=_EPILOG)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.argument("name", metavar="[TABLE]", required=False)
@filter_options
@click.option("--where", metavar="SQL", help="A SQL condition; with one --family also over its own columns.")
@click.option("--kind", "kinds", multiple=True, help="Only this kind, in a table that has kinds; repeatable.")
@click.option("--top", type=click.IntRange(0), help="At most so many rows, of each list; 0 is all, as in a file.")
@click.option("--sort", metavar="COLUMN", help="In order of this column; --sort=-COLUMN for the largest first.")
@click.option("--columns", metavar="a,b,c", help="Columns to show; a terminal shows those that fit.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", "csv", "jsonl", "parquet")),
    help="Default: table; by the suffix of -o.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option(
    "--lang", type=click.Choice(("en", "fr", "ar")), default="en", show_default=True, help="Language of meanings."
)
@click.option("--json", "as_json", is_flag=True, help="Same as --format jsonl; without TABLE one JSON document.")
def command(case_folder: Path, name: str | None, lang: str, **asked: object) -> int:
    """Show the overview, or one table. Returns the exit code."""
    from forensics import counted, glance, listing, open_case
    from forensics.frameless import frameless
    from forensics.terminal import as_json
    from timelines.scope import Scope

    frameless()
    scope = Scope(open_case(case_folder).query, listing.chosen(asked), lang)
    if name is not None:
        return counted.show(scope, name, asked)
    counted.refuse_without_table(asked)
    if asked["as_json"]:
        as_json(glance.summary(scope))
    else:
        glance.show(scope, str(case_folder))
    return 0
