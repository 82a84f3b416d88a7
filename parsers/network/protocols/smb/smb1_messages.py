"""SMB 1 messages: header, parameter words and bytes of each command of a chain (MS-CIFS section 2.2.3, MS-SMB section 2.2.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.network.protocols.smb.framing import Frame
from parsers.network.streams import Stream

BODY = 65_536 + 256  # bytes read of a message; what it reads or writes of a file is not among them
CHAIN = 16  # commands of one message
REPLY, NT_STATUS, UNICODE = 0x80, 0x4000, 0x8000
_HEADER = struct.Struct("<4sBIBHH8sHHHHH")
_CHAINED = frozenset(
    (0x24, 0x2D, 0x2E, 0x2F, 0x73, 0x74, 0x75, 0xA2)
)  # commands whose words begin with the next command


@dataclass(slots=True)  # made for every message: a tuple costs twice as much
class Message:
    """The header of one message, where it lies in its stream, and how it begins, as far as that is at hand."""

    stream: Stream
    at: int
    size: int
    head: bytes
    command: int
    status: int
    flags: int
    flags2: int
    tree: int
    process: int
    user: int
    number: int

    @property
    def reply(self) -> bool:
        return bool(self.flags & REPLY)

    @property
    def key(self) -> tuple[int, int]:
        return self.process, self.number

    @property
    def packet(self) -> int:
        return self.stream.packet(self.at)

    @property
    def last(self) -> int:
        return self.stream.packet(max(min(self.at + self.size, self.stream.end) - 1, self.at))

    def read(self, limit: int = BODY) -> bytes:
        count = min(self.size, limit)
        return self.head[:count] if count <= len(self.head) else self.stream.read(self.at, count)


@dataclass(slots=True)  # made for every message: a tuple costs twice as much
class Part:
    """One command of a message: its words, and where its bytes begin and end in `data`, the message."""

    command: int
    words: bytes
    data: bytes
    begin: int
    end: int
    wide: bool

    @property
    def raw(self) -> bytes:
        return self.data[self.begin : self.end]

    def strings(self, at: int, wide: bool | None = None) -> list[str]:
        """The strings from `at` (an offset in the message) on, each ended by zero."""
        if not (self.wide if wide is None else wide):
            return [part.decode("latin-1") for part in self.data[at : self.end].split(b"\x00")]
        at += at & 1  # UTF-16 is aligned to the header
        return utf16_strings(self.data[at : self.end])


def utf16_strings(raw: bytes) -> list[str]:
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace").split("\x00")


def message(stream: Stream, frame: Frame) -> Message:
    """Raises ValueError for a header that is cut."""
    raw = frame.head
    if len(raw) < 32 and len(raw := stream.read(frame.at, 32)) < 32:
        raise ValueError("header is cut")
    _, command, status, flags, flags2, high, _, _, tree, process, user, number = _HEADER.unpack_from(raw)
    return Message(
        stream, frame.at, frame.size, raw, command, status, flags, flags2, tree, high << 16 | process, user, number
    )


def parts(found: Message, limit: int = BODY) -> Iterator[Part]:
    """The commands of a message in order. Raises ValueError or IndexError where one is cut."""
    data = found.read(limit)
    command, at = found.command, 32
    for _ in range(CHAIN):
        count = data[at]
        words = data[at + 1 : at + 1 + 2 * count]
        begin = at + 3 + 2 * count
        if len(words) < 2 * count or begin > len(data):
            raise ValueError("words are cut")
        end = min(begin + int.from_bytes(data[begin - 2 : begin], "little"), len(data))
        yield Part(command, words, data, begin, end, bool(found.flags2 & UNICODE))
        if command not in _CHAINED or len(words) < 4 or words[0] == 0xFF:
            return
        command, following = words[0], words[2] | words[3] << 8
        if following <= at:
            return
        at = following


def path_at(part: Part, at: int) -> str:
    """One string from `at` on, which may lack its end."""
    return part.strings(at)[0]
