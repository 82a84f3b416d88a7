"""Text columns cut from bytes, against slices of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.copied import NEAR, Cut, columns_of, copied
from parsers.gather import Bytes
from parsers.interned import TRIAL
from timelines.coded import CODED

TEXT = st.none() | st.sampled_from(["", "-", "GET", "é" * 5, "b" * 17]) | st.text(max_size=20)


def laid_out(texts: list[str | None]) -> tuple[Bytes, Cut]:
    raw = [(text or "").encode("utf-8", "replace") for text in texts]
    ends = np.cumsum([len(one) for one in raw], dtype=np.int64)
    absent = np.array([text is None for text in texts], np.bool_)
    starts = np.where(absent, -1, ends - np.array([len(one) for one in raw], np.int64))
    return np.frombuffer(b"".join(raw), np.uint8), Cut(starts, ends)


def readable(texts: list[str | None]) -> list[str | None]:
    return [None if text is None else text.encode("utf-8", "replace").decode() for text in texts]


@settings(deadline=None)
@given(st.lists(TEXT), st.integers(0, 3))
def test_columns_say_what_the_bytes_say(texts: list[str | None], spelled: int) -> None:
    data, cut = laid_out(texts)
    rows = np.arange(min(spelled, len(texts)))
    others = Cut(cut.starts, cut.ends, (rows, ["other"] * len(rows))) if len(rows) else cut
    dashed = Cut(cut.starts, cut.ends, others.spelled, ord("-"))
    expected = readable(texts)
    without = [None if text == "-" else text for text in expected]
    assert copied(data, cut).to_pylist() == expected
    copied(data, cut).validate(full=True)
    assert copied(data, Cut(cut.starts, cut.ends, None, ord("-"))).to_pylist() == without
    for known in (set[str](), {"named"}):
        found = columns_of(data, {"named": cut, "others": others, "dashed": dashed}, known)
        assert found["dashed"].to_pylist() == ["other"] * len(rows) + without[len(rows) :]
        found["dashed"].validate(full=True)
        assert found["named"].to_pylist() == expected
        assert found["others"].to_pylist() == ["other"] * len(rows) + expected[len(rows) :]
        found["named"].validate(full=True)


def test_texts_that_repeat_are_places_in_a_dictionary_and_others_are_not_tried_again() -> None:
    count = TRIAL + NEAR + 7
    same, own = [f"/page/{n % 9}" for n in range(count)], [f"/page/{n}" for n in range(count)]
    data, cut = laid_out([*same, *own])
    cuts = {
        "same": Cut(cut.starts[:count], cut.ends[:count]),
        "own": Cut(cut.starts[count:], cut.ends[count:]),
        "none": Cut(np.full(count, -1), np.full(count, -1)),
    }
    plain: set[str] = set()
    for _ in range(2):
        found = columns_of(data, cuts, plain)
        assert {name: column.type for name, column in found.items()} == {
            "same": CODED,
            "own": pa.string(),
            "none": CODED,
        }
        assert len(found["same"].dictionary) == 9
        assert found["same"].to_pylist() == same
        assert found["own"].to_pylist() == own
        assert found["none"].null_count == count
        assert plain == {"own"}


def test_bad_bytes_are_spelled_in_columns_whose_texts_do_not_repeat() -> None:
    own: list[str | None] = [f"/page/{n}" for n in range(TRIAL + 1)]
    data, cut = laid_out(own)
    cut = Cut(cut.starts, cut.ends, (np.array([3]), ["\\xff"]))
    found = columns_of(data, {"own": cut}, set())["own"]
    assert found.type == pa.string()
    assert found.to_pylist() == [*own[:3], "\\xff", *own[4:]]
