"""Plain requests of SMB, whose fields `step_kernels.py` found: what each does to shares and open files, with no message made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parsers.network.protocols.ntlm import utf16
from parsers.network.protocols.smb.shares import SHARE_ROOT, TIMES, Exchange, Handle, Shares, Tree
from parsers.network.protocols.smb.step_kernels import (
    CALL,
    CALL_ONE,
    CLOSE,
    CLOSE_ONE,
    LIST,
    MAP,
    NO_ANSWER,
    OPEN,
    READ,
    READ_ONE,
    UNMAP,
    UNSET,
    WRITE,
    WRITE_ONE,
)
from parsers.network.protocols.smb.steps import Plain
from parsers.network.protocols.smb.transfers import Range
from parsers.network.streams import Stream

DELETE_ON_CLOSE = 0x1000
KINDS = {1: "DISK", 2: "PIPE", 3: "PRINT"}
_new = tuple.__new__  # a third of what it costs to call the class


@dataclass(slots=True)
class PlainSteps:
    """Follows the plain requests of one connection. users: by session."""

    shares: Shares
    users: dict[int, str]
    client: Stream
    server: Stream

    def step(self, step: Plain) -> None:
        _ACTS[step[0]](self, step)

    def _exchange(self, step: Plain) -> Exchange:
        code = step.code
        given = (step.begun, step.ended, None if code == NO_ANSWER else code, self.users.get(step.session), None)
        return _new(Exchange, given)

    def _tree(self, session: int, number: int) -> Tree:
        trees = self.shares.trees
        return trees.get((session, number)) or trees.setdefault((session, number), Tree())

    def _handle(self, step: Plain) -> Handle:
        handle = self.shares.handles.get(step.file)
        return handle if handle is not None else self.shares.handle(step.file, self._tree(step.session, step.share))

    def _map(self, step: Plain) -> None:
        tree = Tree(utf16(self.client.there(step.a, step.b)))
        if step.c >= 0:
            tree.kind = KINDS.get(step.c)
            self.shares.trees[step.session, step.d] = tree
        self.shares.mapped(tree, self._exchange(step), {})

    def _unmap(self, step: Plain) -> None:
        self.shares.trees.pop((step.session, step.share), None)

    def _open(self, step: Plain) -> None:
        _, _, _, _, session, number, key, at, size, end, *times, options, _ = step
        handle = Handle(self._tree(session, number), utf16(self.client.there(at, size)) or SHARE_ROOT)
        if end >= 0:
            handle.size = end
            if handle.tree.kind != "PIPE":
                handle.times = dict(zip(TIMES, [None if one == UNSET else one for one in times], strict=True))
            handle.dying = options & DELETE_ON_CLOSE != 0
            self.shares.handles[key] = handle
        self.shares.acted("OPEN", handle, self._exchange(step))

    def _close(self, step: Plain) -> None:
        if step.file in self.shares.handles:
            self.shares.closed(step.file, self._exchange(step))

    def _read(self, step: Plain) -> None:
        self._moved(step, self._handle(step), False)

    def _write(self, step: Plain) -> None:
        self._moved(step, self._handle(step), True)

    def _moved(self, step: Plain, handle: Handle, writing: bool) -> None:
        stream = self.client if writing else self.server
        self.shares.moved(handle, writing, stream, _new(Range, step[7:10]), self._exchange(step), step.run)

    def _call(self, step: Plain) -> None:
        self._called(step, self._handle(step))

    def _called(self, step: Plain, handle: Handle) -> None:
        exchange = self._exchange(step)
        self.shares.piped(handle, True, self.client, Range(0, step.a, step.b), exchange)
        if step.c >= 0:
            self.shares.piped(handle, False, self.server, Range(0, step.c, step.d), exchange)

    def _list(self, step: Plain) -> None:
        if step.b:
            pattern = utf16(self.client.there(step.a, step.b))
            self.shares.listed(self._handle(step), pattern, self._exchange(step))

    def _handle_one(self, step: Plain) -> Handle:
        """SMB 1 calls a file by two bytes, and its shares belong to no session."""
        key = step.file[:2]
        return self.shares.handles.get(key) or self.shares.handle(key, self._tree(0, step.share))

    def _close_one(self, step: Plain) -> None:
        self.shares.closed(step.file[:2], self._exchange(step))

    def _read_one(self, step: Plain) -> None:
        self._moved(step, self._handle_one(step), False)

    def _write_one(self, step: Plain) -> None:
        self._moved(step, self._handle_one(step), True)

    def _call_one(self, step: Plain) -> None:
        self._called(step, self._handle_one(step))


# What is done for which verb
_ACTS: dict[int, Callable[[PlainSteps, Plain], None]] = {
    MAP: PlainSteps._map, UNMAP: PlainSteps._unmap, OPEN: PlainSteps._open, CLOSE: PlainSteps._close, READ: PlainSteps._read,
    WRITE: PlainSteps._write, CALL: PlainSteps._call, LIST: PlainSteps._list, CLOSE_ONE: PlainSteps._close_one,
    READ_ONE: PlainSteps._read_one, WRITE_ONE: PlainSteps._write_one, CALL_ONE: PlainSteps._call_one,
}  # fmt: skip
