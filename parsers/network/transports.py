"""TCP, UDP, ICMP, and any other IP protocol by its number."""

from __future__ import annotations

import numpy as np

from parsers.network.headers import ICMP, ICMPV6, PARTIAL, TCP, UDP, ZERO_WINDOW
from parsers.network.notes import MALFORMED
from parsers.network.records import Int32s
from parsers.network.stack import Stack

# ICMP types that answer one another (as Zeek and Community ID pair them)
PAIRS4 = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10}
PAIRS6 = {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144}


def peel(stack: Stack) -> None:
    """Every row with IP gets its transport."""
    _tcp(stack)
    _udp(stack)
    _icmp(stack)
    _others(stack)


def _tcp(stack: Stack) -> None:
    """RFC 9293 section 3.1."""
    frames, out = stack.frames, stack.out
    rows = frames.within(stack.carried(TCP), 14)
    at = frames.at[rows]
    size = (frames.u8(rows, at + 12) >> 4) * 4
    bad = (size < 20) | (at + size > stack.end[rows])
    if bad.any():
        frames.stop(rows[bad], MALFORMED, TCP)
        rows, at, size = rows[~bad], at[~bad], size[~bad]
    out.proto[rows] = TCP
    out.sport[rows], out.dport[rows] = frames.u16(rows, at), frames.u16(rows, at + 2)
    out.seq[rows] = frames.u32(rows, at + 4)
    out.flags[rows] = frames.u8(rows, at + 13)
    out.marks[rows[frames.u16(rows, at + 14) == 0]] |= ZERO_WINDOW
    stack.payload(rows, size)


def _udp(stack: Stack) -> None:
    """RFC 768. A length of 0 (jumbogram, offload) or beyond the IP packet gives way to the IP length."""
    frames, out = stack.frames, stack.out
    rows = frames.within(stack.carried(UDP), 8)
    at = frames.at[rows]
    out.proto[rows] = UDP
    out.sport[rows], out.dport[rows] = frames.u16(rows, at), frames.u16(rows, at + 2)
    length = frames.u16(rows, at + 4)
    whole = out.marks[rows] & PARTIAL == 0
    shorter = (length >= 8) & whole & (at + length < stack.end[rows])
    stack.end[rows[shorter]] = (at + length)[shorter]
    stack.payload(rows, np.full(len(rows), 8, np.int32))


def _icmp(stack: Stack) -> None:
    """RFC 792, RFC 4443: type and code take the ports' place, the answering type that of the code (Community ID spec)."""
    frames, out = stack.frames, stack.out
    for proto, version, pairs in ((ICMP, 4, PAIRS4), (ICMPV6, 6, PAIRS6)):
        rows = stack.carried(proto)
        rows = frames.within(rows[out.version[rows] == version], 4)
        at = frames.at[rows]
        kind = frames.u8(rows, at)
        answer = answers(pairs)
        out.proto[rows] = proto
        out.sport[rows] = kind
        out.dport[rows] = np.where(answer[kind] >= 0, answer[kind], frames.u8(rows, at + 1))
        stack.payload(rows, np.full(len(rows), 8, np.int32))


def answers(pairs: dict[int, int]) -> Int32s:
    """By ICMP type, the type that answers it, or -1: (256,)."""
    out = np.full(256, -1, np.int32)
    out[list(pairs)] = list(pairs.values())
    return out


def _others(stack: Stack) -> None:
    """Any other IP protocol is followed by its number alone."""
    frames, out = stack.frames, stack.out
    rows = np.flatnonzero((out.version > 0) & (frames.note < MALFORMED) & (out.proto < 0))
    out.proto[rows] = frames.next[rows].astype(np.int16)
    stack.payload(rows, np.zeros(len(rows), np.int32))
