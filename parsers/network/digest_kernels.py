"""The inner loops of SHA-1 (FIPS 180-4) and BLAKE2b (RFC 7693) over rows of bytes, each no longer than a block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.network.records import Bytes, Int64s
from timelines.compiled import compiled

UInt64s = npt.NDArray[np.uint64]

_MASK = 0xFFFFFFFF
# RFC 7693 sections 2.6 and 2.7
_IV = np.array(
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ],
    np.uint64,
)  # fmt: skip
_SIGMA = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ],
    np.int64,
)
# Which words of the state the eight mixes of a round take: columns, then diagonals (section 3.2)
_MIXED = np.array(
    [
        [0, 4, 8, 12],
        [1, 5, 9, 13],
        [2, 6, 10, 14],
        [3, 7, 11, 15],
        [0, 5, 10, 15],
        [1, 6, 11, 12],
        [2, 7, 8, 13],
        [3, 4, 9, 14],
    ],
    np.int64,
)
_ROUNDS = 12
_PARAMETERS = np.uint64(0x01010000 ^ 16)  # no key, sequential, 16 bytes of digest (section 2.8)
_EIGHT = np.uint64(8)


@compiled
def sha1_rows(keys: Bytes, words: Int64s, out: Int64s) -> None:
    """The five words of each row's SHA-1. Rows have at most 55 bytes: with the end mark and their length they are one block.

    `words`: room for 80.
    """
    size = keys.shape[1]
    for row in range(len(keys)):
        words[:16] = 0
        for at in range(size):
            words[at >> 2] |= np.int64(keys[row, at]) << (24 - 8 * (at & 3))
        words[size >> 2] |= np.int64(0x80) << (24 - 8 * (size & 3))
        words[15] = 8 * size
        for at in range(16, 80):
            word = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]
            words[at] = ((word << 1) | (word >> 31)) & _MASK
        a, b, c, d, e = 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0
        for at in range(80):
            if at < 20:
                mix, constant = (b & c) | ((b ^ _MASK) & d), 0x5A827999
            elif at < 40:
                mix, constant = b ^ c ^ d, 0x6ED9EBA1
            elif at < 60:
                mix, constant = (b & c) | (b & d) | (c & d), 0x8F1BBCDC
            else:
                mix, constant = b ^ c ^ d, 0xCA62C1D6
            total = (((a << 5) | (a >> 27)) & _MASK) + mix + e + constant + words[at]
            a, b, c, d, e = total & _MASK, a, ((b << 30) | (b >> 2)) & _MASK, c, d
        out[row, 0] = (0x67452301 + a) & _MASK
        out[row, 1] = (0xEFCDAB89 + b) & _MASK
        out[row, 2] = (0x98BADCFE + c) & _MASK
        out[row, 3] = (0x10325476 + d) & _MASK
        out[row, 4] = (0xC3D2E1F0 + e) & _MASK


@compiled
def blake2b_rows(keys: Bytes, words: UInt64s, state: UInt64s, out: UInt64s) -> None:
    """The first two words of each row's BLAKE2b with a digest of 16 bytes. Rows have at most 128 bytes: one block.

    `words` and `state`: room for 16 each.
    """
    size = keys.shape[1]
    for row in range(len(keys)):
        words[:] = np.uint64(0)
        for at in range(size):
            words[at >> 3] |= np.uint64(keys[row, at]) << (_EIGHT * np.uint64(at & 7))
        for at in range(8):
            state[at], state[at + 8] = _IV[at], _IV[at]
        state[0] ^= _PARAMETERS
        state[12] ^= np.uint64(size)
        state[14] = ~state[14]
        for turn in range(_ROUNDS):
            for mix in range(8):
                i, j, k, m = _MIXED[mix, 0], _MIXED[mix, 1], _MIXED[mix, 2], _MIXED[mix, 3]
                a, b, c, d = state[i], state[j], state[k], state[m]
                a = a + b + words[_SIGMA[turn % 10, 2 * mix]]
                d ^= a
                d = (d >> np.uint64(32)) | (d << np.uint64(32))
                c = c + d
                b ^= c
                b = (b >> np.uint64(24)) | (b << np.uint64(40))
                a = a + b + words[_SIGMA[turn % 10, 2 * mix + 1]]
                d ^= a
                d = (d >> np.uint64(16)) | (d << np.uint64(48))
                c = c + d
                b ^= c
                b = (b >> np.uint64(63)) | (b << np.uint64(1))
                state[i], state[j], state[k], state[m] = a, b, c, d
        out[row, 0] = _IV[0] ^ _PARAMETERS ^ state[0] ^ state[8]
        out[row, 1] = _IV[1] ^ state[1] ^ state[9]
