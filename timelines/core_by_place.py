"""Core columns of a batch whose columns share a dictionary, each text of which is filtered once: candidates are places in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from timelines.coded import constant, nothing
from timelines.named_columns import Step, stored_as
from timelines.place_texts import Column, Int64s, PlaceTexts, made_of
from timelines.schema import CORE

_TYPES = {column.name: column.type for column in CORE}
_TEXTS = {name for name, type_ in _TYPES.items() if type_ == pa.string()}
A_FEW = 8  # distinct texts


def steps(name: str, specs: tuple[str, ...], stored: Mapping[str, str]) -> tuple[Step, ...] | None:
    """Where to look for a core column among stored columns; None where a value may lie in one of two."""
    if _TYPES[name] not in (pa.string(), pa.int32()):
        return None
    steps = []
    for spec in specs:
        if spec.startswith("="):
            steps.append(("", spec[1:]))
            continue
        called, _, filter_name = spec.partition("|")
        base, mark, number = called.partition("#")
        held = [one for one in stored_as(called) if one in stored]
        if len(held) > 1:
            return None
        if held:
            item = f"item:{number}" if mark and held[0] == base else ""
            steps.append((stored[held[0]], "|".join(part for part in (item, filter_name) if part)))
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch: its columns, its rows by event, and what is known of the dictionary that the columns named in `on` share."""

    given: Mapping[str, pa.Array]
    groups: list[Int64s]
    count: int
    texts: PlaceTexts
    on: frozenset[str]


def filled(name: str, tried: list[tuple[Step, ...]], rows: Rows) -> pa.Array:
    """A core column, each group of rows by its own steps."""
    texts = name in _TEXTS
    known, text = _always(tried[0], rows) if len(tried) == 1 else (False, None)
    if known:
        return _constant(text, rows.count) if texts else _constant_port(text, rows.count)
    column = Column(rows.texts, rows.count)
    for steps, some in zip(tried, rows.groups, strict=True):
        for stored, said in steps:
            if not stored:
                left = column.say(said, some)
            elif stored in rows.on:
                left = column.fill(rows.given[stored], said, some)
            else:
                left = column.fill_few(rows.given[stored], said, some)
            if not left:
                break
    return column.texts() if texts else _ports(column.few())


def _always(steps: tuple[Step, ...], rows: Rows) -> tuple[bool, str | None]:
    """Whether these steps say the same in every row, and what (None: nothing)."""
    for stored, said in steps:
        if not stored:
            return True, said
        column = rows.given[stored]
        if column.null_count == len(column):
            continue
        if stored in rows.on or len(column.dictionary) != 1 or column.null_count:
            return False, None
        text = made_of([column.dictionary[0].as_py()], said)[0]
        if text is not None:
            return True, text
    return True, None


def _constant(text: str | None, count: int) -> pa.DictionaryArray:
    return nothing(count) if text is None else constant(text, count)


def _constant_port(text: str | None, count: int) -> pa.Array:
    port = None if text is None else _oneport(text)
    return pa.nulls(count, pa.int32()) if port is None else pa.repeat(pa.scalar(port, pa.int32()), count)


def _ports(texts: pa.DictionaryArray) -> pa.Array:
    """Numbers written out, null where they are no port."""
    distinct = texts.dictionary
    if len(distinct) > A_FEW:
        return port(distinct).take(texts.indices)
    return pa.array([_oneport(text) for text in distinct.to_pylist()], pa.int32()).take(texts.indices)


@lru_cache(1 << 12)
def _oneport(text: str) -> int | None:
    found: int | None = port(pa.array([text]))[0].as_py()
    return found


def port(texts: pa.Array) -> pa.Array:
    wide = texts.cast(pa.int64())
    return pc.if_else(pc.less_equal(wide, 65_535), wide, None).cast(pa.int32())
