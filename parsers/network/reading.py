"""The application layer of a capture: every flow goes to the dissectors that recognise it, and what they yield becomes rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from parsers.network.carried import described
from parsers.network.conversations import Conversations
from parsers.network.protocols import (
    Carried,
    Conversation,
    Dissector,
    Expected,
    Guesser,
    Record,
    Trouble,
    Upgrade,
    all_dissectors,
)
from parsers.network.records import Bools, Bytes, Int64s

UPGRADES = 4  # services that may follow one another in one flow
WEIRD_ROWS = 1_000  # rows of net/weird for one kind of trouble; the problem tells how many there were


@dataclass(slots=True)
class Reading:
    """What was read from the flows of a capture: rows by family, troubles, and the services of each flow."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    services: dict[int, list[str]] = field(default_factory=dict)
    expected: list[Expected] = field(default_factory=list)
    _weird: dict[str, int] = field(default_factory=dict)

    def add(self, record: Record, family: str) -> None:
        self.records.setdefault(record.family or family, []).append(record)

    def speaks(self, flow: int, service: str) -> None:
        known = self.services.setdefault(flow, [])
        if service not in known:
            known.append(service)

    def trouble(self, item: Trouble, flow: int, service: str) -> None:
        """Keep a trouble, and its row of net/weird while there are not too many of its kind."""
        self.troubles.append(item)
        kind = item.reason.partition(":")[0]
        self._weird[kind] = self._weird.get(kind, 0) + 1
        if self._weird[kind] <= WEIRD_ROWS:
            values: dict[str, object] = {"name": item.name, "addl": item.reason, "source": service, "object": item.name}
            self.add(Record(flow, item.packet, item.packet, "weird", values), "net/weird")


def read(talks: Conversations, buffer: Bytes, packet_time: Int64s) -> Reading:
    """The rows of all flows. Content decides who reads a flow; ports, and what other flows foretold, only where it is silent."""
    out = Reading()
    openings = talks.openings(buffer)
    claimed = np.zeros(len(openings.proto), np.bool_)
    for dissector in all_dissectors():
        mine = dissector.recognise(openings)
        claimed |= mine
        _read_flows(out, dissector, talks, mine, packet_time)
    for dissector in all_dissectors():
        if isinstance(dissector, Guesser):
            mine = dissector.guess(openings) & ~claimed
            claimed |= mine
            _read_flows(out, dissector, talks, mine, packet_time)
    for foretold in out.expected[:]:
        _read_expected(out, foretold, talks, packet_time)
    return out


def _read_flows(out: Reading, dissector: Dissector, talks: Conversations, mine: Bools, packet_time: Int64s) -> None:
    for flow in np.flatnonzero(mine).tolist():
        _read_talk(out, dissector, talks.talk(flow), packet_time)


def _read_expected(out: Reading, foretold: Expected, talks: Conversations, packet_time: Int64s) -> None:
    dissector = _named(foretold.service)
    for flow in talks.between(foretold.host, foretold.port, foretold.peer, foretold.packet):
        if flow not in out.services:
            out.speaks(flow, dissector.service)
            _read_talk(out, dissector, replace(talks.talk(flow), told=foretold.told), packet_time)
            return


def _named(service: str) -> Dissector:
    return next(dissector for dissector in all_dissectors() if dissector.service == service)


def _read_talk(out: Reading, dissector: Dissector, talk: Conversation, packet_time: Int64s, depth: int = 0) -> None:
    own = {None, dissector.family, *getattr(dissector, "families", ())}
    for item in dissector.read(talk, packet_time):
        if isinstance(item, Trouble):
            out.trouble(item, talk.flow, dissector.service)
        elif isinstance(item, Carried):
            out.add(described(item, dissector.service, packet_time), "net/files")
        elif isinstance(item, Expected):
            out.expected.append(item)
        elif isinstance(item, Upgrade):
            if depth < UPGRADES and talk.orig is not None and talk.resp is not None:
                rest = replace(talk, orig=talk.orig.after(item.orig_at), resp=talk.resp.after(item.resp_at))
                _read_talk(out, _named(item.service), rest, packet_time, depth + 1)
        else:
            out.add(item, dissector.family)
            if item.family in own:
                out.speaks(talk.flow, dissector.service)


def services(reading: Reading, count: int) -> list[str | None]:
    """The services of each of `count` flows, joined by commas as in Zeek."""
    return [",".join(reading.services[flow]) if flow in reading.services else None for flow in range(count)]


def families(reading: Reading) -> Iterator[tuple[str, Iterable[Record]]]:
    """Rows by family, in name order."""
    yield from sorted(reading.records.items())
