"""Texts that repeat, held once each: reasons and field values of millions of matches are few different ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Text = TypeVar("Text", str, str | None)


class Compact(Sequence[Any]):
    """Different texts, none of which may be there (None), as one Arrow array: of millions a third of what Python's would take."""

    __slots__ = ("array",)

    def __init__(self, array: pa.LargeStringArray) -> None:
        self.array = array

    @classmethod
    def of(cls, texts: Sequence[str | None]) -> Compact:
        return texts if isinstance(texts, Compact) else cls(pa.array(texts, pa.large_string()))

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, at: int) -> str | None: ...
    @overload
    def __getitem__(self, at: slice) -> Compact: ...
    def __getitem__(self, at: int | slice) -> str | Compact | None:
        return Compact(self.array[at]) if isinstance(at, slice) else self.array[int(at)].as_py()


class Repeated(Sequence[Text]):
    """`distinct` texts, and for each of (n,) places which of them it has."""

    __slots__ = ("codes", "distinct")

    def __init__(self, distinct: Sequence[Text], codes: npt.NDArray[np.signedinteger[Any]]) -> None:
        self.distinct: Sequence[Text] = distinct
        self.codes = codes.astype(np.int32, copy=False)

    @classmethod
    def of(cls, texts: Iterable[Text]) -> Repeated[Text]:
        if isinstance(texts, Repeated):
            return texts
        numbers: dict[Text, int] = {}
        codes = np.fromiter((numbers.setdefault(text, len(numbers)) for text in texts), np.int32)
        return cls(list(numbers), codes)

    @classmethod
    def joined(cls, pieces: Sequence[Repeated[Text]]) -> Repeated[Text]:
        """One after the other."""
        numbers: dict[Text, int] = {}
        codes = []
        for piece in pieces:
            renumbered = [numbers.setdefault(text, len(numbers)) for text in piece.distinct]
            codes.append(np.array(renumbered, np.int32)[piece.codes])
        return cls(list(numbers), np.concatenate(codes) if codes else np.empty(0, np.int32))

    @staticmethod
    def compact(pieces: Sequence[Repeated[Text]]) -> Repeated[Text]:
        """One after the other, the texts held in an Arrow array."""
        arrays: list[pa.LargeStringArray] = [Compact.of(piece.distinct).array for piece in pieces]
        coded = pa.chunked_array(arrays, pa.large_string()).dictionary_encode("encode")  # one dictionary for all
        if not coded.num_chunks:
            return Repeated(Compact.of(()), np.empty(0, np.int32))
        numbers = np.concatenate([chunk.indices.to_numpy() for chunk in coded.chunks])
        begins = np.cumsum([0, *map(len, arrays)])
        codes = [numbers[begin:][piece.codes] for begin, piece in zip(begins, pieces, strict=False)]
        return Repeated(Compact(coded.chunk(0).dictionary), np.concatenate(codes))

    def packed(self) -> Repeated[Text]:
        """The same with its texts in an Arrow array."""
        return Repeated(Compact.of(self.distinct), self.codes)

    def take(self, places: Ints) -> Repeated[Text]:
        return Repeated(self.distinct, self.codes[places])

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Text]:
        return map(self.distinct.__getitem__, self.codes.tolist())

    @overload
    def __getitem__(self, at: int) -> Text: ...
    @overload
    def __getitem__(self, at: slice) -> Repeated[Text]: ...
    def __getitem__(self, at: int | slice) -> Text | Repeated[Text]:
        return Repeated(self.distinct, self.codes[at]) if isinstance(at, slice) else self.distinct[self.codes[at]]


def paired(first: Repeated[Text], second: Repeated[Text]) -> tuple[Ints, list[tuple[Text, Text]]]:
    """The pairs of texts that stand side by side, and for each of (n,) places which of them does."""
    used, which = np.unique(first.codes * np.int64(len(second.distinct)) + second.codes, return_inverse=True)
    pairs = (divmod(int(pair), len(second.distinct)) for pair in used)
    return which.reshape(-1), [(first.distinct[a], second.distinct[b]) for a, b in pairs]


def ranked(codes: Ints, count: int) -> tuple[Ints, Ints]:
    """The codes (from -1 to `count` - 1) that occur, ascending, and for each of (n,) elements which of these it has."""
    if count > 4 * len(codes):
        used, which = np.unique(codes, return_inverse=True)
        return used, which.reshape(-1)
    flags = np.zeros(count + 1, np.bool_)  # the last one stands for -1
    flags[codes] = True
    used = np.flatnonzero(flags[:-1])
    rank = np.full(count + 1, 0, np.int64)
    rank[used] = np.arange(len(used)) + int(flags[-1])
    return np.concatenate([np.full(int(flags[-1]), -1, np.int64), used]), rank[codes]


def firsts(which: Ints, count: int) -> Ints:
    """For each of `count` numbers the first place at which `which` (n,) has it."""
    out = np.empty(count, np.int64)
    out[which[::-1]] = np.arange(len(which) - 1, -1, -1)
    return out
