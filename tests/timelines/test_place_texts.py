"""Core columns by place in a shared dictionary say what they say text by text."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines import meanings, place_texts
from timelines.coded import CODED, constant
from timelines.mapping import fill_core
from timelines.meanings import Meaning, Source
from timelines.place_texts import ALL, Column, PlaceTexts, address, shared
from timelines.schema import named_field

CORE = {
    "host": ("Computer",),
    "user": ("Target|account", "Subject|account"),
    "src_ip": ("Ip|ip",),
    "src_port": ("Port|port",),
    "outcome": ("Status|status", "=success"),
    "object": ("Data#2", "Target"),
}
SOURCES = (
    Source("x/y", (), Meaning({"host": ("Computer",)}), {"1": Meaning(CORE), "2": Meaning({"user": ("Subject",)})}),
)
TEXTS = ("", "-", "A\\b", "b", "192.0.2.7", "::ffff:192.0.2.7", "0", "443", "65536", "0x0", "0xc1", "a ¦ 443 ¦ c", "é")
NAMES = ("event", "Provider_Name", "Computer", "Target", "Subject", "Ip", "Port", "Status", "Data")


@pytest.fixture(autouse=True)
def one_source(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def clear() -> None:
        meanings._meaning_of.cache_clear()
        meanings._general_of.cache_clear()
        place_texts.forget()

    monkeypatch.setattr(meanings, "sources_of", lambda family: tuple(s for s in SOURCES if s.family == family))
    clear()
    yield
    clear()


def filled(columns: dict[str, pa.Array]) -> dict[str, list[object]]:
    schema = pa.schema([named_field(name, name, array.type) for name, array in columns.items()])
    made = fill_core("x/y", dict(columns), schema, len(columns["event"]))
    for array in made.values():
        array.validate(full=True)
    return {name: array.to_pylist() for name, array in made.items()}


def coded(texts: list[str | None], held: pa.Array, skip: int = 0) -> pa.DictionaryArray:
    """A column on a dictionary, which begins `skip` rows into its buffers."""
    places = [None if text is None else held.to_pylist().index(text) for text in [*texts[:1] * skip, *texts]]
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), held).slice(skip)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from([*TEXTS, None])] * 7), min_size=1, max_size=12),
    st.lists(st.sampled_from(["1", "2", "3"]), min_size=12, max_size=12),
    st.integers(0, 9),
    st.integers(1, 14),
)
def test_the_rows_are_those_of_plain_texts(
    rows: list[tuple[str | None, ...]], events: list[str], skip: int, alike: int
) -> None:
    events = [events[min(at, alike)] for at in range(len(rows))]
    texts = [events, ["Maker"] * len(rows), *map(list, zip(*rows, strict=True))]
    held = pa.array([*TEXTS, "1", "2", "3", "Maker"])
    place_texts.forget()
    plain = filled({name: pa.array(column, pa.string()) for name, column in zip(NAMES, texts, strict=True)})
    by_place = filled({name: coded(column, held, skip) for name, column in zip(NAMES, texts, strict=True)})
    assert by_place == plain


def test_a_column_that_no_filter_changes_stays_on_the_dictionary() -> None:
    held = pa.array([*map(str, range(20)), "D\\clerk", "-"])
    texts = PlaceTexts(held)
    kept, changed = Column(texts, 3), Column(texts, 3)
    assert kept.fill(coded(["7", "-", "9"], held), "", ALL) == 1
    assert changed.fill(coded(["7", "D\\clerk", "-"], held), "account", ALL) == 1
    assert address(kept.texts().dictionary) == address(held)
    assert changed.texts().dictionary.to_pylist() == ["7", "clerk"]
    assert (kept.texts().to_pylist(), changed.texts().to_pylist()) == (["7", None, "9"], ["7", "clerk", None])


def test_many_texts_are_filtered_as_few_are() -> None:
    said = [*(f"D{at}\\user{at % 90}" for at in range(200)), *map(str, range(100)), "-", "", "D\\", "D\\-"]
    held = pa.array(said)
    column = Column(PlaceTexts(held), len(said))
    column.fill(coded(said, held), "account", ALL)
    expected = [text.rpartition("\\")[2] for text in said]
    assert column.texts().to_pylist() == [None if text in ("", "-") else text for text in expected]


def test_a_text_is_put_through_a_filter_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = place_texts.filtered
    monkeypatch.setattr(place_texts, "filtered", lambda texts, name: asked.append(len(texts)) or real(texts, name))
    held = pa.array([f"user{at}" for at in range(300)])
    texts = PlaceTexts(held)
    for _ in range(3):
        Column(texts, 300).fill(coded(held.to_pylist(), held), "account", ALL)
    Column(PlaceTexts(held.slice(1)), 2).fill(coded(["user5", "user6"], held.slice(1)), "ip", ALL)
    Column(PlaceTexts(held.slice(2)), 2).fill(coded(["user5", "user6"], held.slice(2)), "ip", ALL)
    assert asked == [300, 2]


def test_a_filter_that_fails_leaves_its_texts_unasked() -> None:
    held = pa.array([f"user{at}" for at in range(9)])
    column = Column(PlaceTexts(held), 1)
    for _ in range(2):
        with pytest.raises(ValueError, match="no such"):
            column.fill(coded(["user1"], held), "no such", ALL)


def test_a_dictionary_that_columns_do_not_share_is_not_looked_up() -> None:
    held, other = pa.array([str(at) for at in range(20)]), pa.array([str(at) for at in range(21)])
    one, two, third = coded(["1"], held), coded(["2"], held), coded(["2"], other)
    assert shared({"a": one}, 8) is None
    assert shared({"a": one, "b": third}, 8) is None
    assert shared({"a": one, "b": pa.array(["1"])}, 8) is None
    texts, on = shared({"a": constant("x", 1)}, 8)
    assert (len(texts.dictionary), on) == (0, frozenset())
    found = shared({"a": one, "b": two, "c": constant("x", 1)}, 8)
    assert found is not None
    assert found[1] == {"a", "b"}
    again = shared({"a": one}, 8)
    assert again is not None
    assert again[0] is found[0]


def test_what_is_remembered_of_texts_is_bounded() -> None:
    place_texts.forget()
    for number in range(2_000):
        place_texts.made_of([f"D\\{number}" + "a" * 5_000], "account")
        assert place_texts._results.weight <= place_texts._results.most
    assert 0 < len(place_texts._results.held) < 2_000
    assert place_texts.made_of([f"D\\{1_999}" + "a" * 5_000], "account") == ["1999" + "a" * 5_000]
    assert coded(["a"], pa.array(["a"])).type == CODED
