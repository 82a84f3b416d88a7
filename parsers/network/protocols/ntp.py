"""NTP: one row a message (RFC 5905 section 7.3); control and private messages with what they ask (RFC 9327, ntpd's mode 7)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble
from parsers.network.records import Bools

PORT = 123
ROWS = 10_000  # rows of one flow; a flood of monitor lists is told by fewer
_HEADER = struct.Struct(">BBbbII4sQQQQ")
_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_NS = 1_000_000_000
_CONTROL, _PRIVATE = 6, 7
_CONTROL_CODES = {
    0: "UNSPEC", 1: "READSTAT", 2: "READVAR", 3: "WRITEVAR", 4: "READCLOCK", 5: "WRITECLOCK", 6: "SETTRAP", 7: "ASYNCMSG",
    8: "CONFIGURE", 9: "SAVECONFIG", 10: "READ_MRU", 11: "READ_ORDLIST", 12: "REQ_NONCE", 31: "UNSETTRAP",
}  # fmt: skip
_PRIVATE_CODES = {
    0: "PEER_LIST", 1: "PEER_LIST_SUM", 2: "PEER_INFO", 3: "PEER_STATS", 4: "SYS_INFO", 5: "SYS_STATS", 16: "GET_RESTRICT",
    20: "MON_GETLIST", 42: "MON_GETLIST_1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ntp:
    """The dissector."""

    service: str = "ntp"
    family: str = "net/ntp"

    def recognise(self, openings: Openings) -> Bools:
        """Never by its first bytes: four small numbers."""
        return np.zeros(len(openings.proto), np.bool_)

    def guess(self, openings: Openings) -> Bools:
        """By port, with a version and mode that exist."""
        begins = np.zeros(len(openings.proto), np.bool_)
        for raw, size in ((openings.orig, openings.orig_size), (openings.resp, openings.resp_size)):
            version, mode = raw[:, 0] >> 3 & 7, raw[:, 0] & 7
            begins |= (size >= 4) & (version >= 1) & (version <= 4) & (mode > 0)
        found: Bools = (openings.proto == 17) & openings.on_port(PORT) & begins
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        rows = 0
        for gram in talk.datagrams:
            if rows == ROWS:
                yield Trouble(
                    gram.packet, f"flow holds more NTP messages than are read: {ROWS}", "ntp_too_many_messages"
                )
                return
            try:
                values = _message(talk.payload(gram))
            except (ValueError, struct.error) as error:
                yield Trouble(gram.packet, f"payload on the NTP port is no NTP message: {error}")
                continue
            rows += 1
            event = {_CONTROL: "ntp.control", _PRIVATE: "ntp.private"}.get(int(str(values["mode"])), "ntp")
            yield Record(talk.flow, gram.packet, gram.packet, event, values)


def _message(data: bytes) -> dict[str, object]:
    """The columns of one message. Raises ValueError or struct.error for what is none."""
    if not data:
        raise ValueError("it is empty")
    values: dict[str, object] = {"version": data[0] >> 3 & 7, "mode": data[0] & 7}
    if not values["version"] or not values["mode"]:
        raise ValueError(f"version {values['version']}, mode {values['mode']}")
    if values["mode"] == _CONTROL:
        code = struct.unpack_from(">xBHHHHH", data)[0]
        return values | {"response": bool(code & 0x80), "request_code": _named(_CONTROL_CODES, code & 31)}
    if values["mode"] == _PRIVATE:
        code = struct.unpack_from(">xxxBHH", data)[0]
        items = struct.unpack_from(">4xH", data)[0] & 0xFFF
        return values | {"response": bool(data[0] & 0x80), "request_code": _named(_PRIVATE_CODES, code), "items": items}
    _, stratum, poll, precision, delay, spread, reference, *times = _HEADER.unpack_from(data)
    values |= {"stratum": stratum, "poll": _power(poll), "precision": _power(precision)}
    values |= {
        "root_delay": delay * _NS >> 16,
        "root_disp": spread * _NS >> 16,
        "ref_id": _reference(stratum, reference),
    }
    values |= dict(zip(("ref_time", "org_time", "rec_time", "xmt_time"), map(_time, times), strict=True))
    return values | {"num_exts": _extensions(data)}


def _named(names: dict[int, str], code: int) -> str:
    return names.get(code, f"CODE{code}")


def _power(exponent: int) -> int | None:
    """2 to the power of a signed byte, in seconds, as ns; None where that is no time anybody means."""
    return int(2.0**exponent * _NS) if -32 <= exponent <= 32 else None


def _time(stamp: int) -> int | None:
    """UTC ns of an NTP timestamp; None for 0, which stands for none. Without the highest bit it lies after 2036 (RFC 4330 section 3)."""
    if not stamp:
        return None
    seconds, fraction = stamp >> 32, stamp & 0xFFFFFFFF
    era = 0 if seconds & 0x80000000 else 1 << 32
    return (seconds + era - _EPOCH) * _NS + (fraction * _NS >> 32)


def _reference(stratum: int, raw: bytes) -> str | None:
    """A word for strata 0 (why the server refuses) and 1 (its clock), beyond that the address of the server it follows."""
    if stratum > 1:
        return str(IPv4Address(raw))
    return raw.rstrip(b"\0").decode("ascii", "backslashreplace") or None


def _extensions(data: bytes) -> int:
    """Extension fields between header and authentication (RFC 7822): each at least 16 bytes and a multiple of four."""
    at, count = _HEADER.size, 0
    while len(data) - at > 24:  # a key number and digest take up to 24 bytes
        size = struct.unpack_from(">2xH", data, at)[0]
        if size < 16 or size % 4 or at + size > len(data):
            break
        at, count = at + size, count + 1
    return count


DISSECTOR = Ntp()
