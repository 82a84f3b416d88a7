"""The application layer of a capture: every flow goes to the dissectors that recognise it, and what they yield becomes rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from operator import attrgetter
from typing import cast

import numpy as np

from parsers.network.carried import described
from parsers.network.conversations import TOLD_AT_ONCE, Conversations
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
from parsers.network.read_so_far import Reading
from parsers.network.records import Int64s

UPGRADES = 4  # services that may follow one another in one flow
WAITING = 256  # flows that go on in a protocol to be recognised; to look at one costs as much as to look at these
TOGETHER = (
    2_048  # flows next to one another in the file that are read protocol by protocol, a fifth faster than in turn
)
PENDING_ROWS = 32_768  # rows that wait to become a batch; about 2 KiB each
AWAITING_ROWS = 65_536  # rows of a protocol that wait to be joined with those of other flows; then they wait no longer


def read(talks: Conversations, packet_time: Int64s, out: Reading) -> Iterator[tuple[str, list[Record] | Rows]]:
    """The rows of all flows, some at a time, by family. Content decides who reads a flow; ports, and what other flows foretold, only
    where it is silent."""
    dissectors, readers, flows = all_dissectors(), *_assigned(talks, out)
    joiners = [one for one in dissectors if hasattr(one, "join") and isinstance(one, Joiner)]  # dear, where it is none
    joined = frozenset(dissector.awaiting for dissector in joiners)  # their rows wait for those of other flows
    by_id = {id(one): (one.family, one) for one in joiners}  # to ask an object for a protocol is dear, once a flow
    left = np.ones(len(flows), np.bool_)
    place = np.zeros(len(out.alone), np.int64)
    for number, many in _each(readers):
        place[flows[readers == number]] = np.flatnonzero(readers == number)
        for found in _together(talks, many, number, readers, flows, packet_time):
            yield from ((table.family or many.family, table) for table in found.tables)
            _tabulated(out, many, found, talks, packet_time)
            left[place[found.flows]] = False
            yield from _due(out, by_id.get(id(many)), joined, talks, packet_time)
    readers, flows = readers[left], flows[left]
    ahead = _ahead(talks, readers, flows)
    owns = [by_id.get(id(dissector)) for dissector in dissectors]
    for at, (number, flow) in enumerate(zip(readers.tolist(), flows.tolist(), strict=True)):
        if at % TOLD_AT_ONCE == 0:
            talks.prepare(flows[at : at + TOLD_AT_ONCE])
        talk = talks.talk(flow)
        if number in ahead:
            talk.ahead = ahead[number]
        _read_talk(out, dissectors[number], talk, packet_time)
        if len(out.waiting) >= WAITING:
            _read_waiting(out, packet_time)
        if owns[number] is not None or out.pending >= PENDING_ROWS:
            yield from _due(out, owns[number], joined, talks, packet_time)
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


def _each(readers: Int64s) -> list[tuple[int, Dissector]]:
    """The dissectors that have any flow, by their numbers, in the order in which they come first."""
    numbers, first = np.unique(readers, return_index=True)
    dissectors = all_dissectors()
    return [(number, dissectors[number]) for number in numbers[np.argsort(first)].tolist()]


def _together(
    talks: Conversations, reader: Dissector, number: int, readers: Int64s, flows: Int64s, packet_time: Int64s
) -> Iterator[Tabulated]:
    """What a dissector that reads flows many at a time makes of some of its own. TCP flows that several claim are left: what each yields
    would come in another order."""
    own = flows[readers == number]
    if isinstance(reader, Tabular):
        for grams in talks.datagrams(own):
            yield reader.tabulate(grams, packet_time)
    elif isinstance(reader, TabularStreams):
        alone = np.bincount(flows)[own] == 1
        for streams in talks.streams(own[alone]):
            yield reader.tabulate_streams(streams, packet_time)


def _tabulated(out: Reading, reader: Dissector, found: Tabulated, talks: Conversations, packet_time: Int64s) -> None:
    """Keep what flows read together gave beside tables."""
    for record in found.records:
        out.add(record, reader.family)
    if found.waiting and isinstance(reader, Joiner):
        out.tables.setdefault(reader.awaiting, []).extend(found.waiting)
    out.speak(found.flows, reader.service)
    talk: Conversation | None = None
    for flow, item in found.yielded:
        if talk is None or talk.flow != flow:
            talk = talks.talk(flow)
        _take(out, reader, item, talk, packet_time, 0)


def _ahead(talks: Conversations, readers: Int64s, flows: Int64s) -> dict[int, object]:
    """By their numbers, what dissectors make of all their flows together."""
    return {
        number: reader.ahead(talks.held, flows[readers == number])
        for number, reader in _each(readers)
        if isinstance(reader, Foresighted)
    }


def _joined(
    out: Reading, family: str, joiner: Joiner, talks: Conversations, packet_time: Int64s
) -> Iterator[tuple[str, list[Record] | Rows]]:
    """The rows that waited, joined across flows."""
    waiting = Awaited(out.records.pop(joiner.awaiting, []), out.tables.pop(joiner.awaiting, []))
    if waiting.records or waiting.tables:
        yield from ((family, rows) for rows in joiner.join(waiting, talks.ends, packet_time))


def _assigned(talks: Conversations, out: Reading) -> tuple[Int64s, Int64s]:
    """Which dissector, by its number, reads which flow, in file order of the flows, which is kind to the disk; among TOGETHER, protocol by
    protocol, which is kind to the processor's caches."""
    spoken, openings = with_payload(talks.openings())
    dissectors = all_dissectors()
    masks = [dissector.recognise(openings) for dissector in dissectors]
    claimed = np.logical_or.reduce(masks) if masks else np.zeros(0, np.bool_)
    for number, dissector in enumerate(dissectors):
        if hasattr(dissector, "guess"):  # a Guesser: to ask for the protocol itself takes as long as many a guess
            guessed = cast(Guesser, dissector).guess(openings) & ~claimed
            claimed |= guessed
            masks[number] = masks[number] | guessed
    reader, flow = np.nonzero(np.stack(masks)) if masks else (np.zeros(0, np.int64), np.zeros(0, np.int64))
    flow = spoken[flow]
    order = np.lexsort((reader, out.packet[talks.first_packets()[flow]]))
    order = order[np.lexsort((reader[order], np.arange(len(order)) // TOGETHER))]
    return reader[order], flow[order]


def _read_expected(out: Reading, foretold: Expected, talks: Conversations, packet_time: Int64s) -> None:
    dissector = _named(foretold.service)
    for flow in talks.between(foretold.host, foretold.port, foretold.peer, foretold.packet):
        if out.silent(flow):
            out.speaks(flow, dissector.service)
            talk = talks.talk(flow)
            talk.told = foretold.told
            _read_talk(out, dissector, talk, packet_time)
            return


@cache
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
