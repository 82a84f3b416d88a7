"""The clear part of an SSH side: its version line, its key exchange offer, its host key (RFC 4253 sections 4.2, 6, 7 and 8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from parsers.network.protocols import text
from parsers.network.streams import Stream

STREAM_LIMIT = 65_536  # bytes of each side that are looked at
LINES_LIMIT = 8_192  # bytes of lines that a server may send before its version (RFC 4253 section 4.2)
PACKET_LIMIT = 35_000  # bytes of a packet at most (RFC 4253 section 6.1)
PACKETS = 12  # clear packets of a side: offer, key exchange, new keys, with room for groups and debug messages
_VERSION = re.compile(rb"(?:^|\n)(SSH-([0-9]{1,3})\.([0-9]{1,4})-?[^\r\n]{0,400})\r?\n")
KEXINIT, NEWKEYS, REPLY, GROUP_REPLY = 20, 21, 31, 33
_ASKED = (
    30,
    32,
    34,
)  # messages of a client (RFC 4253 section 8, RFC 4419 section 5); with RSA (RFC 4432) 30 is the server's
# What each end alone puts among its key exchanges: RFC 8308 section 2.1, and OpenSSH's strict key exchange
_MARKS = {
    "ext-info-c": False,
    "kex-strict-c-v00@openssh.com": False,
    "ext-info-s": True,
    "kex-strict-s-v00@openssh.com": True,
}
_LISTS = 10
_OFFER = 4_096  # bytes of an offer whose lists are kept for the next time: programs offer the same ones each time


@dataclass(frozen=True, slots=True)
class Offer:
    """The name lists of a KEXINIT in order, joined by commas as they came; packet: which one brought it (0-based)."""

    lists: tuple[str, ...]
    packet: int


@dataclass(slots=True)
class Side:
    """One side. protocol: major and minor version; replies: the first string of its key exchange replies by message number, the host key.

    serves: whether it speaks as a server does, None where its messages do not tell;
    fault: what breaks the format; sealed: it went on encrypted, from `sealed_at` on; cut: some of it is missing.
    """

    version: str | None = None
    protocol: tuple[int, int] | None = None
    first: int = 0
    last: int = 0
    offer: Offer | None = None
    replies: dict[int, bytes] | None = None
    serves: bool | None = None
    fault: str | None = None
    sealed: bool = False
    sealed_at: int = 0
    cut: bool = False


def side(stream: Stream) -> Side:
    """What one side says before it goes on encrypted."""
    out = Side(replies={})
    lines = stream.read(0, LINES_LIMIT)
    found = _VERSION.search(lines)
    if found is None:
        out.cut = bool(lines)
        return out
    out.version, out.protocol = text(found[1]), (int(found[2]), int(found[3]))
    out.first, out.last = stream.packet(0), stream.packet(found.end() - 1)
    if out.protocol[0] == 2 or out.protocol == (1, 99):
        _packets(out, stream, found.end())
    return out


def replayed(key: bytes) -> Side:
    """A side by its version line and the messages that tell anything, each behind its length of four bytes; nothing is one that says
    nothing. What depends on packets is not told."""
    out, at = Side(replies={}), 0
    parts: list[bytes] = []
    while at < len(key):
        size = int.from_bytes(key[at : at + 4], "big")
        parts.append(key[at + 4 : at + 4 + size])
        at += 4 + size
    found = _VERSION.search(parts[0] + b"\n") if parts else None
    if found is not None:
        out.version, out.protocol = text(found[1]), (int(found[2]), int(found[3]))
    for payload in parts[1:]:
        _message(out, payload, 0)
    return out


def _packets(out: Side, stream: Stream, at: int) -> None:
    for _ in range(PACKETS):
        head = stream.read(at, 6)
        if len(head) < 6:
            out.cut |= bool(head) or stream.end > at
            return
        size, padding, kind = int.from_bytes(head[:4], "big"), head[4], head[5]
        if not padding + 2 <= size <= PACKET_LIMIT:
            out.fault = f"packet length {size} with padding {padding}"
            return
        payload = stream.read(at + 5, size - padding - 1)
        if len(payload) < size - padding - 1 or at > STREAM_LIMIT:
            out.cut = True
            return
        at += 4 + size
        out.last = max(out.last, stream.packet(at - 1))
        if kind == NEWKEYS:
            out.sealed, out.sealed_at = bool(stream.read(at, 1)), at
            return
        _message(out, payload, stream.packet(at - 1))


def _message(out: Side, payload: bytes, packet: int) -> None:
    if payload[0] == KEXINIT and out.offer is None:
        lists = _name_lists(payload)
        if lists is None:
            out.fault = "key exchange offer whose lists are longer than it"
        else:
            out.offer = Offer(lists, packet)
            told = {_MARKS[name] for name in lists[0].split(",") if name in _MARKS}
            out.serves = told.pop() if len(told) == 1 else out.serves
    elif payload[0] in (REPLY, GROUP_REPLY) and out.replies is not None:
        size = int.from_bytes(payload[1:5], "big")
        if 0 < size <= len(payload) - 5:
            out.replies.setdefault(payload[0], payload[5 : 5 + size])
            out.serves = True
    elif payload[0] in _ASKED and not (payload[0] == 30 and out.offer and "rsa" in out.offer.lists[0]):
        out.serves = False


def _name_lists(payload: bytes) -> tuple[str, ...] | None:
    """RFC 4253 section 7.1: after type and cookie, ten name lists."""
    rest = payload[17:]
    return _known(rest) if len(rest) <= _OFFER else _lists_of(rest)


def _lists_of(rest: bytes) -> tuple[str, ...] | None:
    out: list[str] = []
    at = 0
    for _ in range(_LISTS):
        size = int.from_bytes(rest[at : at + 4], "big")
        raw = rest[at + 4 : at + 4 + size]
        if len(rest) < at + 4 or len(raw) < size:
            return None
        out.append(text(raw))
        at += 4 + size
    return tuple(out)


_known = lru_cache(maxsize=256)(_lists_of)
