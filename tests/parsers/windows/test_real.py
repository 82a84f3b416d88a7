"""Real logs read as two independent readers read them: every name and value as the Rust `evtx` package, every place as python-evtx.

What is taken out before comparing stands in `tests.parsers.windows.agreement.NORMALISATIONS`.
"""

from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from parsers.windows.render import record_xml
from tests.made_once import made_once
from tests.parsers.windows import agreement
from timelines.visible import visible

pytestmark = pytest.mark.evidence
ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT.parent / "shared" / "evidence" / "windows"
LOGS = sorted(FOLDER.rglob("*.evtx")) if FOLDER.is_dir() else []
FILETIME_1970 = 116_444_736_000_000_000  # 100 ns from 1601 to 1970


@pytest.fixture
def compared(tmp_path_factory, read) -> Callable[[Path], tuple[agreement.Log, int]]:
    """A log as both readers see it, and how many of its bytes are damaged: read and compared once a run."""
    second = importlib.util.find_spec("Evtx") is not None

    def of(path: Path) -> tuple[agreement.Log, int]:
        def make(folder: Path) -> None:
            folder.mkdir()
            found = read(path)
            log = agreement.compare(path, second, agreement.by_place(found.batches))
            (folder / "log").write_bytes(pickle.dumps((log, found.ledger.damaged)))

        return pickle.loads((made_once(tmp_path_factory, f"compared-{LOGS.index(path)}", make) / "log").read_bytes())

    return of


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.name[:60])
def test_every_record_name_and_value_is_the_yardsticks(path, compared):
    pytest.importorskip("evtx")
    log, damaged = compared(path)
    assert log.wrong == []
    assert log.ours == log.yardstick == log.records
    assert damaged == 0


@pytest.mark.parametrize("path", LOGS[::9], ids=lambda path: path.name[:60])
def test_python_evtx_sees_the_same_records_at_the_same_places(path):
    pytest.importorskip("Evtx.Evtx")
    assert agreement.second_places(path) == list(agreement.ours(path))


def said(element):
    """An element as names and texts, arrays item by item; `Binary` without content is left out, as Windows does where its value is null."""
    text = visible(
        agreement.plain((element.text or "").translate(agreement._BACK)).replace("\n", " ").replace("\t", " ")
    )
    attributes = {name: agreement.plain(value) for name, value in sorted(element.attrib.items())}
    inside = [said(child) for child in element]
    return (
        element.tag.rpartition("}")[2],
        attributes,
        text,
        [child for child in inside if child != ("Binary", {}, "", [])],
    )


@pytest.mark.parametrize("path", LOGS[::9], ids=lambda path: path.name[:60])
def test_the_xml_that_is_shown_is_the_yardsticks(path):
    pytest.importorskip("evtx")
    data = memoryview(path.read_bytes())
    shown: dict[str, list[object]] = {}
    for offset, (row, _) in agreement.ours(path).items():
        shown.setdefault(str(row["record"]), []).append(said(agreement.ET.fromstring(record_xml(data, offset))))
    for header, event in agreement.yardstick(path):
        number = agreement.system_of(event)[0].get("record", str(header))
        assert shown[number].pop(0) == said(event)


@pytest.mark.skipif(not LOGS, reason="needs the real logs")
def test_the_page_of_numbers_is_what_the_comparison_gives(compared):
    """All logs with both readers."""
    pytest.importorskip("evtx")
    pytest.importorskip("Evtx.Evtx")
    assert (ROOT / "docs" / "validation" / "evtx.md").read_text("utf-8") == agreement.page(
        FOLDER, lambda path: compared(path)[0]
    )


def test_a_value_that_differs_is_seen():
    """The comparison can fail: one letter of one value, a name, an order, a missing value."""
    event = "<Event><System><EventID>1</EventID></System><EventData>{}</EventData></Event>"
    row = dict.fromkeys(column for column, _, _ in agreement.SYSTEM) | {"event": "1", "record": 7}

    def wrong(mine, data):
        found = agreement.ET.fromstring(event.format(data))
        return agreement.differences(row, mine, found, agreement.Log("made"))

    data = '<Data Name="A">x</Data><Data Name="B">y</Data>'
    assert wrong([("A", "x"), ("B", "y")], data) == []
    for mine in ([("A", "X"), ("B", "y")], [("C", "x"), ("B", "y")], [("B", "y"), ("A", "x")], [("A", "x")]):
        assert len(wrong(mine, data)) == 1


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
