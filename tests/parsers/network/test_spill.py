"""Packets set aside by group come back by group, in the order in which they came."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from parsers.network import spill
from parsers.network.spill import Spill

NUMBER = np.dtype([("number", np.int64)])


@pytest.mark.parametrize(
    "groups", [[3], [2, 3], [1, 2, 3], [0, 4], [0, 1, 5, 6], [5], list(range(8))], ids=lambda one: f"groups {one}"
)
def test_groups_are_taken_back_over_portions_that_lack_some(groups: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions of four records: group 5 is empty in all of them, others in most."""
    monkeypatch.setattr(spill, "PORTION", 4)
    came = [[3, 0, 3, 1], [4, 4, 0, 3], [6, 6, 6, 6], [7]]
    held, number = Spill(8, NUMBER), 0
    expected: list[list[int]] = []
    for portion in came:
        records = np.array([(number + at,) for at in range(len(portion))], NUMBER)
        held.add(records, np.array(portion, np.int64))
        by_group = sorted((group, number + at) for at, group in enumerate(portion) if group in groups)
        expected.append([place for _, place in by_group])
        number += len(portion)
    assert held.take(groups)["number"].tolist() == [place for portion in expected for place in portion]
    pieces = [len(piece) for piece in held.pieces(groups)]
    assert 0 not in pieces
    assert sum(pieces) == sum(map(len, expected))


def test_what_lies_side_by_side_is_read_at_once() -> None:
    """Nothing of group 2 came, so that groups 1 and 3 are neighbours."""
    held = Spill(8, NUMBER)
    held.add(np.array([(0,), (1,), (2,)], NUMBER), np.array([1, 3, 4], np.int64))
    assert [len(piece) for piece in held.pieces([1, 3, 4])] == [3]
    assert [len(piece) for piece in held.pieces([1, 4])] == [1, 1]


def test_a_spill_goes_on_with_another_whose_numbers_count_from_its_own_first(tmp_path: Path) -> None:
    one, two = Spill(8, NUMBER, tmp_path / "one"), Spill(8, NUMBER, tmp_path / "two")
    one.add(np.array([(0,), (1,)], NUMBER), np.array([3, 4], np.int64))
    two.add(np.array([(0,), (-1,), (2,)], NUMBER), np.array([3, 3, 4], np.int64))
    both = Spill(8, NUMBER)
    for spilled, before in ((one, 0), (pickle.loads(pickle.dumps(two)), 2)):
        both.adopt(spilled, {"number": before})
    assert both.take([3])["number"].tolist() == [0, 2, -1]
    assert both.take([3, 4])["number"].tolist() == [0, 1, 2, -1, 4]
    assert both.counts.tolist() == [0, 0, 0, 3, 2, 0, 0, 0]
    assert two.take([3])["number"].tolist() == [0, -1]  # its own are what they were


def test_only_a_spill_in_a_file_is_pickled() -> None:
    with pytest.raises(TypeError, match="without a path"):
        pickle.dumps(Spill(8, NUMBER))
