"""Packets of a flood, nearly each a flow of its own, are read fewer at a time: a flow takes several times the memory of a packet."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from parsers.network.ip_packets import Records
from parsers.network.pairs import flow_digests
from parsers.network.records import Bools
from parsers.network.spill import pair_digest

FLOWS = 1 << 18  # flows read at a time, about 1,200 bytes each
_CELLS = 1 << 20  # by which flows are counted: some share one, which a formula makes good


def parts(records: Records, alone: bool) -> Iterator[Bools | slice]:
    """The packets in parts of about FLOWS flows, in one where they have no more: which of them each part has. Flows of two hosts stay
    together, as one may foretell another, unless the packets are those of few hosts (`alone`); a flow is never split."""
    if len(records) <= FLOWS:
        yield slice(None)
        return
    flow = flow_digests(records)
    taken = int(np.count_nonzero(np.bincount((flow % np.uint64(_CELLS)).astype(np.int64), minlength=_CELLS)))
    flows = -_CELLS * math.log(1 - min(taken, _CELLS - 1) / _CELLS)  # linear counting (Whang and others, 1990)
    count = math.ceil(flows / FLOWS)
    if count <= 1:
        yield slice(None)
        return
    # other bits of the digest than those by which groups and parts of a divided group were chosen
    part = ((flow if alone else pair_digest(records)) >> np.uint64(40)) % np.uint64(count)
    for number in range(count):
        yield part == number
