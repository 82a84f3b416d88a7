"""One row on the terminal: its sentence, its columns and what their codes mean, its bytes in the evidence, and the rules that cite it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cases import findings as kept
from cases.errors import CaseError
from forensics import exhibit_bytes, terminal
from forensics.packet_list import show_packets
from forensics.packet_reach import Flow, connection_reach, further_flows
from forensics.second_reader.beside import Beside, event_beside, packet_beside
from forensics.second_reader.comparison import Row, rows_as_text
from forensics.terminal import Failure, complain, instant, say, table
from parsers.network.same_ends import Reach
from parsers.second.reading import Place
from timelines.messages.decoded import decoded_values
from timelines.messages.sentences import sentences
from timelines.schema import CORE_NAMES, own_name
from timelines.visible import visible

if TYPE_CHECKING:
    from forensics.api import OpenCase

HASHED_LIMIT = 256 << 20  # bytes of a file that is hashed each time a row of it is shown: a fifth of a second
UNKNOWN = "unknown code"  # a field whose values have names, with one that our tables do not hold


@dataclass(frozen=True, slots=True)
class Sheet:
    """A row: its sentence, its values by the evidence's own names (instants as text), their codes' meanings, where it lies, what cites it,
    its values as text by column; of a network row where its connection lies, if that is known, further flows that it was read from, and how
    many there are that are not looked for."""

    message: str
    values: dict[str, Any]
    decoded: dict[str, str | None]
    family: str
    exhibit: str
    file: str
    offset: int
    length: int
    cited: list[dict[str, Any]]
    texts: Row
    reach: Reach | None = None
    flows: tuple[Flow, ...] = ()
    more_flows: int = 0


def find(case: OpenCase, wanted: str) -> Sheet:
    """The row whose id begins with `wanted`. Raises Failure when there is none, or more than one."""
    query = "select row_id from timeline where starts_with(row_id, ?) limit 2"
    found = case.query.sql(query, [wanted.lower()]).column(0).to_pylist()
    if len(found) != 1:
        reason = "more than one row" if found else "no row"
        raise Failure(
            f"{reason} of this case has an id that begins with {wanted!r}; athar timeline CASE --columns row_id,time,message"
        )
    row = next(iter(case.query.rows(found)))
    cited = case.query.sql(
        "select rule_title, level, why from matches where row_id = ? order by all", found
    ).to_pylist()
    cited += [
        {"rule_title": finding.title, "level": finding.level, "why": finding.why}
        for finding in kept.load_findings(case.case.findings_folder)
        if finding.kind == "analyzer" and found[0] in finding.rows  # analyzers have findings, not matches
    ]
    place = {name: row.column(name)[0].as_py() for name in ("family", "exhibit", "file", "offset", "length")}
    ((_, texts),) = rows_as_text(row)
    values = _values(row)
    sheet = Sheet(sentences(row)[0].as_py(), values, decoded_values(values), **place, cited=cited, texts=texts)
    if not sheet.family.startswith("net/"):
        return sheet
    flows, more = further_flows(case.query, values)
    return replace(sheet, reach=connection_reach(case.query, values), flows=flows, more_flows=more)


def _values(row: pa.Table) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in row.schema:
        own = field.name if field.name in CORE_NAMES else own_name(field)
        name = own if own not in values else field.name
        value = row.column(field.name)[0]
        values[name] = instant(value.value) if pa.types.is_timestamp(field.type) and value.is_valid else value.as_py()
    return values


def as_json(sheet: Sheet) -> None:
    """The row as one JSON document."""
    terminal.as_json({**sheet.values, "message": sheet.message, "decoded": sheet.decoded, "matches": sheet.cited})


def _meaning(sheet: Sheet, name: str) -> str:
    return (sheet.decoded[name] or UNKNOWN) if name in sheet.decoded else ""


def show(case: OpenCase, sheet: Sheet, evidence: Path | None, most: int | None) -> None:
    """Print the sheet; of the record's bytes at most `most`. Where the evidence cannot be opened that is said, and the rest shown."""
    say(sheet.message + "\n")
    shown = [(name, value, _meaning(sheet, name)) for name, value in sheet.values.items() if value not in (None, "")]
    if sheet.decoded:
        table("", ("column", "value", "meaning"), shown, folding=2)
    else:
        table("", ("column", "value"), [row[:2] for row in shown])
    where = f"{sheet.exhibit}/{visible(sheet.file)}"
    say(f"\n{where}, bytes {sheet.offset:,} to {sheet.offset + sheet.length:,} ({sheet.length:,} bytes)")
    try:
        _bytes(case, sheet, evidence, most)
    except CaseError as error:
        complain(str(error))
    say()
    rows = [(cite["rule_title"], cite["level"], cite["why"]) for cite in sheet.cited]
    table("Rules that cite this row", ("rule", "level", "why"), rows, "" if rows else "none")


