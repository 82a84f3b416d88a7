"""Whole chunks whose checksums fit, and their records: walked while the bytes that were just summed are near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from isal.isal_zlib import crc32

from parsers.gather import Bools, Bytes, Int64s, numbers_at
from parsers.windows.chains import Chains
from parsers.windows.structures import CHUNK, CHUNK_HEADER, CHUNK_MAGIC

AT_ONCE = 16  # chunks that are summed before their records are walked: 1 MiB


@dataclass(frozen=True, slots=True)
class Fitting:
    """Chunks whose checksums fit, ascending: (c,) their `bases`, where in the window the `free` space of each begins, and which are
    `sound`: their records stand end to end. `rows`: (5, n) records of the sound ones; see `chains.Chains.rows`."""

    bases: Int64s
    free: Int64s
    sound: Bools
    rows: Int64s


def fitting(data: Bytes, bases: Int64s) -> Fitting:
    """The chunks whose checksums fit. `bases`: where there is room for a whole one, ascending."""
    free = numbers_at(data, bases + 48, "<u4").astype(np.int64)
    good = (numbers_at(data, bases, "<u8") == int.from_bytes(CHUNK_MAGIC, "little")) & (free >= CHUNK_HEADER)
    good &= free <= CHUNK
    bases, free = bases[good], free[good]
    places = list(zip(bases.tolist(), free.tolist(), strict=True))
    chains, view = Chains(data, np.stack((bases, bases + free), axis=1)), data.data
    heads, bodies = list[int](), list[int]()
    for first in range(0, len(places), AT_ONCE):
        few = places[first : first + AT_ONCE]
        heads += [crc32(view[at + 128 : at + CHUNK_HEADER], crc32(view[at : at + 120])) for at, _ in few]
        bodies += [crc32(view[at + CHUNK_HEADER : at + end]) for at, end in few]
        chains.reach(first + len(few))
    fits = np.array(heads, np.int64) == numbers_at(data, bases + 124, "<u4")
    fits &= np.array(bodies, np.int64) == numbers_at(data, bases + 52, "<u4")
    rows, sound = chains.rows(), chains.sound()
    if not fits.all():
        rows = rows[:, fits[rows[2]]]
        rows[2] = (np.cumsum(fits) - 1)[rows[2]]
    return Fitting(bases[fits], (bases + free)[fits], sound[fits], rows)
