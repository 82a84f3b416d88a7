"""Packets set aside while a capture is walked, and taken back by group: in memory while they are few, then in a temporary file."""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.network.ip_packets import RECORD, Records
from parsers.network.kept_payload import KeptPayload, sizes
from parsers.network.records import Bytes, one_of
from parsers.network.space import Space

PORTION = 1 << 17  # packets that are sorted by group at a time
AT_ONCE = 1 << 12  # packets written at a time: half a megabyte stays in a fast cache's reach
DHCP = (67, 68, 546, 547)  # UDP ports (RFC 2131, RFC 8415)
GROUP_NAMES = (137, 5353, 5355)  # UDP ports of NetBIOS names, mDNS and LLMNR
# Bytes kept in memory where there is less than a portion; beyond it a nameless file in the system's temporary folder, which nothing
# outlives
MEMORY = 32 << 20


class _Portion(NamedTuple):
    """Records that were sorted by group together: the spill that wrote them, where they begin there, where from there each group does, what
    to add to numbers of theirs, and the same two of their payload where that is kept."""

    spill: Spill
    begin: int
    bounds: npt.NDArray[np.uint32]
    shift: Mapping[str, int]
    payload: tuple[int, npt.NDArray[np.unsignedinteger[Any]]] | None


class Spill:
    """Records by group, (0 .. groups - 1), each group in the order in which its records came. With a `path` they lie in that file, and the
    spill can be pickled; else in a nameless one."""

    def __init__(self, groups: int, form: np.dtype[Any] = RECORD, path: Path | None = None) -> None:
        self._groups, self._form, self._path = groups, form, path
        self._waiting: list[tuple[Records, npt.NDArray[np.int64]]] = []  # with their groups, until there are PORTION
        self._portions: list[_Portion] = []
        self._written = 0
        self.counts = np.zeros(groups, np.int64)
        self.weights = np.zeros(groups, np.int64)
        self._file: Any = None
        self._payload: KeptPayload | None = None
        self._size = 0  # of the capture whose payload is kept
        self._lock = threading.Lock()  # a cluster's worker may read several slices at once
        if path is not None:
            self._use(path.open("w+b"))

    def keep_payload(self, space: Space) -> None:
        """From now on keep payload of packets that are added, which are those of the capture `space`."""
        path = self._path and self._path.with_suffix(".payload")
        self._payload, self._size = KeptPayload(space, path), space.size

    def _use(self, file: Any) -> None:
        self._file = file
        weakref.finalize(self, file.close)

    def __getstate__(self) -> dict[str, Any]:
        """All but the records, which are written to the file."""
        if self._path is None:
            raise TypeError("a spill without a path can't be pickled")
        if self._waiting:
            self._write()
        self._file.flush()
        held = {name: value for name, value in vars(self).items() if name not in ("_file", "_lock")}
        return held | {"_portions": [one[1:] for one in self._portions]}

    def __setstate__(self, held: dict[str, Any]) -> None:
        portions = [_Portion(self, *rest) for rest in held.pop("_portions")]
        vars(self).update(held, _portions=portions, _lock=threading.Lock())
        self._use(held["_path"].open("rb"))

    def add(self, records: Records, group: npt.NDArray[np.int64]) -> None:
        """Set records aside, each in its group. A group's weight is its packets and, for their payload, one more for each KiB."""
        counts = np.bincount(group, minlength=self._groups)
        self.counts += counts
        self.weights += counts
        if "captured" in (self._form.names or ()):
            self.weights += np.bincount(group, records["captured"] / 1_024, self._groups).astype(np.int64)
        self._waiting.append((records, group))
        if sum(len(one) for one, _ in self._waiting) >= PORTION:
            self._write()

    def _write(self) -> None:
        """Write the records that wait as one portion: few large ones take little memory for their bounds."""
        parts, groups = zip(*self._waiting, strict=True)
        self._waiting = []
        group = np.concatenate(groups)
        if (
            self._file is None
        ):  # a full portion is the first of many: memory for them would be as dear, and be let go of again
            few = len(group) < PORTION
            self._use(tempfile.SpooledTemporaryFile(max_size=MEMORY) if few else tempfile.TemporaryFile())  # noqa: SIM115
        order = np.argsort(
            group.astype(np.uint16) if self._groups <= 1 << 16 else group, kind="stable"
        )  # small numbers are sorted fast
        bounds = np.zeros(self._groups + 1, np.uint32)
        np.cumsum(np.bincount(group, minlength=self._groups), out=bounds[1:])
        # moved as bytes: field by field takes ten times as long
        rows = np.concatenate([part.view(np.uint8) for part in parts]).reshape(-1, self._form.itemsize)
        payload: list[int] = []
        for start in range(0, len(order), AT_ONCE):
            some = rows.take(order[start : start + AT_ONCE], axis=0)
            self._file.write(some.data)
            payload += self._keep(some.reshape(-1).view(self._form))
        kept = None if self._payload is None else (payload[0], self._ends(rows.reshape(-1).view(self._form), group))
        self._portions.append(_Portion(self, self._written, bounds, {}, kept))
        self._written += len(group)

    def _keep(self, records: Records) -> list[int]:
        """Keep the payload of sorted records. Returns where it begins, nothing where none is kept."""
        if self._payload is None:
            return []
        try:
            return [self._payload.add(records)]
        except OSError:  # no room is left: the capture itself has it
            self._payload.drop()
            self._payload = None
            return []

    def _ends(self, records: Records, group: npt.NDArray[np.int64]) -> npt.NDArray[np.unsignedinteger[Any]]:
        """Where the payload of each group begins, and the last one's ends, counted from where that of these records does."""
        ends = np.zeros(self._groups + 1, np.int64)
        np.cumsum(np.bincount(group, sizes(records, self._size), self._groups), out=ends[1:])
        return ends.astype(np.min_scalar_type(ends[-1]))

    def adopt(self, other: Spill, shift: Mapping[str, int]) -> None:
        """Take over the records of another, behind those that are there. `shift`: what to add to numbers in some fields, where these
        are not below 0."""
        for one in (self, other):
            if one._waiting:
                one._write()
        moved = {name: by for name, by in shift.items() if by}
        self._portions += [one._replace(shift=moved) for one in other._portions]
        self.counts += other.counts
        self.weights += other.weights

    def take(self, groups: Sequence[int]) -> Records:
        """The records of these groups, those of each in file order."""
        out, filled = np.empty(int(self.counts[list(groups)].sum()), self._form), 0
        for portion, stretches in self._places(groups):
            begin = filled
            for first, stop in stretches:
                portion.spill._fill(out[filled : filled + stop - first], portion, first)
                filled += stop - first
            _shifted(out[begin:filled], portion)
        return out

    @property
    def keeps(self) -> bool:
        """Whether the payload of any packets is kept."""
        return self._payload is not None or any(portion.payload is not None for portion in self._portions)

    def lay(self, groups: Sequence[int], room: Bytes) -> bool:
        """Lay what is kept of these groups' packets into `room`, in the order in which they are taken. False where it was not kept."""
        runs = np.array(_runs(sorted(groups)), np.int64).reshape(-1, 2)
        held = [portion for portion, stretches in self._places(groups) if stretches]
        if any(portion.payload is None or portion.spill._payload is None for portion in held):
            return False
        filled = 0
        for portion in held:
            kept = portion.spill._payload
            assert portion.payload is not None
            assert kept is not None
            begin, bounds = portion.payload
            for first, stop in _stretches(bounds[runs]):
                kept.fill(room[filled : filled + stop - first], begin + first)
                filled += stop - first
        return True

    def divided(self, groups: Sequence[int], parts: int, keeping: Space | None = None) -> Spill:
        """The records of these groups in `parts` groups by flow, each flow in one."""
        out = Spill(parts)
        if keeping is not None:
            out.keep_payload(keeping)
        for records in self.pieces(groups):
            out.add(records, (flow_digest(records) % np.uint64(parts)).astype(np.int64))
        return out

    def pieces(self, groups: Sequence[int]) -> Iterator[Records]:
        """The records of these groups, some at a time."""
        for portion, stretches in self._places(groups):
            for first, stop in stretches:
                out = np.empty(stop - first, self._form)
                portion.spill._fill(out, portion, first)
                _shifted(out, portion)
                yield out

    def _places(self, groups: Sequence[int]) -> Iterator[tuple[_Portion, list[tuple[int, int]]]]:
        """Where the records of these groups lie in each portion: [first, stop), counted from where it begins."""
        with self._lock:
            if self._waiting:
                self._write()
        runs = np.array(_runs(sorted(groups)), np.int64).reshape(-1, 2)
        for portion in self._portions:
            yield portion, _stretches(portion.bounds[runs])

    def _fill(self, out: Records, portion: _Portion, first: int) -> None:
        """Read records of a portion from number `first` of it on."""
        with self._lock:
            self._file.seek((portion.begin + first) * self._form.itemsize)
            if self._file.readinto(out.view(np.uint8).data) != out.nbytes:
                raise OSError(f"{self._path or 'a temporary file'}: packets that were set aside are no longer there")


