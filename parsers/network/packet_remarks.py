"""What is told of the packets of a capture, once a file and reason, with their count and the first of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsers.network.headers import BAD_IP_SUM, BAD_SUM, DEEP, OFFLOAD, Headers
from parsers.network.ip_packets import Captured
from parsers.network.layers import DEPTH
from parsers.network.records import Int64s

_CUT = "packet is cut by the end of the file: read as far as it goes"
_OVERLONG = "packets hold more bytes than they say were on the wire: read, flagged"
_TIMELESS = "packets have no usable time: rows that begin with them have none"
_BACKWARDS = "packets are earlier than the one before them: read in order of time, flagged"
_MARKS = {
    BAD_IP_SUM: "packets have an IPv4 header whose checksum does not fit: read, flagged",
    BAD_SUM: "packets have a TCP, UDP or ICMP checksum that does not fit: read, flagged",
    OFFLOAD: "packets were captured before the sender's network card completed their checksum: read",
}
_DEEP = f"packets lie deeper than {DEPTH} tunnels, or behind as many others in one frame: not read"
_MARKS[DEEP] = _DEEP
FRAGMENTS = {
    "oversized": "fragments reach beyond 65,535 bytes, more than a datagram can have: not read",
    "in too many pieces": "fragments of datagrams that are split into more pieces than are put together: not read",
    "late": "datagrams in fragments were not complete within 60 seconds: given up",
    "crowded out": "datagrams in fragments were given up because too many others waited for the rest of theirs",
    "overlap with other bytes": "datagrams have fragments that overlap with other bytes: the bytes that came first are read, flagged",
    "reach beyond their last one": "datagrams have fragments that reach beyond their last one: what lies beyond is left out",
}


def marked(headers: Headers) -> Iterator[tuple[str, Int64s]]:
    """Which captured packets each remark on headers is about."""
    if not len(headers):
        return
    first = int(headers.packet.min())
    met = np.zeros(int(headers.packet.max()) - first + 1, np.bool_)
    for mark, reason in _MARKS.items():
        rows = np.flatnonzero(headers.marks & mark)
        if len(rows):
            met[:] = False
            met[headers.packet[rows] - first] = True
            yield reason, np.flatnonzero(met) + first


def remarked(now: Captured, first: int) -> Iterator[tuple[str, Int64s]]:
    """Which captured packets of a window, whose first is number `first`, each other remark is about."""
    packed = now.packets
    masks = (
        (_CUT, packed.cut),
        (_OVERLONG, packed.caplen > packed.origlen),
        (_TIMELESS, ~packed.timed),
        (_BACKWARDS, now.backwards),
    )
    for reason, mask in masks:
        yield reason, np.flatnonzero(mask) + first
