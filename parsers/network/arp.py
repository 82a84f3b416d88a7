"""ARP: who says that an IP address is at a hardware address, and where two say so of one (RFC 826, RFC 903)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.base import Batch
from parsers.network import hardware
from parsers.network.headers import Headers
from parsers.network.identities import address_texts
from parsers.network.links import ETHERNET
from parsers.network.notes import ARP
from parsers.network.records import Bools, Int64s, Packets
from parsers.network.space import Space
from timelines.schema import TIME

BATCH_ROWS = 65_536
WEIRD_ROWS = 1_000  # rows of net/weird for conflicts; the flags of net/arp tell all of them
_SIZE = 28  # of a message about Ethernet and IPv4
OPERATIONS = {1: "request", 2: "reply", 3: "reverse-request", 4: "reverse-reply"}  # IANA arp-parameters
UInt64s = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Messages:
    """ARP messages about Ethernet and IPv4: (n,) arrays. Addresses are numbers; `frame` is the sender by the frame, where `framed`."""

    packet: Int64s
    operation: Int64s
    sender_mac: UInt64s
    sender_ip: UInt64s
    target_mac: UInt64s
    target_ip: UInt64s
    frame: UInt64s
    framed: Bools
    time: Int64s
    timed: Bools
    offset: Int64s
    length: Int64s

    def taken(self, rows: Int64s) -> Messages:
        """Some of them."""
        return Messages(*(getattr(self, name)[rows] for name in NAMES))


NAMES = tuple(column.name for column in fields(Messages))


def gather(space: Space, headers: Headers, packets: Packets, places: Int64s) -> tuple[Messages, int]:
    """The messages among the rows of a window, and how many rows are about other networks, or cut. `places`: where each row's captured
    packet lies in `packets`."""
    rows = np.flatnonzero(headers.note == ARP)
    raw = space.windows(headers.at[rows], _SIZE)
    # hardware type 1 (Ethernet) or 6 (IEEE 802), protocol IPv4, sizes 6 and 4
    good = (headers.captured[rows] >= _SIZE) & (raw[:, 0] == 0) & np.isin(raw[:, 1], (1, 6))
    good &= (raw[:, 2] == 8) & (raw[:, 3] == 0) & (raw[:, 4] == 6) & (raw[:, 5] == 4)
    other = int(len(rows) - good.sum())
    rows, raw = rows[good], raw[good]
    packet = headers.packet[rows]
    place = places[rows]
    plain = (packets.link[place] == ETHERNET) & (headers.depth[rows] == 0)
    return Messages(
        packet, raw[:, 6].astype(np.int64) << 8 | raw[:, 7], hardware.number(raw[:, 8:14]), _ip(raw[:, 14:18]),
        hardware.number(raw[:, 18:24]), _ip(raw[:, 24:28]), hardware.number(space.windows(packets.data[place], 14)[:, 6:12]), plain,
        packets.time[place], packets.timed[place], packets.record[place], packets.size[place],
    ), other  # fmt: skip


def _ip(raw: npt.NDArray[np.uint8]) -> UInt64s:
    return np.ascontiguousarray(raw).view(">u4").reshape(-1).astype(np.uint64)


def joined(parts: list[Messages]) -> Messages:
    """Messages of several parts as one."""
    return Messages(*(np.concatenate([getattr(part, name) for part in parts]) for name in NAMES))


@dataclass(frozen=True, slots=True)
class Claims:
    """Which hardware address claimed each IP address last: (n,), IP addresses ascending."""

    ip: UInt64s = field(default_factory=lambda: np.zeros(0, np.uint64))
    mac: UInt64s = field(default_factory=lambda: np.zeros(0, np.uint64))


def conflicts(found: Messages, before: Claims) -> tuple[Bools, UInt64s, Claims]:
    """Where a sender claims an IP address that another hardware address claimed last, in order of time; that other one; and the last claims
    now. `before`: those of earlier messages."""
    conflict, other = np.zeros(len(found.packet), np.bool_), np.zeros(len(found.packet), np.uint64)
    claims = np.flatnonzero(
        np.isin(found.operation, (1, 2)) & (found.sender_ip != 0)
    )  # 0: a probe claims nothing (RFC 5227)
    claims = claims[np.lexsort((found.packet[claims], found.time[claims], found.sender_ip[claims]))]
    # what was claimed before stands in front of what is claimed now
    ip = np.concatenate([before.ip, found.sender_ip[claims]])
    mac = np.concatenate([before.mac, found.sender_mac[claims]])
    place = np.concatenate([np.full(len(before.ip), -1), claims])
    by_ip = np.argsort(ip, kind="stable")
    ip, mac, place = ip[by_ip], mac[by_ip], place[by_ip]
    changes = np.flatnonzero((ip[1:] == ip[:-1]) & (mac[1:] != mac[:-1])) + 1
    conflict[place[changes]], other[place[changes]] = True, mac[changes - 1]
    last = np.flatnonzero(np.append(ip[1:] != ip[:-1], True)[: len(ip)])
    return conflict, other, Claims(ip[last], mac[last])


def batches(portions: Iterable[tuple[Messages, bool]]) -> Iterator[Batch]:
    """Rows of net/arp, and of net/weird for the first conflicts. With a portion comes whether it goes on with the claims of the former."""
    claims = Claims()
    odd: tuple[list[Messages], list[UInt64s]] = [], []
    for found, goes_on in portions:
        conflict, other, claims = conflicts(found, claims if goes_on else Claims())
        for start in range(0, len(found.packet), BATCH_ROWS):
            piece = np.arange(start, min(start + BATCH_ROWS, len(found.packet)))
            yield _batch("net/arp", _columns(found, piece, conflict[piece], other[piece]))
        rows = np.flatnonzero(conflict)[:WEIRD_ROWS]
        if len(rows):
            odd = _first(([*odd[0], found.taken(rows)], [*odd[1], other[rows]]))
    if odd[0]:
        yield _batch("net/weird", _weird(odd[0][0], np.arange(len(odd[1][0])), odd[1][0]))


def _first(odd: tuple[list[Messages], list[UInt64s]]) -> tuple[list[Messages], list[UInt64s]]:
    """The first WEIRD_ROWS of these messages in the file."""
    found, other = joined(odd[0]), np.concatenate(odd[1])
    rows = np.argsort(found.packet, kind="stable")[:WEIRD_ROWS]
    return [found.taken(rows)], [other[rows]]


def _batch(family: str, columns: dict[str, pa.Array]) -> Batch:
    return Batch(family, pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns)))


def _core(found: Messages, rows: Int64s) -> dict[str, pa.Array]:
    version = np.full(len(rows), 4, np.uint8)
    sender, target = (np.zeros((len(rows), 2), np.uint64) for _ in range(2))
    sender[:, 1], target[:, 1] = found.sender_ip[rows], found.target_ip[rows]
    timed = found.timed[rows]
    return {
        "time": pa.array(found.time[rows], pa.int64(), mask=~timed).cast(TIME),
        "time_desc": pa.repeat("First packet", len(rows)),
        "time_quality": pa.array(np.where(timed, "utc", "unknown").tolist(), pa.string()),
        "src_ip": address_texts(version, sender),
        "dst_ip": address_texts(version, target),
        "record": pa.array(found.packet[rows] + 1, pa.uint64()),
        "offset": pa.array(found.offset[rows]),
        "length": pa.array(found.length[rows]),
        "packet_first": pa.array(found.packet[rows] + 1),
        "packet_last": pa.array(found.packet[rows] + 1),
    }


def _columns(found: Messages, rows: Int64s, conflict: Bools, other: UInt64s) -> dict[str, pa.Array]:
    names = [OPERATIONS.get(number, str(number)) for number in found.operation[rows].tolist()]
    everyone = np.ones(len(rows), np.bool_)
    kinds = ["arp." + name if name in ("request", "reply") else "arp" for name in names]
    foreign = found.framed[rows] & (found.frame[rows] != found.sender_mac[rows])
    core = _core(found, rows)
    flags = np.where(conflict, "arp-conflict", "")
    flags = np.where(foreign, np.where(conflict, "arp-conflict,sender-differs", "sender-differs"), flags)
    return core | {
        "event": pa.array(kinds, pa.string()),
        "flags": pa.array(flags.tolist(), pa.string()),
        "operation": pa.array(names, pa.string()),
        "sender_mac": hardware.texts(found.sender_mac[rows], everyone),
        "sender_ip": core["src_ip"],
        "target_mac": hardware.texts(found.target_mac[rows], everyone),
        "target_ip": core["dst_ip"],
        "frame_mac": hardware.texts(found.frame[rows], found.framed[rows]),
        "gratuitous": pa.array(found.sender_ip[rows] == found.target_ip[rows]),
        "conflict_mac": hardware.texts(other, conflict),
    }


def _weird(found: Messages, rows: Int64s, other: UInt64s) -> dict[str, pa.Array]:
    core = _core(found, rows)
    everyone = np.ones(len(rows), np.bool_)
    now, before = hardware.texts(found.sender_mac[rows], everyone), hardware.texts(other, everyone)
    said = zip(core["src_ip"].to_pylist(), now.to_pylist(), before.to_pylist(), strict=True)
    core["id_orig_h"], core["id_resp_h"] = core["src_ip"], core["dst_ip"]
    return core | {
        "event": pa.repeat("weird", len(rows)),
        "name": pa.repeat("arp_conflict", len(rows)),
        "object": pa.repeat("arp_conflict", len(rows)),
        "addl": pa.array(
            [f"{ip} is at {mac}, after {last} had said so of itself" for ip, mac, last in said], pa.string()
        ),
        "source": pa.repeat("arp", len(rows)),
    }
