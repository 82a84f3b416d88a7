"""The application layer of a capture: every flow goes to the dissectors that recognise it, and what they yield becomes rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter

import numpy as np
import pyarrow as pa

from parsers.network.carried import described
from parsers.network.conversations import Conversations
from parsers.network.openings import going_on, with_payload
from parsers.network.protocols import (
    Carried,
    Conversation,
    Dissector,
    Expected,
    Foresighted,
    Guesser,
    Record,
    Spoken,
    Trouble,
    Upgrade,
    Yield,
    all_dissectors,
)
from parsers.network.protocols.awaited import Awaited, Joiner
from parsers.network.protocols.tabular import Rows, Tabular, TabularStreams, Tabulated
from parsers.network.records import Int64s

UPGRADES = 4  # services that may follow one another in one flow
WEIRD_ROWS = 1_000  # rows of net/weird for one kind of trouble; the problem tells how many there were
WEIRD_KINDS = 1_000  # kinds of trouble told apart; a capture may quote itself in any number of reasons
WAITING = 256  # flows that go on in a protocol to be recognised; to look at one costs as much as to look at these
TOGETHER = (
    2_048  # flows next to one another in the file that are read protocol by protocol, a fifth faster than in turn
)
PENDING_ROWS = 32_768  # rows that wait to become a batch; about 2 KiB each
AWAITING_ROWS = 65_536  # rows of a protocol that wait to be joined with those of other flows; then they wait no longer


@dataclass(slots=True)
class Reading:
    """What was read from the flows of a capture: rows by family until they are taken, tables of those that wait for other flows, troubles
    by kind (the first one in the file, and how many), and the services of each flow. `waiting`: what goes on in flows in a protocol to be
    recognised, and how many it spoke before. `packet`: the captured packet of each packet that dissectors number; `tap` is given the files
    instead of their becoming rows."""

    packet: Int64s
    tap: Callable[[Carried], None] | None = None
    records: dict[str, list[Record]] = field(default_factory=dict)
    tables: dict[str, list[Rows]] = field(default_factory=dict)
    troubles: dict[str, tuple[Trouble, int]] = field(default_factory=dict)
    services: dict[int, list[str]] = field(default_factory=dict)
    expected: list[Expected] = field(default_factory=list)
    waiting: list[tuple[Conversation, int]] = field(default_factory=list)
    pending: int = 0

    def add(self, record: Record, family: str) -> None:
        self.records.setdefault(record.family or family, []).append(record)
        self.pending += 1

    def waits(self, name: str) -> int:
        """How many rows wait under this name for those of other flows."""
        return len(self.records.get(name, ())) + sum(len(table.flow) for table in self.tables.get(name, ()))

    def speaks(self, flow: int, service: str) -> None:
        known = self.services.setdefault(flow, [])
        if service not in known:
            known.append(service)

    def trouble(self, item: Trouble, flow: int, service: str) -> None:
        """Keep a trouble, and its row of net/weird while there are not too many of its kind."""
        kind = item.reason.partition(":")[0]
        if kind not in self.troubles and len(self.troubles) >= WEIRD_KINDS:
            kind = "payload that breaks its protocol in further ways"
        first, count = self.troubles.get(kind, (item, 0))
        if (self.packet[item.packet], item.reason) < (self.packet[first.packet], first.reason):
            first = item
        self.troubles[kind] = first, count + 1
        if count < WEIRD_ROWS:
            values: dict[str, object] = {"name": item.name, "addl": item.reason, "source": service, "object": item.name}
            self.add(Record(flow, item.packet, item.packet, "weird", values), "net/weird")

    def taken(self, but: frozenset[str] = frozenset()) -> list[tuple[str, list[Record]]]:
        """The rows that wait, by family in name order; but for some families they wait no longer."""
        found = sorted((family, records) for family, records in self.records.items() if family not in but)
        for family, _ in found:
            del self.records[family]
        self.pending = 0
        return found


def read(talks: Conversations, packet_time: Int64s, out: Reading) -> Iterator[tuple[str, list[Record] | Rows]]:
    """The rows of all flows, some at a time, by family. Content decides who reads a flow; ports, and what other flows foretold, only
    where it is silent."""
    readers, flows = _assigned(talks, out)
    joiners = [dissector for dissector in all_dissectors() if isinstance(dissector, Joiner)]
    joined = frozenset(dissector.awaiting for dissector in joiners)  # their rows wait for those of other flows
    by_id = {id(one): (one.family, one) for one in joiners}  # to ask an object for a protocol is dear, once a flow
    done: set[tuple[str, int]] = set()
    for many, found in _together(talks, readers, flows, packet_time):
        yield from ((table.family or many.family, table) for table in found.tables)
        _tabulated(out, many, found, done, talks, packet_time)
        yield from _due(out, by_id.get(id(many)), joined, talks, packet_time)
    if done:
        left = [pair for pair in zip(readers, flows, strict=True) if (pair[0].service, pair[1]) not in done]
        readers, flows = [reader for reader, _ in left], [flow for _, flow in left]
    ahead = _ahead(talks, readers, flows)
    for reader, flow in zip(readers, flows, strict=True):
        talk = talks.talk(flow)
        talk.ahead = ahead.get(reader.service)
        _read_talk(out, reader, talk, packet_time)
        if len(out.waiting) >= WAITING:
            _read_waiting(out, packet_time)
        yield from _due(out, by_id.get(id(reader)), joined, talks, packet_time)
    _read_waiting(out, packet_time)
    out.expected.sort(key=attrgetter("packet"))  # whoever foretold first, whichever way its flow was read
    for foretold in out.expected:
        _read_expected(out, foretold, talks, packet_time)
        _read_waiting(out, packet_time)
        if out.pending >= PENDING_ROWS:
            yield from out.taken(joined)
    yield from out.taken(joined)
    for dissector in joiners:
        yield from _joined(out, dissector.family, dissector, talks, packet_time)


def _due(
    out: Reading, own: tuple[str, Joiner] | None, joined: frozenset[str], talks: Conversations, packet_time: Int64s
) -> Iterator[tuple[str, list[Record] | Rows]]:
    """The rows that wait, once they are too many: those for other flows, and all others."""
    if own is not None and out.waits(own[1].awaiting) >= AWAITING_ROWS:
        yield from _joined(out, *own, talks, packet_time)
    if out.pending >= PENDING_ROWS:
        yield from out.taken(joined)


def _together(
    talks: Conversations, readers: list[Dissector], flows: list[int], packet_time: Int64s
) -> Iterator[tuple[Dissector, Tabulated]]:
    """What dissectors that read flows many at a time make of some of theirs. TCP flows that several claim are left: what each yields
    would come in another order."""
    claims: dict[int, int] = Counter(flows)
    for reader in {id(reader): reader for reader in readers}.values():
        pairs = zip(readers, flows, strict=True)
        if isinstance(reader, Tabular):
            for grams in talks.datagrams(np.array([flow for one, flow in pairs if one is reader], np.int64)):
                yield reader, reader.tabulate(grams, packet_time)
        elif isinstance(reader, TabularStreams):
            own = [flow for one, flow in pairs if one is reader and claims[flow] == 1]
            for streams in talks.streams(np.array(own, np.int64)):
                yield reader, reader.tabulate_streams(streams, packet_time)


def _tabulated(
    out: Reading,
    reader: Dissector,
    found: Tabulated,
    done: set[tuple[str, int]],
    talks: Conversations,
    packet_time: Int64s,
) -> None:
    """Keep what flows read together gave beside tables."""
    for record in found.records:
        out.add(record, reader.family)
    if found.waiting and isinstance(reader, Joiner):
        out.tables.setdefault(reader.awaiting, []).extend(found.waiting)
    for flow in found.flows.tolist():
        out.speaks(flow, reader.service)
        done.add((reader.service, flow))
    talk: Conversation | None = None
    for flow, item in found.yielded:
        if talk is None or talk.flow != flow:
            talk = talks.talk(flow)
        _take(out, reader, item, talk, packet_time, 0)


def _ahead(talks: Conversations, readers: list[Dissector], flows: list[int]) -> dict[str, object]:
    """By service, what dissectors make of all their flows together."""
    own: dict[str, list[int]] = {}
    for reader, flow in zip(readers, flows, strict=True):
        own.setdefault(reader.service, []).append(flow)
    found = {reader.service: reader for reader in readers}
    return {
        name: reader.ahead(talks.held, np.array(own[name], np.int64))
        for name, reader in found.items()
        if isinstance(reader, Foresighted)
    }


def _joined(
    out: Reading, family: str, joiner: Joiner, talks: Conversations, packet_time: Int64s
) -> Iterator[tuple[str, list[Record] | Rows]]:
    """The rows that waited, joined across flows."""
    waiting = Awaited(out.records.pop(joiner.awaiting, []), out.tables.pop(joiner.awaiting, []))
    if waiting.records or waiting.tables:
        yield from ((family, rows) for rows in joiner.join(waiting, talks.ends, packet_time))


def _assigned(talks: Conversations, out: Reading) -> tuple[list[Dissector], list[int]]:
    """Which dissector reads which flow, in file order of the flows, which is kind to the disk; among TOGETHER, protocol by protocol, which
    is kind to the processor's caches."""
    spoken, openings = with_payload(talks.openings())
    dissectors = all_dissectors()
    masks = [dissector.recognise(openings) for dissector in dissectors]
    claimed = np.logical_or.reduce(masks) if masks else np.zeros(0, np.bool_)
    for number, dissector in enumerate(dissectors):
        if isinstance(dissector, Guesser):
            guessed = dissector.guess(openings) & ~claimed
            claimed |= guessed
            masks[number] = masks[number] | guessed
    reader, flow = np.nonzero(np.stack(masks)) if masks else (np.zeros(0, np.int64), np.zeros(0, np.int64))
    flow = spoken[flow]
    order = np.lexsort((reader, out.packet[talks.first_packets()[flow]]))
    order = order[np.lexsort((reader[order], np.arange(len(order)) // TOGETHER))]
    return [dissectors[number] for number in reader[order].tolist()], flow[order].tolist()


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
    own = (None, dissector.family, getattr(dissector, "awaiting", None))
    spoken = False
    family, records = dissector.family, out.records
    for item in dissector.read(talk, packet_time):
        if type(item) is Record:
            if item.family is None and family in records:
                records[family].append(item)
                out.pending += 1
            else:
                out.add(item, family)
            if not spoken and (item.family in own or item.family in getattr(dissector, "families", ())):
                spoken = True
                out.speaks(talk.flow, dissector.service)
        else:
            _take(out, dissector, item, talk, packet_time, depth)


def _take(out: Reading, dissector: Dissector, item: Yield, talk: Conversation, packet_time: Int64s, depth: int) -> None:
    """Keep one thing that a dissector yields."""
    if isinstance(item, Trouble):
        out.trouble(item, talk.flow, dissector.service)
    elif isinstance(item, Carried) and out.tap is not None:
        out.tap(item)
    elif isinstance(item, Carried):
        out.add(described(item, dissector.service, talk.uid, packet_time), "net/files")
    elif isinstance(item, Spoken):
        out.speaks(talk.flow, item.service)
    elif isinstance(item, Expected):
        out.expected.append(item)
    elif isinstance(item, Upgrade):
        _go_on(out, item, talk, packet_time, depth + 1)
    elif isinstance(item, Record):
        out.add(item, dissector.family)


def _go_on(out: Reading, item: Upgrade, talk: Conversation, packet_time: Int64s, depth: int) -> None:
    """Read what follows an upgrade."""
    if depth > UPGRADES or talk.orig is None or talk.resp is None:
        return
    rest = replace(talk, orig=talk.orig.after(item.orig_at), resp=talk.resp.after(item.resp_at), ahead=None)
    if item.service:
        _read_talk(out, _named(item.service), rest, packet_time, depth)
    else:
        out.waiting.append((rest, depth))


def _read_waiting(out: Reading, packet_time: Int64s) -> None:
    """Read what goes on in flows, each by whoever recognises it; that may go on in turn."""
    while out.waiting:
        waiting, out.waiting = out.waiting, []
        openings = going_on([talk for talk, _ in waiting])
        masks = [(dissector, dissector.recognise(openings)) for dissector in all_dissectors()]
        for number, (talk, depth) in enumerate(waiting):
            for dissector in [one for one, mask in masks if mask[number]]:
                _read_talk(out, dissector, talk, packet_time, depth)


def services(reading: Reading, count: int) -> pa.StringArray:
    """The services of each of `count` flows, joined by commas as in Zeek. Most flows of a scan have none, and cost nothing here."""
    names: dict[str, int] = {}
    which = np.full(count, -1, np.int32)
    for flow, spoken in reading.services.items():
        which[flow] = names.setdefault(",".join(spoken), len(names))
    return pa.array(list(names), pa.string()).take(pa.array(which, mask=which < 0))
