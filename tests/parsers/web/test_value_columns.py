"""Numbers, dates and requests that are read a column at a time are what Python's own readers make of each."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.gather import Bytes, Int64s
from parsers.interned import Texts
from parsers.web.decimals import scaled, seconds
from parsers.web.iso_dates import NO_INSTANT, ZONE_NAMED, ZONE_UTC, iso_fields
from parsers.web.request_parts import METHOD, PARTS, QUERY, STEM, TARGET, VERSION, places_of, request_parts
from timelines import times

NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
SECONDS = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")
REQUEST = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) (HTTP/[0-9](?:\.[0-9])?)", re.DOTALL)
WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)


def _digits(raw: bytes, known: str = "0123456789") -> str:
    return "".join(known[byte % len(known)] for byte in raw)


def _number(raw: bytes) -> str:
    """A number as its bytes say: its sign, up to 13 digits, up to 41 behind a point, rather few, some of which lie half between two
    numbers of fewer, and an exponent of up to three."""
    sign, whole, point, behind, power, letter, half = raw[:7]
    text = "-"[: sign % 2] + _digits(raw[7 : 8 + whole % (1 + point // 20)])
    fraction = _digits(raw[20 : 20 + behind % (1 + point // 6)], "059")
    if half % 3 == 0:
        fraction = fraction[: (0, 6, 9)[half // 3 % 3]] + "5" + "0" * (behind % 20)
    text += f".{fraction}" if point % 2 else ""
    return (
        text + "eE"[letter % 2] + ("", "+", "-")[letter % 3] + _digits(raw[62 : 63 + power % 3]) if power % 2 else text
    )


def _seconds(raw: bytes) -> str:
    """Up to 12 digits, up to 10 behind a point, which may be away."""
    return _digits(raw[3 : 3 + raw[0] % 13]) + "."[: raw[1] % 2] + _digits(raw[15 : 15 + raw[2] % 11])


def _column(texts: list[str]) -> tuple[Bytes, Int64s, Int64s]:
    raw = [text.encode() for text in texts]
    lengths = np.array([len(text) for text in raw], np.int64)
    starts = np.cumsum(lengths + 1) - lengths - 1
    return np.frombuffer(b'"'.join(raw), np.uint8), starts, starts + lengths


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.binary(min_size=65, max_size=65).map(_number) | st.text("0159.-+eE", max_size=12),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from((0, 6, 9)),
)
def test_numbers_are_scaled_exactly(texts: list[str], places: int) -> None:
    values, read = scaled(*_column(texts), places)
    for text, value, known in zip(texts, values.tolist(), read.tolist(), strict=True):
        if not NUMBER.fullmatch(text):
            assert not known
        elif known:
            assert value == int(WIDE.to_integral_value(Decimal(text).scaleb(places, WIDE)))
        else:  # it may have more digits than are sure to fit 64 bits
            mantissa, _, power = text.lstrip("-").lower().partition("e")
            assert len(mantissa.split(".")[0]) + places + int(power or "0") > 18


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(min_size=25, max_size=25).map(_seconds), min_size=1, max_size=5))
def test_epoch_seconds_are_read_exactly(texts: list[str]) -> None:
    for text, whole, ns, known in zip(texts, *(one.tolist() for one in seconds(*_column(texts))), strict=True):
        assert known == bool(SECONDS.fullmatch(text))
        assert not known or whole * 10**9 + ns == int(Decimal(text).scaleb(9))


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(datetime(1700, 1, 1), datetime(2250, 1, 1)),
    st.none() | st.integers(-1439, 1439),
    st.sampled_from(("T", " ")),
    st.integers(0, 6),
    st.booleans(),
)
def test_iso_dates(at: datetime, zone: int | None, between: str, places: int, colon: bool) -> None:
    at = at.replace(microsecond=at.microsecond // 10 ** (6 - places) * 10 ** (6 - places))
    text = at.strftime(f"%m-%d{between}%H:%M:%S") + (f".{at.microsecond:06d}"[: places + 1] if places else "")
    text = f"{at.year:04d}-{text}"
    meant = at.replace(tzinfo=UTC) - timedelta(minutes=zone or 0)
    if zone is not None:
        text += timezone(timedelta(minutes=zone)).tzname(None)[3:].replace(":", ":" if colon else "") or "Z"
    fields, zones = iso_fields(*_column([text, text + "x", text[1:]]))
    year, month, day, hour, minute, second, offset, fraction, behind = fields
    ns, real = times.from_civil(year, month, day, hour, minute, second, offset)
    assert zones.tolist()[1:] == [NO_INSTANT, NO_INSTANT]
    assert bool(zones[0] in (ZONE_UTC, ZONE_NAMED)) == (zone is not None)
    assert bool(real[0])
    assert int(ns[0] + fraction[0]) == (meant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert text[int(behind[0]) :] == (text[-(6 if colon else 5) :] if zone else "Z" if zone == 0 else "")


@pytest.mark.parametrize(
    "text", ["2026-11-28", "2026-11-28T10:00:0", "2026-11-28T10:00:00.", "2026-11-28T10:00:00.1234567890Z",
             "2026/11/28T10:00:00Z", "2026-11-28t10:00:00Z", "2026-1a-28T10:00:00Z", "2026-11-28T10:00:00+1:00",
             "2026-11-28T10:00:00+01:0", "2026-11-28T10:00:00Z+01:00", ""],
)  # fmt: skip
def test_what_is_no_iso_date(text: str) -> None:
    assert iso_fields(*_column([text]))[1].tolist() == [NO_INSTANT]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.none() | st.text("GET /?a%.HTP1\té@", max_size=16) | st.from_regex(r"\A[A-Z]{1,3} /[?a]* HTTP/[12](\.1)?\Z"),
        min_size=1,
        max_size=5,
    )
)
def test_usual_requests_are_cut_into_their_parts(texts: list[str | None]) -> None:
    held = pa.array(["before", *texts], pa.string()).slice(1)
    data, starts, ends = places_of(held)
    begins, stops, usual = request_parts(data, starts, ends)
    for row, text in enumerate(texts):
        found = REQUEST.fullmatch(text or "")
        assert bool(usual[row]) == (found is not None)
        said = [
            data[begins[part, row] : stops[part, row]].tobytes().decode() if begins[part, row] >= 0 else None
            for part in range(PARTS)
        ]
        if found is None:
            assert said == [None] * PARTS
            continue
        stem, mark, query = found[2].partition("?")
        assert (said[METHOD], said[TARGET], said[VERSION]) == found.groups()
        assert (said[STEM], said[QUERY]) == (stem, query if mark else None)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.sampled_from(["", "a", "same", "longer than eight", "longer than eighty"]), max_size=20))
def test_texts_that_stand_twice_in_a_row_get_one_place(texts: list[str | None]) -> None:
    data, starts, ends = _column([text or "" for text in texts])
    starts = np.where([text is None for text in texts], -1, starts).astype(np.int64)
    held = Texts()
    places = held.places(data, starts, ends)
    assert places is not None
    assert held.columns([places])[0].to_pylist() == texts
    assert len(held.texts()) == len({text for text in texts if text is not None})
