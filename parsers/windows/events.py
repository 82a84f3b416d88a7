"""Decoded records become batches of timeline rows: typed System columns, flags, one batch a family."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Int64s
from parsers.windows import written
from parsers.windows.chunks import BAD_CHECKSUM, RECOVERED, Records
from parsers.windows.paths import RECORD, TIME
from parsers.windows.tables import Decoded
from timelines.coded import CODED, compact, constant, nothing
from timelines.families.windows import COLUMNS, family_of
from timelines.remembered import Remembered
from timelines.schema import TIME as INSTANT
from timelines.schema import named_field, stored_names

NO_TIME, OTHER_TIME, OTHER_ID, INCOMPLETE = 4, 8, 16, 32
FLAGS = {
    int(BAD_CHECKSUM): "bad-checksum",
    int(RECOVERED): "recovered",
    NO_TIME: "no-time",
    OTHER_TIME: "time-differs",  # record header and event are apart: forwarded, or altered
    OTHER_ID: "id-differs",
    INCOMPLETE: "incomplete",
}
APART = 1_000_000_000  # ns between event and record time; below this, the log service's own delay
_INTEGERS = {column.name: column.type for column in COLUMNS if pa.types.is_integer(column.type)} | {RECORD: pa.uint64()}
_DECLARED = tuple(column.name for column in COLUMNS)
_CORE = tuple(
    pa.field(name, type_)
    for name, type_ in {
        "time": INSTANT,
        "time_desc": CODED,
        "time_quality": CODED,
        "event": CODED,
        "record": pa.uint64(),
        "offset": pa.int64(),
        "length": pa.int64(),
        "flags": CODED,
    }.items()
)
_GIVEN = tuple((c.name, None if pa.types.is_string(c.type) else c.type) for c in COLUMNS)  # None: text
_EVERY = tuple(pa.field(c.name, CODED if pa.types.is_string(c.type) else c.type) for c in COLUMNS)


def batches(tables: Iterable[Decoded], records: Records) -> Iterator[tuple[str, pa.RecordBatch, Int64s]]:
    """The rows of each shape, a batch a family, with the records they are of; what could not be rendered goes to the ledgers.

    What every row has is worked out for all shapes at once.
    """
    held = [table for table in tables if len(table.rows)]
    if not held:
        return
    stops = np.cumsum([len(table.rows) for table in held]).tolist()
    starts = [0, *stops[:-1]]
    shared = _shared(_All(held, starts, records))
    names = shared.schema.names
    same = {name: _same(shared.column(name), starts) for name in ("event", "flags")}
    for number, (table, start, stop) in enumerate(zip(held, starts, stops, strict=True)):
        core = dict(zip(names, shared.slice(start, stop - start).columns, strict=True))
        for name, texts in same.items():
            if (text := texts[number]) is not None:
                core[name] = constant(text, stop - start)
        yield from _by_family(_batch(table, core), table.rows)


class _All:
    """The rows of all shapes, one shape after the other. `rows`: (n,) into the records; `flags`: (n,) int64."""

    def __init__(self, tables: list[Decoded], starts: list[int], records: Records) -> None:
        self.tables, self.starts, self.records = tables, starts, records
        self.counted = [counted for table in tables for counted in table.counted]
        self.rows: Int64s = np.concatenate([table.rows for table in tables])
        self.flags = records.flags[self.rows].astype(np.int64)

    def complain(self, row: int, reason: str, place: tuple[int, int] | None = None) -> None:
        self.records.complain(int(self.rows[row]), reason, place)


def _shared(held: _All) -> pa.RecordBatch:
    """Core columns and the declared numbers of all rows."""
    records, rows, flags = held.records, held.rows, held.flags
    for table, start in zip(held.tables, held.starts, strict=True):
        for row, at, reason in table.trouble:
            flags[start + row] |= INCOMPLETE
            held.complain(start + row, reason, (at, 0))
    header, sane = records.instant[rows], records.sane[rows]
    instants = _instants(held)
    _compared(instants, header, sane, flags)
    numbers = _numbers(held)
    starts = np.array([ledger.start for ledger in records.ledgers], np.int64)
    count = len(rows)
    columns = {
        "time": instants,
        "time_desc": constant("Event created", count),
        "time_quality": constant("utc", count),
        "event": _as_text(numbers["EventID"]),
        "record": numbers.pop(RECORD),
        "offset": pa.array(records.offset[rows] + starts[records.file[rows]]),
        "length": pa.array(records.size[rows]),
        "flags": _shown(flags),
        "RecordTime": pa.array(header, pa.int64(), mask=~sane).view(INSTANT),
        **numbers,
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _batch(table: Decoded, core: dict[str, pa.Array]) -> pa.RecordBatch:
    """One shape's rows: core columns, those of every Windows event, then the event's own."""
    count = len(table.rows)
    given = {**table.system, **core}
    declared = []
    for field, type_ in _GIVEN:
        found = given.get(field)
        if found is None:
            found = nothing(count) if type_ is None else pa.nulls(count, type_)
        declared.append(found)
    schema = _schema(tuple((field.stored, field.own) for field, _ in table.fields))
    arrays = [*(core[field.name] for field in _CORE), *declared, *(array for _, array in table.fields)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _same(column: pa.DictionaryArray, starts: list[int]) -> list[str | None]:
    """The text that all rows of a shape say; None where they do not. `starts`: where each shape's rows begin."""
    codes = column.indices.fill_null(-1).to_numpy()
    lowest, highest = (one.reduceat(codes, starts).tolist() for one in (np.minimum, np.maximum))
    texts = column.dictionary
    return [texts[low].as_py() if low == high >= 0 else None for low, high in zip(lowest, highest, strict=True)]


