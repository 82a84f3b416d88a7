"""One pass over a chunk of packets: link layer, IP and transport peeled into rows, and what lies inside them handed on."""

from __future__ import annotations

import numpy as np

from parsers.network import checksums, internet, plain_packets, transports, tunnels
from parsers.network.frames import Frames, Inner, Pieces, Work
from parsers.network.headers import CARRIER, DEEP, Headers, empty, put
from parsers.network.links import peel_links
from parsers.network.notes import ARP, FRAGMENT, MALFORMED, OVERFLOW
from parsers.network.records import Int64s
from parsers.network.space import Space
from parsers.network.stack import Stack
from parsers.network.wireless import AGGREGATE

WINDOW, WIDE_WINDOW = 128, 2_048  # bytes of a packet in which headers are looked for; the second for long header chains
DEPTH = 8  # packets inside packets that are peeled; ordinary networks nest two or three


def peel(space: Space, work: Work, joins: bool = True) -> tuple[Headers, list[Inner], list[Pieces]]:
    """The rows of a chunk, the packets inside them, and the fragments among them, not all unless they are to be put together (`joins`)."""
    if not plain_packets.worth_it(space, work):
        return _layered(space, work)
    out, rest = plain_packets.visit(space, work, joins)
    if not len(rest):
        return out, [], []
    rows, inner, pieces = _layered(space, work.take(rest))
    put(out, rest, rows)
    return out, [_outside(found, rest) for found in inner], [_moved(found, rest) for found in pieces]


def _layered(space: Space, work: Work) -> tuple[Headers, list[Inner], list[Pieces]]:
    """The same by masked passes, whatever the packets are."""
    out, inner, pieces = _pass(space, work, WINDOW)
    far = np.flatnonzero(out.note == OVERFLOW)
    if len(far):
        wide, more, parts = _pass(space, work.take(far), WIDE_WINDOW)
        late = wide.note == OVERFLOW
        wide.note[late], wide.proto[late] = MALFORMED, -1
        put(out, far, wide)
        inner = [kept for found in inner if len((kept := _without(found, far)).rows)]
        inner += [_outside(found, far) for found in more]
        pieces += [_moved(found, far) for found in parts]
    return out, inner, pieces


def _pass(space: Space, work: Work, width: int) -> tuple[Headers, list[Inner], list[Pieces]]:
    frames = Frames(space.windows(work.at, width), work.caplen, work.link)
    peel_links(frames)
    no = np.zeros(len(work), np.bool_)
    stack = Stack(frames, empty(len(work)), np.zeros(len(work), np.int32), work.wire, work.whole, work.at, no)
    stack.inner.extend(Inner(rows, at, np.full(len(rows), AGGREGATE, np.int32), 0) for rows, at in frames.rest)
    internet.ipv4(stack)
    internet.ipv6(stack)
    transports.peel(stack)
    checksums.transport(stack, space.buffer)
    tunnels.find(stack)
    done = stack.out
    done.note[:], done.detail[:], done.vlan[:], done.inner_vlan[:] = (
        frames.note,
        frames.detail,
        frames.vlan,
        frames.inner_vlan,
    )
    done.proto[(frames.note == OVERFLOW) | (frames.note == FRAGMENT)] = -1
    resolves = np.flatnonzero(frames.note == ARP)
    if len(resolves):
        done.at[resolves] = work.at[resolves] + frames.at[resolves]
        done.captured[resolves] = work.caplen[resolves] - frames.at[resolves]
    done.marks[:] |= work.marks
    for name in ("packet", "span", "depth", "parent", "tunnel"):
        getattr(done, name)[:] = getattr(work, name)
    return done, stack.inner, stack.pieces


def _without(found: Inner, rows: Int64s) -> Inner:
    kept = ~np.isin(found.rows, rows)
    return Inner(found.rows[kept], found.begin[kept], found.link[kept], found.tunnel)


def _outside(found: Inner, rows: Int64s) -> Inner:
    return Inner(rows[found.rows], found.begin, found.link, found.tunnel)


def _moved(found: Pieces, rows: Int64s) -> Pieces:
    return Pieces(
        rows[found.rows], found.head, found.begin, found.size, found.offset, found.more, found.ident, found.proto
    )


def inside(work: Work, out: Headers, found: list[Inner], first_row: int) -> list[Work]:
    """The packets that the rows of a chunk carry, as work of their own; rows at the depth limit are marked instead."""
    parts = []
    for inner in found:
        deep = work.depth[inner.rows] >= DEPTH
        out.marks[inner.rows[deep]] |= DEEP
        rows, begin, link = inner.rows[~deep], inner.begin[~deep], inner.link[~deep]
        if not len(rows):
            continue
        depth = work.depth[rows] + np.uint8(1)
        if inner.tunnel:
            out.marks[rows] |= CARRIER
            stop = out.at[rows] + out.declared[rows] - work.at[rows]
            tunnel, parent = np.full(len(rows), inner.tunnel, np.uint8), first_row + rows
        else:  # beside the row's frame, not in a tunnel of it
            stop, tunnel, parent = work.wire[rows].astype(np.int64), work.tunnel[rows], work.parent[rows]
        caplen = np.minimum(stop, work.caplen[rows]) - begin
        no = np.zeros(len(rows), np.bool_)
        parts.append(
            Work(
                work.packet[rows], work.at[rows] + begin, caplen.astype(np.int32), (stop - begin).astype(np.int32), link, depth,
                parent, tunnel, no, work.span[rows], np.zeros(len(rows), np.uint8),
            )
        )  # fmt: skip
    return parts
