"""Packets set aside while a capture is walked, and taken back by group: in memory while they are few, then in a temporary file."""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from parsers.network.ip_packets import RECORD, Records

_DHCP = (67, 68, 546, 547)  # UDP ports (RFC 2131, RFC 8415)
_GROUP_NAMES = (137, 5353, 5355)  # UDP ports of NetBIOS names, mDNS and LLMNR
MEMORY = (
    64 << 20
)  # bytes kept in memory; beyond it a nameless file in the system's temporary folder, which nothing outlives


class Spill:
    """Records by group, (0 .. groups - 1), each group in the order in which its records came."""

    def __init__(self, groups: int) -> None:
        self._groups = groups
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115  closed with the spill
        weakref.finalize(self, self._file.close)
        self._bounds: list[
            npt.NDArray[np.int64]
        ] = []  # for each portion where its groups begin, in records of the file
        self._written = 0
        self._lock = threading.Lock()  # a cluster's worker may read several slices at once
        self.counts = np.zeros(groups, np.int64)
        self.weights = np.zeros(groups, np.int64)

    def add(self, records: Records, group: npt.NDArray[np.int64]) -> None:
        """Set records aside, each in its group. A group's weight is its packets and, for their payload, one more for each KiB."""
        order = np.argsort(
            group.astype(np.uint16) if self._groups <= 1 << 16 else group, kind="stable"
        )  # small numbers are sorted fast
        counts = np.bincount(group, minlength=self._groups)
        self.counts += counts
        weights = np.bincount(group, records["captured"] / 1_024, self._groups)
        self.weights += counts + weights.astype(np.int64)
        bounds = np.zeros(self._groups + 1, np.int64)
        np.cumsum(counts, out=bounds[1:])
        self._bounds.append(bounds + self._written)
        rows = records.view(np.uint8).reshape(
            -1, RECORD.itemsize
        )  # moved as bytes: field by field takes ten times as long
        self._file.write(rows.take(order, axis=0).data)
        self._written += len(records)

    def take(self, groups: Sequence[int], part: tuple[int, int] | None = None) -> Records:
        """The records of these groups, those of each in file order; of part (i, n) those whose flow falls to i of n."""
        runs = _runs(sorted(groups))
        out, filled = np.empty(int(self.counts[list(groups)].sum()), RECORD), 0
        raw = out.view(np.uint8)
        for bounds in self._bounds:
            for first, stop in runs:
                records = self._portion(bounds, first, stop)
                if part is not None:
                    records = records[flow_digest(records) % np.uint64(part[1]) == part[0]]
                size = RECORD.itemsize
                raw[filled * size : (filled + len(records)) * size] = records.view(
                    np.uint8
                )  # as bytes, which is ten times faster
                filled += len(records)
        return out if part is None else out[:filled].copy()

    def _portion(self, bounds: npt.NDArray[np.int64], first: int, stop: int) -> Records:
        begin, end = int(bounds[first]), int(bounds[stop])
        with self._lock:
            self._file.seek(begin * RECORD.itemsize)
            raw = self._file.read((end - begin) * RECORD.itemsize)
        return np.frombuffer(raw, RECORD)


def _runs(groups: list[int]) -> list[tuple[int, int]]:
    """Runs [first, stop) of neighbouring groups."""
    starts = [at for at in range(len(groups)) if at == 0 or groups[at] != groups[at - 1] + 1]
    return [(groups[one], groups[two - 1] + 1) for one, two in zip(starts, [*starts[1:], len(groups)], strict=True)]


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finalizer of SplitMix64: every bit of the result depends on every bit given."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def pair_digest(records: Records) -> npt.NDArray[np.uint64]:
    """A number for the two hosts of each packet, whoever sent it."""
    src, dst = records["src"], records["dst"]
    with np.errstate(over="ignore"):
        digest = mixed(mixed(src[:, 0]) + src[:, 1]) + mixed(mixed(dst[:, 0]) + dst[:, 1])
    # DHCP goes from a host without an address to all, and back from a server: what belongs together has no pair of hosts in common.
    dhcp = (records["proto"] == 17) & np.isin(records["sport"], _DHCP) & np.isin(records["dport"], _DHCP)
    digest[dhcp] = 0
    # Names are asked of a group of hosts, and answered by one of them.
    names = (records["proto"] == 17) & (
        np.isin(records["sport"], _GROUP_NAMES) | np.isin(records["dport"], _GROUP_NAMES)
    )
    digest[names] = 1
    return digest


def flow_digest(records: Records) -> npt.NDArray[np.uint64]:
    """A number for the 5-tuple of each packet, whoever sent it."""
    src, dst = records["src"], records["dst"]
    sport, dport = records["sport"].astype(np.uint64), records["dport"].astype(np.uint64)
    with np.errstate(over="ignore"):
        one = mixed(mixed(mixed(src[:, 0]) + src[:, 1]) + sport)
        two = mixed(mixed(mixed(dst[:, 0]) + dst[:, 1]) + dport)
        return mixed(one + two + records["proto"].astype(np.uint64))
