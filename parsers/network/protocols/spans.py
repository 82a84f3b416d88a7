"""Texts of many spans of bytes: each distinct one is decoded once, whoever sent it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from parsers.gather import spread
from parsers.network.records import Bytes, Int64s


def texts(data: Bytes, spans: Int64s, decode: Callable[[bytes], str | None]) -> pa.StringArray:
    """What `decode` makes of each span of `data`: (n, 2), where it begins, -1 where there is none, and its size."""
    at, size = spans[:, 0], np.where(spans[:, 0] >= 0, spans[:, 1], 0)
    bounds = np.concatenate([[0], np.cumsum(size)]).astype(np.int32)
    there = at >= 0
    valid = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    buffers = [valid, pa.py_buffer(bounds), pa.py_buffer(data[spread(at, size)])]
    coded = pa.Array.from_buffers(pa.binary(), len(at), buffers).dictionary_encode()
    return pa.array(map(decode, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)
