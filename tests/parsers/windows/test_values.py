"""Typed values render as Windows renders them, one by one and a column at a time alike."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.windows import typed, values
from parsers.windows.lexicon import Lexicon
from tests.parsers.windows.conftest import noted

SAMPLES = [
    (1, "a\u0142\0".encode("utf-16-le"), "ał"),  # string with its terminator
    (1, b"", ""),
    (2, b"caf\xe9\0", "café"),  # ANSI
    (3, b"\xff", "-1"),  # Int8
    (4, b"\xff", "255"),
    (5, b"\x00\x80", "-32768"),
    (6, b"\x10\x12", "4624"),
    (7, b"\xfe\xff\xff\xff", "-2"),
    (8, b"\xff\xff\xff\xff", "4294967295"),
    (9, b"\x00" * 7 + b"\x80", "-9223372036854775808"),
    (10, b"\xff" * 8, "18446744073709551615"),
    (11, struct.pack("<f", 0.1), "0.1"),
    (11, struct.pack("<f", float("inf")), "inf"),
    (12, struct.pack("<d", 2.5), "2.5"),
    (12, struct.pack("<d", 3.0), "3"),
    (13, b"\x01\0\0\0", "true"),
    (13, b"\0\0\0\0", "false"),
    (14, b"\x00\xaf", "00AF"),  # binary
    (15, bytes(range(16)), "{03020100-0504-0706-0809-0A0B0C0D0E0F}"),
    (16, b"\x1f\0\0\0\0\0\0\0", "0x1f"),  # pointer-sized
    (17, struct.pack("<Q", 132_593_328_001_234_567), "2021-03-04T12:00:00.1234567Z"),
    (17, bytes(8), "1601-01-01T00:00:00.0000000Z"),
    (17, b"\xff" * 8, "0xffffffffffffffff"),  # past the year 9999
    (18, struct.pack("<8H", 2021, 3, 4, 4, 5, 6, 7, 89), "2021-03-04T05:06:07.089Z"),
    (19, b"\x01\x01\0\0\0\0\0\x05\x12\0\0\0", "S-1-5-18"),
    (20, b"\0\0\0\0", "0x0"),
    (20, b"\xe7\x03\0\0", "0x3e7"),
    (21, b"\0\0\0\0\0\0\x20\x80", "0x8020000000000000"),
    (0x81, "one\0two\0".encode("utf-16-le"), "one ¦ two"),
    (0x81, "\0x\0".encode("utf-16-le"), " ¦ x"),
    (0x88, b"\1\0\0\0\2\0\0\0", "1 ¦ 2"),
    (0x93, b"\x01\x01\0\0\0\0\0\x05\x12\0\0\0" * 2, "S-1-5-18 ¦ S-1-5-18"),
]


def column(items: list[tuple[int, bytes]], repeats: int) -> tuple[list[str | None], list[tuple[int, int, str]]]:
    """The values as one column of a group, each `repeats` times over."""
    kinds, raw = [kind for kind, _ in items] * repeats, [value for _, value in items] * repeats
    sizes = np.array([len(value) for value in raw], np.int64)
    starts = np.cumsum(sizes) - sizes
    window = typed.Window(np.frombuffer(b"".join(raw) + bytes(16), np.uint8), 0)
    visit, held = noted(window, starts, sizes, np.array(kinds, np.uint8), 1)
    lexicon = Lexicon(visit)
    asked = lexicon.ask(held, [0])[0]
    return lexicon.close().column(asked, asked.count).to_pylist(), asked.trouble


@pytest.mark.parametrize(("kind", "raw", "text"), SAMPLES)
def test_one_value(kind, raw, text):
    assert values.render(kind, raw) == text


@pytest.mark.parametrize(("kind", "raw", "text"), SAMPLES)
@pytest.mark.parametrize("repeats", [1, 30])
def test_a_column_of_it_with_nulls_between(kind, raw, text, repeats):
    found, trouble = column([(kind, raw), (0, b"")], repeats)
    assert found == [text, None] * repeats
    doubted = (kind & 0x7F) == 2 and not raw.isascii()  # the code page is not stored
    assert len(trouble) == (repeats if doubted else 0)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (1, b"abc"),
        (6, b"\x01"),
        (19, b"\x01\x05\0"),
        (19, bytes(12)),
        (16, b"abc"),
        (0x88, b"12345"),
        (0x42, b"?"),
        (0x8E, b"x"),
        (17, b""),
    ],
)
@pytest.mark.parametrize("repeats", [1, 30])
def test_what_does_not_fit_its_type_is_kept_as_hex_and_named(kind, raw, repeats):
    with pytest.raises(values.Unreadable):
        values.render(kind, raw)
    found, trouble = column([(kind, raw)], repeats)
    assert found == [raw.hex().upper()] * repeats
    assert [row for row, _, _ in trouble] == list(range(repeats))
    assert all(reason.endswith("kept as hex") for _, _, reason in trouble)


@pytest.mark.parametrize("repeats", [1, 30])
def test_a_null_keeps_the_room_of_a_fixed_type(repeats):
    text = "ab".encode("utf-16-le")
    found, trouble = column([(0, b"\1\0"), (1, text), (0, bytes(16))], repeats)
    assert found == [None, "ab", None] * repeats
    assert trouble == []


def test_a_null_that_carries_other_bytes_says_so():
    found, trouble = column([(0, b"\1\0\2"), (1, b"")], 1)
    assert found == ["010002", ""]
    assert trouble == [(0, 0, "null value that takes 3 bytes; kept as hex")]


def test_an_empty_fragment_among_texts_is_no_value():
    assert column([(0x21, b""), (1, b"a\0")], 1) == ([None, "a"], [])


def sized(kind: int) -> st.SearchStrategy[bytes]:
    width = values.WIDTHS.get(kind)
    return st.binary(min_size=width, max_size=width) if width else st.binary(max_size=24)


TYPED = st.sampled_from([*values.RENDER, 0x81, 0x88, 0x95, 0x8F]).flatmap(
    lambda kind: st.tuples(st.just(kind), sized(kind))
)


@given(st.lists(TYPED, min_size=1, max_size=6), st.sampled_from([1, 14]))
def test_columns_and_single_values_agree(items, repeats):
    found, trouble = column(items, repeats)
    for row, (kind, raw) in enumerate(items * repeats):
        try:
            assert found[row] == values.render(kind, raw)
        except values.Unreadable:
            assert found[row] == raw.hex().upper()
            assert row in {bad for bad, _, _ in trouble}


@given(
    st.sampled_from(sorted(values.RENDER)).flatmap(
        lambda kind: st.tuples(st.just(kind), st.lists(sized(kind), min_size=14, max_size=20))
    )
)
def test_uniform_columns_and_single_values_agree(typed_values):
    kind, raw = typed_values
    found, _ = column([(kind, value) for value in raw], 1)
    for text, value in zip(found, raw, strict=True):
        try:
            assert text == values.render(kind, value)
        except values.Unreadable:
            assert text == value.hex().upper()
