"""SMB 2 and 3: messages, and what each command does to trees and files (MS-SMB2 section 2.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from parsers.network.protocols.nt_status import failed
from parsers.network.protocols.ntlm import utf16
from parsers.network.protocols.smb.logons import Logons
from parsers.network.protocols.smb.message_kernels import CUT, IDLE, PIPE_CONTROL
from parsers.network.protocols.smb.messages import Message
from parsers.network.protocols.smb.shares import SHARE_ROOT, Exchange, Handle, Shares, Tree, exchanged, file_times
from parsers.network.protocols.smb.transfers import Range

RELATED = 0x4  # a flag
SAME = b"\xff" * 16  # in a compound: the file of the request before
DELETE_ON_CLOSE = 0x1000
_CREATE, _ANSWER_TO_CREATE = struct.Struct("<IHH"), struct.Struct("<6Q")
_READ, _ANSWER_TO_READ = struct.Struct("<Q16s"), struct.Struct("<BBI")
_WRITE, _CONTROL = struct.Struct("<HIQ16s"), struct.Struct("<I16sII")
_KINDS = {1: "DISK", 2: "PIPE", 3: "PRINT"}


@dataclass(slots=True)
class Smb2:
    """Follows the requests of one connection, each with its answer."""

    shares: Shares
    logons: Logons
    before: Message | None = None
    before_file: bytes = SAME

    def step(self, request: Message, answer: Message | None) -> None:
        """Raises ValueError or struct.error for a message that is cut or malformed."""
        if request.flags & RELATED and self.before is not None:
            request = request._replace(tree=self.before.tree, session=self.before.session)
        else:
            self.before_file = SAME
        self.before = request
        if (step := _STEPS.get(request.command)) is not None:
            user = self.logons.users.get(request.session)
            if answer is None:
                step(self, request, None, exchanged(request.packet, request.last, None, user))
            else:
                step(self, request, answer, exchanged(request.packet, answer.last, answer.status, user))

    def _tree(self, request: Message) -> Tree:
        key = request.session, request.tree
        return self.shares.trees.get(key) or self.shares.trees.setdefault(key, Tree())

    def _handle(self, request: Message, key: bytes) -> Handle | None:
        if key == SAME:
            key = self.before_file
            if key == SAME:
                return None
        return self.shares.handles.get(key) or self.shares.handle(key, self._tree(request))

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
        options, offset, size = _CREATE.unpack_from(asked, 104)
        handle = Handle(self._tree(request), utf16(_buffer(asked, offset, size)) or SHARE_ROOT)
        if answer is not None and not failed(answer.status):
            told = answer.read(152)
            *ticks, _, size = _ANSWER_TO_CREATE.unpack_from(told, 72)
            handle.size = min(size, 2**63 - 1)
            if handle.tree.kind != "PIPE":
                handle.times = file_times(ticks)
            handle.dying = bool(options & DELETE_ON_CLOSE)
            self.before_file = told[128:144]
            if len(self.before_file) < 16:
                raise ValueError("answer to a create is cut")
            self.shares.handles[self.before_file] = handle
        self.shares.acted("OPEN", handle, exchange)

    def _close(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        key = request.part(72, 88) if request.fields == CUT else request.read(88)[72:]
        self.shares.closed(self.before_file if key == SAME else key, exchange)

    def _read(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        if request.fields == CUT:
            offset, key = request.offset, request.part(80, 96)
        else:
            offset, key = _READ.unpack_from(request.read(112), 72)
        if answer is None or failed(answer.status):
            return
        if answer.fields == CUT and answer.command == request.command:
            lead, size = answer.lead, answer.amount
        else:
            lead, _, size = _ANSWER_TO_READ.unpack_from(answer.read(80), 66)
        if (handle := self._handle(request, key)) is not None:
            piece = Range(offset, answer.at + lead, min(size, max(answer.size - lead, 0)))
            self.shares.moved(handle, False, answer.stream, piece, exchange, request.run)

    def _write(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        if request.fields == CUT:
            lead, size, offset, key = request.lead, request.amount, request.offset, request.part(80, 96)
        else:
            lead, size, offset, key = _WRITE.unpack_from(request.read(112), 66)
        if answer is not None and failed(answer.status):
            return
        if (handle := self._handle(request, key)) is not None:
            piece = Range(offset, request.at + lead, min(size, max(request.size - lead, 0)))
            self.shares.moved(handle, True, request.stream, piece, exchange, request.run)

    def _control(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        """A call and its answer through a pipe in one command."""
        if request.fields == IDLE:
            return
        if request.fields == CUT:
            control, key, lead, size = PIPE_CONTROL, request.part(72, 88), request.lead, request.amount
        else:
            control, key, lead, size = _CONTROL.unpack_from(request.read(120), 68)
        if control != PIPE_CONTROL or (handle := self._handle(request, key)) is None:
            return
        self.shares.piped(handle, True, request.stream, Range(0, request.at + lead, size), exchange)
        if answer is not None and not failed(answer.status):
            if answer.fields == CUT and answer.command == request.command:
                lead, size = answer.lead, answer.amount
            else:
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
            self.shares.acted("SET_ATTRIBUTE", handle, exchange, file_times(ticks))
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


_STEPS: dict[int, Callable[[Smb2, Message, Message | None, Exchange], None]] = {
    1: Smb2._session_setup, 3: Smb2._tree_connect, 4: Smb2._tree_disconnect, 5: Smb2._create, 6: Smb2._close, 8: Smb2._read,
    9: Smb2._write, 11: Smb2._control, 14: Smb2._list, 17: Smb2._set_info,
}  # fmt: skip
ACTING = frozenset(_STEPS)  # commands that anything is done for


def _buffer(message: bytes, offset: int, size: int) -> bytes:
    """A variable part of a message. Raises ValueError where the message ends before it."""
    if offset + size > len(message):
        raise ValueError("variable part runs beyond the message")
    return message[offset : offset + size]
