"""Numbers and times of System, one column for all shapes of a window."""

from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa
import pytest

from parsers.windows.gathered import Gathering, kinds_of
from parsers.windows.numerals import Numerals
from parsers.windows.typed import Values, Window
from tests.parsers.windows.conftest import noted

NOON = 132_593_328_000_000_000  # FILETIME of 2021-03-04 12:00:00 UTC


def held(kinds, raw):
    """One value in each of some records."""
    sizes = np.array([len(one) for one in raw], np.int64)
    starts = np.cumsum(sizes) - sizes
    window = Window(np.frombuffer(b"".join(raw) + bytes(8), np.uint8), 0)
    return noted(window, starts, sizes, np.array(kinds, np.uint8), 1)[1]


def read(asked):
    """What is read of columns, one value a record, by shape."""
    flat = next(iter(asked.values()))[1].notes.flat
    gathering = Gathering(flat)
    numerals = Numerals(gathering)
    for shape, (column, values) in asked.items():
        assert numerals.ask(shape, column, values, 0, kinds_of([values])[0][0])
    return numerals.close(gathering.read(0))


def test_a_number_that_is_null_in_some_records():
    column = held([6, 0, 6], [b"\x10\x12", b"", b"\xff\xff"])  # UInt16
    found = read({0: ("EventID", column)})[0]["EventID"]
    assert (found.type, found.to_pylist()) == (pa.int32(), [4624, None, 65_535])


def test_shapes_get_back_their_own_rows():
    column = held([8, 8, 8], [b"\1\0\0\0", b"\2\0\0\0", b"\3\0\0\0"])  # UInt32
    asked = {
        shape: ("Execution_ProcessID", Values.of(column.notes, column.first[rows], 1))
        for shape, rows in ((0, [2]), (5, [0, 1]))
    }
    found = {shape: columns["Execution_ProcessID"].to_pylist() for shape, columns in read(asked).items()}
    assert found == {0: [3], 5: [1, 2]}


def test_a_time_is_an_instant_and_null_where_it_is_none_of_this_age():
    column = held([17, 17], [struct.pack("<Q", NOON), b"\xff" * 8])  # FILETIME
    noon = 1_614_859_200_000_000_000
    assert read({0: ("time", column)})[0]["time"].view(pa.int64()).to_pylist() == [noon, None]


@pytest.mark.parametrize(
    ("column", "kinds", "raw"),
    [
        ("EventID", [6, 8], [b"\1\0", b"\1\0\0\0"]),  # of two types
        ("EventID", [10], [bytes(8)]),  # UInt64 fits the record number alone
        ("EventID", [1], [b"1\0"]),  # text
        ("EventID", [6], [b"\1"]),  # a size that its type has not
        ("time", [17, 0], [bytes(8), b""]),  # a record without a time
    ],
)
def test_what_is_no_number_in_every_record_is_left_to_the_texts(column, kinds, raw):
    values = held(kinds, raw)
    gathering = Gathering(values.notes.flat)
    numerals = Numerals(gathering)
    assert not numerals.ask(0, column, values, 0, kinds_of([values])[0][0])
    assert numerals.close(gathering.read(0)) == {}
