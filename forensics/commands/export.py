"""`athar export`: the case in formats that other tools read."""

from __future__ import annotations

from pathlib import Path

import click

_EPILOG = """\b
Formats (docs/exports.md tells what each holds):
{formats}

\b
Examples:
  athar export CASE --to timesketch -o case.jsonl
  athar export CASE --to timesketch -o case.csv
  athar export CASE --to xlsx -o case.xlsx --lang fr
  athar export CASE --to stix -o bundle.json --date 2026-01-20
  athar export CASE --to ecs -o case.jsonl --redact court
  athar export CASE --to bag -o case-bag --date 2026-01-20
"""


class _Listed(click.Command):
    """Lists the formats where help is asked for, and only then."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from cases.exchange import exchanges

        lines = "\n".join(f"  {name:<11} {exchange.doc}" for name, exchange in exchanges().items())
        self.epilog = _EPILOG.format(formats=lines)
        super().format_epilog(ctx, formatter)


@click.command(cls=_Listed)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.option("--to", "name", metavar="FORMAT", required=True, help="What to write; the formats are listed below.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="New file (bag: folder); never overwritten."
)
@click.option("--date", metavar="YYYY-MM-DD", help="Date that the export bears; today unless given.")
@click.option(
    "--lang", type=click.Choice(("en", "fr", "ar")), default="en", show_default=True, help="Language of the sentences."
)
@click.option(
    "--redact",
    metavar="PROFILE",
    help="Replace personal data by pseudonyms: court, public, or FILE.toml; those of `athar report --redact`.",
)
@click.option("--secrets", is_flag=True, help="Write passwords and their like, which are masked otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(
    case_folder: Path,
    name: str,
    output: Path,
    date: str | None,
    lang: str,
    redact: str | None,
    secrets: bool,
    as_json: bool,
) -> int:
    """Write CASE for another tool, and record the file and its SHA-256 in custody. The same case, date and language give the same bytes."""
    from cases.case import Case
    from cases.exchange import Options
    from cases.exchange.delivery import deliver
    from forensics.reporting import report_date
    from forensics.terminal import as_json as print_json
    from forensics.terminal import say
    from timelines.visible import visible

    made = deliver(Case.open(case_folder), name, output, Options(report_date(date), lang, redact, secrets))
    if as_json:
        print_json(
            {
                "path": str(made.path),
                "format": made.format,
                "sha256": made.sha256,
                "counts": dict(made.counts),
                **made.redaction,
            }
        )
        return 0
    counts = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in made.counts.items())
    say(f"{visible(str(made.path))}: {counts}\nSHA-256 {made.sha256}, recorded in custody")
    return 0
