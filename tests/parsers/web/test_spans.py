"""Columns cut by Arrow against fields cut by Python."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.web.lines import Lines
from parsers.web.numerals import digits, nullable
from parsers.web.spans import Spans

FIELD = (
    st.none()
    | st.sampled_from([b"", b"-", b"a", b"\xff", "أثر".encode()])
    | st.binary(max_size=6).map(lambda b: b.replace(b"\n", b""))
)


def visible(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


@settings(deadline=None)
@given(st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=9), st.booleans())
def test_text_columns(rows: list[tuple[bytes | None, bytes | None]], dash_is_null: bool) -> None:
    texts = [(first or b"") + b"|" + (second or b"") + b"\n" for first, second in rows]
    stops = np.cumsum([len(text) for text in texts])
    starts = np.concatenate(([0], stops[:-1]))
    lines = Lines(
        np.frombuffer(b"".join(texts), np.uint8), starts, stops - 1, np.arange(len(rows)), starts, stops - starts
    )
    spans = Spans.empty(lines, 2)
    for row, (first, second) in enumerate(rows):
        if first is not None:
            spans.put(0, np.array([row]), starts[row : row + 1], starts[row : row + 1] + len(first))
        if second is not None:
            spans.put(1, np.array([row]), stops[row : row + 1] - 1 - len(second), stops[row : row + 1] - 1)
    spans.repair(np.arange(len(rows)))
    for column in (0, 1):
        fields = [row[column] for row in rows]
        expected = [None if raw is None or (raw == b"-" and dash_is_null) else visible(raw) for raw in fields]
        found = spans.text(column, dash_is_null)
        found.validate(full=True)
        assert found.to_pylist() == expected
    assert spans.invalid.tolist() == [not _fine(text) for text in texts]


def _fine(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(deadline=None)
@given(
    st.lists(
        st.integers(0, 10**18 - 1).map(str) | st.sampled_from(["", "-", "1a", "a1", "1 2", "9" * 19, "007", "/", ":"]),
        min_size=1,
    )
)
def test_numbers(texts: list[str]) -> None:
    data = np.frombuffer("|".join(texts).encode() + b"|", np.uint8)
    lengths = np.array([len(text) for text in texts])
    starts = np.cumsum(lengths + 1) - lengths - 1
    values, valid = digits(data, starts, starts + lengths)
    expected = [int(text) if text.isdigit() and len(text) <= 18 else None for text in texts]
    assert nullable(values, valid, pa.int64()).to_pylist() == expected
    narrow = [value if value is not None and value < 2**31 else None for value in expected]
    assert nullable(values, valid, pa.int32()).to_pylist() == narrow


def test_no_digits_where_there_is_no_field() -> None:
    assert digits(np.frombuffer(b"12", np.uint8), np.array([-1, 0]), np.array([-1, 2]))[1].tolist() == [False, True]


def test_positions_left_over_where_there_is_no_field_may_lie_behind_the_data() -> None:
    values, valid = digits(np.frombuffer(b"12", np.uint8), np.array([-1, 0]), np.array([99, 2]))
    assert (values.tolist(), valid.tolist()) == ([0, 12], [False, True])
