"""SMB 1: what each command does to trees and files (MS-CIFS section 2.2.4, MS-SMB section 2.2.4)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from parsers.network.protocols.nt_status import failed
from parsers.network.protocols.smb.logons import Logons
from parsers.network.protocols.smb.message_kernels import CUT, PIPE_CALL
from parsers.network.protocols.smb.messages import Message
from parsers.network.protocols.smb.shares import Exchange, Handle, Shares, Tree, exchanged, file_times
from parsers.network.protocols.smb.smb1_logons import challenge, setup
from parsers.network.protocols.smb.smb1_messages import NT_STATUS, parts, path_at
from parsers.network.protocols.smb.smb1_older import STEPS, Older
from parsers.network.protocols.smb.smb1_steps import Step, relative
from parsers.network.protocols.smb.transfers import Range

DELETE_ON_CLOSE = 0x1000
_KINDS = {"A:": "DISK", "IPC": "PIPE", "LPT1:": "PRINT", "COMM": "COMM"}
_UNKNOWN_STATUS = 0xC0000001


@dataclass(slots=True)
class Smb1:
    """Follows the requests of one connection, each with its answer."""

    shares: Shares
    logons: Logons
    older: Older = field(init=False)

    def __post_init__(self) -> None:
        self.older = Older(self.shares)

    def step(self, request: Message, answer: Message | None) -> None:
        """Raises ValueError, IndexError or struct.error for a message that is cut or malformed."""
        if request.command not in ACTING:
            return
        exchange = self._exchange(request, answer)
        if request.fields == CUT and (answer is None or answer.fields == CUT):
            self._plain(request, answer, exchange)
            return
        told = {part.command: part for part in parts(answer)} if answer and not failed(exchange.status or 0) else {}
        if answer and answer.session != request.session and request.command == 0x73:
            request = request._replace(session=answer.session)  # the rest of the chain runs in the new session
        for part in parts(request):
            command = part.command
            if answer is not None and request.tree != answer.tree and command in (0x2D, 0xA2, 0x2E, 0x2F):
                request = request._replace(tree=answer.tree)  # a chain may have mapped it
            if (step := _STEPS.get(command)) is not None:
                step(self, Step(request, answer, part, told.get(command), exchange))
            elif (older := STEPS.get(command)) is not None:
                older(self.older, Step(request, answer, part, told.get(command), exchange))

    def _exchange(self, request: Message, answer: Message | None) -> Exchange:
        user = self.logons.users.get(request.session)
        if answer is None:
            return exchanged(request.packet, request.last, None, user)
        if answer.flags & NT_STATUS or not answer.status:
            return exchanged(request.packet, answer.last, answer.status, user)
        named = f"DOS-{answer.status & 0xFF}-{answer.status >> 16}"  # class and code, MS-CIFS section 2.2.2.4
        return Exchange(request.packet, answer.last, _UNKNOWN_STATUS, user, named)

    def _plain(self, request: Message, answer: Message | None, exchange: Exchange) -> None:
        """A request that is one command, whose fields were found with it, as those of its answer were."""
        command, key, good = request.command, request.key.to_bytes(2, "little"), not failed(exchange.status or 0)
        told = answer if answer is not None and good and answer.command == command else None
        if command == 0x04:
            self.shares.closed(key, exchange)
            return
        if command == 0x25:
            handle = self.shares.handles.get(key) or self.shares.handle(key, self._tree(request))
            for client, message in ((True, request), (False, told)):
                if message is not None:
                    piece = Range(0, message.at + message.lead, message.amount)
                    self.shares.piped(handle, client, message.stream, piece, exchange)
            return
        carrying = told if command == 0x2E else request if good else None
        if carrying is not None:
            lead = carrying.lead
            piece = Range(request.offset, carrying.at + lead, min(carrying.amount, max(carrying.size - lead, 0)))
            handle = self.shares.handles.get(key) or self.shares.handle(key, self._tree(answer or request))
            self.shares.moved(handle, command == 0x2F, carrying.stream, piece, exchange, request.run)

    def _tree(self, request: Message) -> Tree:
        key = 0, request.tree
        return self.shares.trees.get(key) or self.shares.trees.setdefault(key, Tree())

    def _negotiate(self, now: Step) -> None:
        if now.told is not None:
            self.logons.nonce = challenge(now.told, now.exchange.last)

    def _session_setup(self, now: Step) -> None:
        users = now.request.session, now.answer.session if now.answer else now.request.session
        setup(self.logons, (now.part, now.told), users, now.exchange)

    def _tree_connect(self, now: Step) -> None:
        password = struct.unpack_from("<H", now.part.words, 6)[0]
        path = now.part.strings(now.part.begin + password)[0]
        service = next(iter(now.part.data[: now.part.end].rstrip(b"\x00").rsplit(b"\x00", 1)[1:]), b"").decode(
            "latin-1"
        )
        tree, values = Tree(path), dict[str, object]()
        if now.told is not None and now.answer is not None:
            service = now.told.raw.split(b"\x00")[0].decode("latin-1")
            system = now.told.strings(now.told.begin + len(service) + 1)[0]
            tree.kind = _KINDS.get(service, "DISK")
            values = {"native_file_system": system or None}
            self.shares.trees[0, now.answer.tree] = tree
        self.shares.mapped(tree, now.exchange, {"service": service or None, **values})

    def _create(self, now: Step) -> None:
        handle = Handle(self._tree(now.request), relative(path_at(now.part, now.part.begin)))
        options = struct.unpack_from("<I", now.part.words, 39)[0]
        if now.told is not None:
            key, _, *ticks, _, _, handle.size = struct.unpack_from("<2sI4QIQQ", now.told.words, 5)
            handle.size = min(handle.size, 2**63 - 1)
            if handle.tree.kind != "PIPE":
                handle.times = file_times(ticks)
            handle.dying = bool(options & DELETE_ON_CLOSE)
            self.shares.handles[key] = handle
        self.shares.acted("OPEN", handle, now.exchange)

    def _open(self, now: Step) -> None:
        handle = Handle(self._tree(now.request), relative(path_at(now.part, now.part.begin)))
        if now.told is not None:
            key, _, _, handle.size = struct.unpack_from("<2sHII", now.told.words, 4)
            self.shares.handles[key] = handle
        self.shares.acted("OPEN", handle, now.exchange)

    def _close(self, now: Step) -> None:
        self.shares.closed(now.part.words[:2], now.exchange)

    def _read(self, now: Step) -> None:
        if now.told is None or now.answer is None:
            return
        key, low = struct.unpack_from("<2sI", now.part.words, 4)
        high = struct.unpack_from("<I", now.part.words, 20)[0] if len(now.part.words) >= 24 else 0
        size, lead, more = struct.unpack_from("<HHH", now.told.words, 10)
        piece = Range(high << 32 | low, now.answer.at + lead, min(more << 16 | size, max(now.answer.size - lead, 0)))
        self.shares.moved(
            self.shares.handle(key, self._tree(now.request)), False, now.answer.stream, piece, now.exchange
        )

    def _write(self, now: Step) -> None:
        if now.exchange.status is not None and failed(now.exchange.status):
            return
        key, low = struct.unpack_from("<2sI", now.part.words, 4)
        more, size, lead = struct.unpack_from("<HHH", now.part.words, 18)
        high = struct.unpack_from("<I", now.part.words, 24)[0] if len(now.part.words) >= 28 else 0
        piece = Range(high << 32 | low, now.request.at + lead, min(more << 16 | size, max(now.request.size - lead, 0)))
        self.shares.moved(
            self.shares.handle(key, self._tree(now.request)), True, now.request.stream, piece, now.exchange
        )

    def _delete(self, now: Step) -> None:
        handle = Handle(self._tree(now.request), relative(path_at(now.part, now.part.begin + 1)))
        self.shares.acted("DELETE", handle, now.exchange)

    def _rename(self, now: Step) -> None:
        before = path_at(now.part, now.part.begin + 1)
        after = (
            now.part.begin
            + 1
            + (now.part.begin + 1 & 1 if now.part.wide else 0)
            + (len(before) + 1) * (1 + now.part.wide)
        )
        handle = Handle(self._tree(now.request), relative(path_at(now.part, after + 1)))
        self.shares.acted("RENAME", handle, now.exchange, {"prev_name": relative(before)})

    def _transaction(self, now: Step) -> None:
        """A call and its answer through a pipe in one command (MS-CIFS section 2.2.5.6)."""
        if len(now.part.words) < 32:
            return  # no setup words: no pipe
        size, lead, setups, _, command, key = struct.unpack_from("<HHBBH2s", now.part.words, 22)
        if setups < 2 or command != PIPE_CALL:
            return
        handle, request = self.shares.handle(key, self._tree(now.request)), now.request
        self.shares.piped(handle, True, request.stream, Range(0, request.at + lead, size), now.exchange)
        if now.told is not None and now.answer is not None:
            size, lead = struct.unpack_from("<HH", now.told.words, 12)
            self.shares.piped(handle, False, now.answer.stream, Range(0, now.answer.at + lead, size), now.exchange)

    def _transaction2(self, now: Step) -> None:
        """What lists files, sets the attributes of one, deletes or renames it (MS-CIFS section 2.2.6)."""
        _, begin, count, data, setups, _, command = struct.unpack_from("<HHHHBBH", now.part.words, 18)
        if setups and command == 0:
            self.older.open_two(now, begin)
        if setups and command == 1:  # FIND_FIRST2
            found = relative(path_at(now.part, begin + 12))
            self.shares.acted("LIST", Handle(self._tree(now.request), found), now.exchange)
        if not setups or command not in (6, 8):
            return
        if command == 6:
            level = struct.unpack_from("<H", now.part.data, begin)[0]
            handle = Handle(self._tree(now.request), relative(path_at(now.part, begin + 6)))
        else:
            key, level = struct.unpack_from("<2sH", now.part.data, begin)
            handle = self.shares.handle(key, self._tree(now.request))
        content = now.part.data[data : data + count]
        if level in (0x101, 1004) and len(content) >= 32:
            ticks = struct.unpack_from("<4Q", content)
            self.shares.acted("SET_ATTRIBUTE", handle, now.exchange, file_times(ticks))
        elif level in (0x102, 1013) and content[:1] == b"\x01":
            self.shares.acted("DELETE", handle, now.exchange)


_STEPS: dict[int, Callable[[Smb1, Step], None]] = {
    0x04: Smb1._close, 0x06: Smb1._delete, 0x07: Smb1._rename, 0x25: Smb1._transaction, 0x2D: Smb1._open, 0x2E: Smb1._read,
    0x2F: Smb1._write, 0x32: Smb1._transaction2, 0x72: Smb1._negotiate, 0x73: Smb1._session_setup, 0x75: Smb1._tree_connect,
    0xA2: Smb1._create,
}  # fmt: skip
ACTING = frozenset((*_STEPS, *STEPS))  # commands that anything is done for
