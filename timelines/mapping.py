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
from timelines.filters import filtered
from timelines.meanings import meaning
from timelines.remembered import Remembered
from timelines.schema import CORE, own_name

_TYPES = {column.name: column.type for column in CORE}
KEPT_BYTES = 16 << 20  # names of columns by shape of batch that are remembered by a process, some 100 kB a shape
MAX_TWINS = 8  # of one list of names
A_FEW = 8  # distinct texts
RARE = 100  # rows for each that is put between others
MANY = 4_096  # rows from which on it pays to look for texts that say nothing by their length
FEW = 64  # rows below which looking for repeated texts costs more than it saves

Places = npt.NDArray[np.int64]


def _text(array: pa.Array) -> pa.Array:
    return array if pa.types.is_string(array.type) or array.type == CODED else array.cast(pa.string())


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


_filtered: Remembered[tuple[str, tuple[str | None, ...]], pa.Array] = Remembered(8 << 20)


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
        wide = plain(merged).cast(pa.int64())
        return pc.if_else(pc.less_equal(wide, 65_535), wide, None).cast(pa.int32())
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


def stored_as(name: str) -> tuple[str, ...]:
    """The columns in which a value of this name may lie."""
    base, mark, number = name.partition("#")
    return (name,) if not mark else (base,) if number == "1" else (f"{base}_{number}", base)


def named_text(name: str, columns: Mapping[str, pa.Array]) -> pa.Array | None:
    """A column's values as text, by the name that mappings and sentences give it; None where the rows have no such column."""
    base, mark, number = name.partition("#")
    found = []
    for stored in stored_as(name):
        if stored in columns:
            text = _text(columns[stored])
            found.append(filtered(plain(text), f"item:{number}") if mark and stored == base else text)
    return None if not found else found[0] if len(found) == 1 else pc.coalesce(*map(plain, found))


def columns_by_name(schema: pa.Schema, given: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """Columns by the evidence's own names, the first of a name; under its stored name where no own name takes that."""
    return {name: given[stored] for name, stored in _stored_by_name(schema, given).items()}


_known_names: Remembered[tuple[str, ...], list[tuple[pa.Schema, dict[str, str]]]] = Remembered(KEPT_BYTES)


def _stored_by_name(schema: pa.Schema, given: Mapping[str, pa.Array]) -> dict[str, str]:
    """Stored names by the evidence's own; remembered, because batches of one shape come again and again."""
    names = tuple(name for name in schema.names if name in given)
    known = _known_names.held.get(names, [])
    for other, found in known:
        if other.equals(schema, check_metadata=True):
            return found
    stored = [f for f in schema if f.name in given]
    found = {f.name: f.name for f in stored}
    taken: set[str] = set()
    for f in stored:
        if own_name(f) not in taken:
            found[own_name(f)] = f.name
            taken.add(own_name(f))
    weight = 8_000 + 1_500 * len(names) + 10 * sum(map(len, names))
    if not known:
        _known_names.put(names, [(schema, found)], weight)
    elif len(known) < MAX_TWINS and _known_names.add(weight):
        known.append((schema, found))
    return found


class _Rows(Mapping[str, pa.Array]):
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


def _by_event(event: pa.Array, provider: pa.Array) -> tuple[list[tuple[str | None, str | None]], npt.NDArray[np.int64]]:
    """The distinct pairs of event and provider, and which of them each row has."""
    events, providers = (_with_null(_text(array)) for array in (event, provider))
    if len(events.dictionary) == len(providers.dictionary) == 1:
        return [(events.dictionary[0].as_py(), providers.dictionary[0].as_py())], np.zeros(len(event), np.int64)
    wide = len(providers.dictionary)
    codes = events.indices.to_numpy().astype(np.int64) * wide + providers.indices.to_numpy()
    distinct, labels = np.unique(codes, return_inverse=True)
    pairs = [
        (events.dictionary[at // wide].as_py(), providers.dictionary[at % wide].as_py()) for at in distinct.tolist()
    ]
    return pairs, labels


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
    by_own_name = columns_by_name(schema, given)
    none = nothing(count)
    pairs, labels = _by_event(given.get("event", none), by_own_name.get("Provider_Name", none))
    meanings = [meaning(family, provider, event) for event, provider in pairs]
    wanted = sorted({name for m in meanings for name in m.core} - set(given))
    if len(pairs) == 1:
        given.update((name, _column(name, meanings[0].core.get(name, ()), by_own_name, count)) for name in wanted)
        return given
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(labels))[:-1])
    back = np.empty(count, np.int64)
    back[order] = np.arange(count)
    pieces: dict[str, list[pa.Array]] = {name: [] for name in wanted}
    for m, rows in zip(meanings, groups, strict=True):
        columns = _Rows(by_own_name, rows)
        for name, held in pieces.items():
            held.append(_column(name, m.core.get(name, ()), columns, len(rows)))
    for name, chunks in pieces.items():
        texts = [plain(chunk) for chunk in chunks] if _TYPES[name] == pa.string() else chunks
        given[name] = pa.concat_arrays(texts).take(pa.array(back))
    return given
