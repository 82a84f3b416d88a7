"""Link-layer addresses of frames, looked up where rows need them rather than kept for every packet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import forget
from parsers.network.ip_packets import FRAME
from parsers.network.links import ETHERNET, SLL
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.space import Space

AT_ONCE = 512  # frames looked at before the file's pages are let go: 64 KiB each at the worst
UInt64s = npt.NDArray[np.uint64]


def number(raw: Bytes) -> UInt64s:
    """Addresses of six bytes, (n, 6), as numbers."""
    wide = np.zeros((len(raw), 8), np.uint8)
    wide[:, 2:] = raw
    return wide.view(">u8").reshape(-1).astype(np.uint64)


def texts(addresses: UInt64s, known: Bools) -> pa.StringArray:
    """Addresses as `02:00:00:00:00:01`, null where not known; each distinct one is formatted once."""
    distinct, inverse = np.unique(addresses, return_inverse=True)
    shown = pa.array([value.to_bytes(6, "big").hex(":") for value in distinct.tolist()], pa.string())
    return shown.take(pa.array(inverse.reshape(-1), mask=~known))


def heads(space: Space, place: Int64s) -> Bytes:
    """The bytes in which hardware addresses stand of the frames that begin at these places: (n, FRAME)."""
    head = np.zeros((len(place), FRAME), np.uint8)
    by_place = np.argsort(place, kind="stable")
    for begin in range(0, len(place), AT_ONCE):
        some = by_place[begin : begin + AT_ONCE]
        head[some] = space.windows(place[some], FRAME)
        forget(space.view)
    return head


def ends(head: Bytes, link: Bytes) -> tuple[pa.StringArray, pa.StringArray]:
    """Sender and receiver of frames with these heads, (n, FRAME), and link types; null where there is none: Linux cooked frames have a
    sender alone."""
    ethernet = link == ETHERNET
    cooked = (link == SLL) & (head[:, 4] == 0) & (head[:, 5] == 6)  # length of the address
    return texts(number(head[:, 6:12]), ethernet | cooked), texts(number(head[:, 0:6]), ethernet)
