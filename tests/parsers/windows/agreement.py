"""What three readers make of the same event logs: ours, the Rust package `evtx` and python-evtx, record by record.

`python -m tests.parsers.windows.agreement FOLDER > docs/validation/evtx.md` writes the page; `test_real.py` holds the same comparison
to zero differences that are not explained. Every normalisation stands in NORMALISATIONS, with its reason.
"""

from __future__ import annotations

import hashlib
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from parsers.base import Batch, Evidence
from parsers.windows.evtx import PARSER
from timelines.families.windows import COLUMNS
from timelines.schema import CORE_NAMES, own_name

Named = list[tuple[str, str]]  # the values of an event by the evidence's own names, in its order

NORMALISATIONS = {
    "braces": "GUIDs: braces there are left out; both are upper case.",
    "instants": "Instants of 100 ns: cut to microseconds, which is all that it writes. Ours are compared to six decimals.",
    "lines": "Line ends: its XML is read by an XML parser, which makes each CR LF and CR a LF, in attributes a space.",
    "numbers": "Record numbers: an event that holds no EventRecordID of its own has the number of its record's header.",
    "arrays": "Arrays: it repeats the element for each item where ours joins the items with ` ¦ `; items are compared one by one.",
    "empty": "Empty and null: an element without text is no value on either side; it writes some of them as a line end and indentation.",
}
SYSTEM = (
    ("Provider_Name", "Provider", "Name"),
    ("Provider_Guid", "Provider", "Guid"),
    ("EventSourceName", "Provider", "EventSourceName"),
    ("event", "EventID", ""),
    ("Qualifiers", "EventID", "Qualifiers"),
    ("Version", "Version", ""),
    ("Level", "Level", ""),
    ("Task", "Task", ""),
    ("Opcode", "Opcode", ""),
    ("Keywords", "Keywords", ""),
    ("time", "TimeCreated", "SystemTime"),
    ("record", "EventRecordID", ""),
    ("Correlation_ActivityID", "Correlation", "ActivityID"),
    ("Correlation_RelatedActivityID", "Correlation", "RelatedActivityID"),
    ("Execution_ProcessID", "Execution", "ProcessID"),
    ("Execution_ThreadID", "Execution", "ThreadID"),
    ("Channel", "Channel", ""),
    ("Computer", "Computer", ""),
    ("Security_UserID", "Security", "UserID"),
)
_DECLARED = {column.name for column in COLUMNS} | set(CORE_NAMES)
_GUID = re.compile(r"\{([0-9A-Fa-f-]{36})\}")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z| UTC)")
_CONTROL = {code: 0xE000 + code for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: 0xE0FE, 0xFFFF: 0xE0FF}
_LAYOUT = re.compile(r"\n *")
_BACK = {shown: code for code, shown in _CONTROL.items()}


@dataclass
class Log:
    """One log as it was compared."""

    name: str
    records: int = 0  # that both read
    values: int = 0  # that were compared
    ours: int = 0
    yardstick: int = 0
    second: int = -1  # records of python-evtx; -1: not asked
    moved: int = 0  # of those, at other places than ours
    rendered: Counter[str] = field(default_factory=Counter)  # values that only a normalisation made equal, by its name
    wrong: list[str] = field(default_factory=list)


def plain(text: str | None) -> str:
    """A value without the differences of rendering; empty where there is none."""
    if text is None:
        return ""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _LAYOUT.fullmatch(text):
        return ""
    if hit := _GUID.fullmatch(text):
        return hit[1].upper()
    if hit := _INSTANT.fullmatch(text):
        return f"{hit[1].replace(' ', 'T')}.{(hit[2] or '').ljust(6, '0')[:6]}"
    return text


def ours(path: Path) -> dict[int, tuple[dict[str, Any], Named]]:
    """By place in the file: the declared columns of each live record, and its own values; neither yardstick looks for old ones."""
    data = path.read_bytes()
    evidence = Evidence("E001", path.name, path, len(data), hashlib.sha256(data).hexdigest())
    items = (item for piece in PARSER.slices(evidence) for item in PARSER.parse(evidence, piece))
    return by_place(item for item in items if isinstance(item, Batch))


