"""Headers of all packets as columns: link layer, VLAN tags, IPv4, IPv6 with its extension headers, TCP, UDP, ICMP.

Layers are peeled as masked passes over arrays: each pass takes the rows whose next header is of one kind and moves them on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.links import Frames, peel_links
from parsers.network.notes import CUT, FIRST_FRAGMENT, FRAGMENT, IPV4, IPV6, MALFORMED, OVERFLOW, TUNNEL
from parsers.network.records import Bytes, Int32s, Int64s, Packets

CHUNK = 1 << 17  # packets decoded at a time; 128 bytes each stay in a fast cache's reach
WINDOW, WIDE_WINDOW = 128, 2_048  # bytes of a packet in which headers are looked for; the second for long header chains
EXTENSIONS = 16  # IPv6 extension headers peeled before the chain is called malformed

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
# IANA protocol numbers of what carries another packet, and UDP ports that commonly do
TUNNELS = {4: "IPv4 in IP", 41: "IPv6 in IP", 47: "GRE", 94: "IPIP", 97: "EtherIP", 115: "L2TP", 137: "MPLS in IP"}
TUNNEL_PORTS = {2152: "GTP-U", 3544: "Teredo", 4789: "VXLAN", 6081: "Geneve"}
_EXTENSION_HEADERS = (0, 43, 44, 51, 60, 135, 139, 140)  # RFC 8200 section 4, RFC 4302, 6275, 7401, 5533
# ICMP types that answer one another (as Zeek and Community ID pair them)
_PAIRS4 = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10}
_PAIRS6 = {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144}
SYN, ACK, FIN, RST = 0x02, 0x10, 0x01, 0x04


@dataclass(frozen=True, slots=True)
class Headers:
    """The decoded headers of all packets, in file order: (n,) arrays.

    version: 4, 6 or 0 without IP; proto: IP protocol or -1 where there is no transport to follow; src, dst: (n, 2) uint64, high and
    low half (IPv4 in the low one); sport, dport: ports, ICMP type and code, or 0; payload: where it begins, from the packet's
    start; captured, declared: how many of its bytes the file holds, and how many the headers announce; ip_length: IP bytes
    announced; note, detail: what hindered decoding (`notes.py`).
    """

    version: npt.NDArray[np.uint8]
    proto: npt.NDArray[np.int16]
    src: npt.NDArray[np.uint64]
    dst: npt.NDArray[np.uint64]
    sport: npt.NDArray[np.uint16]
    dport: npt.NDArray[np.uint16]
    seq: npt.NDArray[np.uint32]
    flags: npt.NDArray[np.uint8]
    payload: Int32s
    captured: Int32s
    declared: Int32s
    ip_length: Int32s
    vlan: npt.NDArray[np.int16]
    note: npt.NDArray[np.uint8]
    detail: Int32s

    def __len__(self) -> int:
        return len(self.version)


def _empty(count: int) -> Headers:
    kinds: dict[str, npt.DTypeLike] = {"version": np.uint8, "sport": np.uint16, "dport": np.uint16, "seq": np.uint32}
    kinds |= {
        "flags": np.uint8,
        "note": np.uint8,
        "proto": np.int16,
        "vlan": np.int16,
        "src": np.uint64,
        "dst": np.uint64,
    }
    out = {n: np.zeros((count, 2) if n in ("src", "dst") else count, kinds.get(n, np.int32)) for n in Headers.__slots__}
    out["proto"].fill(-1)
    out["vlan"].fill(-1)
    return Headers(**out)


def decode(buffer: Bytes, packets: Packets) -> Headers:
    """The headers of every packet of a file, a chunk at a time."""
    out = _empty(len(packets))
    for start in range(0, len(packets), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(packets)))
        _chunk(buffer, packets, rows, out, WINDOW)
    again = np.flatnonzero(out.note == OVERFLOW)
    for start in range(0, len(again), CHUNK // 16):
        _chunk(buffer, packets, again[start : start + CHUNK // 16], out, WIDE_WINDOW)
    late = out.note == OVERFLOW
    out.note[late], out.proto[late] = MALFORMED, -1
    return out


def _windows(buffer: Bytes, at: Int64s, width: int) -> Bytes:
    """The first `width` bytes from each offset: (n, width). Beyond the file's end there are zeros."""
    if len(buffer) < width:
        buffer = np.concatenate([buffer, np.zeros(width, np.uint8)])
    last = len(buffer) - width
    out = np.lib.stride_tricks.sliding_window_view(buffer, width)[np.minimum(at, last)]
    for row in np.flatnonzero(at > last).tolist():
        tail = buffer[int(at[row]) :]
        out[row] = 0
        out[row, : len(tail)] = tail
    return np.asarray(out)


