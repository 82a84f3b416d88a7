"""What messages say that ask one question each, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parsers.network.records import Bools, Int64s


@dataclass(frozen=True, slots=True)
class Said:
    """Messages, (s,) each: header bits; name, type and class asked for; answers and TTLs, null where there are none; what EDNS says, size
    -1 where it says nothing, subnet null where it says none; whether there is no record of any kind, and whether all was read."""

    bits: Int64s
    name: pa.StringArray
    kind: Int64s
    group: Int64s
    answers: pa.StringArray
    ttls: pa.StringArray
    size: Int64s
    dnssec: Bools
    subnet: pa.StringArray
    empty: Bools
    whole: Bools

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[object]]) -> Said:
        """Columns of Python's own objects."""
        name, answers, ttls, subnet = (
            pa.array(columns[one], pa.string()) for one in ("name", "answers", "ttls", "subnet")
        )
        bits, kind, group, size = (np.array(columns[one], np.int64) for one in ("bits", "kind", "group", "size"))
        dnssec, empty, whole = (np.array(columns[one], np.bool_) for one in ("dnssec", "empty", "whole"))
        return cls(bits, name, kind, group, answers, ttls, size, dnssec, subnet, empty, whole)

    def and_also(self, other: Said) -> Said:
        """These messages, then the others."""
        both = [(getattr(self, name), getattr(other, name)) for name in NAMES]
        return Said(*(pa.concat_arrays(two) if isinstance(two[0], pa.Array) else np.concatenate(two) for two in both))

    def only(self, rows: Int64s) -> Said:
        """These of the messages."""
        own = [getattr(self, name) for name in NAMES]
        return Said(*(one.take(pa.array(rows)) if isinstance(one, pa.Array) else one[rows] for one in own))

    def questions(self) -> Int64s:
        """Which question each asks: equal numbers are the same name, type and class."""
        name = self.name.dictionary_encode().indices.to_numpy().astype(np.int64)
        _, which = np.unique(name << 32 | self.kind << 16 | self.group, return_inverse=True)
        return np.asarray(which.reshape(-1), np.int64)


NAMES = tuple(Said.__slots__)