def by_place(batches: Iterable[Batch]) -> dict[int, tuple[dict[str, Any], Named]]:
    """The same of a log that was read before."""
    found: dict[int, tuple[dict[str, Any], Named]] = {}
    for batch in batches:
        for row, named in zip(_declared(batch.rows), _named(batch.rows), strict=True):
            if "recovered" not in row["flags"]:
                found[row["offset"]] = (row, named)
    return dict(sorted(found.items()))


def _declared(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    names = [name for name in batch.schema.names if name in _DECLARED]
    columns = {name: batch.column(name) for name in names}
    columns["time"] = columns["time"].cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.string())
    return pa.table(columns).to_pylist()


def _named(batch: pa.RecordBatch) -> list[Named]:
    rows: list[Named] = [[] for _ in range(batch.num_rows)]
    for at, column in enumerate(batch.schema):
        if column.name not in _DECLARED:
            for row, text in zip(rows, batch.column(at).to_pylist(), strict=True):
                if text:
                    row.append((own_name(column), text))
    return rows


def yardstick(path: Path) -> Iterator[tuple[int, ET.Element]]:
    """The number in each record's header, and its event as the Rust package writes it out.

    `next`, because a `for` loop would end at the first bad record.
    """
    import evtx

    records = evtx.PyEvtxParser(str(path), number_of_threads=1).records()
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        text = record["data"].translate(_CONTROL)
        yield record["event_record_id"], ET.fromstring(text)  # control characters are no XML; they come back below


def _text(raw: str | None) -> str:
    return (raw or "").translate(_BACK)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def system_of(event: ET.Element) -> tuple[dict[str, str], list[str]]:
    """The declared values of System, and what else stands in it."""
    held, left = {}, []
    wanted = {(element, attribute): column for column, element, attribute in SYSTEM}
    for part in next((part for part in event if _local(part.tag) == "System"), ()):
        name = _local(part.tag)
        for attribute, text in [("", part.text or ""), *part.attrib.items()]:
            column = wanted.get((name, attribute))
            if column is not None:
                held[column] = _text(text)
            elif text.strip():
                left.append(f"{name}_{attribute}")
        left += [f"{name}/{_local(child.tag)}" for child in part]
    return held, left


def values_of(event: ET.Element) -> Named:
    """Every value outside System, by the naming rules of `docs/decisions/0002-column-names.md`, in document order."""
    found: Named = []
    for section in event:
        name = _local(section.tag)
        if name != "System":
            _values(section, "" if name in ("EventData", "UserData") else f"{name}_", True, found)
    return [(own, text) for own, text in found if text]


def _values(element: ET.Element, prefix: str, top: bool, found: Named) -> None:
    name = _local(element.tag)
    attributes = dict(element.attrib)
    if name in ("Data", "ComplexData"):
        name = _text(attributes.pop("Name", "")).strip() or name
    shown = name if top else f"{prefix}{name}"
    found += [(f"{shown}_{_local(key)}", _text(value)) for key, value in attributes.items()]
    text = _text("".join([element.text or "", *((child.tail or "") for child in element)]))
    if text.strip() or (text and not len(element)):
        found.append((shown, text))
    for child in element:
        _values(child, prefix, False, found)


def differences(row: dict[str, Any], named: Named, event: ET.Element, log: Log) -> list[str]:
    """What differs in one record. Counts in `log` what was compared."""
    held, left = system_of(event)
    wrong = [f"System/{name} not read" for name in left]
    if "record" not in held:
        held["record"] = str(row["record"])
        log.rendered["numbers"] += 1
    pairs = []
    for column, _, _ in SYSTEM:
        one = "" if row[column] is None else str(row[column])
        pairs.append((one, held.get(column, "")))
        if plain(one) != plain(held.get(column)):
            wrong.append(f"{column}: {one!r} / {held.get(column)!r}")
    log.rendered["arrays"] += sum(" ¦ " in text for _, text in named)
    mine = [(own, item) for own, text in named for item in text.split(" ¦ ") if plain(item)]
    found = values_of(event)
    theirs = [(own, text) for own, text in found if plain(text)]
    log.rendered["empty"] += len(found) - len(theirs)
    if [(own, plain(text)) for own, text in mine] != [(own, plain(text)) for own, text in theirs]:
        apart = [(one, other) for one, other in zip(mine, theirs, strict=False) if one != other][:1]
        wrong.append(f"{len(mine)} / {len(theirs)} values, first that differ: {apart or (mine + theirs)[-1:]}")
    pairs += [(one, other) for (_, one), (_, other) in zip(mine, theirs, strict=False)]
    if not wrong:
        log.rendered.update(_rendering(one) for one, other in pairs if one != other)
    log.records, log.values = log.records + 1, log.values + len(pairs)
    return wrong


