"""Plain TLS conversations, many at a time: what each side says in clear is there, it says one hello at the most but for a
retry, and nothing is malformed. `records.py` and `rows.py` tell the same of all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import utf8
from parsers.network.protocols.dns.bodies import distinct
from parsers.network.protocols.hellos import RETRY
from parsers.network.protocols.ssl import hello_kernels as hellos
from parsers.network.protocols.ssl import record_kernels as records
from parsers.network.protocols.ssl.chains_together import shown
from parsers.network.protocols.ssl.rows import NO_FAILURE, SEALED_ALERT
from parsers.network.protocols.ssl.sides import LETTERS
from parsers.network.protocols.ssl.version2 import VERSION2
from parsers.network.protocols.ssl.ways import Ways, answers, named, offers
from parsers.network.protocols.tabular import Rows, Streams, Tabulated
from parsers.network.protocols.tls_names import alert_name, curve_name
from parsers.network.records import Bools, Bytes, Int64s

ROOM = 8 << 20  # bytes of handshakes that are put together at a time
LOOKED_AT = 48  # pieces of a stream in which a handshake lies; more only where they are tiny
_NAMES = np.full(256, ord("z"), np.uint8)
_NAMES[list(LETTERS)] = [ord(letter) for letter in LETTERS.values()]
_RETRY = np.frombuffer(RETRY, np.uint8)


@dataclass(frozen=True, slots=True)
class Shakes:
    """Conversations that are plain as far as their records go, (n,): flows, what was told of them, (n, COLUMNS), and the bytes of their
    messages."""

    flows: Int64s
    told: Int64s
    data: Bytes


def tabulate(streams: Streams, packet_time: Int64s) -> Tabulated:
    """The rows of those conversations that are plain."""
    if not streams.repay():
        return Tabulated((), [], np.zeros(0, np.int64))
    tables: list[Rows] = []
    read: list[Int64s] = [np.zeros(0, np.int64)]
    for shakes in _walked(streams, packet_time):
        flows, found = _tables(shakes, packet_time)
        tables += found
        read.append(flows)
    return Tabulated(tuple(tables), [], np.concatenate(read))


def _walked(streams: Streams, packet_time: Int64s) -> Iterator[Shakes]:
    """The handshakes of conversations, of as many at a time as there is room for."""
    held, data, filled = streams.held, np.empty(ROOM, np.uint8), np.zeros(1, np.int64)
    scratch, found = records.scratch(_RETRY), list[tuple[Int64s, Int64s]]()
    for part in streams.portions(LOOKED_AT):
        flows = streams.flows[part]
        while len(flows):
            told = np.empty((len(flows), records.COLUMNS), np.int64)
            walked = records.walk(
                held.space.buffer, held.columns, held.bounds, flows, packet_time, _NAMES, scratch, data, filled, told
            )
            found.append((flows[:walked], told[:walked]))
            flows = flows[walked:]
            if len(flows):
                yield _plain(found, data)
                filled[0] = 0
                found.clear()
    yield _plain(found, data)


def _plain(found: list[tuple[Int64s, Int64s]], data: Bytes) -> Shakes:
    flows, told = (np.concatenate(parts) for parts in zip(*found, strict=True))
    plain = told[:, records.ODD] == 0
    return Shakes(flows[plain], told[plain], data)


def _tables(shakes: Shakes, packet_time: Int64s) -> tuple[Int64s, list[Rows]]:
    """The flows that were read, and their rows."""
    hello, offer, answer = _cut_up(shakes)
    plain = hello[:, hellos.ODD] == 0
    names, _ = utf8(shakes.data, hello[:, hellos.NAMED], hello[:, hellos.NAMED_SIZE], hello[:, hellos.NAMED] >= 0)
    seen = shown(shakes.told, shakes.data, names)
    told = shakes.told
    plain &= seen.plain & (answer.number("version") != VERSION2)
    rows = np.flatnonzero(plain)
    rows = rows[np.argsort(told[rows, records.SPAN_FIRST], kind="stable")]
    if not len(rows):
        return np.zeros(0, np.int64), []
    columns = _columns(told[rows], hello[rows], offer.of(rows), answer.of(rows))
    columns |= {
        "flags": pc.if_else(pa.array(told[rows, records.CUT] == 1), "truncated", ""),
        "server_name": names.take(pa.array(rows)),
        "ssl_history": utf8(shakes.data, told[rows, records.HISTORY], told[rows, records.HISTORY_SIZE])[0],
        **seen.values(rows),
    }
    first, last = told[rows, records.SPAN_FIRST], told[rows, records.SPAN_LAST]
    table = Rows(shakes.flows[rows], first, last, columns)
    certificates = seen.certificates(rows, told, shakes.flows, packet_time)
    return shakes.flows[rows], [table] if certificates is None else [table, certificates]


def _cut_up(shakes: Shakes) -> tuple[Int64s, Ways, Ways]:
    """What is told of the hellos, and the ways in which clients and servers say them."""
    told, data, count = shakes.told, shakes.data, len(shakes.flows)
    offer, second, answer = (
        np.ascontiguousarray(told[:, at : at + 2]) for at in (records.OFFER, records.SECOND, records.ANSWER)
    )
    sizes = np.concatenate([offer[:, 1], second[:, 1]]), answer[:, 1]
    keys = [np.empty(int((size.clip(0) + hellos.KEY_ROOM).sum()), np.uint8) for size in sizes]
    ends = [np.zeros(count + 1, np.int64) for _ in keys]
    out = np.empty((count + 1, hellos.TOLD), np.int64)
    spans = np.zeros((hellos.SPANS, 2), np.int64)
    hellos.cut_up(data, offer, second, answer, spans, out, keys[0], ends[0], keys[1], ends[1])
    asked, told_back = _told_apart(data, offer, keys[0], ends[0]), _told_apart(data, answer, keys[1], ends[1])
    return out[:count], offers(*asked), answers(*told_back)


def _told_apart(data: Bytes, place: Int64s, keys: Bytes, ends: Int64s) -> tuple[Int64s, list[bytes]]:
    """Which way of saying hello each is, -1 where there is none, and one hello of each way."""
    there = np.flatnonzero(ends[1:] > ends[:-1])
    which = np.full(len(place), -1, np.int64)
    bounds = np.append(ends[there], ends[-1])
    ways, which[there] = distinct(keys[: ends[-1]], bounds)
    one = np.zeros(len(ways), np.int64)
    one[which[there]] = there
    return which, [data[at : at + size].tobytes() for at, size in place[one].tolist()]


def _columns(told: Int64s, hello: Int64s, offer: Ways, answer: Ways) -> dict[str, pa.Array]:
    """What is told of conversations, but for names and certificates."""
    of_key = np.where(answer.number("named") == 1, told[:, records.GROUP], -1)
    group = np.where(answer.there & (answer.number("group") >= 0), answer.number("group"), of_key)
    alert, established = told[:, records.ALERT], _established(told, answer)
    failed = pa.array(~np.isin(alert, [-1 if one is None else one for one in NO_FAILURE]))
    return {
        "event": pa.repeat("ssl.hello", len(told)),
        "established": pa.array(established),
        "ja3": offer.text("ja3"),
        "ja4": offer.text("ja4"),
        **{name: answer.text(name) for name in ("version", "cipher", "ja3s", "next_protocol")},
        "curve": named(np.where(answer.there, group, -1), curve_name),
        "resumed": pa.array(_resumed(told, hello, offer, answer), mask=~(offer.there & answer.there)),
        "last_alert": named(alert, alert_name),
        "outcome": pc.if_else(pa.array(established), "success", pc.if_else(failed, "failure", None)),
    }


def _established(told: Int64s, answer: Ways) -> Bools:
    """As `rows._established`."""
    client, server = told[:, records.CLIENT_SEALED], told[:, records.SERVER_SEALED]
    alert_alone = (answer.number("tls13") == 1) & (client <= SEALED_ALERT)
    return np.asarray(answer.there & (client >= 0) & (server >= 0) & ~alert_alone)


def _resumed(told: Int64s, hello: Int64s, offer: Ways, answer: Ways) -> Bools:
    """As `rows._resumed`."""
    key = (offer.number("resumes") == 1) & (answer.number("resumes") == 1)
    ticket = (hello[:, hellos.HAS_TICKET] == 1) & (told[:, records.TICKET_TAKEN] == 1)
    before = np.where(hello[:, hellos.SESSION] == 1, hello[:, hellos.SESSION_AGAIN] == 1, ticket)
    return np.asarray(np.where(answer.number("tls13") == 1, key, before))
