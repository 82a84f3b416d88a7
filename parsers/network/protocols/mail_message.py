"""A message that a mail protocol carried: the columns of its head, its parts as files, and whether all of it was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parsers.network.protocols import Carried, Trouble
from parsers.network.protocols.lines import Lines, gather
from parsers.network.protocols.mail_headers import envelope, head
from parsers.network.protocols.mail_parts import MESSAGE_LIMIT, files


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


def message(sent: Sent, ranges: Sequence[tuple[int, int]], *, stuffed: bool, whole: bool) -> Message:
    """The message whose bytes lie in these ranges of a stream. stuffed: dots at line begins are doubled; whole: its end was seen."""
    passage = sent.lines.passage(*ranges[0]) if len(ranges) == 1 else None
    if passage is None:
        passage = gather(sent.lines.stream, ranges, MESSAGE_LIMIT)
    top = head(passage.raw, 0, len(passage.raw))
    whole = whole and not passage.gaps and not passage.cut
    place = sent.uid, sent.forward, ranges[0][0] if ranges else 0
    parts = tuple(files(sent.flow, passage, top, place, stuffed=stuffed, whole=whole))
    values = envelope(top)
    values["fuids"] = ",".join(str(part.values["fuid"]) for part in parts) or None
    values["attachments"] = ", ".join(part.name for part in parts if part.name) or None
    values["message_bytes"] = sum(stop - begin for begin, stop in ranges)
    last = passage.packet(max(len(passage.raw) - 1, 0))
    return Message(values, parts, last, whole, passage.cut)