def _rendering(text: str) -> str:
    """Which normalisation a value needed."""
    if _GUID.fullmatch(text):
        return "braces"
    if _INSTANT.fullmatch(text):
        return "instants"
    assert "\r" in text, f"{text!r} is equal only in a way that NORMALISATIONS does not name"
    return "lines"


def compare(path: Path, second: bool, mine: dict[int, tuple[dict[str, Any], Named]]) -> Log:
    """All records of a log, which are ours in file order, each with its counterpart by record number and order."""
    log = Log(path.name)
    log.ours = len(mine)
    waiting: dict[str, list[tuple[dict[str, Any], Named]]] = {}
    for row, named in mine.values():
        waiting.setdefault(str(row["record"]), []).append((row, named))
    for header, event in yardstick(path):
        log.yardstick += 1
        number = system_of(event)[0].get("record", str(header))
        if not waiting.get(number):
            log.wrong.append(f"record {number}: only the yardstick has it")
            continue
        wrong = differences(*waiting[number].pop(0), event, log)
        log.wrong += [f"record {number}: {reason}" for reason in wrong]
    log.wrong += [f"record {number}: only ours has it" for number, rest in waiting.items() for _ in rest]
    if second:
        places = second_places(path)
        log.second, log.moved = len(places), len(set(places) ^ set(mine))
    return log


def second_places(path: Path) -> list[int]:
    """Where python-evtx, an unrelated reader, sees records."""
    from Evtx import Evtx

    with Evtx.Evtx(str(path)) as log:
        return [record.offset() for chunk in log.chunks() for record in chunk.records()]


def both(path: Path) -> Log:
    """A log compared with both readers."""
    return compare(path, True, ours(path))


def page(folder: Path, compared: Callable[[Path], Log] = both) -> str:
    """The page of `docs/validation/evtx.md` for the logs below `folder`, each compared with both readers."""
    paths = sorted(folder.rglob("*.evtx"))
    logs = [compared(path) for path in paths]
    rendered = sum((log.rendered for log in logs), Counter())
    rows = [
        ("logs", len(logs)),
        ("bytes", sum(path.stat().st_size for path in paths)),
        ("records that Athar reads", sum(log.ours for log in logs)),
        ("records that `evtx` reads", sum(log.yardstick for log in logs)),
        ("records that python-evtx reads", sum(log.second for log in logs)),
        ("records at other places than python-evtx's", sum(log.moved for log in logs)),
        ("records compared with `evtx`, value by value", sum(log.records for log in logs)),
        ("values compared", sum(log.values for log in logs)),
        ("differences in a name, a value or their order", sum(len(log.wrong) for log in logs)),
    ]
    text = _OPENING + "| what | number |\n|---|---|\n" + "".join(f"| {what} | {number:,} |\n" for what, number in rows)
    text += _RENDERED + "".join(f"| {why} | {rendered[name]:,} |\n" for name, why in NORMALISATIONS.items())
    odd = [f"- {log.name}: {reason}\n" for log in logs for reason in log.wrong]
    return text + _REMAINING + ("".join(odd) or "None.\n")


_OPENING = """# Windows event logs: what three readers make of the same bytes

Made by `python -m tests.parsers.windows.agreement FOLDER > docs/validation/evtx.md` over a folder of real logs (Linux, extra `dev`);
`tests/parsers/windows/test_real.py` holds every log of it to the same comparison. The Rust package `evtx` and python-evtx are unrelated to
Athar's reader and to each other. Compared with `evtx`: the 19 columns of System, and the names, values and order of all other values.
Compared with python-evtx: how many records there are and where they begin.

"""
_RENDERED = """
## Renderings of the same value

Taken out before comparing, each with how many values needed it:

| what | values |
|---|---|
"""
_REMAINING = """
## Differences that remain

"""


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
