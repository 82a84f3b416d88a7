"""What a piece may say less, or otherwise, than the whole log; and that nothing else passes."""

from __future__ import annotations

import re

import pytest

from tests.fuzz.checks import _evidence, _sliced, _whole, check
from tests.fuzz.incomplete_rows import completed, less
from tests.fuzz.mutation import _log
from tests.fuzz.seeds import written_seeds

_DEFINED = re.compile(rb"(?=\x0c\x01.{4}(.{4}))", re.DOTALL)  # a template instance, and the place of its definition
WHOLE = {
    "time": 5, "family": "windows/security", "event": "1", "host": "host.example", "exhibit": "E001", "file": "log.evtx", "record": 1,
    "offset": 512, "length": 40, "flags": "recovered,incomplete", "row_id": "a", "Channel": "Security", "Level": 4, "Image": "a.exe",
    "Parent": "b.exe",
}  # fmt: skip
PIECE = {
    "event": "1", "family": "windows/other", "exhibit": "E001", "file": "log.evtx", "record": 1, "offset": 512, "length": 40,
    "flags": "recovered,no-time,incomplete", "row_id": "b", "Level": 4, "Version": 0, "Data": "a.exe", "Data_2": "b.exe",
}  # fmt: skip


def test_names_and_what_follows_from_them_may_be_missing():
    assert less(PIECE, WHOLE)
    assert completed({"b": PIECE}, {"a": WHOLE}) == {"a": WHOLE}
    assert less({**PIECE, "Data_3": "never shown"}, WHOLE)


@pytest.mark.parametrize(
    "changed",
    [
        {"Data": "c.exe"},
        {"Data": "b.exe", "Data_2": "a.exe"},
        {"Level": 3},
        {"time": 6},
        {"event": "2"},
        {"record": 2},
        {"length": 48},
        {"flags": "recovered"},
        {"flags": "recovered,bad-checksum,incomplete"},
    ],
)
def test_what_is_said_must_be_the_same(changed):
    assert not less({**PIECE, **changed}, WHOLE)
    assert completed({"b": {**PIECE, **changed}}, {"a": WHOLE}) != {"a": WHOLE}


def test_a_row_that_the_whole_read_in_full_excuses_none():
    assert not less(PIECE, {**WHOLE, "flags": "recovered"})


@pytest.mark.parametrize("first", [True, False])
def test_a_definition_that_stands_in_another_piece_alone(tmp_path, first):
    """A chunk without its header whose templates were written over; the next chunk, or the one before, has the same ones whole."""
    sound = written_seeds()[0].chunk
    lost = bytearray(sound)
    places = [int.from_bytes(found[1], "little") for found in _DEFINED.finditer(sound)]
    for place in {at for at in places if sound.find(at.to_bytes(4, "little"), at - 4, at) == at - 4}:
        lost[place + 60 : place + 68] = b"\xff" * 8
    lost[:8] = bytes(8)
    log = _log(bytes(lost) + sound if first else sound + bytes(lost), 2)
    evidence = _evidence(tmp_path, "log.evtx", log)
    whole, _ = _whole(evidence, tmp_path / "parts")
    sliced = _sliced(evidence)
    assert sliced != whole
    assert any("Data_2" in row for row in sliced.values())
    assert not any("Data_2" in row for row in whole.values())
    assert completed(sliced, whole) == whole
    check(log, tmp_path)
