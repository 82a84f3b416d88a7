"""A column as its distinct values and, for each row, which of them it has: predicates are answered once a value."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.repeated import Repeated, ranked
from timelines.detection.value_forms import (
    EVENT_TYPE,
    INITIATED,
    INTEGRITY,
    PROTOCOL,
    SERVICE_TYPE,
    START_TYPE,
    named,
    registry_path,
    registry_value,
)
from timelines.url_decoding import LIKELY, LIKELY_QUERY, decodings

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


Form = tuple[str, str]  # another form of a value, and for one that is decoded the decodings that gave it
Making = Callable[[str], Iterable[Form]]


def _percent(text: str) -> Iterable[Form]:
    return ((form.text, form.said()) for form in decodings(text, query=False))


def _query(text: str) -> Iterable[Form]:
    return ((form.text, form.said()) for form in decodings(text, query=True))


def _extension(text: str) -> tuple[str, ...]:
    name = text.partition("?")[0].partition("#")[0].rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    return (extension,) if stem and dot and extension else ()


def _serial(text: str) -> tuple[str, ...]:
    short = text.lstrip("0")
    return (short,) if short and short != text else ()


def _plain(make: Callable[[str], tuple[str, ...]]) -> Making:
    return lambda text: ((form, "") for form in make(text))


FORMS: dict[str, Making | None] = {
    "raw": None,
    "percent": _percent,  # also without its encodings (`timelines.url_decoding`)
    "query": _query,  # the same, and with `+` as a space (application/x-www-form-urlencoded)
    "extension": _plain(_extension),  # also the extension of the file that a URL names
    "serial": _plain(_serial),  # hex of whole bytes also without its leading zero, as rules write serial numbers
    "integrity": _plain(named(INTEGRITY)),  # also under the name of the integrity level
    "initiated": _plain(named(INITIATED)),  # the direction of a connection also as whether this machine began it
    "protocol": _plain(named(PROTOCOL)),  # an IANA number also as tcp or udp
    "event-type": _plain(named(EVENT_TYPE)),  # what was done to a registry value, as Sysmon names it
    "start-type": _plain(named(START_TYPE)),  # how a service starts, in the words of event 7045
    "service-type": _plain(named(SERVICE_TYPE)),
    "registry-path": _plain(registry_path),  # a key of the object tree also as HKLM
    "registry-value": _plain(registry_value),  # type and value of 4657 also as Sysmon's Details
}
DECODED = {
    "percent": LIKELY,
    "query": LIKELY_QUERY,
}  # forms that decode: RE2 for what a text without any other form lacks


LARGE = 1 << 21  # bytes of text from which compiled code is used: to load it takes as long as a look at some 50 MB
SMALL = 1 << 15  # the same, where it is loaded already


@dataclass(frozen=True, slots=True)
class Values:
    """`texts`: (v,) what to look at; `owner`: (v,) the distinct value each belongs to (a value may be looked at in several forms);
    `codes`: (m,) distinct value of each element, -1 for none; `parent`: (m,) row of each element where rows hold lists, else None;
    `decoded`: (v - count,) how each further form came from its value, empty of those that are not decoded."""

    texts: pa.StringArray
    owner: Ints
    codes: Ints
    count: int
    rows: int
    parent: Ints | None = None
    decoded: Repeated[str] = field(default_factory=lambda: Repeated([], np.empty(0, np.int32)))

    def spread(self, texts: Ints) -> Bools:
        """Rows that have any of these `texts` (positions)."""
        flags = np.zeros(self.count + 1, np.bool_)  # the last one stands for code -1: no value
        flags[self.owner[texts]] = True
        hit = flags[self.codes]
        return hit if self.parent is None else self._of_rows(hit)

    def holders(self, texts: Ints) -> Holders:
        """The elements that have any of these texts: other texts are no matter to what is asked of them."""
        flags = np.zeros(self.count + 1, np.bool_)
        flags[self.owner[texts]] = True
        at = np.flatnonzero(flags[self.codes])
        return Holders(self, at, self.codes[at])

    def present(self) -> Bools:
        """Rows that have a value at all."""
        there = self.codes >= 0
        return there if self.parent is None else self._of_rows(there)

    def first(self, row: int) -> str | None:
        """The row's value in its own form, the first where it has several."""
        at = row
        if self.parent is not None:
            at = int(np.searchsorted(self.parent, row))
            if at == len(self.parent) or self.parent[at] != row:
                return None
        code = int(self.codes[at])
        return None if code < 0 else str(self.texts[code].as_py())

    def firsts(self, rows: Ints) -> Repeated[str | None]:
        """The same for many rows."""
        if self.parent is not None:
            return Repeated.of(self.first(row) for row in rows.tolist())
        used, which = ranked(self.codes[rows], self.count)
        return Repeated(self.texts.take(pa.array(used, mask=used < 0)).to_pylist(), which)

    def forms(self, texts: pa.StringArray) -> list[list[str]]:
        """All forms of each distinct value; `texts` (v,) are this column's texts as they are or folded."""
        out: list[list[str]] = [[] for _ in range(self.count)]
        for owner, text in zip(self.owner.tolist(), texts.to_pylist(), strict=True):
            out[owner].append(text)
        return out

    def elements(self, forms: list[list[str]], row: int) -> list[str]:
        """All forms of all values of a row."""
        codes = self.codes[row : row + 1] if self.parent is None else self.codes[self.parent == row]
        return [text for code in codes.tolist() if code >= 0 for text in forms[code]]

    def _of_rows(self, elements: Bools) -> Bools:
        assert self.parent is not None
        out = np.zeros(self.rows, np.bool_)
        out[self.parent[elements]] = True
        return out


