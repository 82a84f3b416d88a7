"""`athar extract`: the bytes of a row, exactly as in the evidence."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    epilog="\b\nExamples:\n  athar extract CASE 3f9a -o record.bin\n  athar extract CASE 3f9a -o packets.pcap --pcap\n"
    "  athar extract CASE 3f9a -o record.bin --evidence /mnt/copy --json"
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.argument("row_id")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write; never overwritten."
)
@click.option("--pcap", is_flag=True, help="Write a capture file of the row's packets instead of its bytes alone.")
@click.option("--evidence", type=click.Path(path_type=Path), help="Where the evidence lies now, if it was moved.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(case_folder: Path, row_id: str, output: Path, pcap: bool, evidence: Path | None, as_json: bool) -> int:
    """Write the bytes of the row whose id begins with ROW_ID, and print where they lie and their SHA-256.

    The file that holds them is first checked against its registered hash. Custody records the extract.
    """
    from dataclasses import asdict

    from forensics import open_case, row_sheet
    from forensics.extraction import extract
    from forensics.terminal import as_json as print_json
    from forensics.terminal import say, table
    from timelines.visible import visible

    case = open_case(case_folder)
    made = extract(case.case, row_sheet.find(case, row_id), output, evidence, pcap)
    if as_json:
        print_json(asdict(made))
        return 0
    table("", ("field", "value"), list(asdict(made).items()))
    where = made.file if made.file == made.on_disk else "the unpacked " + made.file
    say(f"\nTo repeat it: bytes {made.offset} to {made.offset + made.length} of {visible(where)}, for example")
    say(f"  tail -c +{made.offset + 1} FILE | head -c {made.length} | sha256sum")
    return 0
