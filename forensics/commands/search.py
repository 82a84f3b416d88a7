"""`athar search`: a text or pattern in every value of every row."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click


@click.command(
    epilog="\b\nExamples:\n  athar search CASE mimikatz\n  athar search CASE --regex 'cmd(\\.exe)?\\s+/c' --family windows\n"
    "  athar search CASE 198.51.100.23 --limit 0 --json > hits.jsonl"
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.argument("wanted", metavar="TEXT|REGEX")
@click.option("--regex", is_flag=True, help="TEXT is a regular expression (RE2).")
@click.option(
    "--family", "families", multiple=True, help="Only this family or group (windows, web/access); repeatable."
)
@click.option("--limit", default=200, show_default=True, help="Stop after so many hits; 0 for all.")
@click.option("--secrets", is_flag=True, help="Show passwords and their like, which are masked otherwise.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(
    case_folder: Path, wanted: str, regex: bool, families: tuple[str, ...], limit: int, secrets: bool, as_json: bool
) -> int:
    """Search every value of every row of CASE, ignoring case. Exit code 0 with hits, 1 without."""
    import json
    from dataclasses import asdict

    from forensics import open_case
    from forensics.terminal import instant, say, table
    from timelines.search import search

    hits = search(open_case(case_folder, secrets).query, wanted, regex, families)
    taken = islice(hits, limit + 1) if limit else hits
    if as_json:
        count = 0
        for hit in taken if not limit else islice(taken, limit):
            say(json.dumps({**asdict(hit), "time": instant(hit.time)}, ensure_ascii=True))
            count += 1
        return 0 if count else 1
    listed = list(taken)
    shown = listed[:limit] if limit else listed
    note = f"more than {limit} hits; --limit 0 for all" if len(shown) < len(listed) else f"{len(shown)} hits"
    rows = [(h.row_id, instant(h.time), h.family, h.host, h.column, h.value) for h in shown]
    table("", ("row_id", "time", "family", "host", "column", "value"), rows, note)
    return 0 if shown else 1
