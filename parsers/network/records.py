"""The packets of a capture file as columns, whatever its format, and the limits that make a record plausible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

CAPTURE_LIMIT = 262_144  # bytes a packet; what libpcap accepts at most for common link types (MAXIMUM_SNAPLEN)
PACKET_LIMIT = 1 << 24  # bytes; a claimed length on the wire beyond this is taken for damage, not for a packet
WINDOW_BYTES = 32 << 20  # bytes of a file that are walked at a time
WINDOW_PACKETS = 1 << 16  # and packets: their columns take 500 bytes each while they are decoded
HANDFUL = 8  # values that Python looks through in less time than numpy takes to begin
CHAIN = 3  # consistent headers in a row that end a search after damage
FIRST_WINDOW, LAST_WINDOW = (
    4_096,
    1 << 20,
)  # bytes searched at a time after damage; doubling keeps many small gaps cheap


@dataclass(frozen=True, slots=True)
class Packets:
    """All packets of a file in file order: (n,) arrays.

    record, size: the record with its header (pcap) or the block (pcapng), in bytes of the file; data: where the packet's own
    bytes begin; caplen: how many are there; origlen: how many were on the wire; time: UTC ns, 0 where not `timed`;
    link: link type; cut: the file ends inside the packet.
    """

    record: Int64s
    size: Int64s
    data: Int64s
    caplen: Int64s
    origlen: Int64s
    time: Int64s
    timed: Bools
    link: Int32s
    cut: Bools

    def __len__(self) -> int:
        return len(self.record)

    def part(self, which: slice) -> Packets:
        """Some of them."""
        return Packets(*(getattr(self, name)[which] for name in Packets.__slots__))


def one_of(values: npt.NDArray[Any], *numbers: int) -> Bools:
    """Which values are one of a few numbers. Where the values are few too, numpy's `isin` takes ten times as long to begin; where they are
    a handful, Python is quicker still."""
    if values.ndim == 1 and len(values) <= HANDFUL:
        return np.array([value in numbers for value in values.tolist()], np.bool_)
    found = np.zeros(values.shape, np.bool_)
    for number in numbers:
        found |= values == number
    return found


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of the file that are no packet: of which kind, and why. An empty reason needs no problem."""

    kind: str
    offset: int
    length: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something told: which kind, the block it stands in, columns of net/capture, and its time in UTC ns."""

    kind: str
    offset: int
    length: int
    values: Mapping[str, object]
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk over a file found: its packets, every other byte, and what the file says of itself (`left_out` more than are kept)."""

    packets: Packets
    gaps: tuple[Gap, ...]
    told: tuple[Remark, ...] = ()
    left_out: int = 0


def joined(parts: list[Packets]) -> Packets:
    """Packets of consecutive parts of one file as one."""
    if len(parts) == 1:
        return parts[0]
    names = Packets.__slots__
    if not parts:
        kinds = {"timed": np.bool_, "cut": np.bool_, "link": np.int32}
        return Packets(*(np.empty(0, kinds.get(name, np.int64)) for name in names))
    return Packets(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def whole(windows: Iterable[Walk]) -> Walk:
    """The windows of a file as one walk."""
    found = list(windows)
    gaps = tuple(gap for part in found for gap in part.gaps)
    told = tuple(remark for part in found for remark in part.told)
    return Walk(joined([part.packets for part in found]), gaps, told, sum(part.left_out for part in found))


def words(buffer: Bytes, at: Int64s, big: bool) -> Int64s:
    """Unsigned 32-bit numbers at any byte offsets, as int64. The caller keeps `at + 4` inside the buffer."""
    return rows_of_words(buffer, at, 1, big)[:, 0] if len(at) else np.zeros(0, np.int64)


def rows_of_words(buffer: Bytes, at: Int64s, count: int, big: bool) -> Int64s:
    """`count` unsigned 32-bit numbers in a row at any byte offsets: (n, count) int64, read in one gather."""
    if not len(at):
        return np.zeros((0, count), np.int64)
    return items(buffer, at, 4 * count).view(">u4" if big else "<u4").astype(np.int64)


def items(buffer: Bytes, at: Int64s, width: int) -> Bytes:
    """The `width` bytes at each place: (n, width). Each is copied whole, five to ten times as fast as a row of a window view."""
    found = np.ndarray((len(buffer) - width + 1,), f"V{width}", buffer, strides=(1,))[at]
    return found.view(np.uint8).reshape(-1, width)
