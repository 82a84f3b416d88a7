"""Units of connection-oriented DCE/RPC, as far as calls, contexts and logons need them (C706 chapter 12, MS-RPCE section 2.2)."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_RESP, AUTH3 = 0, 2, 3, 11, 12, 13, 14, 15, 16
KINDS = frozenset((REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_RESP, AUTH3, 17, 18, 19))
FROM_CLIENT = frozenset((REQUEST, BIND, ALTER, AUTH3, 18, 19))
_AUTHENTIC = frozenset((BIND, ALTER, BIND_ACK, ALTER_RESP, AUTH3))  # kinds whose verifier may be a logon
FIRST_FRAGMENT = 0x01
HEADER = 16
CONTEXTS = 64  # contexts read of one bind
SECRET_LIMIT = 16_384  # bytes of a verifier that are kept


# of any unit: its size, that of its verifier, its number; of a call: its context and operation
_LITTLE, _BIG, _LITTLE_CALL, _BIG_CALL = (struct.Struct(form).unpack_from for form in ("<HHI", ">HHI", "<HH", ">HH"))


class Pdu(NamedTuple):
    """One unit. context and opnum: of a request; status: of a fault; contexts: interface by context of a bind; address: of its answer."""

    packet: int
    kind: int
    flags: int
    call: int
    context: int = 0
    opnum: int = 0
    status: int = 0
    contexts: tuple[tuple[int, str], ...] = ()
    address: str | None = None
    verifier: bytes = b""


def size_of(head: bytes) -> int | None:
    """How long the unit with this header is; None where it is no header (C706 section 12.6.3.1)."""
    if len(head) < HEADER or head[0] != 5 or head[1] > 1 or head[2] not in KINDS or head[4] not in (0, 0x10) or head[5]:
        return None
    size = head[8] | head[9] << 8 if head[4] else head[8] << 8 | head[9]
    return size if size >= HEADER else None


def pdu(raw: bytes, packet: int) -> Pdu:
    """The unit. `raw` may end early. Raises struct.error or ValueError where what is asked of it is cut."""
    little = raw[4]
    size, verifier, call = (_LITTLE if little else _BIG)(raw, 8)
    kind, flags = raw[2], raw[3]
    if kind == REQUEST:
        context, opnum = (_LITTLE_CALL if little else _BIG_CALL)(raw, 20)
        return Pdu(packet, kind, flags, call, context, opnum)
    if kind == RESPONSE:
        return Pdu(packet, kind, flags, call)
    order = "<" if little else ">"
    if kind == FAULT:
        return Pdu(packet, kind, flags, call, status=struct.unpack_from(f"{order}I", raw, 24)[0])
    secret = b""
    if kind in _AUTHENTIC and 0 < verifier <= size - HEADER - 8 and len(raw) >= size:
        secret = raw[size - verifier : size][:SECRET_LIMIT]
    if kind in (BIND, ALTER):
        return Pdu(packet, kind, flags, call, contexts=_contexts(raw, order), verifier=secret)
    if kind == BIND_ACK:
        length = struct.unpack_from(f"{order}H", raw, 24)[0]
        address = raw[26 : 26 + length].rstrip(b"\x00").decode("latin-1")
        return Pdu(packet, kind, flags, call, address=address, verifier=secret)
    return Pdu(packet, kind, flags, call, verifier=secret)


def _contexts(raw: bytes, order: str) -> tuple[tuple[int, str], ...]:
    """Presentation contexts of a bind (C706 section 12.6.4.3)."""
    out, at = [], 28
    for _ in range(min(raw[24] if len(raw) > 24 else 0, CONTEXTS)):
        context, transfers = struct.unpack_from(f"{order}HB", raw, at)
        name = raw[at + 4 : at + 20]
        if len(name) < 16:
            raise ValueError("context of a bind is cut")
        out.append((context, _uuid(name, order == "<")))
        at += 24 + 20 * transfers
    return tuple(out)


@lru_cache(maxsize=4_096)
def _uuid(name: bytes, little: bool) -> str:
    return str(UUID(bytes_le=name) if little else UUID(bytes=name))
