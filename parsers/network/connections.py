"""What Zeek's conn.log says of each flow: bytes and packets each way, state and history in its letters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.network.flows import Flows
from parsers.network.ip_packets import BAD_SUMS, NO_ROOM, IpPackets
from parsers.network.packets import ACK, FIN, RST, SYN, TCP, UDP
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.segments import Segments

LETTERS = "shdafrtgciqw"  # Zeek's history letters kept here; a column a letter and side, originator first
FLIPPED = "^"  # before them where the responder's packet came first, as Zeek marks ends that it turned
AT_ONCE = 1 << 16  # flows whose history is written at a time: some 500 bytes each

Sights = (
    npt.NDArray[np.int32] | npt.NDArray[np.int64]
)  # (f, 2 letters), originator's letters first; see `_first_sights`


@dataclass(frozen=True, slots=True)
class Connections:
    """Columns of net/conn beyond the 5-tuple: (f,) arrays; each `(2, f)` one holds originator and responder."""

    duration: Int64s
    packets: Int64s
    ip_bytes: Int64s
    bytes: Int64s
    missed: Int64s
    state: pa.StringArray
    history: pa.StringArray


def describe(packets: IpPackets, flows: Flows, segments: Segments) -> Connections:
    """Columns for all flows."""
    order, forward, first = flows.order, flows.forward, flows.first
    last = first + flows.count - 1
    sides = np.stack([forward, ~forward])
    ip_length = packets.ip_length[order].astype(np.int64)
    declared = np.where(packets.proto[order] == TCP, 0, packets.declared[order]).astype(np.int64)
    streams = np.zeros(2 * len(flows), np.int64)
    np.add.at(streams, segments.stream, segments.fresh + segments.gap)
    missed = np.zeros(len(flows), np.int64)
    np.add.at(missed, segments.stream // 2, segments.gap)
    table = _first_sights(packets, flows, segments)
    proto = packets.proto[order[first]] if len(flows) else np.zeros(0, np.int16)
    times = packets.time[order]
    known = packets.timed[order]
    return Connections(
        np.where(known[first] & known[last], times[last] - times[first], 0),
        _sums(sides.astype(np.int64), first),
        _sums(sides * ip_length, first),
        _sums(sides * declared, first) + streams.reshape(-1, 2).T,
        missed,
        _states(table, proto),
        pa.concat_arrays(
            [_history(table[a : a + AT_ONCE], ~forward[first[a : a + AT_ONCE]]) for a in range(0, len(table), AT_ONCE)]
        )
        if len(table)
        else pa.array([], pa.string()),
    )


def _sums(values: Int64s, first: Int64s) -> Int64s:
    return np.asarray(np.add.reduceat(values, first, axis=1)) if len(first) else np.zeros((2, 0), np.int64)


def _never(table: Sights) -> int:
    """What the table holds for a letter that was never seen."""
    return int(np.iinfo(table.dtype).max)


def _first_sights(packets: IpPackets, flows: Flows, segments: Segments) -> Sights:
    """When each letter of each side was first seen, as letters * place in `order` + place in LETTERS; else what `_never` says."""
    order, proto = flows.order, packets.proto[flows.order]
    flags = np.where(proto == TCP, packets.flags[order], 0)
    data = (packets.declared[order] > 0) & ((proto == TCP) | (proto == UDP))
    plain = flags & (SYN | FIN | RST) == 0
    place = np.empty(len(packets), np.int64)
    place[order] = np.arange(len(order))
    again, gap = np.zeros(len(order), np.bool_), np.zeros(len(order), np.bool_)
    again[place[segments.packet[segments.again]]] = True
    gap[place[segments.packet[segments.gap > 0]]] = True
    seen = {
        "s": flags & (SYN | ACK) == SYN,
        "h": flags & (SYN | ACK) == SYN | ACK,
        "d": data,
        "a": plain & ~data & (flags & ACK != 0),
        "f": flags & FIN != 0,
        "r": flags & RST != 0,
        "t": again,
        "g": gap,
        "c": packets.remarks[order] & BAD_SUMS != 0,
        "i": (flags & (FIN | RST)) == FIN | RST,
        "q": (flags & SYN != 0) & (flags & (FIN | RST) != 0),
    }
    narrow = (
        len(order) * len(LETTERS) < np.iinfo(np.int32).max
    )  # floods have so many flows that the table's size counts
    shape = len(flows), 2 * len(LETTERS)
    table: Sights = np.zeros(shape, np.int32) if narrow else np.zeros(shape, np.int64)
    table[:] = _never(table)
    side = (flows.flow * np.int64(2) + ~flows.forward) * len(LETTERS)
    for letter, where in seen.items():
        _sighted(table, side, letter, where)
    _sighted(table, side, "w", _closed_windows(packets, flows, flags, table))
    return table


def _sighted(table: Sights, side: Int64s, letter: str, seen: Bools) -> None:
    """Note the first packet of each side in which a letter's event was seen. `side`: where in the table that of each packet begins."""
    number = LETTERS.index(letter)
    rows = np.flatnonzero(seen)[::-1]  # reversed: the first of each flow and side is written last
    table.reshape(-1)[side[rows] + number] = rows * len(LETTERS) + number


