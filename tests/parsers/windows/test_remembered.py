"""What a process that reads one hostile log after the other remembers of them: bounded in bytes, and without effect on the rows."""

from __future__ import annotations

import dataclasses
import random
import struct
import sys
import types

import numpy as np
import pytest

from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log
from parsers.windows import columns, events, inline, templates
from tests.fuzz.checks import check, forget
from timelines import coded, mapping, named_columns, place_texts, rows
from timelines.layouts import layouts
from timelines.remembered import Remembered

NOON = 1_614_859_200_000_000_000  # 2021-03-04 12:00:00 UTC
CACHES: dict[str, Remembered] = {
    "definitions": templates._kept,
    "documents": templates._keys,
    "plans": columns._plans,
    "schemas": events._schemas,
    "texts": coded._singles,
    "names": named_columns._known_names._known,
    "filtered": mapping._filtered,
    "results": place_texts._results,
    "spellings": layouts._known,
    "complete": rows._complete._known,
}
SMALL = 200_000  # bytes


@pytest.fixture(autouse=True)
def fresh():
    forget()
    yield
    forget()


@pytest.fixture
def small(monkeypatch):
    for cache in CACHES.values():
        monkeypatch.setattr(cache, "most", SMALL)


def deep(item, seen):
    """Bytes of a value and all that it leads to, each once. What lies outside of Python's memory (Arrow) is not seen."""
    if id(item) in seen or isinstance(item, type | types.ModuleType | types.FunctionType):
        return 0
    seen.add(id(item))
    size = item.nbytes + 100 if isinstance(item, np.ndarray) else sys.getsizeof(item)
    if isinstance(item, dict):
        return size + sum(deep(part, seen) for pair in item.items() for part in pair)
    if isinstance(item, list | tuple | set):
        return size + sum(deep(part, seen) for part in item)
    if dataclasses.is_dataclass(item):
        return size + sum(deep(getattr(item, field.name), seen) for field in dataclasses.fields(item))
    return size


def event(number, chance, **more):
    given = {"provider": "P" * chance.randrange(1, 3_000), "computer": "C" * chance.randrange(1, 900)}
    return Event(provider_guid=None, event_id=number, time_ns=NOON, record_id=number, **{**given, **more})


def distinct_logs(folder, count):
    """Logs of events of which no two have the same names, provider or machine; some names are long."""
    chance = random.Random(7)
    for number in range(count):
        path = folder / f"{number}.evtx"
        made = []
        for record in range(1, 9):
            width = chance.randrange(1, 40)
            names = [f"{'N' * chance.choice((1, 20, 700))}{number}x{record}x{at}" for at in range(width)]
            made.append(event(record, chance, data=tuple((name[:900], Kind.UNICODE, "v") for name in names)))
        write_log(path, "Security", made)
        yield path.read_bytes()


def long_name(made, count, chars):
    """One definition of `count` elements whose one name, `chars` long, stands once."""

    def body(at):
        inner = made.element(at, "N" * chars, b"")
        for _ in range(count):
            rest = struct.pack("<I", at + 11) + b"\x03"
            inner += b"\x01\xff\xff" + struct.pack("<I", len(rest)) + rest
        return inner

    whole = made.instance(
        512 + 24, lambda at: made.event(at, lambda at: made.element(at, "EventData", body)), made.head_values(1)
    )
    return made.log(made.chunk(made.record(1, whole)))


def test_caches_stay_within_their_bounds_whatever_logs_name(small, tmp_path, read):
    filled = set()
    for number, data in enumerate(distinct_logs(tmp_path, 12)):
        check(data, tmp_path / f"out{number}")
        for name, cache in CACHES.items():
            assert cache.weight <= cache.most, name
            assert deep(cache.held, set()) <= 2 * cache.most, name
            if cache.weight > SMALL // 2:
                filled.add(name)
    assert filled >= {"definitions", "plans", "schemas", "names"}


def test_all_of_them_together_are_a_small_part_of_what_a_run_may_take():
    """Arrow's side of a schema takes about as much again. With 250 MB, a run over 30,000 event shapes had a peak of a gigabyte."""
    assert sum(cache.most for cache in CACHES.values()) <= 112 << 20


def test_what_was_forgotten_has_no_effect_on_the_rows(monkeypatch, tmp_path, read):
    (data,) = distinct_logs(tmp_path, 1)
    whole = read(data).rows
    for cache in CACHES.values():
        monkeypatch.setattr(cache, "most", 0)
        cache.clear()
    assert read(data).rows == whole


def test_weights_are_those_of_what_is_held(tmp_path, read):
    """Estimates; of honest and of wide events alike they are neither half nor five times what Python says."""
    for data in distinct_logs(tmp_path, 4):
        read(data)
    for name in ("definitions", "plans"):
        cache = CACHES[name]
        assert cache.weight / 5 <= deep(cache.held, set()) <= 2 * cache.weight, name


def test_a_long_name_that_stands_once_and_is_used_for_every_value(made, tmp_path, read):
    """54 kB that asked for 2 GB and 97 s: the name was copied for each of its 2,500 uses."""
    found = read(long_name(made, 2_500, 12_000))
    (row,) = found.rows
    assert (row["event"], row["Channel"], row["flags"]) == ("4624", "Security", "incomplete")
    assert found.reasons == ["record 1: names of more than 262144 characters in one event; those before are kept"]
    assert sum(cache.weight for cache in CACHES.values()) < 2 << 20
    assert len(check(long_name(made, 15, 12_000), tmp_path)) == 1


def test_long_documents_without_templates_count_as_several(made, read, monkeypatch):
    """The tree of steps of one document of 3,000 elements is as heavy as that of a dozen of Windows' own."""
    monkeypatch.setattr(inline, "FEW", 1)
    start = 512 + 24 + 4
    body = made.element(start, "Event", lambda at: made.run(at, *[empty(made)] * 1_000), lean=True)
    read(made.log(made.chunk(made.record(1, b"\x0f\x01\x01\x00" + body + b"\0"))))
    assert inline._library.held > 5


def empty(made):
    return lambda at: made.element(at, "A", b"", lean=True)
