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
@click.option("--json", "as_json", is_flag=True, help="Print the row as JSON.")
def command(case_folder: Path, row_id: str, evidence: Path | None, all_bytes: bool, as_json: bool) -> int:
    """Show the row ROW_ID (the first digits are enough): its columns, its sentence, its bytes in the evidence, and what cites it."""
    import pyarrow as pa
    from timelines.messages.sentences import sentences

    from cases.errors import CaseError
    from forensics import exhibit_bytes, open_case
    from forensics.terminal import Failure, complain, instant, say, table
    from forensics.terminal import as_json as print_json
    from timelines.schema import own_name
    from timelines.visible import visible

    case = open_case(case_folder)
    found = (
        case.query.sql("select row_id from timeline where starts_with(row_id, ?) limit 2", [row_id.lower()])
        .column(0)
        .to_pylist()
    )
    if len(found) != 1:
        reason = "no row" if not found else "several rows"
        raise Failure(
            f"{reason} of this case begin with {row_id!r}; athar timeline CASE --columns row_id,time,message lists them"
        )
    row = next(iter(case.query.rows(found)))
    values = {own_name(f) if f.name not in ("host", "user") else f.name: row.column(f.name)[0] for f in row.schema}
    shown = {
        k: instant(v.value) if pa.types.is_timestamp(v.type) and v.is_valid else v.as_py() for k, v in values.items()
    }
    cited = case.sql(f"select rule_title, level, why from matches where row_id = '{found[0]}'")
    if as_json:
        print_json({**shown, "message": sentences(row)[0].as_py(), "matches": cited.to_dict("records")})
        return 0
    say(sentences(row)[0].as_py() + "\n")
    table("", ("column", "value"), [(k, v) for k, v in shown.items() if v not in (None, "")])
    exhibit, file, offset, length = (row.column(n)[0].as_py() for n in ("exhibit", "file", "offset", "length"))
    say(f"\n{exhibit}/{visible(file)}, bytes {offset:,} to {offset + length:,} ({length:,} bytes)")
    try:
        with exhibit_bytes.opened(case.case, exhibit, file, evidence) as view:
            for line in exhibit_bytes.reading(row.column("family")[0].as_py(), view, offset, length):
                say("  " + visible(line))
            say()
            part = bytes(view[offset : offset + (length if all_bytes else min(length, BYTES_SHOWN))])
            for line in exhibit_bytes.dump(part, offset):
                say("  " + line)
            if len(part) < length:
                say(f"  … {length - len(part):,} more bytes: --all-bytes")
            view.release()
    except CaseError as error:
        complain(f"{error}")
    say()
    table(
        "Rules that cite this row",
        ("rule", "level", "why"),
        list(cited.itertuples(index=False, name=None)),
        "" if len(cited) else "none",
    )
    return 0
