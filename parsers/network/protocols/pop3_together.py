"""Sessions of POP3, many at a time, where nothing is lacking and logins are plain. `pop3.py` tells the same, and reads all others."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from parsers.network.protocols import Record, Yield, text
from parsers.network.protocols.laid_streams import Laid, laid
from parsers.network.protocols.lines import Lines
from parsers.network.protocols.mail_columns import Messages, message_columns
from parsers.network.protocols.mail_message import Sent
from parsers.network.protocols.pop3_kernels import (
    ACCEPTED,
    BEGIN,
    DELE,
    FIRST,
    LAST,
    LINE,
    PASS,
    REPLY,
    RETR,
    STOP,
    TOP,
    USER,
    VERB,
    VERBS,
    walked,
)  # fmt: skip
from parsers.network.protocols.sasl import credentials
from parsers.network.protocols.tabular import Rows, Streams, Tabulated
from parsers.network.records import Int64s
from parsers.network.streams import Stream
from timelines.compiled import at_hand

FEW = 16  # flows that are read one by one: to read them together costs as much
NAME_LIMIT = 1_024  # bytes of a name or password
_OUTCOMES = {None: None, True: "success", False: "failure"}
_TEXTS = [verb.decode() for verb in VERBS]


@dataclass(slots=True)
class Told:
    """What sessions told: their rows (flow, first and last packet, user, messages fetched and deleted, commands, outcome), logins, and of
    each message who fetched it, its number and command."""

    sessions: list[tuple[int, int, int, str | None, int, int, str | None, str | None]] = field(default_factory=list)
    logins: list[Record] = field(default_factory=list)
    fetched: list[tuple[str | None, int | None, str]] = field(default_factory=list)


def tabulate(streams: Streams) -> Tabulated:
    """The rows of those sessions that are plain."""
    tables: list[Rows] = []
    logins: list[Record] = []
    flows: list[Int64s] = []
    yielded: list[tuple[int, Yield]] = []
    if len(streams.flows) >= FEW and at_hand():
        for some in laid(streams):
            commands, counts = walked(some.data, some.bounds)
            found = _Sessions(streams, some, commands, counts)
            told = found.told()
            tables.append(found.rows(told, yielded))
            logins += told.logins
            flows.append(some.flows[counts >= 0])
    return Tabulated(
        tuple(tables), logins, np.concatenate(flows) if flows else np.zeros(0, np.int64), yielded=tuple(yielded)
    )


class _Sessions:
    """Plain sessions with their commands. first, last: packets of each command, the latter with what answers it."""

    def __init__(self, streams: Streams, some: Laid, commands: Int64s, counts: Int64s) -> None:
        self.streams, self.laid, self.commands, self.counts = streams, some, commands, counts
        reply, stop = commands[:, REPLY], commands[:, STOP]
        self.first = some.packet(commands[:, LINE])
        answered = np.where(reply >= 0, some.packet(np.maximum(reply, 0)), 0)
        self.replied = np.maximum(self.first, answered)
        self.last = np.maximum(self.replied, np.where(stop > 0, some.packet(np.maximum(stop - 1, 0)), 0))
        self.mail = np.flatnonzero(stop > 0)
        self.flow = np.repeat(np.arange(len(counts)), np.maximum(counts, 0))

    def turned(self, flow: int) -> bool:
        """Whether the server is the originator: captured without its handshake."""
        begin, stop = self.laid.bounds[2 * flow : 2 * flow + 2].tolist()
        return self.laid.data[begin : min(begin + 3, stop)].tobytes() == b"+OK"

    def told(self) -> Told:
        out = Told()
        stop = 0
        for flow, count in enumerate(self.counts.tolist()):
            if count >= 0:
                self._session(flow, range(stop, stop + count), out)
                stop += count
        return out

    def _session(self, flow: int, rows: range, out: Told) -> None:
        """One session, command by command."""
        number, data = int(self.laid.flows[flow]), self.laid.data
        name, user, login = None, None, None
        mails = deleted = 0
        own = self.commands[rows.start : rows.stop]
        verbs = own[:, VERB].tolist()
        for row, verb, accepted, first, last in zip(
            rows, verbs, *own[:, (ACCEPTED, FIRST, LAST)].T.tolist(), strict=True
        ):
            if verb in (RETR, TOP):
                if self.commands[row, STOP] > 0:
                    mails += 1
                    out.fetched.append((user, _number(data[first:last].tobytes()), _TEXTS[verb]))
            elif verb == USER:
                name = text(data[first : min(last, first + NAME_LIMIT)].tobytes())
            elif verb == PASS:
                login = bool(accepted) if self.commands[row, REPLY] >= 0 else None
                user = (name or None) if login else user
                secret = text(data[first : min(last, first + NAME_LIMIT)].tobytes())
                values: dict[str, object] = {"scheme": "user", "secret": secret, "username": name}
                packets = int(self.first[row]), int(self.replied[row])
                out.logins.append(credentials(number, *packets, "pop3", values, login))
            elif verb == DELE and accepted:
                deleted += 1
        begin = int(self.laid.packet(self.laid.bounds[2 * flow + self.turned(flow)]))
        end = max(begin, int(self.last[rows.stop - 1])) if len(rows) else begin
        commands = ",".join([_TEXTS[verb] for verb in dict.fromkeys(verbs)]) or None
        out.sessions.append((number, begin, end, user or name, mails, deleted, commands, _OUTCOMES[login]))

    def rows(self, told: Told, yielded: list[tuple[int, Yield]]) -> Rows:
        """Messages and sessions in one table; what messages carried is put to `yielded`."""
        own = self.commands[self.mail]
        retrieved = own[:, VERB] == RETR
        mail = Messages(own[:, BEGIN], own[:, STOP], np.ones(len(own), np.bool_), retrieved, self._sender, stuffed=True)
        columns, files = message_columns(self.laid, mail)
        yielded += [(file.flow, file) for file in files]
        flow, first, last, user, fetched, deleted, commands, outcome = (
            list(zip(*told.sessions, strict=True)) or [()] * 8
        )
        users, numbers, verbs = list(zip(*told.fetched, strict=True)) or [()] * 3
        mails, sessions = len(own), len(flow)
        flows = np.concatenate([self.laid.flows[self.flow[self.mail]], np.array(flow, np.int64)])
        firsts = np.concatenate([self.first[self.mail], np.array(first, np.int64)])
        lasts = np.concatenate([self.last[self.mail], np.array(last, np.int64)])
        none = pa.nulls(sessions)
        whole = {name: pa.concat_arrays([array, none.cast(array.type)]) for name, array in columns.items()}
        whole |= {
            "event": pa.array(["pop3.message"] * mails + ["pop3.session"] * sessions, pa.string()),
            "flags": pa.repeat("", mails + sessions),
            "username": pa.array([*users, *user], pa.string()),
            "number": pa.array([*numbers, *[None] * sessions], pa.int32()),
            "commands": pa.array([*verbs, *commands], pa.string()),
            "retrieved": pa.array([*[None] * mails, *fetched], pa.int32()),
            "deleted": pa.array([*[None] * mails, *deleted], pa.int32()),
            "tls": pa.array([*[None] * mails, *[False] * sessions], pa.bool_()),
            "outcome": pa.array([*["success"] * mails, *outcome], pa.string()),
        }
        whole["object"] = whole["subject"]
        order = np.lexsort((flows, firsts))
        at = pa.array(order)
        return Rows(flows[order], firsts[order], lasts[order], {name: array.take(at) for name, array in whole.items()})

    def _sender(self, row: int) -> tuple[Sent, int]:
        """Who sends a message, and where in that stream it begins."""
        command = self.mail[row]
        flow = int(self.flow[command])
        turned = self.turned(flow)
        side, number = 2 * flow + (not turned), int(self.laid.flows[flow])
        place = int(self.commands[command, BEGIN] + self.laid.start[side] - self.laid.bounds[side])
        stream = Stream(self.streams.held, 2 * number + (not turned))
        return Sent(number, self.streams.identities.uid[number].as_py(), Lines(stream), turned), place


def _number(argument: bytes) -> int | None:
    word = argument.split(None, 1)[0] if argument else b""
    return int(word) if word.isdigit() and len(word) < 9 else None
