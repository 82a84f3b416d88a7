"""Interned texts, against a dict of them in order of first appearance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import interned
from parsers.gather import Bytes, Int64s
from parsers.interned import Texts
from timelines import compiled

MULTIPLIERS = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
WHOLE = 2**64 - 1


def laid_out(texts: list[bytes | None], tail: bytes = b"") -> tuple[Bytes, Int64s, Int64s]:
    """A buffer of texts one after the other, and where each lies; a start of -1 where there is none."""
    lengths = np.array([len(text or b"") for text in texts], np.int64)
    ends = np.cumsum(lengths)
    absent = np.array([text is None for text in texts], np.bool_)
    data = np.frombuffer(b"".join(text or b"" for text in texts) + tail, np.uint8)
    return data, np.where(absent, -1, ends - lengths), np.where(absent, -1, ends)


def said(column: pa.DictionaryArray) -> list[bytes | None]:
    texts = column.dictionary.cast(pa.binary()).to_pylist()
    return [None if at is None else texts[at] for at in column.indices.to_pylist()]


@settings(deadline=None)  # the first call compiles
@given(
    st.lists(
        st.lists(
            st.none() | st.sampled_from(["", "-", "GET", "a" * 8, "é" * 9, "b" * 16, "b" * 40]) | st.text(max_size=30)
        )
    )
)
def test_places_lead_back_to_texts_and_each_is_held_once_in_order_of_appearance(blocks: list[list[str | None]]) -> None:
    texts, places = Texts(), []
    raw = [[None if text is None else text.encode("utf-8", "replace") for text in block] for block in blocks]
    for block in raw:
        found = texts.places(*laid_out(block))
        assert found is not None
        places.append(found)
    columns = texts.columns(places)
    assert [said(column) for column in columns] == raw
    first = list(dict.fromkeys(text for block in raw for text in block if text is not None))
    assert texts.texts().cast(pa.binary()).to_pylist() == first


def test_batches_share_one_dictionary() -> None:
    texts = Texts()
    one, other = (texts.places(*laid_out([b"a", b"b"])) for _ in range(2))
    assert one is not None
    assert other is not None
    left, right = texts.columns([one, other])
    assert left.dictionary.buffers()[2].address == right.dictionary.buffers()[2].address


def test_more_texts_than_there_is_room_for_at_first() -> None:
    many: list[bytes | None] = [b"%d/%s" % (n % 70_000, b"x" * (n % 50)) for n in range(140_000)]
    texts = Texts()
    found = texts.places(*laid_out(many))
    assert found is not None
    (column,) = texts.columns([found])
    assert said(column) == many
    assert len(column.dictionary) == len(set(many))


def test_texts_that_outgrow_the_bound_are_left_as_they_are() -> None:
    texts = Texts(most=4_000_000)
    assert texts.places(*laid_out([b"short"])) is not None
    assert texts.places(*laid_out([b"%d" % n * 1000 for n in range(2_000)])) is None
    assert texts.places(*laid_out([b"short"])) is None  # and so for the rest of the piece


def test_texts_that_do_not_repeat_are_left_as_they_are() -> None:
    texts = Texts()
    assert texts.places(*laid_out([b"%d" % n for n in range(interned.TRIAL)])) is not None
    assert texts.places(*laid_out([b"1"])) is None


def colliding(count: int) -> list[bytes]:
    """Texts of 16 bytes that all hash alike, found by running the hash backwards."""
    odd, even = MULTIPLIERS
    back = pow(even, -1, 2**64)
    found = []
    for n in range(count):
        left = ((16 * odd & WHOLE) ^ n) * odd & WHOLE
        left ^= left >> 32
        right = (0x1234 - left) & WHOLE
        right ^= right >> 32
        found.append(n.to_bytes(8, "little") + (right * back & WHOLE ^ even).to_bytes(8, "little"))
    return found


def test_texts_that_hash_alike_come_back_each_held_once() -> None:
    block: list[bytes | None] = [*colliding(3_000), b"other", *colliding(3_000)]
    texts = Texts()
    found = texts.places(*laid_out(block))
    assert found is not None
    assert len(texts.texts()) > 3_001  # they met, and the search was given up
    (column,) = texts.columns([found])
    assert said(column) == block
    assert len(column.dictionary) == 3_001


def test_arrays_that_can_be_written_and_columns_of_a_grid_do_as_well() -> None:
    data, starts, ends = laid_out([b"abc", b"abd", b"abc"])
    grid = np.stack((starts, ends), axis=1)
    found = Texts().places(data.copy(), grid[:, 0], grid[:, 1])
    assert found is not None
    assert found.tolist() == [0, 1, 0]
    assert compiled.forms(interned._placed) == 1
