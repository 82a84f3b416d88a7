"""Trees and open files of an SMB connection, and the rows they become: what SMB 1 and SMB 2 have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Record, Trouble, Yield
from parsers.network.protocols.dce_rpc.association import Association
from parsers.network.protocols.file_ids import file_id
from parsers.network.protocols.nt_status import failed, status_name
from parsers.network.protocols.smb.messages import Run
from parsers.network.protocols.smb.pair_kernels import OFFSET_LIMIT
from parsers.network.protocols.smb.transfers import Range, Transfer
from parsers.network.streams import Stream

_FILETIME_EPOCH = 116_444_736_000_000_000  # 1601-01-01 to 1970-01-01, in 100 ns (MS-DTYP section 2.3.3)
_MAX_100NS = (2**63 - 1) // 100
TIMES = ("times_created", "times_accessed", "times_modified", "times_changed")  # their order on the wire
PIPE_PIECE = 1 << 20  # bytes of one message that are looked at for calls through a pipe
_new = tuple.__new__
_OF_FILES = frozenset(("DELETE", "RENAME", "SET_ATTRIBUTE"))  # acts that Zeek names so whatever they are done to
SHARE_ROOT = "<share_root>"  # Zeek's name for a file opened without one


def file_times(ticks: Iterable[int]) -> dict[str, object]:
    """The times of a file in their order on the wire."""
    return dict(zip(TIMES, map(filetime, ticks), strict=True))


def filetime(ticks: int) -> int | None:
    """FILETIME as UTC ns; None for unset (0, -1 and -2) and for what no 64-bit count of ns holds."""
    since = ticks - _FILETIME_EPOCH
    return since * 100 if ticks and abs(since) <= _MAX_100NS else None


class Exchange(NamedTuple):
    """A request with its answer: first and last packet, NT status (None: no answer was seen), and the user of its session."""

    first: int
    last: int
    status: int | None
    user: str | None = None
    named: str | None = None  # the status where it is no NT status

    def values(self) -> dict[str, object]:
        if self.status is None:
            return {"user": self.user}
        status, outcome = (self.named, "failure") if self.named else _outcome(self.status)
        return {"user": self.user, "status": status, "outcome": outcome}


def exchanged(first: int, last: int, status: int | None, user: str | None) -> Exchange:
    """An `Exchange` for a third of what it costs to call the class: there is one for every request."""
    return _new(Exchange, (first, last, status, user, None))


@dataclass(slots=True)
class Tree:
    """A share: its path as the client asked for it, and its kind (DISK, PIPE, PRINT)."""

    path: str | None = None
    kind: str | None = None


@lru_cache(maxsize=64)  # a dozen verbs, five kinds
def _named(verb: str, kind: str | None) -> tuple[str, str]:
    """The event of an act on a share of this kind, and what Zeek calls it."""
    on = kind if kind in ("PIPE", "PRINT") and verb not in _OF_FILES else "FILE"
    return f"smb.{verb.lower()}", f"SMB::{on}_{verb}"


@lru_cache(maxsize=1_024)
def _outcome(status: int) -> tuple[str, str]:
    """What an NT status is called, and what it says of the request."""
    return status_name(status), "failure" if failed(status) else "success"


@dataclass(slots=True)
class Handle:
    """An open file or pipe."""

    tree: Tree
    name: str | None = None
    size: int | None = None
    times: dict[str, object] = field(default_factory=dict)
    dying: bool = False  # to be deleted when it is closed
    reads: Transfer | None = None
    writes: Transfer | None = None
    user: str | None = None
    listed: str | None = None  # the pattern that its entries were listed by last
    calls: Association | None = None  # what is said through a pipe, if it is DCE/RPC


@dataclass(slots=True)
class Shares:
    """What is mapped and open on one connection. Rows gather in `out`."""

    flow: int
    packet_time: npt.NDArray[np.int64]
    forward: bool = True  # the originator of the flow is the client
    uid: str = ""
    out: list[Yield] = field(default_factory=list)
    trees: dict[tuple[int, int], Tree] = field(default_factory=dict)
    handles: dict[bytes, Handle] = field(default_factory=dict)

    def mapped(self, tree: Tree, exchange: Exchange, values: dict[str, object]) -> None:
        row = {"path": tree.path, "share_type": tree.kind, "object": tree.path, **values, **exchange.values()}
        self.out.append(Record(self.flow, exchange.first, exchange.last, "smb.map", row, family="net/smb_mapping"))

    def acted(self, verb: str, handle: Handle, exchange: Exchange, values: dict[str, object] | None = None) -> None:
        """One row of smb_files: `verb` is the second part of Zeek's action."""
        first, last, status, user, named = exchange
        tree, name = handle.tree, handle.name
        path = tree.path
        event, action = _named(verb, tree.kind)
        row: dict[str, object] = {"action": action, "path": path, "name": name, "size": handle.size, "user": user}
        row["object"] = f"{path}\\{name}" if path and name else name or path
        if handle.times:
            row.update(handle.times)
        if named:
            row["status"], row["outcome"] = named, "failure"
        elif status is not None:
            row["status"], row["outcome"] = _outcome(status)
        if values:
            row.update(values)
        self.out.append(Record(self.flow, first, last, event, row, (), "net/smb_files"))

    def listed(self, directory: Handle, pattern: str, exchange: Exchange) -> None:
        """The entries of a directory were asked for by a pattern. Further portions of one list are no rows of their own."""
        if directory.listed != pattern:
            directory.listed = pattern
            inside = directory.name not in (None, SHARE_ROOT)
            name = f"{directory.name}\\{pattern}" if inside else pattern
            self.acted("LIST", Handle(directory.tree, name), exchange)

    def handle(self, key: bytes, tree: Tree) -> Handle:
        """The open file with this id; one that was opened before the capture began is taken up without a name."""
        found = self.handles.get(key)
        if found is None:
            found = self.handles[key] = Handle(tree)
        return found

    def moved(
        self, handle: Handle, writing: bool, stream: Stream, piece: Range, exchange: Exchange, run: Run | None = None
    ) -> None:
        """Bytes were read from or written to a file, and those of what follows it at once."""
        if piece.offset > OFFSET_LIMIT and handle.tree.kind != "PIPE":
            self.out.append(
                Trouble(exchange.first, "SMB message reads or writes where no file reaches", "smb_malformed")
            )
            return
        transfer = handle.writes if writing else handle.reads
        if transfer is None:
            transfer = Transfer(stream, exchange.first, exchange.last)
            if writing:
                handle.writes = transfer
            else:
                handle.reads = transfer
        transfer.ranges.append(piece)
        transfer.last = exchange.last
        if run is not None:
            transfer.ranges += run.pieces
            transfer.last = run.packets[-1][1]
        handle.user = handle.user or exchange.user
        if handle.tree.kind in ("PIPE", None):
            self.piped(handle, writing, stream, piece, exchange)
            for more, (first, last) in zip(*run, strict=True) if run is not None else ():
                self.piped(handle, writing, stream, more, exchange._replace(first=first, last=last))

    def piped(self, handle: Handle, client: bool, stream: Stream, piece: Range, exchange: Exchange) -> None:
        """Bytes went through what is, or may be, a pipe: calls are looked for in them."""
        if handle.calls is None:
            handle.calls = Association(self.flow, handle.name, exchange.user)
        if handle.calls.spoken is not False:
            packet = exchange.first if client else exchange.last
            handle.calls.feed(client, stream.read(piece.at, min(piece.size, PIPE_PIECE)), packet)

    def closed(self, key: bytes, exchange: Exchange) -> None:
        handle = self.handles.get(key)
        if handle is None:
            return
        if exchange.status is None or not failed(exchange.status):
            self.settle(handle)
            del self.handles[key]
        if handle.dying:
            self.acted("DELETE", handle, exchange)
        self.acted("CLOSE", handle, exchange)

    def settle(self, handle: Handle) -> None:
        """The rows of what was read and written through a file, and the files themselves; the calls through a pipe."""
        calls, handle.calls = handle.calls, None
        if calls is not None and calls.spoken:
            self.out.extend(calls.rows(self.packet_time))
        for verb, transfer in (("READ", handle.reads), ("WRITE", handle.writes)):
            if transfer is None or not (total := transfer.moved):
                continue
            exchange = Exchange(transfer.first, transfer.last, 0, handle.user)
            moved: dict[str, object] = {"moved_bytes": total}
            if handle.tree.kind == "PIPE" or (calls and calls.spoken):
                self.acted(verb, handle, exchange, moved)
                continue
            forward = self.forward == (verb == "WRITE")
            fuid = file_id(self.uid, forward, transfer.ranges[0].at)
            self.acted(verb, handle, exchange, moved | {"fuid": fuid})
            carried = transfer.carried(self.flow, handle.name, forward, None if verb == "WRITE" else handle.size)
            carried.values = {"fuid": fuid}
            self.out.append(carried)
        handle.reads = handle.writes = None

    def finish(self) -> None:
        for handle in self.handles.values():
            self.settle(handle)
