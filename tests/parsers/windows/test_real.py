"""Real logs read as two independent readers read them: the Rust `evtx` package (all of it), python-evtx (a sample).

Differences that are renderings of the same value, taken out before comparing: GUIDs (no braces there), instants (they cut 100 ns to µs),
arrays and repeated Data (lists there, ` ¦ ` and `Data_2` here), numbers and booleans (JSON types there, text here), empty and null.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from timelines.families.windows import COLUMNS
from timelines.schema import CORE_NAMES, own_name

pytestmark = pytest.mark.evidence
FOLDER = Path(__file__).resolve().parents[4] / "shared" / "evidence" / "windows"
LOGS = sorted(FOLDER.rglob("*.evtx")) if FOLDER.is_dir() else []
FILETIME_1970 = 116_444_736_000_000_000  # 100 ns from 1601 to 1970
_GUID = re.compile(r"\{([0-9A-Fa-f-]{36})\}")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT[\d:]+\.\d{3})\d*Z")
_SYSTEM = ("Channel", "Computer", "Version", "Level", "Task", "Opcode", "Keywords")
_DECLARED = {column.name for column in COLUMNS} | set(CORE_NAMES)


def plain(value: Any) -> str | None:
    """A value without the differences of rendering."""
    if isinstance(value, dict):
        value = value.get("#text")
    if isinstance(value, list):
        value = "".join(f"[{plain(item) or ''}]" for item in value)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).rstrip("\0")
    text = _GUID.sub(r"\1", text) if _GUID.fullmatch(text) else text
    return _INSTANT.sub(r"\1", text) if _INSTANT.fullmatch(text) else text


def yardstick(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Records with their ids as the Rust package reads them; `next`, because a `for` loop ends at the first bad record."""
    evtx = pytest.importorskip("evtx")
    records = evtx.PyEvtxParser(str(path), number_of_threads=1).records_json()
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        event = json.loads(record["data"])["Event"]
        yield int(event["System"].get("EventRecordID", record["event_record_id"])), event


def leaves(node: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """(own name, value) of everything in a section of the yardstick's JSON."""
    for key, value in node.items():
        if key == "#attributes":
            yield from ((f"{path[-1]}_{name}", text) for name, text in value.items() if not name.startswith("xmlns"))
        elif key == "#text":
            yield path[-1], value
        elif isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield re.sub(r"_\d+$", "", key) if key not in path and re.search(r"_[1-9]\d*$", key) else key, value


def named(batch: Any) -> list[dict[str, list[str | None]]]:
    """For each row the values that the evidence named, by own name."""
    fields = [(index, own_name(field)) for index, field in enumerate(batch.schema) if field.name not in _DECLARED]
    rows: list[dict[str, list[str | None]]] = [defaultdict(list) for _ in range(batch.num_rows)]
    for index, own in fields:
        for row, text in zip(rows, batch.column(index).to_pylist(), strict=True):
            row[own].append(plain(text))
    return rows


def compare(theirs: dict[str, Any], row: dict[str, Any], ours: dict[str, list[str | None]]) -> list[str]:
    system = theirs["System"]
    wrong = [name for name in _SYSTEM if plain(system.get(name)) != plain(row[name])]
    if plain(system["EventID"]) != row["event"]:
        wrong.append("EventID")
    written = system["TimeCreated"]["#attributes"]["SystemTime"]
    if (
        row["time"] is None
        or f"{row['time']:%Y-%m-%dT%H:%M:%S.%f}" != written.rstrip("Z").ljust(20, ".").ljust(26, "0")[:26]
    ):
        wrong.append("time")
    unnamed: list[str] = []
    for section in ("EventData", "UserData"):
        for own, value in leaves(theirs.get(section) or {}, (section,)):
            if isinstance(value, list):
                unnamed += [plain(item) or "" for item in value]
            elif plain(value) is not None:
                if plain(value) not in ours.get(own, []):
                    wrong.append(f"{own}: {value!r} / {ours.get(own)!r}")
                else:
                    ours[own].remove(plain(value))
    left = [text for own, texts in ours.items() for text in texts if text and not own.startswith("RenderingInfo_")]
    if [text for text in unnamed if text] != [piece for text in left for piece in text.split(" ¦ ") if piece]:
        wrong.append(f"left over: {left!r} / {unnamed!r}")
    return wrong


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.name[:60])
def test_every_record_and_value_is_the_yardsticks(path, read):
    found = read(path)
    by_record = defaultdict(list)
    for batch in found.batches:
        for row, ours in zip(batch.rows.to_pylist(), named(batch.rows), strict=True):
            if "recovered" in row["flags"]:  # neither yardstick looks behind a chunk's last record
                continue
            by_record[row["record"]].append((row, ours))
    for rows in by_record.values():
        rows.sort(key=lambda pair: -pair[0]["offset"])
    for record, theirs in yardstick(path):
        row, ours = by_record[record].pop()
        assert compare(theirs, row, ours) == [], f"record {row['record']}"
    assert [row["record"] for rows in by_record.values() for row, _ in rows] == [], "rows that the yardstick lacks"
    assert found.ledger.damaged == 0


@pytest.mark.parametrize("path", LOGS[::45], ids=lambda path: path.name[:60])
def test_python_evtx_counts_the_same_records(path, read):
    """python-evtx, an unrelated reader, sees the same records at the same places."""
    reader = pytest.importorskip("Evtx.Evtx")
    with reader.Evtx(str(path)) as log:
        theirs = [record.offset() for chunk in log.chunks() for record in chunk.records()]
    rows = [row for row in read(path).rows if "recovered" not in row["flags"]]
    assert theirs == [row["offset"] for row in rows]


@pytest.mark.parametrize("path", LOGS[::9], ids=lambda path: path.name[:60])
def test_both_times_are_those_of_the_bytes_to_100_ns(path, read):
    """The event's time stands in the record as a FILETIME, or as text where the event was forwarded; the record's in its header.
    More than a second between them is flagged, and so is a header without a usable time: exports leave it empty in their last record."""
    data = path.read_bytes()
    for row in read(path).rows:
        raw = data[row["offset"] : row["offset"] + row["length"]]
        written = int.from_bytes(raw[16:24], "little")
        if row["RecordTime"] is not None:
            assert row["RecordTime"].value // 100 + FILETIME_1970 == written
        if row["time"] is None:
            assert "no-time" in row["flags"]
            continue
        ticks = row["time"].value // 100 + FILETIME_1970
        text = f"{row['time']:%Y-%m-%dT%H:%M:%S}".encode("utf-16-le")
        assert ticks.to_bytes(8, "little") in raw[24:] or text in raw
        assert ("time-differs" in row["flags"]) == (abs(ticks - written) > 10_000_000)
