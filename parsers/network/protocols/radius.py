"""RADIUS: one row an exchange of request and answer (RFC 2865, RFC 2866); passwords, CHAP and MS-CHAP answers as credentials."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.network.address_names import address_name
from parsers.network.protocols import Conversation, Openings, Record, Trouble, text
from parsers.network.records import Bools, Bytes, one_of

PORTS = (1812, 1813, 1645, 1646, 3799)
_HEADER = 20
_REQUEST, _ACCEPT, _REJECT, _CHALLENGE = 1, 2, 3, 11
_CODES = {
    1: "Access-Request", 2: "Access-Accept", 3: "Access-Reject", 4: "Accounting-Request", 5: "Accounting-Response",
    11: "Access-Challenge", 12: "Status-Server", 13: "Status-Client", 40: "Disconnect-Request", 41: "Disconnect-ACK",
    42: "Disconnect-NAK", 43: "CoA-Request", 44: "CoA-ACK", 45: "CoA-NAK",
}  # fmt: skip
_ASKING = frozenset((1, 4, 12, 13, 40, 43))
_RESULTS = {2: "success", 3: "failed", 5: "success", 41: "success", 42: "failed", 44: "success", 45: "failed"}
_ACCOUNTING = {1: "Start", 2: "Stop", 3: "Interim-Update", 7: "Accounting-On", 8: "Accounting-Off", 15: "Failed"}
_MICROSOFT = 311  # vendor of MS-CHAP (RFC 2548)


class Message(NamedTuple):
    """One packet: `attributes` by type, each with all its values in order; `vendor` those of MS-CHAP."""

    packet: int
    code: int
    number: int
    authenticator: bytes
    attributes: dict[int, list[bytes]]
    vendor: dict[int, bytes]
    whole: bool

    def text(self, kind: int) -> str | None:
        found = self.attributes.get(kind)
        return text(found[0]) if found else None

    def address(self, kind: int) -> str | None:
        found = self.attributes.get(kind, [b""])[0]
        return str(IPv4Address(found)) if len(found) == 4 else None


@dataclass(frozen=True, slots=True)
class Radius:
    """The dissector."""

    service: str = "radius"
    family: str = "net/radius"

    def recognise(self, openings: Openings) -> Bools:
        """Never by its first bytes alone: a small number, any number, a length."""
        return np.zeros(len(openings.proto), np.bool_)

    def guess(self, openings: Openings) -> Bools:
        """By port, where a side begins with a known code and the length of its payload's first bytes fits."""
        begins = _begins(openings.orig, openings.orig_size) | _begins(openings.resp, openings.resp_size)
        found: Bools = (openings.proto == 17) & openings.on_port(*PORTS) & begins
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        messages = []
        for gram in talk.datagrams:
            try:
                messages.append(message(talk.payload(gram), gram.packet))
            except ValueError as error:
                yield Trouble(gram.packet, f"payload on a RADIUS port is no RADIUS packet: {error}")
        messages.sort(key=lambda m: (int(packet_time[m.packet]), m.packet))
        for asked, said in _exchanges(messages):
            yield _row(talk.flow, asked, said, packet_time)
            if asked is not None and asked.code == _REQUEST:
                yield from _credentials(talk.flow, asked, said)


def _begins(raw: Bytes, size: npt.NDArray[np.int64]) -> Bools:
    length = raw[:, 2].astype(np.int64) << 8 | raw[:, 3]
    found: Bools = (size >= _HEADER) & one_of(raw[:, 0], *_CODES) & (length >= _HEADER) & (length <= 4096)
    return found


def message(data: bytes, packet: int) -> Message:
    """One packet. Raises ValueError for what is none; attributes that run beyond its end are left out."""
    if len(data) < _HEADER:
        raise ValueError("shorter than a RADIUS header")
    code, number, size = struct.unpack_from(">BBH", data)
    if code not in _CODES or size < _HEADER:
        raise ValueError(f"code {code}, length {size}")
    attributes: dict[int, list[bytes]] = {}
    vendor: dict[int, bytes] = {}
    at, end = _HEADER, min(size, len(data))
    while at + 2 <= end and data[at + 1] >= 2 and at + data[at + 1] <= end:
        value = data[at + 2 : at + data[at + 1]]
        attributes.setdefault(data[at], []).append(value)
        if data[at] == 26 and len(value) >= 6 and int.from_bytes(value[:4], "big") == _MICROSOFT:
            vendor.setdefault(value[4], value[6:])
        at += data[at + 1]
    return Message(packet, code, number, data[4:_HEADER], attributes, vendor, at == size)


