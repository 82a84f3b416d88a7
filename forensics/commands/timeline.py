"""`athar timeline`: filter the timeline, to a table or a file."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.filter_options import filter_options

_EPILOG = """\b
Examples:
  athar timeline CASE --host WEB01 --from 2026-01-14T08:00 --to 2026-01-14T09:00
  athar timeline CASE --family windows/security --event 4624 --event 4625 --user admin
  athar timeline CASE --family web/access --where "sc_status >= 500" --columns time,c_ip,cs_uri,sc_status
  athar timeline CASE --ip 203.0.113.66 --format jsonl | head
  athar timeline CASE --client 203.0.113.66 --from 2026-01-14
  athar timeline CASE --format parquet -o all.parquet
"""
_SHOWN = ("time", "family", "host", "message")


@click.command(epilog=_EPILOG)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@filter_options
@click.option("--client", metavar="ADDRESS", help="All that this address did, in every source; docs/client-story.md.")
@click.option("--grep", metavar="TEXT", help="Only rows whose sentence or values contain TEXT, ignoring case.")
@click.option("--where", metavar="SQL", help="A SQL condition; with one --family also over its own columns.")
@click.option("--columns", metavar="a,b,c", help="Columns to show; a family's own ones with one --family.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", "csv", "jsonl", "parquet")),
    help="Default: table; by the suffix of -o.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--limit", type=int, help="At most so many rows; a table on a terminal shows 200 unless told (0: all).")
@click.option(
    "--lang", type=click.Choice(("en", "fr", "ar")), default="en", show_default=True, help="Language of the message."
)
@click.option("--secrets", is_flag=True, help="Show passwords and their like, which are masked otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format jsonl.")
def command(case_folder: Path, **asked: object) -> int:
    """Print the timeline of CASE in order: time, exhibit, file, offset. Piped, it is CSV."""
    from forensics import listing, open_case

    case = open_case(case_folder, bool(asked["secrets"]))
    if asked["client"] is not None:
        from forensics import client_listing

        return client_listing.write(case.query, str(asked["client"]), asked)
    request = listing.Request.of(asked, _SHOWN)
    return listing.write(case.query, request)
