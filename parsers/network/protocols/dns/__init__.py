"""DNS over UDP and TCP, mDNS, LLMNR and the NetBIOS name service: one row a question, joined with its response."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Ends, Openings, Record, Trouble
from parsers.network.protocols.awaited import Awaited
from parsers.network.protocols.dns import one_way, together
from parsers.network.protocols.dns.elsewhere import AWAITING, joined, set_aside
from parsers.network.protocols.dns.messages import Message, message
from parsers.network.protocols.dns.names import Malformed
from parsers.network.protocols.dns.numbers import CLASSES, TYPES
from parsers.network.protocols.dns.pairs import Exchange, rows
from parsers.network.protocols.tabular import Datagrams, Rows, Tabulated
from parsers.network.records import Bools, Bytes, Int64s, one_of
from parsers.network.streams import Stream

DOMAIN, NETBIOS, MULTICAST, LINK_LOCAL = 53, 137, 5353, 5355
USUAL = frozenset((DOMAIN, NETBIOS, MULTICAST, LINK_LOCAL))
MESSAGES = (
    500_000  # messages read of one UDP flow, or of each side of a TCP flow; servers that forward keep one flow for days
)
_HEADER, _LEAST = 12, 17  # bytes of a header, and of a message with one question


@dataclass(frozen=True, slots=True)
class Dns:
    """The dissector."""

    service: str = "dns"
    family: str = "net/dns"
    awaiting: str = AWAITING

    def recognise(self, openings: Openings) -> Bools:
        """Never by its first bytes, which are an identifier."""
        return np.zeros(len(openings.proto), np.bool_)

    def guess(self, openings: Openings) -> Bools:
        """By port, or where the first bytes make a plausible header; whether it is DNS is decided when it is parsed."""
        udp, spoken = openings.proto == 17, (openings.orig_size > 0) | (openings.resp_size > 0)
        tcp = (openings.proto == 6) & (openings.on_port(DOMAIN) | (openings.resp_port == LINK_LOCAL))
        usual = (udp & openings.on_port(DOMAIN, NETBIOS, MULTICAST, LINK_LOCAL)) | tcp
        found: Bools = spoken & (usual | _plausible(openings))
        return found

    def tabulate(self, grams: Datagrams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        """Plain flows over UDP: servers asked, and groups of hosts asked or answering."""
        orig, resp = (one_of(port, *USUAL) for port in (grams.orig_port, grams.resp_port))
        usual = np.where(resp, grams.resp_port, np.where(orig, grams.orig_port, 0))
        few = np.diff(grams.bounds) < MESSAGES
        asked = together.tabulate(grams, few & (usual == DOMAIN), packet_time)
        groups = few & ((usual == MULTICAST) | (usual == LINK_LOCAL))
        found = [one_way.tabulate(grams, groups, False, packet_time)]
        found.append(one_way.tabulate(grams, few & (usual == NETBIOS), True, packet_time))
        every = [asked, *found]
        tables, waiting = (tuple(t for one in every for t in getattr(one, name)) for name in ("tables", "waiting"))
        return Tabulated(tables, [], np.concatenate([one.flows for one in every]), waiting)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        usual = _usual_port(talk)
        netbios = usual == NETBIOS
        messages: list[Message] = []
        troubles: list[Trouble] = []
        for packet, forward, data in _payloads(talk):
            try:
                found = message(data, packet, forward, netbios)
            except Malformed as error:
                troubles.append(Trouble(packet, f"payload on a DNS port is no DNS message: {error}", error.weird))
                continue
            if found.odd:
                troubles += [Trouble(packet, f"DNS record is malformed: {why}", weird) for weird, why in found.odd]
            messages.append(found)
        if not usual and (troubles or not all(map(_convincing, messages))):
            return
        if len(messages) + len(troubles) >= MESSAGES:
            reason = f"flow holds as many DNS messages as are read at most: {MESSAGES}; any more are not read"
            troubles.append(
                Trouble(messages[-1].packet if messages else troubles[-1].packet, reason, "dns_too_many_messages")
            )
        yield from troubles
        if talk.tcp:  # datagrams are in order of time
            messages.sort(key=lambda m: (int(packet_time[m.packet]), m.packet))
        quiet = usual in (NETBIOS, MULTICAST, LINK_LOCAL)
        items = rows(messages, Exchange(talk.flow, "tcp" if talk.tcp else "udp", netbios, quiet, packet_time))
        if quiet and not talk.tcp:
            set_aside(items, messages, talk)
        yield from items

    def join(self, waiting: Awaited, ends: Callable[[int], Ends], packet_time: npt.NDArray[np.int64]) -> Iterator[Rows]:
        """Questions to a group of hosts with the answers that came in other flows."""
        yield joined(waiting, packet_time)


def _usual_port(talk: Conversation) -> int:
    """The port of the flow that DNS is usual on, the responder's first; 0 where there is none."""
    if talk.resp_port in USUAL:
        return talk.resp_port
    return talk.orig_port if talk.orig_port in (USUAL if not talk.tcp else {DOMAIN}) else 0


