"""SOCKS 4, 4a and 5: what was asked of a proxy, and what goes on through it (RFC 1928, 1929)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

import numpy as np
import numpy.typing as npt

from parsers.network.address_names import address_name
from parsers.network.protocols import Conversation, Openings, Record, Trouble, Upgrade, Yield, text
from parsers.network.protocols.sasl import credentials
from parsers.network.records import Bools, one_of
from parsers.network.streams import Stream

HANDSHAKE = 2_048  # bytes of each side's handshake; the longest possible has some 1,050
HIDDEN = "<hidden>"
CONNECT = 1
_COMMANDS = {1: "connect", 2: "bind", 3: "udp associate"}
_STATUS = (
    "succeeded", "general SOCKS server failure", "connection not allowed by ruleset", "Network unreachable", "Host unreachable",
    "Connection refused", "TTL expired", "Command not supported", "Address type not supported",
)  # fmt: skip
_STATUS4 = {
    90: "succeeded",
    91: "rejected or failed",
    92: "rejected: no identd",
    93: "rejected: identd names another user",
}


class Cut(Exception):
    """The handshake ends too early, or is none."""


@dataclass(slots=True)
class Bytes:
    """Bytes of one side, taken from the front."""

    raw: bytes
    at: int = 0

    def take(self, count: int) -> bytes:
        piece = self.raw[self.at : self.at + count]
        if len(piece) < count:
            raise Cut
        self.at += count
        return piece

    def until_nul(self) -> bytes:
        end = self.raw.find(b"\0", self.at)
        if end < 0:
            raise Cut
        piece, self.at = self.raw[self.at : end], end + 1
        return piece

    def address(self) -> tuple[str, int]:
        """RFC 1928 section 5: type, address or name, port."""
        kind = self.take(1)[0]
        if kind in (1, 4):
            host = address_name(self.take(4 if kind == 1 else 16))
        elif kind == 3:
            host = text(self.take(self.take(1)[0]))
        else:
            raise Cut
        return host, int.from_bytes(self.take(2), "big")


@dataclass(frozen=True, slots=True)
class Socks:
    """The dissector."""

    service: str = "socks"
    family: str = "net/socks"

    def recognise(self, openings: Openings) -> Bools:
        """Version 5: the methods offered, and one of them chosen; version 4: command and answer."""
        orig, resp = openings.orig, openings.resp
        five = (
            (orig[:, 0] == 5)
            & (orig[:, 1] > 0)
            & (orig[:, 1] < 16)
            & (openings.orig_size >= 2 + orig[:, 1].astype(np.int64))
        )
        five &= (resp[:, 0] == 5) & one_of(resp[:, 1], 0, 1, 2, 255) & (openings.resp_size >= 2)
        four = (orig[:, 0] == 4) & one_of(orig[:, 1], 1, 2) & (openings.orig_size >= 9)
        four &= (resp[:, 0] == 0) & (resp[:, 1] >= 90) & (resp[:, 1] <= 93) & (openings.resp_size >= 8)
        return np.asarray((five | four) & (openings.proto == 6))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None or not orig.end:
            return
        asked, told = Bytes(orig.read(0, HANDSHAKE)), Bytes(resp.read(0, HANDSHAKE))
        row: dict[str, object] = {}
        try:
            (_four if asked.raw[:1] == b"\x04" else _five)(asked, told, row)
        except Cut:
            if "version" not in row:
                yield Trouble(orig.packet(orig.begin), "SOCKS handshake that cannot be read", "socks_bad_handshake")
                return
        password = row.pop("secret", None)
        connected = row.pop("connected", False)
        first, last = _span(orig, resp, asked.at, told.at)
        if password is not None:
            accepted = row.pop("accepted", None)
            found: dict[str, object] = {"scheme": "plain", "username": row.get("user_"), "secret": password}
            taken = accepted if isinstance(accepted, bool) else None
            yield credentials(talk.flow, first, last, "socks", found, taken)
        row["object"] = f"{row['request']}:{row['request_p']}" if row.get("request") else None
        yield Record(talk.flow, first, last, "socks.request", row)
        if connected:
            yield Upgrade("", asked.at, told.at)


def _span(orig: Stream, resp: Stream, asked: int, told: int) -> tuple[int, int]:
    first = orig.packet(0)
    last = max(orig.packet(max(asked - 1, 0)), resp.packet(max(told - 1, 0)) if resp.end else 0)
    return first, max(first, last)


def _five(asked: Bytes, told: Bytes, row: dict[str, object]) -> None:
    asked.take(1)
    asked.take(asked.take(1)[0])
    row["version"] = 5
    told.take(1)
    method = told.take(1)[0]
    if method == 2:  # RFC 1929
        asked.take(1)
        row["user_"] = row["user"] = text(asked.take(asked.take(1)[0]))
        row["secret"] = text(asked.take(asked.take(1)[0]))
        row["password"] = HIDDEN
        told.take(1)
        row["accepted"] = told.take(1)[0] == 0
        if not row["accepted"]:
            row |= {"status": "authentication failed", "outcome": "failure"}
            return
    elif method == 255:
        row |= {"status": "no acceptable methods", "outcome": "failure"}
        return
    elif method != 0:
        row["status"] = f"method {method}: not read further"
        return
    asked.take(1)
    command = asked.take(2)[0]
    row["command"] = _COMMANDS.get(command, str(command))
    row["request"], row["request_p"] = asked.address()
    told.take(1)
    status = told.take(2)[0]
    row["status"] = _STATUS[status] if status < len(_STATUS) else f"unknown-{status}"
    row["outcome"] = "failure" if status else "success"
    row["bound"], row["bound_p"] = told.address()
    row["connected"] = status == 0 and command == CONNECT


def _four(asked: Bytes, told: Bytes, row: dict[str, object]) -> None:
    asked.take(1)
    command = asked.take(1)[0]
    port, address = int.from_bytes(asked.take(2), "big"), asked.take(4)
    name = asked.until_nul()
    host = str(ip_address(address))
    if address[:3] == b"\0\0\0" and address[3]:  # 4a: the name follows
        host = text(asked.until_nul())
    row |= {"version": 4, "command": _COMMANDS.get(command, str(command)), "request": host, "request_p": port}
    row["user_"] = row["user"] = text(name) or None
    told.take(1)
    status = told.take(1)[0]
    row |= {"status": _STATUS4.get(status, f"unknown-{status}"), "outcome": "success" if status == 90 else "failure"}
    row["bound_p"], row["bound"] = int.from_bytes(told.take(2), "big"), str(ip_address(told.take(4)))
    row["connected"] = status == 90 and command == CONNECT


DISSECTOR = Socks()