def _holds_secret(case: OpenCase, sheet: Sheet) -> bool:
    """Whether credentials were read from this record, or from packets among which it is: then its bytes hold a secret that columns mask."""
    if not sheet.family.startswith("net/"):
        return False
    query = (
        "select 1 from net_credentials where secret is not null and exhibit = ? and file = ? "
        "and ? between packet_first and packet_last limit 1"
    )
    found = case.query.sql(query, [sheet.exhibit, sheet.file, sheet.values["record"]])
    return bool(found.num_rows)


def _bytes(case: OpenCase, sheet: Sheet, evidence: Path | None, most: int | None) -> None:
    shown = sheet.length if most is None else min(sheet.length, most)
    size = case.case.register.entry(sheet.exhibit, sheet.file).size
    page = case.case.register.exhibit(sheet.exhibit).code_page
    with exhibit_bytes.opened(case.case, sheet.exhibit, sheet.file, evidence, check=size <= HASHED_LIMIT) as view:
        if size > HASHED_LIMIT:
            say(
                terminal.wrapped(
                    f"The file has its registered size; so large a file ({terminal.amount(size)}) is not hashed to show a row: "
                    "athar verify and athar extract do."
                )
            )
        if sheet.family.startswith("net/"):
            show_packets(case.case, sheet, view, evidence, most is None)
            say()
        if not case.secrets and _holds_secret(case, sheet):
            say("The bytes are not shown: they hold a password or its like. --secrets shows them.")
            view.release()
            return
        for line in exhibit_bytes.reading(sheet.family, view, sheet.offset, sheet.length, page):
            say("  " + visible(line))
        if sheet.family.startswith("windows/"):
            _again(event_beside(view, Place("", sheet.family, sheet.offset, sheet.length), sheet.texts))
        elif sheet.family.startswith("net/"):
            _again(packet_beside(view, Place("", sheet.family, sheet.offset, sheet.length), sheet.texts))
        data = bytes(view[sheet.offset : sheet.offset + shown])
        view.release()
    say()
    for line in exhibit_bytes.dump(data, sheet.offset):
        say("  " + line)
    if shown < sheet.length:
        say(f"  … {sheet.length - shown:,} more bytes: --all-bytes")


def _again(beside: Beside) -> None:
    """The second reader's values beside the row's, differences marked."""
    say()
    if beside.unread:
        say(f"Not read again by {beside.tool}: {visible(beside.unread)}")
        return
    say(f"Read again by {beside.tool}: {beside.summary}")
    if not sys.stdout.isatty():
        rows = [(pair.name, pair.ours, pair.theirs, pair.verdict) for pair in beside.pairs]
        table("", ("column", "timeline", beside.tool, "verdict"), rows)
    else:  # the verdict in front, where no long value pushes it out
        short = terminal.narrow()
        marked = [(pair.verdict[: 1 if short else None], pair.name, pair.ours, pair.theirs) for pair in beside.pairs]
        table("", ("", "column", "timeline", beside.tool), marked, folding=2)
    if beside.note:
        say(terminal.wrapped(f"Note: {beside.note}."))