def _plausible(openings: Openings) -> Bools:
    """Where a side begins with the header of a query or response and a first label: (f,) bool."""
    udp, tcp = openings.proto == 17, openings.proto == 6
    out = np.zeros(len(udp), np.bool_)
    for raw, size in ((openings.orig, openings.orig_size), (openings.resp, openings.resp_size)):
        length = raw[:, 0].astype(np.int64) << 8 | raw[:, 1]
        for own, at in ((udp & (size >= _LEAST), 0), (tcp & (size >= 2 + _LEAST) & (length >= _LEAST), 2)):
            if own.any():
                out |= own & _header(raw, size, at)
    return out


def _header(raw: Bytes, size: Int64s, at: int) -> Bools:
    """Standard query, reserved bit clear, one question, few records, and a first label of plain letters."""
    flags, code = raw[:, at + 2], raw[:, at + 3]
    response = flags & 0x80 != 0
    counts = [raw[:, at + 4 + 2 * n].astype(np.int64) << 8 | raw[:, at + 5 + 2 * n] for n in range(4)]
    fits = (flags & 0x78 == 0) & (code & 0x40 == 0) & (counts[0] == 1)
    asked = (counts[1] == 0) & (counts[2] == 0) & (counts[3] <= 2) & (code & 0x8F == 0)
    answered = (counts[1] <= 64) & (counts[2] <= 32) & (counts[3] <= 64)
    label, letter = raw[:, at + _HEADER], raw[:, at + _HEADER + 1]
    named = (label > 0) & (label < 64) & (letter > 0x20) & (letter < 0x7F)
    found: Bools = fits & np.where(response, answered, asked) & named
    return found


def _convincing(found: Message) -> bool:
    """Whether a message on a port that says nothing is DNS beyond doubt: read to its last byte, known type and class, printable name."""
    return found.exact and all(
        kind in TYPES and group & 0x7FFF in CLASSES and name and "\\x" not in name
        for name, kind, group in found.questions
    )


def _payloads(talk: Conversation) -> Iterable[tuple[int, bool, bytes]]:
    if not talk.tcp:
        view = talk.view
        grams = talk.datagrams[:MESSAGES]
        return [(gram.packet, gram.forward, bytes(view[gram.at : gram.at + gram.size])) for gram in grams]
    return _streamed(talk)


def _streamed(talk: Conversation) -> Iterator[tuple[int, bool, bytes]]:
    for stream, forward in ((talk.orig, True), (talk.resp, False)):
        if stream is not None:
            yield from _framed(stream, forward)


def _framed(stream: Stream, forward: bool) -> Iterator[tuple[int, bool, bytes]]:
    """Messages of a TCP stream, each after two bytes of length (RFC 1035 section 4.2.2)."""
    at = 0
    for _ in range(MESSAGES):
        head = stream.read(at, 2)
        if len(head) < 2:
            return
        size = head[0] << 8 | head[1]
        yield stream.packet(at), forward, stream.read(at + 2, size)
        at += 2 + size


DISSECTOR = Dns()
