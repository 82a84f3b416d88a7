"""Event records by python-evtx: the demo's logs against the parser, and damage that must neither raise nor hang."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parsers.second.event_names import Element, Text, named
from parsers.second.event_records import EventRecords
from parsers.second.reading import Place, Reading, Unread


@pytest.fixture(scope="module")
def log(demo) -> bytes:
    path = min((p for p in demo.evidence.rglob("*.evtx")), key=lambda p: (p.stat().st_size, p.name))
    return Path(path).read_bytes()[: 0x1000 + 0x10000]


def offsets(data: bytes) -> list[int]:
    """Where records of the first chunk begin: signature and length, one after the other from byte 512 (MS-EVEN6)."""
    at, found = 0x1200, []
    while data[at : at + 4] == b"**\0\0":
        found.append(at)
        at += int.from_bytes(data[at + 4 : at + 8], "little")
    return found


def read(data: bytes, at: int) -> Reading | Unread:
    return EventRecords(memoryview(data)).read(Place("r", "windows/security", at, 0))


def test_times_are_exact_to_100_ns(log: bytes) -> None:
    for at in offsets(log)[:20]:
        found = read(log, at)
        assert isinstance(found, Reading)
        ticks = int.from_bytes(log[at + 16 : at + 24], "little")
        written = datetime.fromisoformat(str(found.values["RecordTime"])[:19]).replace(tzinfo=UTC)
        assert int((written - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) == ticks // 10_000_000
        assert str(found.values["RecordTime"])[20:27] == f"{ticks % 10_000_000:07d}"
        assert found.values["length"] == str(int.from_bytes(log[at + 4 : at + 8], "little"))


def test_no_record_at_an_offset_is_said(log: bytes) -> None:
    assert read(log, offsets(log)[0] + 8) == Unread("no record signature at the row's offset")
    for at in (0, 0x1000, len(log) - 2, len(log) + 10, 1 << 40):
        assert isinstance(read(log, at), Unread)


def test_flipped_bytes_never_raise(log: bytes) -> None:
    source = random.Random(11)
    starts = offsets(log)
    for _ in range(400):
        damaged = bytearray(log)
        at = source.choice(starts[:40])
        for _ in range(source.randint(1, 8)):
            place = source.choice((at + source.randrange(200), 0x1000 + source.randrange(0x800)))
            damaged[place] = source.randrange(256)
        assert isinstance(read(bytes(damaged), at), Reading | Unread)


def test_a_string_table_that_leads_in_a_circle_does_not_hang(log: bytes) -> None:
    damaged = bytearray(log)
    at = int.from_bytes(log[0x1080:0x1084], "little") or 0x400
    for bucket in range(64):  # every bucket leads to one name, whose next name is itself
        damaged[0x1080 + 4 * bucket : 0x1084 + 4 * bucket] = at.to_bytes(4, "little")
    damaged[0x1000 + at : 0x1004 + at] = at.to_bytes(4, "little")
    assert isinstance(read(bytes(damaged), offsets(log)[0]), Reading | Unread)


def test_a_record_that_repeats_itself_without_end_is_given_up() -> None:
    from parsers.second.event_records import _Exhausted, _Walk

    class Literal:  # stands for a node that python-evtx has no type for
        pass

    with pytest.raises(_Exhausted, match="repeats its values"):
        _Walk(left=3)._fill(Element(""), [Literal()] * 4, [])


def element(name: str, *children: Element | Text, **attributes: str) -> Element:
    return Element(name, [(key, [Text(text, True)]) for key, text in attributes.items()], list(children))


def value(text: str | None) -> Text:
    return Text(text, True)


def test_names_follow_the_columns() -> None:
    system = element("System", element("EventID", value("4625"), Qualifiers="7"), element("Channel", value("Security")))
    data = element(
        "EventData", element("Data", value("a"), Name="User"), element("Data", value(None)), element("Data", value("c"))
    )
    user = element(
        "UserData", element("Kept", element("Path", value("p")), element("Sub", element("Path", value("q"))))
    )
    found = named(element("", element("Event", system, data, user, xmlns="http://example.test")))
    assert found == {
        "Qualifiers": "7", "EventID": "4625", "Channel": "Security", "User_": "a", "Data": None, "Data_2": "c",
        "Kept_Path": "p", "Sub_Path": "q",
    }  # fmt: skip
