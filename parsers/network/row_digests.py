"""SHA-1 and BLAKE2b of many short keys at once, one key a row: what ids of flows are made of.

`hashlib` takes a call and several objects for each, which is most of the cost of a flow of one packet. Keys are public facts of the
capture: nothing here is secret.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from parsers.network.records import Bytes
from timelines.compiled import at_hand

FEW = 1 << 16  # rows; for fewer the compiled form takes longer to load than it saves
FEW_AT_HAND = (
    1 << 13
)  # the same where what compiled loops need has been loaded: a kernel alone takes some hundredths of a second
SHA1_LONGEST, BLAKE2B_LONGEST = 55, 128  # bytes that fit the one block that is hashed

UInt64s = npt.NDArray[np.uint64]


def sha1(keys: Bytes) -> Bytes:
    """The SHA-1 of each row: (n, k) to (n, 20)."""
    if len(keys) <= _few() or keys.shape[1] > SHA1_LONGEST:
        digests = b"".join([hashlib.sha1(key, usedforsecurity=False).digest() for key in _rows(keys)])
        return np.frombuffer(digests, np.uint8).reshape(-1, 20)
    from parsers.network.digest_kernels import sha1_rows

    out = np.empty((len(keys), 5), np.int64)
    sha1_rows(np.ascontiguousarray(keys), np.zeros(80, np.int64), out)
    return out.astype(">u4").view(np.uint8).reshape(-1, 20)


def blake2b(keys: Bytes) -> UInt64s:
    """The 16 bytes of BLAKE2b of each row as two big-endian numbers: (n, k) to (n, 2)."""
    if len(keys) <= _few() or keys.shape[1] > BLAKE2B_LONGEST:
        digests = b"".join(hashlib.blake2b(key, digest_size=16).digest() for key in _rows(keys))
        return np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, 2)
    from parsers.network.digest_kernels import blake2b_rows

    out = np.empty((len(keys), 2), np.uint64)
    with np.errstate(over="ignore"):  # sums are meant to wrap; the compiled form says nothing of it
        blake2b_rows(np.ascontiguousarray(keys), np.zeros(16, np.uint64), np.zeros(16, np.uint64), out)
    return out.byteswap()


def _few() -> int:
    return min(FEW, FEW_AT_HAND) if at_hand() else FEW


def _rows(matrix: Bytes) -> list[bytes]:
    raw, width = matrix.tobytes(), matrix.shape[1]
    return [raw[at : at + width] for at in range(0, len(raw), width)]
