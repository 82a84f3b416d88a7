"""The places of a dictionary that a column uses, against what Arrow makes of the same column."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines import used_places
from timelines.used_places import uniform, used


@settings(deadline=None)  # the first call loads the loop
@given(st.lists(st.none() | st.integers(0, 40), min_size=1, max_size=60), st.integers(0, 20), st.integers(0, 60))
def test_places_are_what_arrow_finds_in_any_slice(rows: list[int | None], begin: int, count: int) -> None:
    column = pa.array(rows, pa.int32()).slice(begin, count)
    if column.null_count == len(column):
        return
    expected = column.dictionary_encode()
    places, which = used(column, 41)
    places.validate(full=True)
    assert places.to_pylist() == expected.indices.to_pylist()
    assert which.to_pylist() == expected.dictionary.to_pylist()


def test_columns_of_other_dictionaries_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(used_places, "STAMPS", 3)  # marks are wiped when stamps come to an end
    marks = used_places._Marks()
    monkeypatch.setattr(used_places, "_marks", marks)
    for last in (9, 5_000, 3, 7, 5_000, 1):
        places, which = used(pa.array([last, 0, last], pa.int32()), last + 1)
        assert (places.to_pylist(), which.to_pylist()) == ([0, 1, 0], [last, 0])


def test_a_place_beyond_the_dictionary_is_an_error() -> None:
    with pytest.raises(IndexError):
        used(pa.array([1 << 30, 0], pa.int32()), 2)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.booleans())
def test_whether_all_are_the_same_with_and_without_the_loop(codes: list[int], loaded: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(used_places, "at_hand", lambda: loaded)
        assert uniform(pa.array(codes, pa.int32()).to_numpy()) == (len(set(codes)) == 1)