def _chunk(buffer: Bytes, packets: Packets, rows: Int64s, out: Headers, width: int) -> None:
    window = _windows(buffer, packets.data[rows], width)
    frames = Frames(window, packets.caplen[rows].astype(np.int32), packets.link[rows])
    peel_links(frames)
    wire = packets.origlen[rows]
    stack = _Stack(frames, _empty(len(rows)), np.zeros(len(rows), np.int32), np.minimum(wire, 1 << 30).astype(np.int32))
    _ipv4(stack)
    _ipv6(stack)
    _tcp(stack)
    _udp(stack)
    _icmp(stack)
    _others(stack)
    done = stack.out
    done.note[:], done.detail[:], done.vlan[:] = frames.note, frames.detail, frames.vlan
    done.proto[(frames.note == OVERFLOW) | (frames.note == FRAGMENT)] = -1
    for name in Headers.__slots__:
        getattr(out, name)[rows] = getattr(done, name)


@dataclass(frozen=True, slots=True)
class _Stack:
    """A chunk on its way up: frames, the columns it fills, where each IP packet ends, and bytes on the wire."""

    frames: Frames
    out: Headers
    end: Int32s
    wire: Int32s


def _ipv4(stack: _Stack) -> None:
    """RFC 791 section 3.1."""
    frames, out = stack.frames, stack.out
    rows = frames.ready(IPV4, 20)
    at = frames.at[rows]
    first = frames.u8(rows, at)
    size = (first & 15) * 4
    length = frames.u16(rows, at + 2)
    # A length of 0 comes from segmentation offload: the packet takes what the wire had.
    length = np.where(length == 0, stack.wire[rows] - at, length)
    bad = (first >> 4 != 4) | (size < 20) | (length < size)
    frames.stop(rows[bad], MALFORMED, IPV4)
    rows, at, size, length = rows[~bad], at[~bad], size[~bad], length[~bad]
    out.version[rows] = 4
    out.ip_length[rows] = length
    stack.end[rows] = at + length
    out.src[rows, 1], out.dst[rows, 1] = frames.u32(rows, at + 12), frames.u32(rows, at + 16)
    fragment = frames.u16(rows, at + 6)
    frames.stop(rows[(fragment & 0x1FFF) != 0], FRAGMENT, 4)
    frames.remark(rows[(fragment & 0x3FFF) == 0x2000], FIRST_FRAGMENT, 4)
    frames.at[rows] = at + size
    frames.next[rows] = frames.u8(rows, at + 9)


def _ipv6(stack: _Stack) -> None:
    """RFC 8200 section 3, with extension headers peeled one a pass (section 4)."""
    frames, out = stack.frames, stack.out
    rows = frames.ready(IPV6, 40)
    at = frames.at[rows]
    bad = frames.u8(rows, at) >> 4 != 6
    frames.stop(rows[bad], MALFORMED, IPV6)
    rows, at = rows[~bad], at[~bad]
    length = frames.u16(rows, at + 4)
    length = np.where(length == 0, stack.wire[rows] - at, length + 40)  # jumbograms and offload announce 0
    out.version[rows] = 6
    out.ip_length[rows] = length
    stack.end[rows] = at + length
    for half in (0, 1):
        for side, begin in ((out.src, 8), (out.dst, 24)):
            high = frames.u32(rows, at + begin + 8 * half).astype(np.uint64)
            side[rows, half] = (high << np.uint64(32)) | frames.u32(rows, at + begin + 8 * half + 4).astype(np.uint64)
    frames.at[rows] = at + 40
    frames.next[rows] = frames.u8(rows, at + 6)
    for _ in range(EXTENSIONS):
        rows = rows[frames.alive(rows) & np.isin(frames.next[rows], _EXTENSION_HEADERS)]
        if not len(rows):
            return
        rows = frames.within(rows, 8)
        _extension(frames, rows)
    frames.stop(rows[frames.alive(rows)], MALFORMED, IPV6)


