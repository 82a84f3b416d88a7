"""DHCP: one row an exchange of client and servers, whichever flows its messages took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Ends, Openings, Record, Trouble
from parsers.network.protocols.awaited import Awaited, in_columns
from parsers.network.protocols.dhcp.options import Message, domain_name, message
from parsers.network.protocols.dhcp.together import EVERYBODY, MESSAGES, NOWHERE, joined, tabulate
from parsers.network.protocols.tabular import Datagrams, Rows, Tabulated
from parsers.network.records import Bools, one_of

PORTS = (67, 68, 4011)
QUIET = 30_000_000_000  # ns without a message after which the same identifier begins another exchange
ROW_MESSAGES = 50  # messages of one row, as Zeek's max_msg_types_per_log_entry


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
            begins |= (size >= 32) & one_of(raw[:, 0], 1, 2) & (raw[:, 2] <= 16)
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

    def tabulate(self, grams: Datagrams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        return tabulate(grams)

    def join(self, waiting: Awaited, ends: Callable[[int], Ends], packet_time: npt.NDArray[np.int64]) -> Iterator[Rows]:
        """One row an exchange: messages of one identifier and client that follow one another within QUIET."""
        for record in waiting.records:
            own = ends(record.flow)
            record.values |= _places(record, own) | {"uids": own.uid}
        yield joined(in_columns(waiting, MESSAGES), packet_time, (QUIET, ROW_MESSAGES))


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


def _places(record: Record, ends: Ends) -> dict[str, object]:
    """Addresses that the flow tells: of a client that has one, and of the server that hands one out."""
    sender_is_server = ends.orig_port == PORTS[0] and ends.resp_port != PORTS[0]
    server = (ends.orig, ends.orig_port) if sender_is_server else (ends.resp, ends.resp_port)
    client = (ends.resp, ends.resp_port) if sender_is_server else (ends.orig, ends.orig_port)
    if record.event == "dhcp.reply":
        if record.values["assigned_addr"] is None:
            return {}
        return {"server_addr": server[0], "server_port": server[1], "client_port": client[1]}
    return {"client_addr": client[0]} if client[0] not in (NOWHERE, EVERYBODY) else {}


DISSECTOR = Dhcp()