def _as_text(numbers: pa.Array) -> pa.DictionaryArray:
    encoded = numbers.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary.cast(pa.string()))


_schemas: Remembered[tuple[tuple[str, str], ...], pa.Schema] = Remembered(8 << 20)


def _schema(names: tuple[tuple[str, str], ...]) -> pa.Schema:
    """Core columns, those of every Windows event, then the event's own by (stored, own) name; remembered, since making one is slow."""
    if names in _schemas.held:
        return _schemas.held[names]
    written = sum(len(stored) + len(own) for stored, own in names)
    return _schemas.put(names, _made(names), 6_000 + 350 * len(names) + 4 * written)


def _made(names: tuple[tuple[str, str], ...]) -> pa.Schema:
    stored = stored_names((name for name, _ in names), (*_DECLARED, "index"))
    own = [named_field(name, own, CODED) for name, (_, own) in zip(stored, names, strict=True)]
    return pa.schema([*_CORE, *_EVERY, *own])


def _by_family(batch: pa.RecordBatch, rows: Int64s) -> Iterator[tuple[str, pa.RecordBatch, Int64s]]:
    """Almost always one channel, thus one batch."""
    encoded = compact(batch.column("Channel"))
    families = [family_of(channel or "") for channel in encoded.dictionary.to_pylist()]
    if len(set(families)) == 1 and encoded.null_count == 0:
        yield families[0], batch, rows
        return
    distinct = sorted({*families, family_of("")})
    of = np.array([distinct.index(family) for family in families] + [distinct.index(family_of(""))])
    codes = encoded.indices.fill_null(len(families)).to_numpy(zero_copy_only=False)
    for number, family in enumerate(distinct):
        chosen = np.flatnonzero(of[codes] == number)
        if len(chosen):
            yield family, batch.take(pa.array(chosen)), rows[chosen]


def _instants(held: _All) -> pa.Array:
    """TimeCreated as UTC; null, flagged and reported where there is none that fits."""
    given = [system.get(TIME) for _, system in held.counted]
    timed = [one is None or pa.types.is_timestamp(one.type) for one in given]
    together = iter(written.instants([one for one, is_time in zip(given, timed, strict=True) if not is_time]))
    found, start = [], 0
    for (count, _), one, is_time in zip(held.counted, given, timed, strict=True):
        read = next(together) if not is_time else pa.nulls(count, INSTANT) if one is None else one
        found.append(read)
        if read.null_count:
            missing = read.is_null().to_numpy(zero_copy_only=False)
            held.flags[start : start + count][missing] |= NO_TIME
            for row in np.flatnonzero(missing).tolist():
                text = None if is_time or one is None else one[row].as_py()
                why = f"{text!r} is no time from 1678 to 2261" if text else "no usable time"
                held.complain(start + row, f"TimeCreated: {why}; left empty")
        start += count
    return pa.concat_arrays(found)


def _compared(instants: pa.Array, header: Int64s, sane: Bools, flags: Int64s) -> None:
    """Flag events whose time is far from the record's."""
    known = np.ones(len(flags), np.bool_)
    if instants.null_count:
        known = instants.is_valid().to_numpy(zero_copy_only=False)
        instants = instants.fill_null(pa.scalar(0, INSTANT))
    ns = instants.view(pa.int64()).to_numpy(zero_copy_only=False)
    flags[known & (~sane | (np.abs(header // 2 - ns // 2) > APART // 2))] |= OTHER_TIME


def _numbers(held: _All) -> dict[str, pa.Array]:
    """The numeric columns of System in their declared types; what does not fit is null, flagged and reported."""
    out = {}
    for name, type_ in _INTEGERS.items():
        given = [system.get(name) for _, system in held.counted]
        together = written.numbers(given, type_)
        found, start = [], 0
        for at, (count, _) in enumerate(held.counted):
            one, start = given[at], start + count
            if one is None or at in together:
                found.append(pa.nulls(count, type_) if one is None else together[at])
                continue
            fitted, wrong = written.fitted(one, type_)
            found.append(fitted)
            for row in wrong:
                held.flags[start - count + row] |= INCOMPLETE
                held.complain(start - count + row, f"{name} {one[row].as_py()!r} is no {type_}; left empty")
        out[name] = pa.concat_arrays(found)
    header = pa.array(held.records.number[held.rows])
    own = out[RECORD]
    if not own.equals(header):
        differs = pc.not_equal(own, header).fill_null(False).to_numpy(zero_copy_only=False)
        held.flags[differs] |= OTHER_ID
        out[RECORD] = pc.coalesce(own, header)
    return out


@cache
def _combinations() -> pa.Array:
    return pa.array([",".join(text for bit, text in FLAGS.items() if code & bit) for code in range(64)], pa.string())


def _shown(flags: Int64s) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(flags.astype(np.int32)), _combinations(), safe=False)
