"""Flows of SIP over UDP, many at a time, where each datagram is a message as nearly all are, or none. `sip.py` reads all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import utf8
from parsers.network.protocols import Record
from parsers.network.protocols.sip_kernels import NONE, OTHER, RESPONSE, walked
from parsers.network.protocols.sip_messages import READ, Message
from parsers.network.protocols.tabular import Datagrams, Rows, Tabulated
from parsers.network.records import Bools, Bytes, Int64s
from timelines.compiled import at_hand

FEW = 64  # datagrams that are read one by one: to read them together costs as much
DATAGRAMS, FLOW_BYTES = 10_000, 16 << 20  # of one flow that is read in columns
LONGEST = 65_000  # bytes of a datagram that is; UDP has 65,507 at most
_BOTH = ("call-id", "date", "subject", "reply-to", "user-agent")  # of the request, else of the answer
Logins = Callable[[int, Message, Message | None], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class Told:
    """Messages of plain flows in order of time, (m,) each: flow of those given, packet (0-based), whether it is a response, bytes of its
    body that are there; `parts`: first line and headers that are READ, by name; `via`: the Via headers joined."""

    flow: Int64s
    packet: Int64s
    response: Bools
    body: Int64s
    parts: dict[str, pa.StringArray]
    via: pa.StringArray


def tabulate(grams: Datagrams, packet_time: npt.NDArray[np.int64], logins: Logins) -> Tabulated:
    """The rows of those flows that are plain. `logins`: the rows of what a request logs in with, from its flow, itself and its answer."""
    if len(grams.packet) < FEW or not at_hand():
        return Tabulated((), [], np.zeros(0, np.int64))
    told, flows = _told(grams, packet_time)
    request, response, depth = _transactions(told)
    if not len(depth):
        return Tabulated((), [], np.zeros(0, np.int64))
    one = np.where(request >= 0, request, response)
    order = np.argsort(told.packet[one], kind="stable")
    request, response, depth, one = request[order], response[order], depth[order], one[order]
    last = np.maximum(told.packet[one], np.where(response >= 0, told.packet[response], 0))
    numbers = grams.flows[told.flow[one]]
    columns = _columns(told, request, response, one) | {"trans_depth": pa.array(depth, pa.int32())}
    records = list(_logins(told, numbers, request, response, logins))
    return Tabulated((Rows(numbers, told.packet[one], last, columns),), records, flows)


def _held(grams: Datagrams) -> Bools:
    """Flows whose payloads lie in the file, and are not too much together."""
    count, begin = np.diff(grams.bounds), grams.bounds[:-1]
    odd = (grams.at + grams.size > grams.space.size) | (grams.size > LONGEST)
    odds, total = (np.concatenate([[0], np.cumsum(column)]) for column in (odd, grams.size))
    few = (count > 0) & (count < DATAGRAMS) & (total[begin + count] - total[begin] <= FLOW_BYTES)
    return np.asarray(few & (odds[begin + count] == odds[begin]))


def _told(grams: Datagrams, packet_time: npt.NDArray[np.int64]) -> tuple[Told, Int64s]:
    """The messages of the flows that are plain, and which flows these are."""
    plain, count = _held(grams), np.diff(grams.bounds)
    rows = np.flatnonzero(np.repeat(plain, count))
    rows = rows[np.argsort(grams.at[rows], kind="stable")]
    data, bounds = grams.payloads(rows)
    heads, spans, vias = walked(data, bounds)
    flow = np.repeat(np.arange(len(count)), count)[rows]
    plain[flow[heads[:, 0] == OTHER]] = False
    kept = np.flatnonzero((heads[:, 0] != NONE) & plain[flow])
    packet = grams.packet[rows]
    kept = kept[np.lexsort((packet[kept], packet_time[packet[kept]], flow[kept]))]
    parts = {
        name: utf8(data, spans[kept, at, 0], spans[kept, at, 1] - spans[kept, at, 0], spans[kept, at, 0] >= 0)[0]
        for at, name in enumerate(("first", "second", *READ))
    }
    via = _joined(data, vias, heads[:, 2], kept)
    body = _body(parts["content-length"], (bounds[1:] - heads[:, 1])[kept])
    told = Told(flow[kept], packet[kept], heads[kept, 0] == RESPONSE, body, parts, via)
    return told, grams.flows[np.unique(flow[kept])]


def _joined(data: Bytes, vias: Int64s, counts: Int64s, kept: Int64s) -> pa.StringArray:
    """The Via headers of each message in one text, nearest first; null where there are none or all are empty."""
    texts, _ = utf8(data, vias[:, 0], vias[:, 1] - vias[:, 0])
    lists = pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32()), texts)
    found = pc.binary_join(lists, ", ").take(pa.array(kept))
    return pc.if_else(pc.equal(found, ""), None, found)


def _body(declared: pa.StringArray, there: Int64s) -> Int64s:
    """How many bytes of each body are there: no more than its length says, where it says any."""
    number = pc.match_substring_regex(declared, "^[0-9]{1,9}$")
    size = pc.if_else(number, declared, None).cast(pa.int64()).fill_null(1 << 40)
    return np.asarray(np.minimum(size.to_numpy(), there))


def _transactions(told: Told) -> tuple[Int64s, Int64s, Int64s]:
    """The request and the answer of each transaction, -1 where there is none, and its place in its flow from 1: requests and answers meet
    by Call-ID and CSeq; what is sent again counts once; of the answers the last is told."""
    out: list[tuple[int, int, int]] = []
    calls, sequences = (told.parts[name].to_pylist() for name in ("call-id", "cseq"))
    kinds = zip(told.flow.tolist(), told.response.tolist(), told.parts["first"].to_pylist(), strict=True)
    asked: dict[tuple[str, str], int] = {}
    answered: dict[tuple[str, str], int] = {}
    provisional: set[tuple[str, str]] = set()
    flow = -1
    for place, ((own, response, status), call, sequence) in enumerate(zip(kinds, calls, sequences, strict=True)):
        if own != flow:
            _settle(asked, answered, out)
            flow, asked, answered, provisional = own, {}, {}, set()
        key = call or "", " ".join((sequence or "").split()[:2])
        if not response:
            asked.setdefault(key, place)
        elif key not in answered or key in provisional:
            answered[key] = place
            (provisional.add if status < "200" else provisional.discard)(key)
    _settle(asked, answered, out)
    request, response_, depth = np.array(out, np.int64).reshape(-1, 3).T
    return request, response_, depth


def _settle(
    asked: dict[tuple[str, str], int], answered: dict[tuple[str, str], int], out: list[tuple[int, int, int]]
) -> None:
    """Put the transactions of a flow to those of the flows before it."""
    keys = dict.fromkeys([*asked, *answered])
    out += [(asked.get(key, -1), answered.get(key, -1), depth) for depth, key in enumerate(keys, 1)]


def _columns(told: Told, request: Int64s, response: Int64s, one: Int64s) -> dict[str, pa.Array]:
    """What requests and answers say, under the names of net/sip. `one`: the request, the answer where there is none."""
    ask, tell, own = (pa.array(at, mask=at < 0) for at in (request, response, one))
    parts, asked = told.parts, pa.array(request >= 0)
    sequence = _none_if_empty(parts["cseq"].take(own))
    status = parts["first"].take(tell).cast(pa.int32())
    outcome = pc.if_else(pc.less(status, 200), None, pc.if_else(pc.less(status, 400), "success", "failure"))
    body = pa.array(told.body)
    types = parts["content-type"].take(ask), parts["content-type"].take(tell)
    columns = {name.replace("-", "_"): parts[name].take(own) for name in _BOTH}
    for side, at in (("request", ask), ("response", tell)):
        columns[f"{side}_from"], columns[f"{side}_to"] = parts["from"].take(at), parts["to"].take(at)
        columns[f"{side}_path"], columns[f"{side}_body_len"] = told.via.take(at), body.take(at)
    return columns | {
        "event": pc.if_else(asked, "sip.request", "sip.response"),
        "flags": pa.repeat("", len(one)),
        "seq": sequence,
        "method": pc.if_else(asked, parts["first"].take(ask), _last_word(sequence)),
        "uri": parts["second"].take(ask),
        "object": parts["second"].take(ask),
        "status_code": status,
        "status_msg": parts["second"].take(tell),
        "warning": parts["warning"].take(tell),
        "content_type": pc.if_else(
            pa.array(response >= 0), pc.coalesce(_none_if_empty(types[0]), types[1]), types[0]
        ),
        "outcome": outcome,
    }  # fmt: skip


def _none_if_empty(texts: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.equal(texts, ""), None, texts)


def _last_word(sequence: pa.StringArray) -> pa.StringArray:
    """What stands behind the last space, where there is no request: its method."""
    return _none_if_empty(pc.replace_substring_regex(sequence, "^(?s:.*) ", ""))


def _logins(told: Told, flows: Int64s, request: Int64s, response: Int64s, logins: Logins) -> Iterator[Record]:
    """The rows of requests that log in."""
    names = ("authorization", "proxy-authorization")
    given = [np.asarray(told.parts[name].is_valid()) for name in names]
    for row in np.flatnonzero((request >= 0) & (given[0] | given[1])[request]).tolist():
        own, other = int(request[row]), int(response[row])
        headers = {name: [value] for name in names if (value := told.parts[name][own].as_py()) is not None}
        packet, answer = int(told.packet[own]), None
        if other >= 0:
            back = int(told.packet[other])
            answer = Message((told.parts["first"][other].as_py(), ""), True, {}, 0, 0, back, back)
        yield from logins(int(flows[row]), Message(("", ""), False, headers, 0, 0, packet, packet), answer)
