"""Plain SSH conversations, many at a time: each side says nothing, or begins with its version and goes on whole and well-formed. What
follows from what two sides say is told once for all that say the same, by the reader of single conversations, which also reads what is
not plain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from parsers.network.protocols.dns.bodies import distinct
from parsers.network.protocols.ssh import kernels
from parsers.network.protocols.ssh.transport import Side, replayed
from parsers.network.protocols.tabular import Rows, Streams, Tabulated
from parsers.network.records import Bools, Bytes, Int32s, Int64s
from timelines.families.network import FAMILIES

ROOM = 8 << 20  # bytes that are kept of conversations at a time
LOOKED_AT = 16  # pieces of a stream in which the clear part lies; more only where they are tiny
_KINDS = {column.name: column.type for family in FAMILIES if family.name == "net/ssh" for column in family.columns}
_KINDS["object"] = pa.string()
_ACCEPTED = pa.array([None, False, True], pa.bool_())


@dataclass(frozen=True, slots=True)
class Told:
    """What two sides say: `values` of net/ssh; turned: the end that sent the first packet is the server; sized: the sizes of sealed
    messages tell how logging in went."""

    values: dict[str, object]
    turned: bool
    sized: bool


Pair = Callable[
    [Side, Side, bool], Told
]  # of originator and responder, and whether their ports tell that the first serves


def tabulate(streams: Streams, packet_time: Int64s, pair: Pair, serves: Callable[[Int32s, Int32s], Bools]) -> Tabulated:
    """The rows of those conversations that are plain. serves: whether ports of originators and responders tell that the first serve."""
    none = np.zeros(0, np.int64)
    if not streams.repay():
        return Tabulated((), [], none)
    tables: list[Rows] = []
    for flows, told, data in _walked(streams):
        ports = streams.identities.orig_port[flows], streams.identities.resp_port[flows]
        table = _table(streams, packet_time, pair, (flows, told, data, serves(*ports)))
        if len(table.flow):
            tables.append(table)
    return Tabulated(tuple(tables), [], np.concatenate([none, *(table.flow for table in tables)]))


def _walked(streams: Streams) -> Iterator[tuple[Int64s, Int64s, Bytes]]:
    """Flows, what was told of their sides, (n, 2, TOLD), and the keys of these; of as many at a time as there is room for."""
    held, data, filled = streams.held, np.empty(ROOM, np.uint8), np.zeros(1, np.int64)
    found: list[tuple[Int64s, Int64s]] = []
    for part in streams.portions(LOOKED_AT):
        flows = streams.flows[part]
        while len(flows):
            told = np.empty((2 * len(flows), kernels.TOLD), np.int64)
            walked = kernels.walk(held.space.buffer, held.columns, held.bounds, flows, data, filled, told)
            found.append((flows[:walked], told[: 2 * walked].reshape(walked, 2, kernels.TOLD)))
            flows = flows[walked:]
            if len(flows):
                yield *_joined(found), data
                filled[0] = 0
                found.clear()
    yield *_joined(found), data


def _joined(found: list[tuple[Int64s, Int64s]]) -> tuple[Int64s, Int64s]:
    flows, told = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return flows, told


def _table(streams: Streams, packet_time: Int64s, pair: Pair, walked: tuple[Int64s, Int64s, Bytes, Bools]) -> Rows:
    """The rows of conversations that were walked."""
    flows, told, data, serves = walked
    keys, code = distinct(data[: told[-1, 1, kernels.KEY_END]], np.append(0, told[:, :, kernels.KEY_END].ravel()))
    sides = [replayed(key) for key in keys.to_pylist()]
    odd = np.array([side.fault is not None for side in sides], np.bool_)
    code = code.reshape(-1, 2)
    rows = np.flatnonzero((told[:, 0, kernels.ODD] == 0) & ~odd[code].any(axis=1))
    first, last = _span(told[rows], packet_time)
    rows, first, last = (column[np.argsort(first, kind="stable")] for column in (rows, first, last))
    said = np.stack([code[rows, 0], code[rows, 1], serves[rows], *told[rows, :, kernels.SEALED].T])
    ways, which = np.unique(said, axis=1, return_inverse=True)
    pairs = [
        pair(replace(sides[one], sealed=bool(up)), replace(sides[two], sealed=bool(down)), bool(port))
        for one, two, port, up, down in ways.T.tolist()
    ]
    columns = _columns([one.values for one in pairs], which)
    columns |= _logins(streams, flows[rows], told[rows], packet_time, pairs, which)
    columns |= {"event": pa.repeat("ssh.connection", len(rows)), "flags": pa.repeat("", len(rows))}
    return Rows(flows[rows], first, last, columns)


def _span(told: Int64s, packet_time: Int64s) -> tuple[Int64s, Int64s]:
    """First and last packet, by time, of the sides that say anything: (n,) each."""
    ends = told[:, :, (kernels.FIRST, kernels.LAST)]
    for side in range(2):
        silent = told[:, side, kernels.FIRST] < 0
        ends[silent, side] = ends[silent, 1 - side]
    ends = ends.reshape(len(told), 4)
    order = np.lexsort((ends, packet_time[ends]), axis=1)
    return np.take_along_axis(ends, order[:, :1], 1)[:, 0], np.take_along_axis(ends, order[:, 3:], 1)[:, 0]


def _columns(values: list[dict[str, object]], which: Int64s) -> dict[str, pa.Array]:
    names = sorted(set().union(*values))
    at = pa.array(which)
    return {name: pa.array([one.get(name) for one in values], _KINDS[name]).take(at) for name in names}


def _logins(
    streams: Streams, flows: Int64s, told: Int64s, packet_time: Int64s, pairs: list[Told], which: Int64s
) -> dict[str, pa.Array]:
    """How logging in went, where sizes tell it."""
    turned = np.array([one.turned for one in pairs], np.int64)[which]
    sized = np.array([one.sized for one in pairs], np.bool_)[which]
    row, out = np.arange(len(flows)), np.zeros((len(flows), 2), np.int64)
    at = told[:, :, kernels.SEALED_AT]
    ends = np.stack([2 * flows + turned, at[row, turned], 2 * flows + 1 - turned, at[row, 1 - turned]], axis=1)
    kernels.logins(streams.held.columns, streams.held.bounds, ends[sized], packet_time, found := out[sized])
    out[sized] = found
    accepted = _ACCEPTED.take(pa.array(out[:, 0]))
    return {"auth_success": accepted, "auth_attempts": pa.array(out[:, 1], pa.int32(), mask=~sized)}
