"""Coded columns put together from runs, against the same rows one by one."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines import runs
from timelines.runs import NONE, Run, alike, column, places, told

TEXT = pa.array([f"t{place}" for place in range(9)])
ONE = st.tuples(st.integers(1, 6), st.integers(NONE, 8))
MANY = st.lists(st.none() | st.integers(0, 8), min_size=1, max_size=12).map(lambda rows: (len(rows), rows))


def built(given_runs: list[tuple[int, int | list[int | None]]]) -> list[Run]:
    return [(count, said if isinstance(said, int) else pa.array(said, pa.int32())) for count, said in given_runs]


def rows_of(given_runs: list[tuple[int, int | list[int | None]]]) -> list[int | None]:
    whole: list[int | None] = []
    for count, said in given_runs:
        whole += said if isinstance(said, list) else [None if said == NONE else said] * count
    return whole


@pytest.mark.parametrize("loaded", [True, False])
@settings(deadline=None)  # the first call loads the loop
@given(st.lists(ONE | MANY, min_size=1, max_size=5))
def test_a_column_says_what_its_runs_say_and_its_small_dictionary_what_it_uses(loaded, given_runs) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "at_hand", lambda: loaded)
        expected = [None if place is None else f"t{place}" for place in rows_of(given_runs)]
        used = list(dict.fromkeys(text for text in expected if text is not None))
        small, whole = (column(built(given_runs), TEXT, small) for small in (True, False))
    for made in (small, whole):
        made.validate(full=True)
        assert made.to_pylist() == expected
    assert small.dictionary.to_pylist() == used


@given(st.lists(ONE | MANY, min_size=1, max_size=5))
def test_places_are_those_of_the_rows(given_runs) -> None:
    made = places(built(given_runs))
    made.validate(full=True)
    assert made.to_pylist() == rows_of(given_runs)


@pytest.mark.parametrize(
    ("rows", "distinct", "expected"),
    [([4, 4, 4], 9, 4), ([0, 0], 1, 0), ([None, None], 9, NONE), ([4, 4, None], 9, None), ([4, 5, 4], 9, None)],
)
def test_rows_that_all_say_the_same_are_one_place(rows, distinct, expected) -> None:
    indices = pa.array(rows, pa.int32())
    found = told(indices, distinct)
    assert found is indices if expected is None else found == expected


def test_runs_are_alike_when_all_rows_of_all_of_them_are() -> None:
    assert alike([(2, 5), (7, 5)]) == 5
    assert alike([(2, NONE)]) == NONE
    assert alike([(2, 5), (7, 6)]) is None
    assert alike([(2, 5), (2, pa.array([5, 4], pa.int32()))]) is None
    assert alike([(2, pa.array([5, 4], pa.int32())), (2, 5)]) is None
