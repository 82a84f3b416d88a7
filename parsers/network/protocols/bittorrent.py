"""BitTorrent, by the handshake of peers (BEP 3) and the messages of its distributed table (BEP 5)."""

from __future__ import annotations

from parsers.network.protocols import Openings
from parsers.network.protocols.signatures import Signature, begins
from parsers.network.records import Bools

HANDSHAKE = b"\x13BitTorrent protocol"
TABLE = (b"d1:ad2:id20:", b"d1:rd2:id20:")  # a query and a response, each with the sender's identifier of 20 bytes


def _fits(openings: Openings) -> Bools:
    peers = begins(openings.orig, HANDSHAKE) | begins(openings.resp, HANDSHAKE)
    table = begins(openings.orig, TABLE[0]) | begins(openings.orig, TABLE[1])
    table |= begins(openings.resp, TABLE[0]) | begins(openings.resp, TABLE[1])
    found: Bools = ((openings.proto == 6) & peers) | ((openings.proto == 17) & table)
    return found


DISSECTOR = Signature("bittorrent", _fits)
