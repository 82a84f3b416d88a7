"""SMB 1: commands of older dialects, and those that carry raw bytes without a header (MS-CIFS section 2.2.4)."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from parsers.network.protocols import Trouble
from parsers.network.protocols.nt_status import failed
from parsers.network.protocols.smb.messages import Message
from parsers.network.protocols.smb.shares import Exchange, Handle, Shares, Tree, file_times
from parsers.network.protocols.smb.smb1_messages import path_at
from parsers.network.protocols.smb.smb1_steps import Step, relative
from parsers.network.protocols.smb.transfers import Range
from parsers.network.streams import Stream

NT_CREATE = 1
_KINDS = {"A:": "DISK", "IPC": "PIPE", "LPT1:": "PRINT", "COMM": "COMM"}


class Awaited(NamedTuple):
    """A file that raw bytes are to be read from or written to, where in it, and the most that was asked for."""

    handle: Handle
    offset: int
    most: int
    exchange: Exchange


@dataclass(slots=True)
class Older:
    """Follows older commands of one connection. `raw`: frames of the server that have no header, until a request claims them; `unclaimed`:
    those that none did."""

    shares: Shares
    raw: deque[Message] = field(default_factory=deque)
    unclaimed: list[Message] = field(default_factory=list)
    reading: Awaited | None = None
    writing: Awaited | None = None
    multiplexed: bool = False  # a multiplexed read or write was seen

    def _tree(self, now: Step) -> Tree:
        key = 0, now.request.tree
        return self.shares.trees.get(key) or self.shares.trees.setdefault(key, Tree())

    def _named(self, now: Step) -> Handle:
        return Handle(self._tree(now), relative(path_at(now.part, now.part.begin + 1)))  # behind the mark of a string

    def _make(self, now: Step) -> None:
        """A directory is made, which is an opening in later versions."""
        self.shares.acted("OPEN", self._named(now), now.exchange)

    def _remove(self, now: Step) -> None:
        self.shares.acted("DELETE", self._named(now), now.exchange)

    def _open(self, now: Step) -> None:
        handle = self._named(now)
        if now.told is not None:
            key, _, _, handle.size = struct.unpack_from("<2sHII", now.told.words)
            self.shares.handles[key] = handle
        self.shares.acted("OPEN", handle, now.exchange)

    def open_two(self, now: Step, begin: int) -> None:
        """TRANS2_OPEN2 (section 2.2.6.1), with which OS/2 opens. `begin`: of its parameters, 28 bytes and the name; the answer's
        begin with number, attributes, time and size."""
        handle = Handle(self._tree(now), relative(path_at(now.part, begin + 28)))
        place = int.from_bytes(now.told.words[8:10], "little") if now.told is not None else 0
        if now.told is not None and place >= now.told.begin:
            key, _, _, handle.size = struct.unpack_from("<2sHII", now.told.data, place)
            self.shares.handles[key] = handle
        self.shares.acted("OPEN", handle, now.exchange)

    def _make_file(self, now: Step) -> None:
        handle = self._named(now)
        if now.told is not None and len(now.told.words) >= 2:
            self.shares.handles[now.told.words[:2]] = handle
        self.shares.acted("OPEN", handle, now.exchange)

    def _read(self, now: Step) -> None:
        if now.told is None or now.answer is None:
            return
        key, _, offset = struct.unpack_from("<2sHI", now.part.words)
        size = struct.unpack_from("<xH", now.told.data, now.told.begin)[0]  # a mark and the size stand before the bytes
        piece = Range(offset, now.answer.at + now.told.begin + 3, min(size, now.answer.size - now.told.begin - 3))
        self._moved(key, False, now.answer.stream, piece, now)

    def _write(self, now: Step) -> None:
        key, _, offset = struct.unpack_from("<2sHI", now.part.words)
        size = struct.unpack_from("<xH", now.part.data, now.part.begin)[0]
        piece = Range(offset, now.request.at + now.part.begin + 3, min(size, now.request.size - now.part.begin - 3))
        self._moved(key, True, now.request.stream, piece, now)

    def _write_and_close(self, now: Step) -> None:
        key, size, offset = struct.unpack_from("<2sHI", now.part.words)
        piece = Range(offset, now.request.at + now.part.begin + 1, min(size, now.request.size - now.part.begin - 1))
        self._moved(key, True, now.request.stream, piece, now)
        self.shares.closed(key, now.exchange)

    def _moved(self, key: bytes, writing: bool, stream: Stream, piece: Range, now: Step) -> None:
        if (now.exchange.status is None or not failed(now.exchange.status)) and piece.size > 0:
            self.shares.moved(self.shares.handle(key, self._tree(now)), writing, stream, piece, now.exchange)

    def _read_raw(self, now: Step) -> None:
        """The answer is a frame without a header; the client sends nothing before it has come."""
        key, low, most = struct.unpack_from("<2sIH", now.part.words)
        high = struct.unpack_from("<I", now.part.words, 16)[0] if len(now.part.words) >= 20 else 0
        handle = self.shares.handle(key, self._tree(now))
        self.reading = Awaited(handle, high << 32 | low, most, now.exchange)

    def settle(self, until: int | None = None) -> None:
        """Give the read that waits the raw frame that came after it, and before the packet of the next request."""
        wanted, self.reading = self.reading, None
        if wanted is None:
            return
        time = self.shares.packet_time
        while self.raw and time[_begin(self.raw[0])] < time[wanted.exchange.first]:
            self.unclaimed.append(self.raw.popleft())
        if not self.raw:
            return
        frame = self.raw[0]
        if until is not None and time[_begin(frame)] > time[until]:
            return
        self.raw.popleft()
        if frame.size > wanted.most:
            self.unclaimed.append(frame)
        elif frame.size:
            self._raw_moved(wanted, False, frame)

    def _write_raw(self, now: Step) -> None:
        """Some bytes may stand in the request; the rest follow as a frame without a header once the server agrees."""
        key, count, _, low = struct.unpack_from("<2sHHI", now.part.words)
        size, lead = struct.unpack_from("<HH", now.part.words, 20)
        high = struct.unpack_from("<I", now.part.words, 24)[0] if len(now.part.words) >= 28 else 0
        offset = high << 32 | low
        if size:
            self._moved(
                key,
                True,
                now.request.stream,
                Range(offset, now.request.at + lead, min(size, now.request.size - lead)),
                now,
            )
        if count > size and (now.exchange.status is None or not failed(now.exchange.status)):
            handle = self.shares.handle(key, self._tree(now))
            self.writing = Awaited(handle, offset + size, count - size, now.exchange)

    def written(self, frame: Message) -> bool:
        """A frame without a header from the client; False where no write waits for it."""
        wanted, self.writing = self.writing, None
        if wanted is None or frame.size > wanted.most:
            return False
        if frame.size:
            self._raw_moved(wanted, True, frame)
        return True

    def _raw_moved(self, wanted: Awaited, writing: bool, frame: Message) -> None:
        piece = Range(wanted.offset, frame.at, frame.size)
        exchange = wanted.exchange._replace(last=frame.last)
        self.shares.moved(wanted.handle, writing, frame.stream, piece, exchange)

    def _multiplexed(self, now: Step) -> None:
        """Several answers to one request, or several requests before one answer (sections 2.2.4.23 to 2.2.4.27): said once a connection."""
        if not self.multiplexed:
            self.multiplexed = True
            reason = "SMB connection: multiplexed reads and writes (MPX) are not read"
            self.shares.out.append(Trouble(now.exchange.first, reason, "smb_multiplexed"))

    def _tree_connect(self, now: Step) -> None:
        """Path, password and service, each behind a mark; passwords are those of shares, which nobody has had for decades."""
        path, _, service = (*now.part.raw.split(b"\0")[:3], b"", b"", b"")[:3]
        kind = service[1:].decode("latin-1")
        tree = Tree(path[1:].decode("latin-1"), _KINDS.get(kind))
        if now.told is not None:
            number = struct.unpack_from("<2xH", now.told.words)[0]
            self.shares.trees[0, number] = tree
        self.shares.mapped(tree, now.exchange, {"service": kind or None})

    def _nt_transact(self, now: Step) -> None:
        """A file opened with its rights or attributes told at once (section 2.2.7.1)."""
        at, function = struct.unpack_from("<I", now.part.words, 23)[0], struct.unpack_from("<H", now.part.words, 36)[0]
        if function != NT_CREATE:
            return
        size = struct.unpack_from("<I", now.part.data, at + 44)[0]
        begin = at + 53
        begin += begin & 1 if now.part.wide else 0
        raw = now.part.data[begin : begin + size]
        handle = Handle(
            self._tree(now), relative(raw.decode("utf-16-le" if now.part.wide else "latin-1", "replace").rstrip("\0"))
        )
        if now.told is not None:
            told = struct.unpack_from("<I", now.told.words, 15)[0]
            key, _, _, *ticks, _, _, handle.size = struct.unpack_from("<2x2sII4QIQQ", now.told.data, told)
            handle.size = min(handle.size, 2**63 - 1)
            if handle.tree.kind != "PIPE":
                handle.times = file_times(ticks)
            self.shares.handles[key] = handle
        self.shares.acted("OPEN", handle, now.exchange)


# What is done for which command
STEPS: dict[int, Callable[[Older, Step], None]] = {
    0x00: Older._make, 0x01: Older._remove, 0x02: Older._open, 0x03: Older._make_file, 0x0A: Older._read, 0x0B: Older._write,
    0x0F: Older._make_file, 0x13: Older._read, 0x14: Older._write, 0x1A: Older._read_raw, 0x1B: Older._multiplexed,
    0x1C: Older._multiplexed, 0x1D: Older._write_raw, 0x1E: Older._multiplexed, 0x1F: Older._multiplexed,
    0x2C: Older._write_and_close, 0x70: Older._tree_connect, 0xA0: Older._nt_transact,
}  # fmt: skip


def _begin(frame: Message) -> int:
    """The packet in which a frame begins: the four bytes before what it holds, which may be nothing."""
    return frame.stream.packet(frame.at - 4)