@dataclass(frozen=True, slots=True)
class Holders:
    """Some of a column's elements. `at`: (k,) their places, ascending; `codes`: (k,) the distinct value of each."""

    values: Values
    at: Ints
    codes: Ints

    def spread(self, texts: Ints) -> Bools:
        """Rows that have any of these `texts`, which no elements but these have."""
        flags = np.zeros(self.values.count + 1, np.bool_)
        flags[self.values.owner[texts]] = True
        out = np.zeros(len(self.values.codes), np.bool_)
        out[self.at[flags[self.codes]]] = True
        return out


def values_of(column: pa.ChunkedArray, form: str = "raw") -> Values:
    """Distinct values of a column of any scalar type or of lists of them, as text; the first `count` texts are their own forms."""
    rows = len(column)
    parent = None
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        parent = pc.list_parent_indices(column).combine_chunks().to_numpy(zero_copy_only=False).astype(np.int64)
        column = pc.list_flatten(column)
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], column.type)
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    indices = array.indices.fill_null(-1) if array.indices.null_count else array.indices
    codes = indices.to_numpy(zero_copy_only=False).astype(np.int64)
    texts, codes = _without_null(as_text(array.dictionary), codes)
    count = len(texts)
    owner = np.arange(count, dtype=np.int64)
    forms, owners = _other_forms(texts, FORMS[form], DECODED.get(form, ""))
    if not forms:
        return Values(texts, owner, codes, count, rows, parent)
    texts = pa.concat_arrays([texts, pa.array([text for text, _ in forms], pa.string())])
    owner = np.concatenate([owner, np.array(owners, np.int64)])
    return Values(texts, owner, codes, count, rows, parent, Repeated.of(decoded for _, decoded in forms))


def size_of(texts: pa.StringArray) -> int:
    """Bytes of the texts together."""
    if len(texts) == 0:
        return 0
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    return int(offsets[texts.offset + len(texts)] - offsets[texts.offset])


def compiled_pays(size: int) -> bool:
    """Whether so many bytes of text are worth a look by compiled code. What it finds is the same."""
    return size >= (SMALL if "numba" in sys.modules else LARGE)


def as_text(array: pa.Array) -> pa.StringArray:
    """Values as the text rules see: whole numbers in decimal, `true` and `false`, instants as ISO 8601."""
    return array if pa.types.is_string(array.type) else pc.cast(array, pa.string())


def _without_null(texts: pa.StringArray, codes: Ints) -> tuple[pa.StringArray, Ints]:
    if texts.null_count == 0:
        return texts, codes
    null = pc.is_null(texts).to_numpy(zero_copy_only=False)
    renumber = np.where(null, -1, np.cumsum(~null) - 1)
    return texts.drop_null(), np.where(codes >= 0, renumber[codes], -1)


def _other_forms(texts: pa.StringArray, make: Making | None, likely: str) -> tuple[list[Form], list[int]]:
    extra: list[Form] = []
    owners: list[int] = []
    if make is None:
        return extra, owners
    asked = np.arange(len(texts))
    if likely and compiled_pays(size_of(texts)):
        from timelines.detection.text_scans import TELLING, TELLING_QUERY, encoded, laid_out  # loads numba

        found = np.zeros(len(texts), np.bool_)
        encoded(*laid_out(texts), TELLING_QUERY if "+" in likely else TELLING, found)
        asked = np.flatnonzero(found)
        texts = texts.take(pa.array(asked))
    if likely:
        left = np.flatnonzero(pc.match_substring_regex(texts, likely).to_numpy(zero_copy_only=False))
        asked, texts = asked[left], texts.take(pa.array(left))
    for at, text in zip(asked.tolist(), texts.to_pylist(), strict=True):
        for form in make(text):
            extra.append(form)
            owners.append(at)
    return extra, owners
