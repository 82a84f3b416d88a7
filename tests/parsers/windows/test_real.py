"""Real logs read as two independent readers read them: every name and value as the Rust `evtx` package, every place as python-evtx.

What is taken out before comparing stands in `tests.parsers.windows.agreement.NORMALISATIONS`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parsers.windows import agreement

pytestmark = pytest.mark.evidence
ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT.parent / "shared" / "evidence" / "windows"
LOGS = sorted(FOLDER.rglob("*.evtx")) if FOLDER.is_dir() else []


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.name[:60])
def test_every_record_name_and_value_is_the_yardsticks(path, read):
    pytest.importorskip("evtx")
    log = agreement.compare(path, second=False)
    assert log.wrong == []
    assert log.ours == log.yardstick == log.records
    assert read(path).ledger.damaged == 0


@pytest.mark.parametrize("path", LOGS[::9], ids=lambda path: path.name[:60])
def test_python_evtx_sees_the_same_records_at_the_same_places(path):
    pytest.importorskip("Evtx.Evtx")
    assert agreement.second_places(path) == list(agreement.ours(path))


@pytest.mark.skipif(not LOGS, reason="needs the real logs")
def test_the_page_of_numbers_is_what_the_comparison_gives():
    """All logs with both readers."""
    pytest.importorskip("evtx")
    assert (ROOT / "docs" / "validation" / "evtx.md").read_text("utf-8") == agreement.page(FOLDER)


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
