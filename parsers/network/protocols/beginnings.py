"""How text protocols begin: words at the start of each side's first payload, whatever their case, over all flows at once."""

from __future__ import annotations

from functools import cache

import numpy as np

from parsers.network.protocols import Openings
from parsers.network.records import Bools, Bytes, one_of

_KEY = 8  # bytes of an opening that are compared at once


def begins(raw: Bytes, *words: bytes) -> Bools:
    """Which rows of (f, OPENING) bytes begin with one of `words`, given in upper case: (f,) bool."""
    found = np.zeros(len(raw), np.bool_)
    rows = np.flatnonzero(_first_bytes(words)[raw[:, 0]])
    if not len(rows):
        return found
    start = np.ascontiguousarray(raw[rows, :_KEY])
    start -= ((start >= 97) & (start <= 122)).astype(np.uint8) << 5
    keys = start.view("<u8")[:, 0]  # the first bytes of each as one number
    known = np.zeros(len(rows), np.bool_)
    for word in words:
        head, rest = word[:_KEY], np.frombuffer(word[_KEY:], np.uint8)
        alike = keys & np.uint64((1 << 8 * len(head)) - 1) == np.uint64(int.from_bytes(head, "little"))
        if len(rest):
            behind = raw[rows[alike], _KEY : len(word)]
            behind = np.where((behind >= 97) & (behind <= 122), behind - 32, behind)
            alike[alike] = (behind == rest).all(axis=1)
        known |= alike
    found[rows] = known
    return found


@cache
def _first_bytes(words: tuple[bytes, ...]) -> Bools:
    """Which bytes one of `words` begins with, in either case, (256,) bool: most flows are told apart by one byte."""
    first = np.zeros(256, np.bool_)
    for word in words:
        first[[word[0], word[:1].lower()[0]]] = True
    return first


def holds(raw: Bytes, *words: bytes) -> Bools:
    """Which rows hold one of `words` (upper case) anywhere in their opening: (f,) bool."""
    candidates = np.flatnonzero(raw[:, 0] != 0)
    found = np.zeros(len(raw), np.bool_)
    for row in candidates.tolist():
        opening = raw[row].tobytes().upper()
        found[row] = any(word in opening for word in words)
    return found


def replies(raw: Bytes) -> Bools:
    """Which rows begin with a reply code of three digits and a space or hyphen (SMTP, FTP): (f,) bool."""
    digits = ((raw[:, :3] >= 48) & (raw[:, :3] <= 57)).all(axis=1)
    return np.asarray(digits & one_of(raw[:, 3], 32, 45))


def silent(openings: Openings) -> tuple[Bools, Bools]:
    """Which flows have no payload of the originator, and of the responder: (f,) bool each."""
    return openings.orig_size == 0, openings.resp_size == 0
