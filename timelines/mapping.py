"""Core columns out of family columns, by mappings that are data: the `core` tables of `timelines/messages/*.toml`.

A mapping gives each core column a list of candidates; the first that is present, not empty and not `-` wins:
`"TargetUserName"` a column by the evidence's own name (else its stored name), `"User|account"` the same through a filter,
`"Data#2"` the second unnamed value (a column of its own, or an item of `Data`), `"=failure"` a constant.
Filters are those of `timelines.filters`, such as `account` (`DOMAIN\\name` to `name`), `ip` (drops what is no address), `port`, `status`
(0x0 to success, else failure), `line:MARK` (what follows MARK on its line).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.coded import CODED, compact, constant, nothing, plain
from timelines.core_by_place import A_FEW, Rows, port, steps
from timelines.core_by_place import filled as filled_by_place
from timelines.filters import filtered
from timelines.meanings import MAX_NAME, meaning
from timelines.named_columns import PLANS, Event, Named, Plan, as_text, named, named_text
from timelines.place_texts import ALL, shared
from timelines.remembered import Remembered
from timelines.schema import CORE

_TYPES = {column.name: column.type for column in CORE}
RARE = 100  # rows for each that is put between others
MANY = 4_096  # rows from which on it pays to look for texts that say nothing by their length
FEW = 64  # rows below which looking for repeated texts costs more than it saves

Places = npt.NDArray[np.int64]


@cache
def _blank() -> pc.SetLookupOptions:
    return pc.SetLookupOptions(value_set=pa.array(["", "-"]))


def _candidate(spec: str, columns: Mapping[str, pa.Array], count: int) -> pa.Array | None:
    if spec.startswith("="):
        return constant(spec[1:], count)
    name, _, filter_name = spec.partition("|")
    text = named_text(name, columns)
    if text is None or text.null_count == count:
        return None
    if text.type != CODED and not filter_name:
        return _kept(text)
    if text.type != CODED and count < FEW:
        return _kept(filtered(text, filter_name))
    encoded = compact(text)  # accounts, addresses and codes repeat; patterns are dear
    return _coded(encoded.indices, _distinct(encoded.dictionary, filter_name))


_filtered: Remembered[tuple[str, tuple[str | None, ...]], pa.Array] = Remembered(4 << 20)


def _distinct(texts: pa.Array, filter_name: str) -> pa.Array:
    """Distinct texts as a filter leaves them, null where they say nothing; a few are remembered, since the next window has them again."""
    if len(texts) > A_FEW:
        return _kept(filtered(texts, filter_name) if filter_name else texts)
    key = filter_name, tuple(texts.to_pylist())
    if key in _filtered.held:
        return _filtered.held[key]
    found = _kept(filtered(texts, filter_name) if filter_name else texts)
    return _filtered.put(key, found, 1_000 + 10 * sum(len(text or "") for text in key[1]))


def _kept(text: pa.Array) -> pa.Array:
    """`text` with null where it says nothing."""
    if len(text) > MANY:
        return _without(text, _blank_rows(text))
    blank = pc.call_function("is_in", [text], _blank())
    return pc.if_else(blank, None, text) if blank.true_count else text


def _blank_rows(text: pa.StringArray) -> Places:
    """Rows that say nothing, ascending: only texts of a byte or none are looked at."""
    bounds = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]
    short = np.flatnonzero(bounds[1:] - bounds[:-1] <= 1)
    blank = pc.call_function("is_in", [text.take(pa.array(short))], _blank())
    rows: Places = short[blank.to_numpy(zero_copy_only=False)]
    return rows


def _without(text: pa.StringArray, rows: Places) -> pa.StringArray:
    """`text` with null in some rows; both share the bytes of texts."""
    if not len(rows):
        return text
    valid = text.is_valid().to_numpy(zero_copy_only=False)
    valid[rows] = False
    _, bounds, data = text.buffers()
    held = [pa.py_buffer(np.packbits(valid, bitorder="little")), bounds.slice(4 * text.offset), data]
    return pa.Array.from_buffers(pa.string(), len(text), held)


def _coded(places: pa.Array, texts: pa.Array) -> pa.Array:
    """The column whose rows say `texts` at `places`; null where that text is null."""
    if texts.null_count:
        places = pc.if_else(texts.is_valid().take(places), places, None)
        texts = texts.fill_null("")  # no row's any more; dictionaries that hold null can't be put together
    return pa.DictionaryArray.from_arrays(places, texts, safe=False)


def _column(name: str, specs: tuple[str, ...], columns: Mapping[str, pa.Array], count: int) -> pa.Array:
    merged = None
    for spec in specs:
        found = _candidate(spec, columns, count)
        if found is None:
            continue
        merged = found if merged is None else _either(merged, found)
        if not merged.null_count:
            break
    type_ = _TYPES[name]
    if merged is None:
        return nothing(count) if type_ == pa.string() else pa.nulls(count, type_)
    if type_ == pa.int32():
        return port(plain(merged))
    return merged if merged.type == CODED else merged.cast(type_)


def _either(texts: pa.Array, others: pa.Array) -> pa.Array:
    """`texts`, where they are null `others`; a few of these are put between runs of those, which are copied whole."""
    rows = np.flatnonzero(pc.and_(texts.is_null(), others.is_valid()).to_numpy(zero_copy_only=False))
    if len(texts) <= MANY or len(rows) * RARE > len(texts):
        return pc.coalesce(plain(texts), plain(others))
    texts, said = plain(texts), plain(others.take(pa.array(rows)))
    if not len(rows):
        return texts
    starts = np.concatenate((np.zeros(1, np.int64), rows + 1)).tolist()
    runs = [texts.slice(start, stop - start) for start, stop in zip(starts, [*rows.tolist(), len(texts)], strict=True)]
    between = [said.slice(at, 1) for at in range(len(rows))]
    return pa.concat_arrays([runs[0], *(piece for pair in zip(between, runs[1:], strict=True) for piece in pair)])


class _Some(Mapping[str, pa.Array]):
    """Some rows of columns, each taken when it is first asked for."""

    def __init__(self, columns: Mapping[str, pa.Array], rows: npt.NDArray[np.int64]) -> None:
        self._columns, self._rows = columns, pa.array(rows)
        self._taken: dict[str, pa.Array] = {}

    def __getitem__(self, name: str) -> pa.Array:
        if name not in self._taken:
            self._taken[name] = self._columns[name].take(self._rows)
        return self._taken[name]

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def _same(array: pa.Array) -> list[str | None]:
    """The text that all rows say, in a list; an empty list where they differ, or are too many to look at one by one."""
    if array.type != CODED:
        if len(array) > FEW:
            return []
        said = set(as_text(array).to_pylist())
        return list(said) if len(said) == 1 else []
    if array.null_count:
        return [None] if array.null_count == len(array) else []
    dictionary = array.dictionary
    if len(dictionary) == 1:
        return [dictionary[0].as_py()]
    codes = array.indices.to_numpy()
    return [] if (codes != codes[0]).any() else [dictionary[int(codes[0])].as_py()]


def _by_event(event: pa.Array, provider: pa.Array) -> tuple[list[tuple[str | None, str | None]], list[Places]]:
    """The distinct pairs of event and provider, and the rows of each."""
    if (events := _same(event)) and (providers := _same(provider)):
        return [(events[0], providers[0])], [ALL]
    coded = _with_null(as_text(event)), _with_null(as_text(provider))
    wide = len(coded[1].dictionary)
    codes = coded[0].indices.to_numpy().astype(np.int64) * wide + coded[1].indices.to_numpy()
    distinct, labels = np.unique(codes, return_inverse=True)
    pairs = [
        (coded[0].dictionary[at // wide].as_py(), coded[1].dictionary[at % wide].as_py()) for at in distinct.tolist()
    ]
    if len(pairs) == 1:
        return pairs, [ALL]
    order = np.argsort(labels, kind="stable")
    return pairs, np.split(order, np.cumsum(np.bincount(labels))[:-1])


def _with_null(text: pa.Array) -> pa.DictionaryArray:
    """A column whose dictionary also holds null where a row is null."""
    if text.type != CODED:
        return text.dictionary_encode(null_encoding="encode")
    encoded = compact(text)
    return plain(encoded).dictionary_encode(null_encoding="encode") if encoded.null_count else encoded


def fill_core(family: str, given: dict[str, pa.Array], schema: pa.Schema, count: int) -> dict[str, pa.Array]:
    """Add the core columns that the parser did not give. Returns `given` with them; rows keep their order.

    Columns are found by the evidence's own names (field metadata), so a mapping says `User`, not `User_`.
    """
    if not count:
        return given
    names = named(schema, given)
    none = nothing(count)
    provider = names.stored.get("Provider_Name")
    pairs, groups = _by_event(given.get("event", none), given[provider] if provider else none)
    plans = [_planned(names, (family, provider, event)) for event, provider in pairs]
    wanted = sorted({name for plan in plans for name in plan} - set(given))
    steps = {name: [plan.get(name, ()) for plan in plans] for name in wanted}
    read = {stored: given[stored] for tried in steps.values() for one in tried for stored, _ in one or () if stored}
    found = {}
    if (on := shared(read, A_FEW)) is not None:
        rows = Rows(given, groups, count, *on)
        simple = {name: [one for one in tried if one is not None] for name, tried in steps.items() if None not in tried}
        found = {name: filled_by_place(name, tried, rows) for name, tried in simple.items()}
    if rest := [name for name in wanted if name not in found]:
        by_name = {name: given[stored] for name, stored in names.stored.items()}
        specs = [meaning(family, provider, event).core for event, provider in pairs]
        found.update(_each(rest, specs, groups, by_name, count))
    given.update((name, found[name]) for name in wanted)
    return given


def _planned(names: Named, event: Event) -> Plan:
    """Where to look for what an event's core columns say; remembered with the names."""
    family, provider, said = event
    event = family, provider and provider[:MAX_NAME], said and said[:MAX_NAME]
    if event not in names.plans:
        if len(names.plans) == PLANS:
            names.plans.clear()
        core = meaning(*event).core
        names.plans[event] = {name: steps(name, specs, names.stored) for name, specs in core.items()}
    return names.plans[event]


def _each(
    names: list[str],
    specs: list[Mapping[str, tuple[str, ...]]],
    groups: list[Places],
    columns: Mapping[str, pa.Array],
    count: int,
) -> dict[str, pa.Array]:
    """Core columns, each group of rows by its own candidates, which are read in turn."""
    if len(groups) == 1:
        return {name: _column(name, specs[0].get(name, ()), columns, count) for name in names}
    order = np.concatenate(groups)
    back = np.empty(count, np.int64)
    back[order] = np.arange(count)
    pieces: dict[str, list[pa.Array]] = {name: [] for name in names}
    for core, rows in zip(specs, groups, strict=True):
        some = _Some(columns, rows)
        for name, held in pieces.items():
            held.append(_column(name, core.get(name, ()), some, len(rows)))
    found = {}
    for name, chunks in pieces.items():
        texts = [plain(chunk) for chunk in chunks] if _TYPES[name] == pa.string() else chunks
        found[name] = pa.concat_arrays(texts).take(pa.array(back))
    return found
