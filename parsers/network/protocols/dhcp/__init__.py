"""DHCP: one row an exchange of client and servers, whichever flows its messages took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Ends, Openings, Record, Trouble
from parsers.network.protocols.awaited import Awaited
from parsers.network.protocols.dhcp.options import Message, domain_name, message
from parsers.network.records import Bools

PORTS = (67, 68, 4011)
QUIET = 30_000_000_000  # ns without a message after which the same identifier begins another exchange
MESSAGES = 50  # messages of one row, as Zeek's max_msg_types_per_log_entry
NOWHERE = "0.0.0.0"
_OUTCOMES = {"ACK": "success", "NAK": "failure", "DECLINE": "failure"}


@dataclass(frozen=True, slots=True)
class Dhcp:
    """The dissector. What `read` yields is one record a message; `join` makes rows of them."""

    service: str = "dhcp"
    family: str = "net/dhcp"
    awaiting: str = "net/dhcp"

    def recognise(self, openings: Openings) -> Bools:
        """Never by its first bytes: what sets it apart lies 236 bytes into it."""
        return np.zeros(len(openings.proto), np.bool_)

    def guess(self, openings: Openings) -> Bools:
        """By port, where a message begins as a request or reply with a hardware address that fits."""
        begins = np.zeros(len(openings.proto), np.bool_)
        for raw, size in ((openings.orig, openings.orig_size), (openings.resp, openings.resp_size)):
            begins |= (size >= 32) & np.isin(raw[:, 0], (1, 2)) & (raw[:, 2] <= 16)
        found: Bools = (openings.proto == 17) & openings.on_port(*PORTS) & begins
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        for gram in talk.datagrams:
            try:
                found = message(talk.payload(gram))
            except ValueError as error:
                yield Trouble(gram.packet, f"payload on a DHCP port is no DHCP message: {error}")
                continue
            flags = () if found.whole else ("truncated",)
            event = "dhcp.request" if found.request else "dhcp.reply"
            yield Record(talk.flow, gram.packet, gram.packet, event, _said(found), flags)

    def join(
        self, waiting: Awaited, ends: Callable[[int], Ends], packet_time: npt.NDArray[np.int64]
    ) -> Iterator[list[Record]]:
        """One record an exchange: messages of one identifier and client that follow one another within QUIET."""
        groups: list[list[Record]] = []
        current: dict[object, list[Record]] = {}
        for record in sorted(waiting.records, key=lambda r: (int(packet_time[r.first]), r.first)):
            group = current.get(record.values["trans_id"])
            waited = int(packet_time[record.first]) - int(packet_time[group[-1].first]) if group else 0
            if group is None or waited > QUIET or len(group) == MESSAGES or _clients(group[0]) != _clients(record):
                group = current[record.values["trans_id"]] = []
                groups.append(group)
            group.append(record)
        yield [_exchange(group, ends, packet_time) for group in groups]


def _clients(record: Record) -> object:
    return record.values["chaddr"]


def _said(found: Message) -> dict[str, object]:
    """What one message says, in the columns of the row."""
    values: dict[str, object] = {
        "trans_id": f"{found.number:08x}",
        "msg_types": found.kind,
        "chaddr": found.hardware.hex(":"),
        "relay_addr": found.relay if found.relay != NOWHERE else None,
    }
    if not found.request:
        seconds = found.options.get(51, b"")
        values |= {
            "assigned_addr": found.yours if found.yours != NOWHERE else None,
            "domain": found.text(15),
            "lease_time": int.from_bytes(seconds, "big") if len(seconds) == 4 else None,
            "server_message": found.text(56),
            "server_id": found.address(54),
        }
        return values
    identifier = found.options.get(61, b"")
    return values | {
        "client_addr": found.client if found.client != NOWHERE else None,
        "mac": identifier[1:].hex(":") if len(identifier) == 7 and identifier[0] == 1 else None,
        "host_name": found.text(12),
        "client_fqdn": domain_name(found.options.get(81, b"")),
        "requested_addr": found.address(50),
        "client_message": found.text(56),
        "vendor_class": found.text(60),
        "param_list": ",".join(map(str, found.options.get(55, b""))) or None,
        "options": ",".join(map(str, found.options)),
    }


def _exchange(group: list[Record], ends: Callable[[int], Ends], packet_time: npt.NDArray[np.int64]) -> Record:
    """Later messages overrule what earlier ones say, as in Zeek."""
    first, last = group[0], group[-1]
    values: dict[str, object] = {}
    for record in group:
        values |= {name: value for name, value in record.values.items() if value is not None}
        values |= _places(record, ends(record.flow))
    kinds = [str(record.values["msg_types"]) for record in group]
    values["mac"] = values.get("mac") or values["chaddr"]
    values["client_addr"] = values.get("client_addr") or values.get("assigned_addr")
    values["msg_types"] = ",".join(kinds)
    values["uids"] = ",".join(dict.fromkeys(ends(record.flow).uid for record in group))
    values["duration"] = int(packet_time[last.first]) - int(packet_time[first.first])
    values["outcome"] = next((_OUTCOMES[kind] for kind in reversed(kinds) if kind in _OUTCOMES), None)
    flags = tuple(dict.fromkeys(flag for record in group for flag in record.flags))
    return Record(first.flow, first.first, last.first, "dhcp", values, flags)


def _places(record: Record, ends: Ends) -> dict[str, object]:
    """Addresses that the flow tells: of a client that has one, and of the server that hands one out."""
    sender_is_server = ends.orig_port == PORTS[0] and ends.resp_port != PORTS[0]
    server = (ends.orig, ends.orig_port) if sender_is_server else (ends.resp, ends.resp_port)
    client = (ends.resp, ends.resp_port) if sender_is_server else (ends.orig, ends.orig_port)
    if record.event == "dhcp.reply":
        if record.values["assigned_addr"] is None:
            return {}
        return {"server_addr": server[0], "server_port": server[1], "client_port": client[1]}
    return {"client_addr": client[0]} if client[0] not in (NOWHERE, "255.255.255.255") else {}


DISSECTOR = Dhcp()
