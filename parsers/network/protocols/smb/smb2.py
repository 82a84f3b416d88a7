"""SMB 2 and 3: messages, and what each command does to trees and files (MS-SMB2 section 2.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from parsers.network.protocols.nt_status import failed
from parsers.network.protocols.ntlm import utf16
from parsers.network.protocols.smb.framing import HEAD, SMB2, Frame
from parsers.network.protocols.smb.logons import Logons
from parsers.network.protocols.smb.shares import SHARE_ROOT, TIMES, Exchange, Handle, Shares, Tree, filetime
from parsers.network.protocols.smb.transfers import Range
from parsers.network.streams import Stream

BODY = 65_536 + 256  # bytes read of a message; what it reads or writes of a file is not among them
RESPONSE, RELATED = 0x1, 0x4  # flags
SAME = b"\xff" * 16  # in a compound: the file of the request before
DELETE_ON_CLOSE = 0x1000
PIPE_TRANSCEIVE = 0x0011C017
_HEADER = struct.Struct("<4sHHIHHIIQIIQ")  # section 2.2.1.2, without its signature
_KINDS = {1: "DISK", 2: "PIPE", 3: "PRINT"}


@dataclass(slots=True)  # made for every message: a tuple costs twice as much
class Message:
    """The header of one message, where it lies in its stream, and how it begins, as far as that is at hand."""

    stream: Stream
    at: int
    size: int
    head: bytes
    status: int
    command: int
    flags: int
    number: int
    tree: int
    session: int

    def read(self, limit: int = BODY) -> bytes:
        count = min(self.size, limit)
        return self.head[:count] if count <= len(self.head) else self.stream.read(self.at, count)

    @property
    def packet(self) -> int:
        return self.stream.packet(self.at)

    @property
    def last(self) -> int:
        return self.stream.packet(max(min(self.at + self.size, self.stream.end) - 1, self.at))


def messages(stream: Stream, frame: Frame) -> Iterator[Message]:
    """The messages of a frame: one, or a compound. Raises ValueError where a header is none or cut."""
    at, stop, raw = frame.at, frame.at + frame.size, frame.head
    while True:
        if len(raw) < 48:
            raw = stream.read(at, 48)
        if len(raw) < 48 or raw[:4] != SMB2 or raw[4] != 64:
            raise ValueError("header is cut or none")
        _, _, _, status, command, _, flags, offset, number, _, tree, session = _HEADER.unpack_from(raw)
        size = offset or stop - at
        yield Message(stream, at, size, raw, status, command, flags, number, tree, session)
        at += size
        if not offset or at >= stop:
            return
        if offset < 64:
            raise ValueError("next command lies inside this one")
        raw = stream.piece(at, HEAD)


@dataclass(slots=True)
class Smb2:
    """Follows the requests of one connection, each with its answer."""

    shares: Shares
    logons: Logons
    before: Message | None = None
    before_file: bytes = SAME
    _steps: dict[int, Callable[[Message, Message | None, Exchange], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._steps = {
            1: self._session_setup, 3: self._tree_connect, 4: self._tree_disconnect, 5: self._create, 6: self._close,
            8: self._read, 9: self._write, 11: self._control, 14: self._list, 17: self._set_info,
        }  # fmt: skip

    def step(self, request: Message, answer: Message | None) -> None:
        """Raises ValueError or struct.error for a message that is cut or malformed."""
        if request.flags & RELATED and self.before is not None:
            request.tree, request.session = self.before.tree, self.before.session
        else:
            self.before_file = SAME
        self.before = request
        if (step := self._steps.get(request.command)) is not None:
            user = self.logons.user(request.session)
            exchange = Exchange(request.packet, (answer or request).last, answer.status if answer else None, user)
            step(request, answer, exchange)

    def _tree(self, request: Message) -> Tree:
        return self.shares.trees.setdefault((request.session, request.tree), Tree())

    def _handle(self, request: Message, key: bytes) -> Handle | None:
        key = self.before_file if key == SAME else key
        return None if key == SAME else self.shares.handle(key, self._tree(request))

    def _session_setup(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        asked, told = request.read(), answer.read() if answer else b""
        blobs = (_buffer(asked, *struct.unpack_from("<HH", asked, 76)), b"")
        if len(told) >= 72:
            blobs = (blobs[0], _buffer(told, *struct.unpack_from("<HH", told, 68)))
        self.logons.setup(blobs, (request.session, answer.session if answer else request.session), exchange)

    def _tree_connect(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        asked = request.read()
        path = utf16(_buffer(asked, *struct.unpack_from("<HH", asked, 68)))
        tree = Tree(path)
        if answer is not None and not failed(answer.status):
            tree.kind = _KINDS.get(answer.read(72)[66])
            self.shares.trees[request.session, answer.tree] = tree
        self.shares.mapped(tree, exchange, {})

    def _tree_disconnect(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        self.shares.trees.pop((request.session, request.tree), None)

    def _create(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        asked = request.read()
        options, offset, size = struct.unpack_from("<IHH", asked, 104)
        handle = Handle(self._tree(request), utf16(_buffer(asked, offset, size)) or SHARE_ROOT)
        if answer is not None and not failed(answer.status):
            told = answer.read(152)
            *ticks, _, handle.size = struct.unpack_from("<6Q", told, 72)
            handle.size = min(handle.size, 2**63 - 1)
            if handle.tree.kind != "PIPE":
                handle.times = {name: filetime(tick) for name, tick in zip(TIMES, ticks, strict=True)}
            handle.dying = bool(options & DELETE_ON_CLOSE)
            self.before_file = told[128:144]
            if len(self.before_file) < 16:
                raise ValueError("answer to a create is cut")
            self.shares.handles[self.before_file] = handle
        self.shares.acted("OPEN", handle, exchange)

    def _close(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        key = request.read(88)[72:]
        self.shares.closed(self.before_file if key == SAME else key, exchange)

    def _read(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        asked = request.read(112)
        offset, key = struct.unpack_from("<Q16s", asked, 72)
        if answer is None or failed(answer.status):
            return
        lead, _, size = struct.unpack_from("<BBI", answer.read(80), 66)
        if (handle := self._handle(request, key)) is not None:
            piece = Range(offset, answer.at + lead, min(size, max(answer.size - lead, 0)))
            self.shares.moved(handle, False, answer.stream, piece, exchange)

    def _write(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        lead, size, offset, key = struct.unpack_from("<HIQ16s", request.read(112), 66)
        if answer is not None and failed(answer.status):
            return
        if (handle := self._handle(request, key)) is not None:
            piece = Range(offset, request.at + lead, min(size, max(request.size - lead, 0)))
            self.shares.moved(handle, True, request.stream, piece, exchange)

    def _control(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        """A call and its answer through a pipe in one command."""
        asked = request.read(120)
        control, key, lead, size = struct.unpack_from("<I16sII", asked, 68)
        if control != PIPE_TRANSCEIVE or (handle := self._handle(request, key)) is None:
            return
        self.shares.piped(handle, True, request.stream, Range(0, request.at + lead, size), exchange)
        if answer is not None and not failed(answer.status):
            lead, size = struct.unpack_from("<II", answer.read(112), 96)
            self.shares.piped(handle, False, answer.stream, Range(0, answer.at + lead, size), exchange)

    def _list(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        """Section 2.2.33: the pattern stands in the first request at least."""
        asked = request.read()
        key, offset, size = struct.unpack_from("<16sHH", asked, 72)
        if size and (handle := self._handle(request, key)) is not None:
            self.shares.listed(handle, utf16(_buffer(asked, offset, size)), exchange)

    def _set_info(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        asked = request.read()
        kind, level, _, _ = struct.unpack_from("<BBIH", asked, 66)
        key = asked[80:96]
        if kind != 1 or len(key) < 16 or (handle := self._handle(request, key)) is None:
            return
        if level == 4:  # FileBasicInformation (MS-FSCC section 2.4.7)
            ticks = struct.unpack_from("<4Q", asked, 96)
            times: dict[str, object] = {name: filetime(tick) for name, tick in zip(TIMES, ticks, strict=True)}
            self.shares.acted("SET_ATTRIBUTE", handle, exchange, times)
        elif level in (10, 65):  # FileRenameInformation (section 2.4.42)
            size = struct.unpack_from("<I", asked, 112)[0]
            self._renamed(handle, utf16(_buffer(asked, 116, size)), exchange)
        elif level in (13, 64) and asked[96] & 1:  # FileDispositionInformation (section 2.4.11)
            self.shares.acted("DELETE", handle, exchange)
            handle.dying = False

    def _renamed(self, handle: Handle, name: str, exchange: Exchange) -> None:
        before = handle.name
        handle.name = name
        self.shares.acted("RENAME", handle, exchange, {"prev_name": before})
        if exchange.status is not None and failed(exchange.status):
            handle.name = before


def _buffer(message: bytes, offset: int, size: int) -> bytes:
    """A variable part of a message. Raises ValueError where the message ends before it."""
    if offset + size > len(message):
        raise ValueError("variable part runs beyond the message")
    return message[offset : offset + size]
