"""`athar extract`: the bytes of a row, the packets it was read from, or the file it tells of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from forensics.extraction import Extract


@click.command(
    epilog="\b\nExamples:\n  athar extract CASE 3f9a -o record.bin\n  athar extract CASE 3f9a -o packets.pcap\n"
    "  athar extract CASE 3f9a -o connection.pcap --flow\n  athar extract CASE 3f9a -o carried/\n"
    "  athar extract CASE 3f9a -o sample --raw\n  athar extract CASE 3f9a -o record.bin --evidence /mnt/copy --json"
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.argument("row_id")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="File to write, never overwritten; in a folder that is there, under a safe name.",
)
@click.option(
    "--record", "asked", flag_value="record", help="Write the row's record exactly as it lies in the evidence."
)
@click.option("--pcap", "asked", flag_value="packets", help="Write a capture file of the row's packets.")
@click.option("--flow", "asked", flag_value="flow", help="Write a capture file of all packets of the row's connection.")
@click.option(
    "--raw", "asked", flag_value="raw", help="Write a carried file as it was, and not in a wrapper. It may be harmful."
)
@click.option("--evidence", type=click.Path(path_type=Path), help="Where the evidence lies now, if it was moved.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(
    case_folder: Path, row_id: str, output: Path, asked: str | None, evidence: Path | None, as_json: bool
) -> int:
    """Write what the row whose id begins with ROW_ID was read from, and print where it lies and its SHA-256.

    Of a file carried over the network (net/files) that is the file itself, checked against the SHA-256 of the row, in a zip with a
    manifest, so that no click opens or runs it. Of other network rows it is a capture file of their packets; of all others their record.

    The evidence is first checked against its registered hash. Nothing is overwritten. Custody records the extract.
    """
    from dataclasses import asdict

    from forensics import open_case, row_sheet
    from forensics.extraction import extract
    from forensics.terminal import as_json as print_json
    from forensics.terminal import say, table

    case = open_case(case_folder)
    made = extract(case.case, row_sheet.find(case, row_id), output, evidence, asked)
    if as_json:
        print_json(asdict(made))
        return 0
    table("", ("field", "value"), [(name, value) for name, value in asdict(made).items() if value is not None])
    say()
    for line in _to_repeat(made):
        say(line)
    return 0


def _to_repeat(made: Extract) -> list[str]:
    """How anyone checks what was written."""
    from timelines.visible import visible

    where = visible(made.file if made.file == made.on_disk else "the unpacked " + made.file)
    if made.form == "defanged":
        return [
            "The file is inside, its bytes unchanged; it may be harmful. To check it:",
            f"  unzip -p {visible(Path(made.path).name)} '*.defanged' | sha256sum",
        ]
    if made.form == "raw":
        return ["This is the file as it was carried. It may be harmful: do not open it on this machine."]
    return [
        f"To repeat it: bytes {made.offset} to {made.offset + made.length} of {where}, for example",
        f"  tail -c +{made.offset + 1} FILE | head -c {made.length} | sha256sum",
    ]