def _extension(frames: Frames, rows: Int64s) -> None:
    at, kind = frames.at[rows], frames.next[rows]
    units = frames.u8(rows, at + 1)
    size = np.where(kind == 51, (units + 2) * 4, np.where(kind == 44, 8, (units + 1) * 8))
    fragment = np.where(kind == 44, frames.u16(rows, at + 2), 0)
    frames.next[rows] = frames.u8(rows, at)
    frames.at[rows] = at + size
    frames.stop(rows[(fragment & 0xFFF8) != 0], FRAGMENT, 6)
    frames.remark(rows[(fragment & 0xFFF9) == 1], FIRST_FRAGMENT, 6)


def _transport(stack: _Stack, rows: Int64s, header: Int32s) -> None:
    """Set the payload that begins `header` bytes on: what is announced, and what the file holds."""
    frames, out = stack.frames, stack.out
    start = frames.at[rows] + header
    out.payload[rows] = start
    out.declared[rows] = np.maximum(stack.end[rows] - start, 0)
    out.captured[rows] = np.clip(np.minimum(stack.end[rows], frames.caplen[rows]) - start, 0, None)


def _tcp(stack: _Stack) -> None:
    """RFC 9293 section 3.1."""
    frames, out = stack.frames, stack.out
    rows = frames.within(_carried(stack, TCP), 14)
    at = frames.at[rows]
    size = (frames.u8(rows, at + 12) >> 4) * 4
    bad = (size < 20) | (at + size > stack.end[rows])
    frames.stop(rows[bad], MALFORMED, TCP)
    rows, at, size = rows[~bad], at[~bad], size[~bad]
    out.proto[rows] = TCP
    out.sport[rows], out.dport[rows] = frames.u16(rows, at), frames.u16(rows, at + 2)
    out.seq[rows] = frames.u32(rows, at + 4)
    out.flags[rows] = frames.u8(rows, at + 13)
    _transport(stack, rows, size)


def _udp(stack: _Stack) -> None:
    """RFC 768. A length of 0 (jumbogram, offload) or beyond the IP packet gives way to the IP length."""
    frames, out = stack.frames, stack.out
    rows = frames.within(_carried(stack, UDP), 8)
    at = frames.at[rows]
    out.proto[rows] = UDP
    out.sport[rows], out.dport[rows] = frames.u16(rows, at), frames.u16(rows, at + 2)
    length = frames.u16(rows, at + 4)
    whole = frames.note[rows] != FIRST_FRAGMENT
    shorter = (length >= 8) & whole & (at + length < stack.end[rows])
    stack.end[rows[shorter]] = (at + length)[shorter]
    _transport(stack, rows, np.full(len(rows), 8, np.int32))
    for port in TUNNEL_PORTS:
        frames.remark(rows[out.dport[rows] == port], TUNNEL, port)


def _icmp(stack: _Stack) -> None:
    """RFC 792, RFC 4443: type and code take the ports' place, the answering type that of the code (Community ID spec)."""
    frames, out = stack.frames, stack.out
    for proto, version, pairs in ((ICMP, 4, _PAIRS4), (ICMPV6, 6, _PAIRS6)):
        rows = _carried(stack, proto)
        rows = frames.within(rows[out.version[rows] == version], 4)
        at = frames.at[rows]
        kind = frames.u8(rows, at)
        answer = np.full(256, -1, np.int32)
        answer[list(pairs)] = list(pairs.values())
        out.proto[rows] = proto
        out.sport[rows] = kind
        out.dport[rows] = np.where(answer[kind] >= 0, answer[kind], frames.u8(rows, at + 1))
        _transport(stack, rows, np.full(len(rows), 8, np.int32))


def _others(stack: _Stack) -> None:
    """Any other IP protocol is followed by its number alone; tunnels are remarked."""
    frames, out = stack.frames, stack.out
    rows = np.flatnonzero((out.version > 0) & (frames.note < MALFORMED) & (out.proto < 0))
    out.proto[rows] = frames.next[rows].astype(np.int16)
    _transport(stack, rows, np.zeros(len(rows), np.int32))
    for proto in TUNNELS:
        frames.remark(rows[frames.next[rows] == proto], TUNNEL, proto)


def _carried(stack: _Stack, proto: int) -> Int64s:
    frames = stack.frames
    return np.flatnonzero((stack.out.version > 0) & (frames.note < MALFORMED) & (frames.next == proto))


__all__ = ["ACK", "CUT", "FIN", "ICMP", "ICMPV6", "RST", "SYN", "TCP", "UDP", "Headers", "decode"]
