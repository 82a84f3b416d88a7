"""Plain flows of DNS over UDP, many at a time: each message is one question or one response to it, nothing is odd, and each response comes
after its query. `pairs.py` tells the same of all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.network.protocols.dns.bodies import Bodies, bodies, distinct
from parsers.network.protocols.tabular import Datagrams, Rows, Tabulated
from parsers.network.records import Bools, Int64s

FLOW_BYTES = 16 << 20  # payload of one flow that is read in columns; one by one, texts of answers weigh less at a time
_HEADER = 12


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages, (m,) each, flow after flow: which flow of those given, packet (0-based), whether the originator sent it, which of `bodies`,
    its number, whether it is a response."""

    bodies: Bodies
    flow: Int64s
    packet: Int64s
    forward: Bools
    body: Int64s
    number: Int64s
    reply: Bools


def tabulate(grams: Datagrams, wanted: Bools, packet_time: npt.NDArray[np.int64]) -> Tabulated:
    """The rows of those of the wanted flows that are plain: flows in which servers are asked."""
    plain = wanted & held(grams)
    found = read(grams, plain, netbios=False)
    answer, again, early = paired(found)
    plain[found.flow[~found.bodies.single[found.body] | early]] = False
    query = np.flatnonzero(~found.reply & plain[found.flow])
    query = query[np.argsort(found.packet[query], kind="stable")]
    out = _rows(found, query, answer[query], again[query], packet_time)
    table = Rows(grams.flows[found.flow[query]], *out)
    return Tabulated((table,) if len(query) else (), [], grams.flows[plain])


def held(grams: Datagrams) -> Bools:
    """Flows whose payloads lie in the file, have a header each, and are not too much together."""
    count, begin = np.diff(grams.bounds), grams.bounds[:-1]
    odd = (grams.at + grams.size > grams.space.size) | (grams.size < _HEADER)
    total = np.concatenate([[0], np.cumsum(grams.size)])
    odds = np.concatenate([[0], np.cumsum(odd)])
    few = total[begin + count] - total[begin] <= FLOW_BYTES
    return np.asarray((count > 0) & few & (odds[begin + count] == odds[begin]))


def read(grams: Datagrams, flows: Bools, netbios: bool) -> Messages:
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
    said = bodies(values, netbios)
    return Messages(said, flow, grams.packet[rows], grams.forward[rows], body, number, said.bits[body] & 0x8000 != 0)


def paired(found: Messages) -> tuple[Int64s, Bools, Bools]:
    """The response to each query, -1 where it has none; queries that repeat one which had no response yet; and responses that come before
    their query. (m,) each. The first response to a question answers its first query, the second the second."""
    key = found.flow << 16 | found.number
    question = found.bodies.question[found.body]
    order = np.lexsort((question, key))
    key, question, reply = key[order], question[order], found.reply[order]
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


def _rows(
    found: Messages, query: Int64s, answer: Int64s, again: Bools, packet_time: npt.NDArray[np.int64]
) -> tuple[Int64s, Int64s, dict[str, pa.Array]]:
    """First and last packet, and columns, of queries and their responses."""
    answered = answer >= 0
    last = np.where(answered, answer, query)
    said, ask, tell = found.bodies, found.body[query], found.body[last]
    first_packet, last_packet = found.packet[query], found.packet[last]
    rtt = packet_time[last_packet] - packet_time[first_packet]
    reply = pa.array(tell, mask=~answered)
    cut = ~(said.whole[ask] & said.whole[tell])
    columns = {
        "event": pa.repeat("dns.query", len(query)),
        "flags": pc.if_else(pa.array(cut), "truncated", ""),
        "proto": pa.repeat("udp", len(query)),
        "trans_id": pa.array(found.number[query], pa.int32()),
        "rtt": pa.array(rtt, mask=~answered | (rtt < 0)),
        "retransmission": pa.array(again, mask=~again),
        "rejected": pa.array(said.empty[tell], mask=~answered),
        "answers": said.answers.take(reply),
        "TTLs": said.ttls.take(reply),
        **_edns(said, ask, tell),
        **said.asked(ask),
        **said.header(tell, answered),
    }
    return first_packet, last_packet, columns


def _edns(said: Bodies, ask: Int64s, tell: Int64s) -> dict[str, pa.Array]:
    """What the query says of EDNS, else its response."""
    has = said.size.is_valid().to_numpy(zero_copy_only=False)
    at = pa.array(np.where(has[ask], ask, tell))
    names = {"edns_udp_size": said.size, "edns_do": said.dnssec, "edns_client_subnet": said.subnet}
    return {name: column.take(at) for name, column in names.items()}
