"""Replies of three digits, as SMTP and FTP servers give them (RFC 5321 section 4.2, RFC 959 section 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.network.protocols.lines import Line, Lines
from parsers.network.streams import Stream

REPLY_LINES = 1_000  # lines of one reply
LOOK_AHEAD = 8  # replies searched for one that must come, after a gap
_REPLY = re.compile(rb"(\d{3})([ -]|$)")


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Reply:
    """A reply: code, its lines as one text, the position of its first byte and the one after its last."""

    code: int
    text: bytes
    begin: int
    end: int


class Replies:
    """The replies of a server, in order. free_text: lines within a reply may begin with anything (FTP)."""

    def __init__(self, stream: Stream, *, free_text: bool = False) -> None:
        self.lines, self.free_text = Lines(stream), free_text

    def next(self) -> Reply | None:
        """The next reply; lines that are none are passed over."""
        found: list[Line] = []
        following = self.lines.next
        for _ in range(REPLY_LINES):
            line = following()
            if line is None:
                break
            match = _REPLY.match(line.raw)
            if not found:
                if match is None:
                    continue
                if match[2] != b"-":
                    return Reply(int(match[1]), line.raw, line.begin, line.end)
            found.append(line)
            if match is not None and match[2] != b"-" and (not self.free_text or match[1] == found[0].raw[:3]):
                break
        if not found:
            return None
        return Reply(int(found[0].raw[:3]), b"\n".join(line.raw for line in found), found[0].begin, found[-1].end)

    def peek(self) -> Reply | None:
        at = self.lines.at
        reply = self.next()
        self.lines.at = at
        return reply

    def until(self, *codes: int) -> Reply | None:
        """The next reply of these codes where it comes soon, else the next one."""
        at = self.lines.at
        for _ in range(LOOK_AHEAD):
            reply = self.next()
            if reply is None:
                break
            if reply.code in codes:
                return reply
        self.lines.at = at
        return self.next()
