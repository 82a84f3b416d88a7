"""Rows that begin at one packet are numbered, whatever the batches they come in."""

from __future__ import annotations

import numpy as np

from parsers.network.begun import Begun


def test_rows_of_one_packet_are_counted_on_from_batch_to_batch() -> None:
    begun = Begun()
    assert begun.numbers(np.array([7, 7, 3, 9, 7])).tolist() == [0, 1, 0, 0, 2]
    assert begun.numbers(np.zeros(0, np.int64)).tolist() == []
    assert begun.numbers(np.array([3, 4, 7, 3, 12, 1])).tolist() == [1, 0, 3, 2, 0, 0]
    assert begun.numbers(np.array([4, 12, 12, 1, 9])).tolist() == [1, 1, 2, 1, 1]


def test_any_division_into_batches_gives_the_same_numbers() -> None:
    rows = np.random.default_rng(4).integers(0, 40, 900)
    seen: dict[int, int] = {}
    expected = []
    for row in rows.tolist():
        expected.append(seen.get(row, 0))
        seen[row] = expected[-1] + 1
    begun = Begun()
    assert [n for part in np.array_split(rows, 13) for n in begun.numbers(part).tolist()] == expected
