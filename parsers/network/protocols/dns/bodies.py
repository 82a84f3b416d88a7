"""What many messages say, as columns: each distinct one is read once, whoever sent it under which number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from parsers.network.plain_packets import FEW
from parsers.network.protocols.dns.messages import Body, body
from parsers.network.protocols.dns.names import Malformed
from parsers.network.protocols.dns.numbers import CLASSES, RCODES, TYPES
from parsers.network.protocols.dns.plain_messages import plain_messages
from parsers.network.protocols.dns.said import NAMES, Said
from parsers.network.records import Bools, Bytes, Int64s
from timelines.compiled import at_hand

_RCODES = pa.array([RCODES.get(code) or f"RCODE{code}" for code in range(16)], pa.string())
_OUTCOMES = pa.array(["success"] + ["failure"] * 15, pa.string())


def distinct(data: Bytes, bounds: Int64s) -> tuple[pa.BinaryArray, Int64s]:
    """The distinct ones of some messages, and which of them each is. `bounds`: where each begins in `data`, (n + 1,)."""
    buffers = [None, pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(data)]
    coded = pa.Array.from_buffers(pa.binary(), len(bounds) - 1, buffers).dictionary_encode()
    return coded.dictionary, np.asarray(coded.indices.to_numpy(), np.int64)


def body_or_none(behind: bytes, netbios: bool) -> Body | None:
    """What a message says, given from behind its number on; None where it is malformed or odd."""
    try:
        found = body(bytes(2) + behind, netbios)
    except Malformed:
        return None
    return None if found[-1] else found


def bodies(messages: pa.BinaryArray) -> tuple[Said, Int64s]:
    """What messages say that ask one question and are not odd; and where in it each message is told, -1 for the others."""
    place = np.full(len(messages), -1, np.int64)
    parts: list[Said] = []
    left = np.arange(len(messages))
    if len(messages) >= FEW and at_hand():
        _, ends, raw = messages.buffers()
        bounds = np.frombuffer(ends, np.int32, len(messages) + 1, messages.offset * 4).astype(np.int64)
        rows, said = plain_messages(np.frombuffer(raw, np.uint8), bounds)
        place[rows] = np.arange(len(rows))
        parts, left = [said], np.flatnonzero(place < 0)
    found = [body_or_none(one, False) for one in messages.take(pa.array(left)).to_pylist()]
    fit = [at for at, one in enumerate(found) if one is not None and len(one[1]) == 1]
    place[left[fit]] = np.arange(len(fit)) + (len(parts[0].bits) if parts else 0)
    fitting = [one for one in found if one is not None and len(one[1]) == 1]
    parts.append(columns(fitting, [one[1][0] for one in fitting]))
    return parts[0] if len(parts) == 1 else parts[0].and_also(parts[1]), place


def columns(found: Sequence[Body], questions: Sequence[tuple[str | None, int, int]]) -> Said:
    """Messages read one by one, with one question of each."""
    rows = list(map(_row, found, questions))
    return Said.of(dict(zip(NAMES, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(NAMES, ()))


def _row(found: Body, question: tuple[str | None, int, int]) -> tuple[object, ...]:
    bits, _, answers, ttls, _, edns, empty, whole, _, _ = found
    texts = (",".join(answers), ",".join(map(str, ttls))) if answers else (None, None)
    size, dnssec, subnet = edns or (-1, False, None)
    return bits, *question, *texts, size, dnssec, subnet, empty, whole


def asked(said: Said, rows: Int64s) -> dict[str, pa.Array]:
    """The columns of the questions of these messages."""
    kinds, of_kind = _coded(said.kind[rows])
    groups, of_group = _coded(said.group[rows])
    kind_names = pa.array([TYPES.get(kind, f"TYPE{kind}") for kind in kinds.tolist()], pa.string())
    group_names = [CLASSES.get(group & 0x7FFF, f"CLASS{group}") for group in groups.tolist()]
    return {
        "query": said.name.take(pa.array(rows)),
        "qtype": pa.array(said.kind[rows], pa.int32()),
        "qtype_name": kind_names.take(pa.array(of_kind)),
        "qclass": pa.array(said.group[rows], pa.int32()),
        "qclass_name": pa.array(group_names, pa.string()).take(pa.array(of_group)),
    }


def _coded(numbers: Int64s) -> tuple[Int64s, Int64s]:
    """The distinct ones of numbers of two bytes, and which of them each is: without sorting."""
    there = np.bincount(numbers, minlength=1 << 16) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[numbers]


def header(bits: Int64s, answered: Bools) -> dict[str, pa.Array]:
    """What the bits of headers say, of which some are those of responses."""
    code = pa.array(bits & 15, pa.int32(), mask=~answered)
    flags = {"AA": 0x400, "TC": 0x200, "RD": 0x100, "RA": 0x80}
    return {
        "opcode": pa.array(bits >> 11 & 15, pa.int32()),
        "Z": pa.array(bits >> 4 & 7, pa.int32()),
        "rcode": code,
        "rcode_name": _RCODES.take(code),
        "outcome": _OUTCOMES.take(code),
        **{name: pa.array(bits & bit != 0) for name, bit in flags.items()},
    }


def edns(said: Said, ask: Int64s, tell: Int64s) -> dict[str, pa.Array]:
    """What queries say of EDNS, else their responses."""
    rows = np.where(said.size[ask] >= 0, ask, tell)
    none = said.size[rows] < 0
    return {
        "edns_udp_size": pa.array(said.size[rows], pa.int32(), mask=none),
        "edns_do": pa.array(said.dnssec[rows], mask=none),
        "edns_client_subnet": said.subnet.take(pa.array(rows)),
    }
