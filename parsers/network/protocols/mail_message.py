"""A message that a mail protocol carried: the columns of its head, its parts as files, and whether all of it was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parsers.network.protocols import Carried, Trouble
from parsers.network.protocols.lines import Lines, Passage, gather
from parsers.network.protocols.mail_headers import Head, envelope, head
from parsers.network.protocols.mail_parts import MESSAGE_LIMIT, files, parts


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Message:
    """values: columns of the envelope; parts: its files; last: packet (0-based) of its last byte; whole: nothing is missing; cut: it is
    larger than what is read."""

    values: dict[str, object]
    parts: tuple[Carried, ...]
    last: int
    whole: bool
    cut: bool

    def troubles(self, protocol: str) -> list[Trouble]:
        reason = f"{protocol} message larger than {MESSAGE_LIMIT} bytes: the rest is not read"
        return [Trouble(self.last, reason, f"{protocol.lower()}_long_message")] if self.cut else []

    @property
    def flags(self) -> tuple[str, ...]:
        return () if self.whole else ("truncated",)


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Sent:
    """Who sends: the flow (its number and uid), the lines that are read of the stream, whether it is the originator's."""

    flow: int
    uid: str
    lines: Lines
    forward: bool


def message(
    sent: Sent,
    ranges: Sequence[tuple[int, int]],
    *,
    stuffed: bool,
    whole: bool,
    named: bool = True,
    carried: bool = True,
) -> Message:
    """The message whose bytes lie in these ranges of a stream. stuffed: dots at line begins are doubled; whole: its end was seen; named,
    carried: whether its parts are asked for at all, and as files."""
    lines, end = sent.lines, ranges[-1][1] if ranges else 0
    raw = lines.cut(*ranges[0]) if len(ranges) == 1 else None
    passage, cut = None, False
    if raw is None:
        passage = gather(lines.stream, ranges, MESSAGE_LIMIT)
        raw, cut = passage.raw, passage.cut
        whole = whole and not passage.gaps and not cut
    top = head(raw, 0, len(raw))
    values = envelope(top)
    values["message_bytes"] = sum([stop - begin for begin, stop in ranges])
    values["attachments"] = values["fuids"] = None
    borne: tuple[Carried, ...] = ()
    if named:
        place = ranges[0][0] if carried and ranges else None
        there = passage or Passage(lines.stream, raw, (0,), ranges[0][:1], (), False)
        values["attachments"], values["fuids"], borne = borne_by(sent, there, top, place, stuffed=stuffed, whole=whole)
    last = passage.packet(max(len(raw) - 1, 0)) if passage else lines.stream.packet(end - 1)
    return Message(values, borne, last, whole, cut)


def borne_by(
    sent: Sent, passage: Passage, top: Head, place: int | None, *, stuffed: bool, whole: bool
) -> tuple[str | None, str | None, tuple[Carried, ...]]:
    """The names of a message's parts, joined; and their ids, joined, and these themselves, where `place` is given: where the message
    begins in its stream."""
    inner = parts(passage.raw, top)
    names = ", ".join([part.name for part in inner if part.name]) or None
    if place is None or not inner:
        return names, None, ()
    borne = files(inner, passage, (sent.flow, sent.uid, sent.forward, place), stuffed=stuffed, whole=whole)
    return names, ",".join([str(part.values["fuid"]) for part in borne]), borne
