"""Control connections of FTP, many at a time, where nothing is lacking and every line is a command. `ftp.py` tells the same, and reads all
others."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from parsers.network.protocols import Record, Yield, text
from parsers.network.protocols.ftp_kernels import (
    ARGUMENT,
    BEGIN,
    CODE,
    EARLY,
    LINE,
    REPLY,
    STOP,
    VERB,
    VERB_STOP,
    walked,
)  # fmt: skip
from parsers.network.protocols.ftp_session import (
    PATHS,
    SIZED,
    TRANSFERS,
    Session,
    foretold,
    given_name,
    moved,
    opened,
    said_password,
    size,
)  # fmt: skip
from parsers.network.protocols.laid_streams import Laid, laid
from parsers.network.protocols.replies import Reply
from parsers.network.protocols.sasl import credentials
from parsers.network.protocols.tabular import Rows, Streams, Tabulated
from parsers.network.records import Int64s
from timelines.compiled import at_hand

FEW = 16  # flows that are read one by one: to read them together costs as much
_CHANNELS = (b"PORT", b"EPRT", b"PASV", b"EPSV")
_MOVES = (b"CWD", b"XCWD", b"CDUP", b"XCUP", b"PWD", b"XPWD")
_ASKING = frozenset((*_CHANNELS, *_MOVES, *SIZED))  # commands that mean something by what is answered
_known_text = lru_cache(maxsize=1 << 8)(text)
_TYPES = {
    "user_": pa.string(), "password": pa.string(), "command": pa.string(), "arg": pa.string(), "cwd": pa.string(), "object": pa.string(),
    "reply_code": pa.int32(), "reply_msg": pa.string(), "outcome": pa.string(), "file_size": pa.int64(),
}  # fmt: skip
_CHANNEL_TYPES = {
    "data_channel_passive": pa.bool_(), "data_channel_orig_h": pa.string(), "data_channel_resp_h": pa.string(),
    "data_channel_resp_p": pa.int32(),
}  # fmt: skip


def tabulate(streams: Streams) -> Tabulated:
    """The rows of those connections that are plain."""
    tables: list[Rows] = []
    logins: list[Record] = []
    flows: list[Int64s] = []
    yielded: list[tuple[int, Yield]] = []
    if len(streams.flows) >= FEW and at_hand():
        for some in laid(streams):
            commands, counts = walked(some.data, some.bounds)
            found = _Connections(streams, some, commands)
            stop = 0
            for at, count in enumerate(counts.tolist()):
                if count >= 0:
                    found.connection(at, stop, stop + count)
                    stop += count
            tables.append(found.rows(counts))
            logins += found.logins
            yielded += found.yielded
            flows.append(some.flows[counts > 0])
    return Tabulated(
        tuple(tables), logins, np.concatenate(flows) if flows else np.zeros(0, np.int64), yielded=tuple(yielded)
    )


class _Connections:
    """Connections that are plain, and what was made of their commands. rows of `told`: the columns of _TYPES; of `channels`: those of
    _CHANNEL_TYPES, by row."""

    def __init__(self, streams: Streams, some: Laid, commands: Int64s) -> None:
        self.laid, self.said, self.commands = some, some.data.tobytes(), commands
        self.shown = np.where(commands[:, REPLY + CODE] >= 0, REPLY, EARLY)
        rows = np.arange(len(commands))
        answered = commands[rows, self.shown + CODE] >= 0
        self.first = some.packet(commands[:, LINE])
        replied = some.packet(np.where(answered, commands[rows, self.shown + BEGIN], 0))
        self.last = np.maximum(self.first, np.where(answered, replied, 0))
        ends, at = streams.identities, pa.array(some.flows)
        self.ends = list(zip(ends.orig.take(at).to_pylist(), ends.resp.take(at).to_pylist(), strict=True))
        self.told: list[tuple[Any, ...]] = []
        self.channels: dict[int, dict[str, object]] = {}
        self.logins: list[Record] = []
        self.yielded: list[tuple[int, Yield]] = []

    def _reply(self, row: list[int], at: int) -> Reply | None:
        """The reply that stands in these columns of a row."""
        if row[at + CODE] < 0:
            return None
        begin, code, end, several = row[at : at + 4]
        said = self.said[begin:end]
        if several:
            said = b"\n".join([line.rstrip(b"\r") for line in said.split(b"\n")])
        return Reply(code, said, begin, end)

    def connection(self, at: int, begin: int, stop: int) -> None:
        """The commands of one connection, which are these rows."""
        flow, (client, server) = int(self.laid.flows[at]), self.ends[at]
        if begin < stop and self.commands[begin, LINE] >= self.laid.bounds[2 * at + 1]:
            client, server = server, client
        session = Session(flow, client, server)
        firsts, lasts = self.first[begin:stop].tolist(), self.last[begin:stop].tolist()
        for row, first, last in zip(self.commands[begin:stop].tolist(), firsts, lasts, strict=True):
            self._command(session, row, first, last)

    def _command(self, session: Session, row: list[int], first: int, last: int) -> None:
        verb = self.said[row[VERB] : row[VERB_STOP]].upper()
        argument = self.said[row[ARGUMENT] : min(row[STOP], row[ARGUMENT] + 4_096)]
        asked = verb in _ASKING
        answer = (self._reply(row, EARLY), self._reply(row, REPLY)) if asked else (None, None)
        name = text(argument) or (given_name(verb, answer) if asked else "")
        code = row[REPLY + CODE] if row[REPLY + CODE] >= 0 else row[EARLY + CODE]
        cwd, user = session.cwd, session.user
        thing, said, told = None, name or None, None
        if verb in PATHS and name:
            thing = session.path(name)
        if verb == b"USER":
            session.user = user = name
        elif verb == b"PASS":
            session.password = said = said_password(session, name)
            values: dict[str, object] = {"scheme": "user", "username": user, "secret": name}
            accepted = None if row[REPLY + CODE] < 0 else code < 400
            self.logins.append(credentials(session.flow, first, last, "ftp", values, accepted))
        elif verb in _MOVES:
            moved(session, verb, name, answer[1])
        elif verb in _CHANNELS and (found := opened(session, verb, argument, answer[1], first)):
            self.channels[len(self.told)] = found
        elif verb in SIZED:
            told = size(session, name, verb, answer)
        command = _known_text(verb)
        self.told.append((user, session.password, command, said, cwd, thing, *self._shown(row, code), told))
        if verb in TRANSFERS and (row[EARLY + CODE] >= 0 or code < 400):
            values = {
                "user_": user, "command": command, "arg": said, "cwd": cwd, "user": user, "object": thing, "file_size": told,
            }  # fmt: skip
            self.yielded += [(session.flow, one) for one in foretold(session, verb, values, first)]

    def _shown(self, row: list[int], code: int) -> tuple[int | None, str | None, str | None]:
        """Code and text of the reply that is shown, and what it means."""
        if code < 0:
            return None, None, None
        at = REPLY if row[REPLY + CODE] >= 0 else EARLY
        begin, _, end, several = row[at : at + 4]
        if several:
            found = self._reply(row, at)
            said = found.text[4:1_028] if found else b""
        else:
            said = self.said[begin + 4 : min(end, begin + 1_028)]
        return code, text(said), "success" if code < 400 else "failure"

    def rows(self, counts: Int64s) -> Rows:
        """All commands in one table."""
        columns: dict[str, pa.Array] = {
            name: pa.array([row[at] for row in self.told], kind) for at, (name, kind) in enumerate(_TYPES.items())
        }
        places = pa.array(
            [self.channels.get(row) for row in range(len(self.told))], pa.struct(list(_CHANNEL_TYPES.items()))
        )
        columns |= dict(zip(_CHANNEL_TYPES, places.flatten(), strict=True))
        columns["user"] = columns["user_"]
        columns["event"], columns["flags"] = pa.repeat("ftp.command", len(self.told)), pa.repeat("", len(self.told))
        flows = np.repeat(self.laid.flows, np.maximum(counts, 0))
        order = np.lexsort((flows, self.first))
        at = pa.array(order)
        return Rows(
            flows[order], self.first[order], self.last[order], {name: array.take(at) for name, array in columns.items()}
        )
