"""How text protocols begin: words at the start of each side's first payload, whatever their case, over all flows at once."""

from __future__ import annotations

import numpy as np

from parsers.network.protocols import Openings
from parsers.network.records import Bools, Bytes


def begins(raw: Bytes, *words: bytes) -> Bools:
    """Which rows of (f, OPENING) bytes begin with one of `words`, given in upper case: (f,) bool."""
    first = np.zeros(256, np.bool_)  # most flows are told apart by one byte
    for word in words:
        first[[word[0], word[:1].lower()[0]]] = True
    rows = np.flatnonzero(first[raw[:, 0]])
    start = raw[rows, : max(map(len, words))]
    upper = np.where((start >= 97) & (start <= 122), start - 32, start)
    known = np.zeros(len(rows), np.bool_)
    for word in words:
        known |= (upper[:, : len(word)] == np.frombuffer(word, np.uint8)).all(axis=1)
    found = np.zeros(len(raw), np.bool_)
    found[rows] = known
    return found


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
    return np.asarray(digits & np.isin(raw[:, 3], (32, 45)))


def silent(openings: Openings) -> tuple[Bools, Bools]:
    """Which flows have no payload of the originator, and of the responder: (f,) bool each."""
    return openings.orig_size == 0, openings.resp_size == 0