def _exchanges(messages: list[Message]) -> list[tuple[Message | None, Message | None]]:
    """Each request with its answer, the first after it of the same number; repeated requests are one. In order of the first packet."""
    out: list[list[Message | None]] = []
    waiting: dict[int, list[Message | None]] = {}
    for note in messages:
        pair = waiting.get(note.number)
        if note.code in _ASKING:
            if pair is not None and pair[0] is not None and pair[0].authenticator == note.authenticator:
                continue  # sent again
            waiting[note.number] = pair = [note, None]
            out.append(pair)
        elif pair is not None and pair[1] is None:
            pair[1] = note
        else:
            out.append([None, note])
    return [(asked, said) for asked, said in out]


def _row(flow: int, asked: Message | None, said: Message | None, packet_time: npt.NDArray[np.int64]) -> Record:
    known = [note for note in (asked, said) if note is not None]
    first, last = known[0], known[-1]
    values: dict[str, object] = {
        "request": _CODES[asked.code] if asked else None,
        "reply": _CODES[said.code] if said else None,
    }
    if asked is not None:
        tunnel = (asked.text(66) or "").lstrip("\0")
        values |= {
            "username": asked.text(1),
            "mac": _mac(asked.text(31)),
            "tunnel_client": tunnel or None,
            "remote_ip": _ip(tunnel),
            "connect_info": asked.text(77),
            "nas_addr": asked.address(4),
            "nas_id": asked.text(32),
            "called_station": asked.text(30),
            "calling_station": asked.text(31),
            "session": asked.text(44),
            "accounting": _accounting(asked),
        }
    held = said.address(8) if said is not None else None
    values["framed_addr"] = held or (asked.address(8) if asked is not None else None)
    if said is not None:
        values |= {"reply_msg": said.text(18), "result": _RESULTS.get(said.code)}
        values["outcome"] = {"success": "success", "failed": "failure"}.get(str(values["result"]))
        if asked is not None:
            values["ttl"] = int(packet_time[said.packet]) - int(packet_time[asked.packet])
    else:
        values["result"] = "unknown"  # Zeek's word for an exchange whose end was not seen
    flags = () if all(note.whole for note in known) else ("truncated",)
    return Record(flow, first.packet, last.packet, "radius", values, flags)


def _accounting(asked: Message) -> str | None:
    raw = asked.attributes.get(40, [b""])[0]
    number = int.from_bytes(raw, "big")
    return _ACCOUNTING.get(number, f"TYPE{number}") if len(raw) == 4 else None


def _mac(station: str | None) -> str | None:
    """The calling station as a hardware address, where it is one."""
    digits = "".join(c for c in station or "" if c not in ":-. ").lower()
    if len(digits) != 12 or any(c not in "0123456789abcdef" for c in digits):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _ip(name: str) -> str | None:
    try:
        return address_name(name)
    except ValueError:
        return None


def _credentials(flow: int, asked: Message, said: Message | None) -> Iterator[Record]:
    """What proves the user: the password hidden by the shared secret, or the answer to a challenge, in hex."""
    accepted = {_ACCEPT: True, _REJECT: False}.get(said.code) if said is not None else None
    chap = asked.attributes.get(3, [b""])[0]
    forms = (
        ("pap", asked.attributes.get(2, [b""])[0], asked.authenticator),
        ("chap", chap, asked.attributes.get(60, [asked.authenticator])[0]),
        ("mschapv1", asked.vendor.get(1, b""), asked.vendor.get(11, b"")),
        ("mschapv2", asked.vendor.get(25, b""), asked.vendor.get(11, b"")),
    )
    for scheme, secret, challenge in forms:
        if secret:
            values: dict[str, object] = {"service": "radius", "scheme": scheme, "username": asked.text(1)}
            values |= {"secret": secret.hex(), "challenge": challenge.hex() or None, "accepted": accepted}
            last = said.packet if said is not None else asked.packet
            yield Record(flow, asked.packet, last, "credentials", values, family="net/credentials")


DISSECTOR = Radius()
