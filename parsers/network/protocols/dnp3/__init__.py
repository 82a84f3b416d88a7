"""DNP3 over TCP and UDP: one row a request with its reply, as in Zeek; unsolicited responses and confirmations stand alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble
from parsers.network.protocols.dnp3.functions import CONFIRM, UNSOLICITED, Application, application, name
from parsers.network.protocols.dnp3.layers import HEADER, START, Fragment, Frame, fits, fragments, frame, frame_size
from parsers.network.protocols.dnp3.together import Ahead, ahead
from parsers.network.records import Bools, Bytes, Int64s
from parsers.network.streams import Pieces, Stream

PORT = 20000
FRAMES = 100_000  # frames read of each side of one flow
SEARCH = 512  # bytes searched at a time for the next start after bytes that are no frame


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Told:
    """One application message and its packets (0-based)."""

    first: int
    last: int
    fragment: Fragment
    said: Application


class _Joined:
    """The datagrams of one side, one after the other, as a stream gives its bytes."""

    begin = 0

    def __init__(self, talk: Conversation, forward: bool) -> None:
        grams = [gram for gram in talk.datagrams[:FRAMES] if gram.forward == forward]
        parts = [talk.payload(gram) for gram in grams]
        self._data = b"".join(parts)
        self._starts = list(accumulate((len(part) for part in parts), initial=0))[:-1]
        self._packets = [gram.packet for gram in grams]

    def read(self, position: int, count: int) -> bytes:
        return self._data[position : position + count]

    def packet(self, position: int) -> int:
        return self._packets[max(bisect_right(self._starts, position) - 1, 0)]

    def next_start(self, position: int) -> int | None:
        index = bisect_right(self._starts, position)
        return self._starts[index] if index < len(self._starts) else None


@dataclass(slots=True)
class _Side:
    """One side of a flow: its bytes by position, and what went wrong in them."""

    stream: Stream | _Joined
    troubles: list[Trouble] = field(default_factory=list)

    def trouble(self, at: int, reason: str, weird: str) -> None:
        self.troubles.append(Trouble(self.stream.packet(at), reason, weird))

    def frames(self) -> Iterator[Frame]:
        at: int | None = self.stream.begin
        for _ in range(FRAMES):
            if at is None:
                return
            head = self.stream.read(at, 3)
            if len(head) < 3:
                at = self.stream.next_start(at)
                continue
            if head[:2] != START or head[2] < 5:
                self.trouble(at, "bytes are no DNP3 frame", "dnp3_header_lacks_magic")
                at = self.next_frame(at + 1)
                continue
            raw = self.stream.read(at, frame_size(head[2]))
            if len(raw) < frame_size(head[2]):
                self.trouble(at, "DNP3 frame is cut by a gap or the end of the capture", "truncated_dnp3")
                at = self.stream.next_start(at)
                continue
            yield self.checked(frame(raw, at))
            at += len(raw)
        if at is not None and self.stream.read(at, 1):
            self.trouble(at, f"flow holds more DNP3 frames than are read: {FRAMES}", "dnp3_too_many_frames")

    def next_frame(self, at: int) -> int | None:
        """Where the next start bytes stand from `at` on; None where there are none within FRAMES windows."""
        for _ in range(FRAMES):
            window = self.stream.read(at, SEARCH)
            found = window.find(START)
            if found >= 0:
                return at + found
            if len(window) < SEARCH:
                return self.stream.next_start(at)
            at += SEARCH - 1  # the last byte may be the first of two
        return None

    def checked(self, found: Frame) -> Frame:
        if not found.sound:
            self.trouble(found.at, "checksum of a DNP3 frame does not fit its bytes", "dnp3_corrupt_checksum")
        return found

    def messages(self) -> Iterator[Told]:
        found = fragments(self.frames(), lambda item, why: self.trouble(item.at, f"DNP3 {why}", "dnp3_lost_segment"))
        for fragment in found:
            try:
                said = application(fragment.data)
            except ValueError as error:
                self.trouble(fragment.begin, f"DNP3 message is malformed: {error}", "truncated_dnp3")
                continue
            yield Told(self.stream.packet(fragment.begin), self.stream.packet(fragment.end), fragment, said)


@dataclass(frozen=True, slots=True)
class Dnp3:
    """The dissector."""

    service: str = "dnp3"
    family: str = "net/dnp3"

    def recognise(self, openings: Openings) -> Bools:
        """A side begins with a frame whose header bears the right checksum: two start bytes alone are any identifier."""
        found = np.zeros(len(openings.proto), np.bool_)
        for raw, size in ((openings.orig, openings.orig_size), (openings.resp, openings.resp_size)):
            for flow in np.flatnonzero(_begins(raw, size)).tolist():
                found[flow] |= fits(raw[flow, :HEADER].tobytes())
        return found

    def guess(self, openings: Openings) -> Bools:
        """By port, where a side begins as a frame."""
        begins = _begins(openings.orig, openings.orig_size) | _begins(openings.resp, openings.resp_size)
        found: Bools = openings.on_port(PORT) & begins
        return found

    def ahead(self, held: Pieces, flows: Int64s) -> Ahead | None:
        """Find the messages of all of its flows over TCP that are plain."""
        return ahead(held, flows, FRAMES)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        known = talk.ahead.rows(talk.flow, packet_time) if isinstance(talk.ahead, Ahead) else None
        if known is not None:
            yield from known
            return
        messages: list[Told] = []
        for side in _sides(talk):
            messages += side.messages()
            yield from side.troubles
        messages.sort(key=lambda each: (packet_time.item(each.last), each.last, each.fragment.begin))
        for request, reply in _pairs(messages):
            yield _row(talk.flow, request, reply)


def _begins(raw: Bytes, size: Int64s) -> Bools:
    found: Bools = (size >= HEADER) & (raw[:, 0] == START[0]) & (raw[:, 1] == START[1]) & (raw[:, 2] >= 5)
    return found


def _sides(talk: Conversation) -> list[_Side]:
    if talk.tcp:
        return [_Side(stream) for stream in (talk.orig, talk.resp) if stream is not None]
    return [_Side(_Joined(talk, forward)) for forward in (True, False)]


def _pairs(messages: list[Told]) -> list[tuple[Told | None, Told | None]]:
    """Each request with the response of the same sequence number from the station it was sent to, in order of what comes first."""
    out: list[tuple[Told | None, Told | None]] = []
    waiting: dict[tuple[int, int, int], int] = {}  # place in `out` by asker, asked and sequence
    for note in messages:
        ends = (note.fragment.source, note.fragment.target)
        if not note.said.response:
            if note.said.function != CONFIRM:
                waiting[(*ends, note.said.sequence)] = len(out)
            out.append((note, None))
            continue
        unasked = note.said.function == UNSOLICITED  # it has sequence numbers of its own
        place = None if unasked else waiting.pop((ends[1], ends[0], note.said.sequence), None)
        if place is None:
            out.append((None, note))
        else:
            out[place] = (out[place][0], note)
    return out


def _row(flow: int, request: Told | None, reply: Told | None) -> Record:
    known = [note for note in (request, reply) if note is not None]
    first, last = known[0], known[-1]
    asker = first.fragment.source, first.fragment.target
    if request is None:
        asker = asker[1], asker[0]
    values: dict[str, object] = {"master": asker[0], "outstation": asker[1], "sequence": first.said.sequence}
    values["objects"] = ",".join(first.said.objects) or None
    if request is not None:
        values["fc_request"] = name(request.said.function)
    if reply is not None:
        values |= {"fc_reply": name(reply.said.function), "iin": reply.said.indications}
    flags = ["truncated"] if not all(note.fragment.whole for note in known) else []
    if not all(note.fragment.sound for note in known):
        flags.append("bad-checksum")
    return Record(flow, first.first, last.last, "dnp3", values, tuple(flags))


DISSECTOR = Dnp3()
