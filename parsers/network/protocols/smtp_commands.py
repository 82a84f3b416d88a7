"""What an SMTP client and server say: commands with their replies, contents passed over (RFC 5321, 3030, 4954)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers.network.protocols.lines import Line, Lines
from parsers.network.protocols.replies import LOOK_AHEAD, Replies, Reply

COMMANDS = 100_000  # commands read of one connection
_VERB = re.compile(rb"([A-Za-z0-9-]{1,16})(?:[ \t]+(.*))?", re.DOTALL)


@dataclass(slots=True)
class Command:
    """A command (upper-case verb, argument) with its reply. content: where the bytes that follow it lie (DATA, BDAT), and whether
    their end was seen; said, asked: the lines of an AUTH exchange."""

    verb: bytes
    argument: bytes
    begin: int
    end: int
    reply: Reply | None = None
    content: tuple[int, int] | None = None
    whole: bool = True
    said: list[bytes] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Dialogue:
    """A client and a server. `odd`: positions of the client's lines that are no commands."""

    client: Lines
    server: Replies
    odd: list[int] = field(default_factory=list)

    def commands(self) -> Iterator[Command]:
        """Commands in order, at most `COMMANDS`. After STARTTLS that the server took, none follow."""
        greeting = self.server.peek()
        if greeting is not None and greeting.code in (220, 421, 554):
            self.server.next()
        for _ in range(COMMANDS):
            line = self.client.next()
            if line is None:
                return
            said = line.raw.strip()
            if not said:
                continue
            found = _VERB.fullmatch(said)
            if found is None:
                self.odd.append(line.begin)
                continue
            command = Command(found[1].upper(), found[2] or b"", line.begin, line.end)
            self._answer(command, line)
            yield command
            if command.verb == b"STARTTLS" and command.reply is not None and command.reply.code == 220:
                return

    def _answer(self, command: Command, line: Line) -> None:
        if command.verb == b"DATA":
            self._data(command, line)
        elif command.verb == b"BDAT":
            self._chunk(command)
        elif command.verb == b"AUTH":
            self._login(command)
        else:
            command.reply = self.server.next()

    def _data(self, command: Command, line: Line) -> None:
        reply = self.server.until(354)
        if reply is not None and reply.code >= 400:
            command.reply = reply
            return
        crlf = self.client.stream.read(line.end - 2, 2) == b"\r\n"
        newline = b"\r\n" if crlf else b"\n"
        begin = line.end
        if self.client.stream.read(begin, 1 + len(newline)) == b"." + newline:
            stop, end = begin, begin + 1 + len(newline)
        else:
            found = self.client.find_end(begin, newline + b"." + newline)
            command.whole = found is not None
            stop, end = (found[0] + len(newline), found[1]) if found else (max(self.client.stream.end, begin),) * 2
        command.content, command.end, self.client.at = (begin, stop), end, end
        command.reply = self.server.next() if reply is not None else None

    def _chunk(self, command: Command) -> None:
        """BDAT SIZE [LAST]: that many bytes follow at once (RFC 3030)."""
        digits = command.argument.split()[:1]
        if digits and digits[0].isdigit() and len(digits[0]) < 12:
            stop = command.end + int(digits[0])
            command.whole = self.client.stream.held(command.end, stop) == stop - command.end
            command.content, self.client.at = (command.end, stop), stop
            command.end = stop
        command.reply = self.server.next()

    def _login(self, command: Command) -> None:
        """AUTH: the server asks with 334, the client answers with a line, until another reply comes."""
        initial = command.argument.split()[1:2]
        if initial and initial != [b"="]:
            command.said.append(initial[0])
        for _ in range(LOOK_AHEAD):
            command.reply = self.server.next()
            if command.reply is not None and command.reply.code != 334:
                return
            if command.reply is None and command.said:
                return
            line = self.client.next()
            if line is None:
                return
            if command.reply is not None:
                command.asked.append(command.reply.text[4:])
            command.said.append(line.raw)
            command.end = line.end
