"""SMB 1 messages: header, parameter words and bytes of each command of a chain (MS-CIFS section 2.2.3, MS-SMB section 2.2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parsers.network.protocols.smb.messages import BODY, Message

CHAIN = 16  # commands of one message
REPLY, NT_STATUS, UNICODE = 0x80, 0x4000 << 16, 0x8000 << 16  # flags
_CHAINED = frozenset(
    (0x24, 0x2D, 0x2E, 0x2F, 0x73, 0x74, 0x75, 0xA2)
)  # commands whose words begin with the next command
_CARRYING, FIELDS = (
    frozenset((0x2E, 0x2F)),
    96,
)  # read and write: only their fields are wanted, not the bytes of a file; how long they are


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


def parts(found: Message, limit: int = BODY) -> Iterator[Part]:
    """The commands of a message in order. Raises ValueError or IndexError where one is cut."""
    command, at = found.command, 32
    data = found.read(limit if command not in _CARRYING else FIELDS)
    if command in _CARRYING and (len(data) <= at + 1 or data[at] > 16 or data[at + 1] != 0xFF):  # another follows
        data = found.read(limit)
    for _ in range(CHAIN):
        count = data[at]
        words = data[at + 1 : at + 1 + 2 * count]
        begin = at + 3 + 2 * count
        if len(words) < 2 * count or begin > len(data):
            raise ValueError("words are cut")
        end = min(begin + int.from_bytes(data[begin - 2 : begin], "little"), len(data))
        yield Part(command, words, data, begin, end, bool(found.flags & UNICODE))
        if command not in _CHAINED or len(words) < 4 or words[0] == 0xFF:
            return
        command, following = words[0], words[2] | words[3] << 8
        if following <= at:
            return
        at = following


def path_at(part: Part, at: int) -> str:
    """One string from `at` on, which may lack its end."""
    return part.strings(at)[0]
