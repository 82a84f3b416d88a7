"""Invented events of every value type, written by our writer, come back as they were: by our reader, `evtx` and python-evtx.

What each value has to read as is worked out here from what was written, not from any reader. NOT_BY_EVTX and NOT_BY_PYTHON_EVTX
list what the others cannot read; `by_python_evtx` how it writes the same value.
"""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, UserData, write_log
from tests.parsers.windows import agreement

ARRAY = 0x80
NOON = 1_614_859_200_000_000_000  # 2021-03-04 12:00:00 UTC
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u00a6\ufffe\uffff"), max_size=12)
WORDS = TEXTS.filter(lambda text: text == text.strip() and text)
ANSI = st.text("abc \u00e9\u20ac", min_size=1, max_size=8).filter(lambda text: text == text.strip())
BITS = {"INT8": 7, "INT16": 15, "INT32": 31, "INT64": 63, "UINT8": 8, "UINT16": 16, "UINT32": 32, "UINT64": 64}
MOMENTS = st.integers(0, 4_000_000_000_000).map(lambda ms: ms * 1_000_000)
SIDS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5).map(
    lambda parts: "-".join(map(str, ["S-1-5", *parts]))
)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.UNICODE: TEXTS,
    Kind.ANSI: ANSI,
    **{Kind[name]: st.integers(0 if name[0] == "U" else -(2**bits), 2**bits - 1) for name, bits in BITS.items()},
    Kind.FLOAT: st.integers(-(2**11), 2**11).map(
        lambda number: (2 * number + 1) / 8
    ),  # whole ones: `3` here, `3.0` in others
    Kind.DOUBLE: st.integers(-(2**40), 2**40).map(lambda number: (2 * number + 1) / 8),
    Kind.BOOLEAN: st.booleans(),
    Kind.BINARY: st.binary(min_size=1, max_size=20),
    Kind.GUID: st.uuids().map(str),
    Kind.SIZE_T: st.integers(0, 2**64 - 1),
    Kind.FILETIME: MOMENTS,
    Kind.SYSTEMTIME: MOMENTS,
    Kind.SID: SIDS,
    Kind.HEX32: st.integers(0, 2**32 - 1),
    Kind.HEX64: st.integers(0, 2**64 - 1),
}
ITEMS = {**VALUES, Kind.UNICODE: WORDS}
VALUES |= {
    kind: st.lists(ITEMS[Kind(kind ^ ARRAY)], min_size=1, max_size=4).map(tuple) for kind in Kind if kind & ARRAY
}
assert set(VALUES) == set(Kind) - {Kind.NULL, Kind.BINXML}
NOT_BY_EVTX = {Kind.ANSI_ARRAY, Kind.SIZE_T_ARRAY}  # "unimplemented": the whole record is refused
NOT_BY_PYTHON_EVTX = {
    *(kind for kind in Kind if kind & ARRAY),  # KeyError; string arrays come as markup inside the text
    Kind.FILETIME,  # through a float: the last microsecond may be another
    Kind.SYSTEMTIME,  # milliseconds are taken for microseconds
}
NAMES = st.from_regex(r"[A-Z][A-Za-z]{2,6}( [a-z]{1,3})?", fullmatch=True)


@st.composite
def typed(draw: st.DrawFn, without: frozenset[Kind]) -> tuple[str, Kind, Any]:
    kind = draw(st.sampled_from(sorted(VALUES.keys() - without)))
    return draw(NAMES), kind, draw(VALUES[kind])


@st.composite
def events(draw: st.DrawFn, without: frozenset[Kind] = frozenset()) -> list[Event]:
    """Logs of up to 20 events of few shapes, so that some are read as columns: flat, nested, and in UserData."""
    shapes = draw(st.lists(st.lists(typed(without), min_size=1, max_size=6), min_size=1, max_size=3))
    found = []
    for number in range(1, draw(st.sampled_from([1, 3, 20])) + 1):
        values = tuple((name, kind, draw(VALUES[kind])) for name, kind, _ in draw(st.sampled_from(shapes)))
        user = UserData("Told", "urn:example", tuple((n.replace(" ", ""), k, v) for n, k, v in values))
        found.append(
            Event(
                "Example", None, 7, NOON + number * 100, number, "host.example",
                data=values, nested=draw(st.booleans()), user_data=user if draw(st.integers(0, 3)) == 0 else None,
            )
        )  # fmt: skip
    return found


