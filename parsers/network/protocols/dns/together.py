"""Plain flows of DNS over UDP, many at a time: each message is one question or one response to it, nothing is odd, and each response comes
after its query. `pairs.py` tells the same of all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.network.protocols.dns.bodies import asked, bodies, distinct, edns, header
from parsers.network.protocols.dns.said import Said
from parsers.network.protocols.tabular import Datagrams, Rows, Tabulated
from parsers.network.records import Bools, Int64s

FLOW_BYTES = 16 << 20  # payload of one flow that is read in columns; one by one, texts of answers weigh less at a time
_HEADER = 12


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages, (m,) each, flow after flow: which flow of those given, packet (0-based), whether the originator sent it, its number, and
    which of `distinct` stands behind that."""

    distinct: pa.BinaryArray
    flow: Int64s
    packet: Int64s
    forward: Bools
    number: Int64s
    body: Int64s


def tabulate(grams: Datagrams, wanted: Bools, packet_time: npt.NDArray[np.int64]) -> Tabulated:
    """The rows of those of the wanted flows that are plain: flows in which servers are asked."""
    plain = wanted & held(grams)
    found = read(grams, plain)
    said, place = bodies(found.distinct)
    body = place[found.body]
    reply = np.append(said.bits & 0x8000 != 0, False)[body]
    answer, again, early = paired(found, np.append(said.questions(), -1)[body], reply)
    plain[found.flow[(body < 0) | early]] = False
    query = np.flatnonzero(~reply & plain[found.flow])
    query = query[np.argsort(found.packet[query], kind="stable")]
    last = np.where(answer >= 0, answer, np.arange(len(answer)))[query]
    columns = _columns(said, (body[query], body[last]), answer[query] >= 0)
    first_packet, last_packet = found.packet[query], found.packet[last]
    rtt = packet_time[last_packet] - packet_time[first_packet]
    columns |= {
        "trans_id": pa.array(found.number[query], pa.int32()),
        "rtt": pa.array(rtt, mask=(answer[query] < 0) | (rtt < 0)),
        "retransmission": pa.array(again[query], mask=~again[query]),
    }
    table = Rows(grams.flows[found.flow[query]], first_packet, last_packet, columns)
    return Tabulated((table,) if len(query) else (), [], grams.flows[plain])


def held(grams: Datagrams) -> Bools:
    """Flows whose payloads lie in the file, have a header each, and are not too much together."""
    count, begin = np.diff(grams.bounds), grams.bounds[:-1]
    odd = (grams.at + grams.size > grams.space.size) | (grams.size < _HEADER)
    total = np.concatenate([[0], np.cumsum(grams.size)])
    odds = np.concatenate([[0], np.cumsum(odd)])
    few = total[begin + count] - total[begin] <= FLOW_BYTES
    return np.asarray((count > 0) & few & (odds[begin + count] == odds[begin]))


def read(grams: Datagrams, flows: Bools) -> Messages:
    """The messages of these flows."""
    count = np.diff(grams.bounds)
    rows = np.flatnonzero(np.repeat(flows, count))
    flow = np.repeat(np.arange(len(count)), count)[rows]
    by_place = np.argsort(grams.at[rows], kind="stable")
    data, bounds = grams.payloads(rows[by_place])
    at = bounds[:-1]
    number, body = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    number[by_place] = data[at].astype(np.int64) << 8 | data[at + 1]
    behind = np.ones(len(data), np.bool_)
    behind[at] = behind[at + 1] = False
    values, body[by_place] = distinct(data[behind], bounds - 2 * np.arange(len(bounds)))
    return Messages(values, flow, grams.packet[rows], grams.forward[rows], number, body)


def paired(found: Messages, question: Int64s, reply: Bools) -> tuple[Int64s, Bools, Bools]:
    """The response to each query, -1 where it has none; queries that repeat one which had no response yet; and responses that come before
    their query. (m,) each. The first response to a question answers its first query, the second the second."""
    key = found.flow << 16 | found.number
    order = np.lexsort((question, key))
    key, question, reply = key[order], question[order], reply[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (key[1:] != key[:-1]) | (question[1:] != question[:-1])
    start = np.flatnonzero(begins)
    size = np.diff(np.append(start, len(order)))
    asked = np.concatenate([[0], np.cumsum(~reply)])  # queries before each
    answered = np.concatenate([[0], np.cumsum(reply)])
    rank = answered[:-1] - np.repeat(answered[start], size)
    open_ones = asked[:-1] - np.repeat(asked[start], size)
    early = reply & (rank >= open_ones)
    answer = np.full(len(order), -1, np.int64)
    matched = np.flatnonzero(reply & ~early)
    answer[order[~reply][np.repeat(asked[start], size)[matched] + rank[matched]]] = order[matched]
    again = ~reply & ~begins & (found.number[order] > 0)  # mDNS has 0 in all of them
    again[1:] &= ~reply[:-1]
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return answer, again[back], early[back]


def _columns(said: Said, bodies: tuple[Int64s, Int64s], answered: Bools) -> dict[str, pa.Array]:
    """What queries and their responses say, of which some are there."""
    ask, tell = bodies
    reply = pa.array(tell, mask=~answered)
    return {
        "event": pa.repeat("dns.query", len(ask)),
        "flags": pc.if_else(pa.array(~(said.whole[ask] & said.whole[tell])), "truncated", ""),
        "proto": pa.repeat("udp", len(ask)),
        "rejected": pa.array(said.empty[tell], mask=~answered),
        "answers": said.answers.take(reply),
        "TTLs": said.ttls.take(reply),
        **edns(said, ask, tell),
        **asked(said, ask),
        **header(said.bits[tell], answered),
    }
