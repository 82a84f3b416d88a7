"""`athar show`: one row, its bytes, and the rules that cite it."""

from __future__ import annotations

from pathlib import Path

import click

BYTES_SHOWN = 512


@click.command(
    epilog="\b\nExamples:\n  athar show CASE 5e974c2b52be274b96d260fa\n  athar show CASE 5e974c2b --evidence /mnt/copy --all-bytes"
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.argument("row_id", metavar="ROW_ID")
@click.option("--evidence", type=click.Path(path_type=Path), help="Where the evidence lies now, if it was moved.")
@click.option("--all-bytes", is_flag=True, help=f"Dump every byte of the record, not the first {BYTES_SHOWN}.")
@click.option("--secrets", is_flag=True, help="Show passwords and their like, which are masked otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print the row as JSON.")
def command(
    case_folder: Path, row_id: str, evidence: Path | None, all_bytes: bool, secrets: bool, as_json: bool
) -> int:
    """Show the row ROW_ID (the first digits are enough): its columns, its sentence, its bytes in the evidence, and what cites it."""
    from forensics import open_case, row_sheet

    case = open_case(case_folder, secrets)
    sheet = row_sheet.find(case, row_id)
    if as_json:
        row_sheet.as_json(sheet)
    else:
        row_sheet.show(case, sheet, evidence, None if all_bytes else BYTES_SHOWN)
    return 0
