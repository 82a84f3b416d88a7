"""WireGuard, by its handshake: messages of fixed size with three reserved bytes (protocol paper, section 5.4)."""

from __future__ import annotations

from parsers.network.protocols import Openings
from parsers.network.protocols.signatures import Signature, begins
from parsers.network.records import Bools

INITIATION, RESPONSE = 148, 92  # bytes of the two messages


def _fits(openings: Openings) -> Bools:
    asked = begins(openings.orig, b"\x01\0\0\0") & (openings.orig_size == INITIATION)
    said = begins(openings.resp, b"\x02\0\0\0") & (openings.resp_size == RESPONSE)
    found: Bools = (openings.proto == 17) & asked & (said | (openings.resp_size == 0))
    return found


DISSECTOR = Signature("wireguard", _fits)
