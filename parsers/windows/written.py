"""Numbers and times that events write out as text, as numbers and instants."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timelines import times
from timelines.coded import CODED, plain
from timelines.schema import TIME as INSTANT

_USUAL = r"^(19[7-9]|20\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$"
_WRITTEN = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z?", re.ASCII)


def instants(columns: list[pa.Array]) -> list[pa.Array]:
    """Columns of written times as instants; all at once where they are as usual, which saves a question a column."""
    if not columns:
        return []
    whole = _usual(_texts(columns))
    if whole is None:
        return [_written(plain(column)) for column in columns]
    return _apart(whole, columns)


def _texts(columns: list[pa.Array]) -> pa.Array:
    """Coded columns as the texts of one."""
    return pa.chunked_array(columns, CODED).cast(pa.string()).combine_chunks()


def _apart(whole: pa.Array, columns: list[pa.Array]) -> list[pa.Array]:
    """Parts of `whole` that are as long as the columns are."""
    stops = np.cumsum([len(column) for column in columns]).tolist()
    return [whole.slice(stop - len(column), len(column)) for stop, column in zip(stops, columns, strict=True)]


def _written(text: pa.Array) -> pa.Array:
    """Times written out (`2021-03-04T05:06:07.1234567Z`) as instants; null where a text is none."""
    usual = _usual(text)
    return _written_one_by_one(text) if usual is None else usual


def _usual(text: pa.Array) -> pa.Array | None:
    """The same where all are written as usual; else None."""
    if text.null_count or not pc.all(pc.match_substring_regex(text, _USUAL)).as_py():
        return None
    try:
        return text.cast(INSTANT)
    except pa.ArrowInvalid:  # some text looks like a time and is none
        return None


def _written_one_by_one(text: pa.Array) -> pa.Array:
    found = [_WRITTEN.fullmatch(value) if value else None for value in text.to_pylist()]
    civil = np.array([[int(part) for part in hit.groups()[:6]] if hit else [0] * 6 for hit in found], np.int64).reshape(
        -1, 6
    )
    fraction = np.array([int((hit[7] or "0").ljust(9, "0")) if hit else 0 for hit in found], np.int64)
    ns, valid = times.from_civil(*civil.T)
    return pa.array(ns + fraction, pa.int64(), mask=~valid).view(INSTANT)


def numbers(given: list[pa.Array | None], type_: pa.DataType) -> dict[int, pa.Array]:
    """Those of the columns that are texts as numbers, by place, if all are: at once, which saves a question a column."""
    texts = {
        at: one for at, one in enumerate(given) if one is not None and one.type == CODED and len(one.dictionary) > 1
    }
    if not texts:
        return {}
    try:
        whole = _texts(list(texts.values())).cast(type_)
    except pa.ArrowInvalid:
        return {}
    return dict(zip(texts, _apart(whole, list(texts.values())), strict=True))


def fitted(given: pa.Array, type_: pa.DataType) -> tuple[pa.Array, list[int]]:
    """Text or numbers as `type_`, and the rows whose value does not fit it."""
    if given.type == type_:
        return given, []
    if given.type == CODED and len(given.dictionary) == 1 and not given.null_count:
        once, misfit = fitted(given.dictionary, type_)  # what a template itself says
        return pa.repeat(once[0], len(given)), list(range(len(given))) if misfit else []
    given = given if pa.types.is_integer(given.type) else plain(given)
    try:
        return given.cast(type_), []
    except pa.ArrowInvalid:
        low, high = (0, 2**64) if type_ == pa.uint64() else (-(2 ** (type_.bit_width - 1)), 2 ** (type_.bit_width - 1))
    found: list[int | None] = []
    wrong = []
    for row, value in enumerate(given.to_pylist()):
        number = _whole(value)
        fits = number is not None and low <= number < high
        found.append(number if fits else None)
        if value is not None and not fits:
            wrong.append(row)
    return pa.array(found, type_), wrong


def _whole(value: int | str | None) -> int | None:
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    digits = text[2:] if text.startswith("0x") else text.removeprefix("-")
    if not (digits.isascii() and digits.isalnum()) or len(digits) > 20:
        return None
    try:
        return int(text, 16 if text.startswith("0x") else 10)
    except ValueError:
        return None
