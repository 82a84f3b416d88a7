"""Ragged slices of a buffer to text columns, against Python's own decoders."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.gather import as_bytes, spread, utf8, utf16

PIECES = st.lists(st.tuples(st.binary(max_size=5), st.binary(max_size=12)), max_size=12)
TEXTS = st.lists(st.tuples(st.binary(max_size=3), st.text(st.characters(codec=None), max_size=8)), max_size=12)


def laid_out(pieces: list[tuple[bytes, bytes]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A buffer of gaps and slices, and where the slices are."""
    data, starts, lengths = b"", [], []
    for gap, piece in pieces:
        starts.append(len(data) + len(gap))
        lengths.append(len(piece))
        data += gap + piece
    return np.frombuffer(data, np.uint8), np.array(starts, np.int64), np.array(lengths, np.int64)


def test_a_mapped_file_is_seen_without_copying() -> None:
    held = bytearray(b"abc")
    seen = as_bytes(memoryview(held))
    held[0] = 0x7A
    assert seen.tobytes() == b"zbc"
    assert as_bytes(memoryview(b"")).shape == (0,)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5)), max_size=10))
def test_spread_names_every_byte_of_every_slice(slices: list[tuple[int, int]]) -> None:
    found = spread(np.array([s for s, _ in slices], np.int64), np.array([n for _, n in slices], np.int64))
    assert found.tolist() == [at for start, count in slices for at in range(start, start + count)]


@given(PIECES)
def test_utf8_gives_valid_text_unchanged_and_marks_the_rest(pieces: list[tuple[bytes, bytes]]) -> None:
    texts, bad = utf8(*laid_out(pieces))
    texts.validate(full=True)
    assert texts.to_pylist() == [raw.decode("utf-8", "backslashreplace") for _, raw in pieces]
    assert bad.tolist() == [not _is_utf8(raw) for _, raw in pieces]


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@given(TEXTS)
def test_utf8_of_any_text(pieces: list[tuple[bytes, str]]) -> None:
    raw = [(gap, text.encode("utf-8", "surrogatepass")) for gap, text in pieces]
    texts, bad = utf8(*laid_out(raw))
    expected = [piece.decode("utf-8", "backslashreplace") for _, piece in raw]
    assert texts.to_pylist() == expected
    assert bad.tolist() == [any("\ud800" <= c <= "\udfff" for c in text) for _, text in pieces]


@given(TEXTS)
def test_utf16_of_any_text_lone_surrogates_made_visible(pieces: list[tuple[bytes, str]]) -> None:
    raw = [(gap, text.encode("utf-16-le", "surrogatepass")) for gap, text in pieces]
    texts, bad = utf16(*laid_out(raw))
    texts.validate(full=True)
    paired = [piece.decode("utf-16-le", "surrogatepass") for _, piece in raw]
    assert texts.to_pylist() == [text.encode("utf-8", "backslashreplace").decode() for text in paired]
    assert bad.tolist() == [any("\ud800" <= c <= "\udfff" for c in text) for text in paired]


def test_utf16_with_an_odd_byte_is_marked() -> None:
    # "ab" and half of a character
    texts, bad = utf16(*laid_out([(b"", b"a\0b\0c"), (b"", b"d\0")]))
    assert texts.to_pylist() == ["ab", "d"]
    assert bad.tolist() == [True, False]


@pytest.mark.parametrize("decode", [utf8, utf16])
def test_rows_that_are_not_valid_are_null_and_never_read(decode: object) -> None:
    buffer = np.frombuffer(b"a\0b\0", np.uint8)
    starts, lengths = np.array([0, 1_000_000, 2]), np.array([2, 50, 2])
    texts, bad = decode(buffer, starts, lengths, np.array([True, False, True]))  # type: ignore[operator]
    assert texts.null_count == 1
    assert texts.is_null().to_pylist() == [False, True, False]
    assert bad.tolist() == [False, False, False]


@pytest.mark.parametrize("decode", [utf8, utf16])
def test_no_rows(decode: object) -> None:
    empty = np.empty(0, np.int64)
    texts, bad = decode(np.empty(0, np.uint8), empty, empty)  # type: ignore[operator]
    assert texts.type == pa.string()
    assert (len(texts), len(bad)) == (0, 0)


def test_many_rows_with_one_bad_row_among_them() -> None:
    pieces = [(b"", b"value%d" % number) for number in range(5000)]
    pieces[4321] = (b"", b"caf\xe9")
    texts, bad = utf8(*laid_out(pieces))
    assert np.flatnonzero(bad).tolist() == [4321]
    assert texts[4321].as_py() == "caf\\xe9"
    assert texts[4999].as_py() == "value4999"