def _shifted(records: Records, portion: _Portion) -> None:
    """Move numbers of records of a portion, where these are not below 0."""
    for name, by in portion.shift.items():
        held = records[name]
        np.add(held, by, out=held, where=held >= 0)


def _runs(groups: list[int]) -> list[tuple[int, int]]:
    """Runs [first, stop) of neighbouring groups."""
    starts = [at for at in range(len(groups)) if at == 0 or groups[at] != groups[at - 1] + 1]
    return [(groups[one], groups[two - 1] + 1) for one, two in zip(starts, [*starts[1:], len(groups)], strict=True)]


def _stretches(bounds: npt.NDArray[np.unsignedinteger[Any]]) -> list[tuple[int, int]]:
    """Where records lie side by side, of runs at `bounds`, (n, 2): between most of them are groups of which the portion has nothing."""
    held = bounds[bounds[:, 0] < bounds[:, 1]]
    apart = np.flatnonzero(held[1:, 0] != held[:-1, 1])
    first, last = np.append(0, apart + 1), np.append(apart, len(held) - 1)
    return list(zip(held[first, 0].tolist(), held[last, 1].tolist(), strict=True)) if len(held) else []


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
    dhcp = (records["proto"] == 17) & one_of(records["sport"], *DHCP) & one_of(records["dport"], *DHCP)
    digest[dhcp] = 0
    # Names are asked of a group of hosts, and answered by one of them.
    names = (records["proto"] == 17) & (one_of(records["sport"], *GROUP_NAMES) | one_of(records["dport"], *GROUP_NAMES))
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
