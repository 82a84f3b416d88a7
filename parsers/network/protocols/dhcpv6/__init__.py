"""DHCPv6: one row an exchange of client and servers, whichever flows its messages took; relays are looked through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Datagram, Ends, Openings, Record, Trouble
from parsers.network.protocols.awaited import Awaited, in_columns
from parsers.network.protocols.dhcpv6.messages import RELAYED, RELAYED_BACK, TYPES, Message, message, said
from parsers.network.protocols.dhcpv6.together import MESSAGES, joined, tabulate
from parsers.network.protocols.tabular import Datagrams, Rows, Tabulated
from parsers.network.records import Bools, one_of

PORTS = (546, 547)
QUIET = 150_000_000_000  # ns without a message after which the same identifier begins another exchange; a question is repeated within 120 s
ROW_MESSAGES = 50  # messages of one row
_KINDS = (*TYPES, RELAYED, RELAYED_BACK)


@dataclass(frozen=True, slots=True)
class Dhcpv6:
    """The dissector. What `read` yields is one record a message; `join` makes rows of them."""

    service: str = "dhcpv6"
    family: str = "net/dhcpv6"
    awaiting: str = "net/dhcpv6"

    def recognise(self, openings: Openings) -> Bools:
        """Never by its first bytes: a type and an identifier."""
        return np.zeros(len(openings.proto), np.bool_)

    def guess(self, openings: Openings) -> Bools:
        """By both ports, or by one where a payload begins with the type of a message."""
        begins = np.zeros(len(openings.proto), np.bool_)
        for raw, size in ((openings.orig, openings.orig_size), (openings.resp, openings.resp_size)):
            begins |= (size >= 4) & one_of(raw[:, 0], *_KINDS)
        both = one_of(openings.orig_port, *PORTS) & one_of(openings.resp_port, *PORTS)
        found: Bools = (openings.proto == 17) & (both | (openings.on_port(*PORTS) & begins))
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        for gram in talk.datagrams:
            try:
                found = message(talk.payload(gram))
            except ValueError as error:
                yield Trouble(gram.packet, f"payload on a DHCPv6 port is no DHCPv6 message: {error}")
                continue
            flags = () if found.whole else ("truncated",)
            event = "dhcpv6.reply" if found.from_server else "dhcpv6.request"
            values = said(found) | _places(found, talk, gram) | {"uids": talk.uid}
            yield Record(talk.flow, gram.packet, gram.packet, event, values, flags)

    def tabulate(self, grams: Datagrams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        return tabulate(grams)

    def join(self, waiting: Awaited, ends: Callable[[int], Ends], packet_time: npt.NDArray[np.int64]) -> Iterator[Rows]:
        """One row an exchange: messages of one identifier and client that follow one another within QUIET."""
        yield joined(in_columns(waiting, MESSAGES), packet_time, (QUIET, ROW_MESSAGES))


def _places(found: Message, talk: Conversation, gram: Datagram) -> dict[str, object]:
    """Who the client and the server are, by the flow and by what the relay next to the client says."""
    sender, receiver = talk.ends[:2], talk.ends[2:]
    if not gram.forward:
        sender, receiver = receiver, sender
    relay, multicast = found.relay, receiver[0].startswith("ff")
    if found.from_server:
        client: dict[str, object] = (
            {} if relay or multicast else {"client_addr": receiver[0], "client_port": receiver[1]}
        )
        places = client | {"server_addr": sender[0], "server_port": sender[1]}
    else:
        places = {} if relay else {"client_addr": sender[0], "client_port": sender[1]}
    return places | ({"client_addr": relay.peer} if relay else {})


DISSECTOR = Dhcpv6()