def _closed_windows(packets: IpPackets, flows: Flows, flags: Int64s, table: Sights) -> Bools:
    """Where a side says that it has no room for more, and that matters: not with or after its own RST, nor after the other side's FIN."""
    out: Bools = (packets.remarks[flows.order] & NO_ROOM != 0) & (flags & RST == 0)
    rows = np.flatnonzero(out)
    own, other = np.where(flows.forward[rows], 0, len(LETTERS)), np.where(flows.forward[rows], len(LETTERS), 0)
    flow, now = flows.flow[rows], rows * len(LETTERS)
    reset, finished = table[flow, own + LETTERS.index("r")], table[flow, other + LETTERS.index("f")]
    out[rows] = (reset > now) & (finished > now)
    return out


def _history(table: Sights, flipped: Bools) -> pa.StringArray:
    """Letters in order of first sight, the originator's in upper case."""
    never = _never(table)
    letters = np.frombuffer((FLIPPED + LETTERS.upper() + LETTERS).encode(), np.uint8)
    before = np.where(flipped, -1, never).astype(table.dtype)
    table = np.concatenate([before[:, None], table], axis=1)
    columns = np.argsort(table, axis=1, kind="stable")
    count = (table != never).sum(axis=1)
    kept: Bytes = letters[columns][np.arange(table.shape[1]) < count[:, None]]
    ends = np.zeros(len(table) + 1, np.int32)
    np.cumsum(count, out=ends[1:])
    return pa.StringArray.from_buffers(len(table), pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(kept)))


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """One side's TCP state at the end of the flow, as Zeek names them: (f,) bools."""

    syn: Bools
    syn_ack: Bools
    closed: Bools
    reset: Bools
    silent: Bools


def _endpoint(table: Sights) -> _Endpoint:
    never = _never(table)
    seen = {letter: table[:, number] for number, letter in enumerate(LETTERS)}
    closed = seen["f"] < seen["r"]
    reset = ~closed & (seen["r"] != never)
    silent = (table[:, : LETTERS.index("w")] == never).all(axis=1)
    return _Endpoint(seen["s"] != never, seen["h"] != never, closed, reset, silent)


def _states(table: Sights, proto: npt.NDArray[np.int16]) -> pa.StringArray:
    """Zeek's conn_state (base/protocols/conn/main.zeek)."""
    half, never = len(LETTERS), _never(table)
    orig, resp = _endpoint(table[:, :half]), _endpoint(table[:, half:])
    established = orig.syn & resp.syn_ack
    # A side that only ever sent in mid-stream counts as inactive, as Zeek's TCP_PARTIAL does.
    orig_idle, resp_idle = ~orig.syn & ~orig.syn_ack, ~resp.syn & ~resp.syn_ack
    data = (table[:, LETTERS.index("d")] != never) | (table[:, half + LETTERS.index("d")] != never)
    tcp = proto == TCP
    udp = proto == UDP
    choices = [
        (udp & ~orig.silent & ~resp.silent, "SF"),
        (udp & ~orig.silent, "S0"),
        (udp & ~resp.silent, "SHR"),
        (~tcp, "OTH"),
        (resp.reset & ((orig.syn & ~established) | (orig.reset & ~data)), "REJ"),
        (resp.reset & orig_idle, "RSTRH"),
        (resp.reset, "RSTR"),
        (orig.reset & resp_idle, "RSTOS0"),
        (orig.reset, "RSTO"),
        (orig.closed & resp.closed, "SF"),
        (orig.closed & resp_idle, "SH"),
        (orig.closed, "S2"),
        (resp.closed & orig_idle, "SHR"),
        (resp.closed, "S3"),
        (orig.syn & resp.silent, "S0"),
        (established, "S1"),
    ]
    names = pa.array([*(name for _, name in choices), "OTH"], pa.string())
    chosen = np.select([mask for mask, _ in choices], range(len(choices)), len(choices))
    return names.take(pa.array(chosen.astype(np.int8)))
