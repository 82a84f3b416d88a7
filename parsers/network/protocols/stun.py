"""STUN and TURN, by the magic cookie of their messages (RFC 8489 section 5)."""

from __future__ import annotations

import numpy as np

from parsers.network.protocols import Openings
from parsers.network.protocols.signatures import Signature, begins
from parsers.network.records import Bools, Bytes, Int64s

COOKIE = b"\x21\x12\xa4\x42"
HEADER = 20


def _message(raw: Bytes, size: Int64s) -> Bools:
    """The two first bits zero, a length that is the datagram's and a multiple of four, the cookie."""
    length = raw[:, 2].astype(np.int64) << 8 | raw[:, 3]
    found: Bools = (raw[:, 0] & 0xC0 == 0) & (length + HEADER == size) & (length % 4 == 0) & begins(raw, COOKIE, 4)
    return found


def _fits(openings: Openings) -> Bools:
    either = _message(openings.orig, openings.orig_size) | _message(openings.resp, openings.resp_size)
    found: Bools = (openings.proto == 17) & either
    return found


DISSECTOR = Signature("stun", _fits)