def said(kind: Kind, value: Any) -> str:
    """What a value has to read as."""
    if kind & ARRAY:
        return " \u00a6 ".join(said(Kind(kind ^ ARRAY), item) for item in value)
    match kind:
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.BINARY:
            return value.hex().upper()
        case Kind.GUID:
            return f"{{{value.upper()}}}"
        case Kind.SIZE_T | Kind.HEX32 | Kind.HEX64:
            return f"0x{value:x}"
        case Kind.FILETIME | Kind.SYSTEMTIME:
            when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value // 1_000_000)
            shown = f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}"
            return f"{shown}{'0000' if kind is Kind.FILETIME else ''}Z"
        case Kind.FLOAT | Kind.DOUBLE:
            return str(int(value)) if value == int(value) else repr(value)
    return str(value)


def by_python_evtx(kind: Kind, value: Any) -> str:
    """What python-evtx writes for a value: Python's booleans and reals, base 64, padded hex."""
    match kind:
        case Kind.BOOLEAN | Kind.FLOAT | Kind.DOUBLE | Kind.SIZE_T:
            return str(value)
        case Kind.BINARY:
            return base64.b64encode(value).decode()
        case Kind.HEX32 | Kind.HEX64:
            return f"0x{value:0{8 if kind is Kind.HEX32 else 16}x}"
    return said(kind, value)


def written(event: Event, how: Any = said) -> agreement.Named:
    values = event.user_data.values if event.user_data else event.data
    return [(name, text) for name, kind, value in values if (text := how(kind, value))]


def items(named: agreement.Named) -> agreement.Named:
    """Names and values as they are compared with another reader: arrays item by item, GUIDs and instants in one form."""
    return [(name, agreement.plain(item)) for name, text in named for item in text.split(" \u00a6 ")]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("round") / "trip.evtx"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events())
def test_our_reader_gives_back_what_was_written(path, drawn):
    write_log(path, "Example/Operational", drawn)
    read = list(agreement.ours(path).values())
    assert [row["record"] for row, _ in read] == [event.record_id for event in drawn]
    assert [named for _, named in read] == [written(event) for event in drawn]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events(frozenset(NOT_BY_EVTX)))
def test_evtx_gives_back_what_was_written(path, drawn):
    pytest.importorskip("evtx")
    write_log(path, "Example/Operational", drawn)
    read = [agreement.values_of(event) for _, event in agreement.yardstick(path)]
    assert [items(named) for named in read] == [items(written(event)) for event in drawn]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events(frozenset(NOT_BY_PYTHON_EVTX)))
def test_python_evtx_gives_back_what_was_written(path, drawn):
    from Evtx import Evtx

    drawn = [event for event in drawn if all(kind != Kind.ANSI or value.isascii() for _, kind, value in event.data)]
    write_log(path, "Example/Operational", drawn)
    with Evtx.Evtx(str(path)) as log:
        read = [ET.fromstring(record.xml()) for chunk in log.chunks() for record in chunk.records()]
    found = [agreement.values_of(event) for event in read]
    assert [items(named) for named in found] == [items(written(event, by_python_evtx)) for event in drawn]


@pytest.mark.parametrize("kind", sorted(NOT_BY_EVTX))
def test_what_evtx_refuses_is_still_refused(path, kind):
    """When this fails, it has learned to read them: take them off the list."""
    pytest.importorskip("evtx")
    value = ("a", "b") if kind == Kind.ANSI_ARRAY else (1, 2)
    write_log(path, "Example", [Event("Example", None, 7, NOON, 1, "host.example", data=(("A", kind, value),))])
    with pytest.raises(RuntimeError, match="unimplemented"):
        list(agreement.yardstick(path))
