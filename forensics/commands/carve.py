"""`athar carve`: event log chunks and records out of any bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from forensics.code_page import code_page_option

if TYPE_CHECKING:
    from forensics.carving import Find

SHOWN = 200


@click.command(
    epilog="\b\nExamples:\n  athar carve pagefile.sys\n  athar carve unallocated.bin -o found.evtx\n"
    "  athar carve memory.raw --case CASE               its rows join the timeline, flagged recovered\n"
    "  athar carve memory.raw --case CASE --code-page 1256\n"
    "  athar carve memory.raw --json > finds.json"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--case", "case_folder", type=click.Path(path_type=Path), help="Case to add FILE and its records to.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Event log to write the sound chunks to; never overwritten."
)
@code_page_option
@click.option("--limit", type=int, default=SHOWN, show_default=True, metavar="N", help="Finds listed; 0 lists all.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.option("--json", "as_json", is_flag=True, help="Print every find as JSON.")
def command(
    file: Path,
    case_folder: Path | None,
    output: Path | None,
    code_page: int | None,
    limit: int,
    quiet: bool,
    as_json: bool,
) -> int:
    """Search FILE (a page file, unallocated space, a memory dump …) for Windows event log chunks and single records, at any alignment.

    Lists where each stands and what it holds. FILE is only read. -o leaves out single records, and chunks that are cut off or
    whose checksums do not fit; --case reads them too.
    """
    if code_page is not None and case_folder is None:
        raise click.UsageError("--code-page is for the rows that --case takes in; give both")
    from forensics import carving, overview
    from forensics.progress import on_terminal
    from forensics.terminal import as_json as print_json
    from forensics.terminal import say
    from timelines.visible import visible

    with on_terminal(quiet or as_json) as progress:
        found = list(carving.finds(file, progress))
        written = carving.write_log(file, found, output) if output is not None else None
        taken = carving.into_case(case_folder, file, progress, code_page) if case_folder is not None else None
    result = taken[1] if taken is not None else None
    if as_json:
        from dataclasses import asdict

        shown = {"finds": [asdict(find) for find in found], "chunks_written": written}
        print_json(shown if result is None else {**shown, "read": asdict(result)})
    else:
        _listed(found, limit)
        if written is not None:
            left = sum(find.kind == "chunk" for find in found) - written
            say(
                f"{output}: {written:,} sound chunks written as found"
                + (f"; {left:,} damaged ones left out" if left else "")
            )
        for entry in taken[0].entries if taken is not None else ():
            say(f"{entry.exhibit}/{visible(entry.file)}: {entry.reason or 'taken in, to be searched'}")
        if result is not None:
            say(f"{result.rows:,} rows read, flagged recovered; {result.problems:,} problems; next: athar analyze CASE")
    if result is not None:
        overview.warn(result)
        return 0 if result.sound else 1
    return 0


def _listed(found: list[Find], limit: int) -> None:
    from forensics.terminal import instant, say, table

    headers = ("offset", "what", "bytes", "records", "first", "last", "numbers", "channels")
    shown = found if limit <= 0 else found[:limit]
    table(
        "",
        headers,
        [
            (
                f"0x{find.offset:x}",
                find.kind if find.kind == "records" or find.sound else "chunk, damaged",
                find.length,
                find.records,
                instant(find.first),
                instant(find.last),
                "–" if find.first_number is None else f"{find.first_number}-{find.last_number}",
                ", ".join(find.channels) or "–",
            )
            for find in shown
        ],
    )
    if len(shown) < len(found):
        say(f"… {len(found) - len(shown):,} more: --limit 0 lists all")
    chunks = sum(find.kind == "chunk" for find in found)
    lone = sum(find.records for find in found if find.kind == "records")
    say(f"{chunks:,} chunks and {lone:,} single records; {sum(find.records for find in found):,} records in all")
