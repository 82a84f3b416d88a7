"""What many messages say, as columns: each distinct one is read once, whoever sent it under which number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parsers.network.protocols.dns.messages import Body, Question, body
from parsers.network.protocols.dns.names import Malformed
from parsers.network.protocols.dns.numbers import CLASSES, RCODES, TYPES
from parsers.network.records import Bools, Bytes, Int64s

_RCODES = pa.array([RCODES.get(code) or f"RCODE{code}" for code in range(16)], pa.string())
_OUTCOMES = pa.array(["success"] + ["failure"] * 15, pa.string())
_UNFIT = (None, 0, -1, None, None, None, None, None, False, False)


@dataclass(frozen=True, slots=True)
class Bodies:
    """Distinct messages, (b,) each. said: all that each says; question: which of `questions` it asks, -1 for a message that is malformed
    or odd, of which nothing else is told; answers to subnet: null where there is none; empty, whole: as in `Message`."""

    said: tuple[Body | None, ...]
    questions: tuple[tuple[Question, ...], ...]
    bits: Int64s
    question: Int64s
    answers: pa.StringArray
    ttls: pa.StringArray
    size: pa.Int32Array
    dnssec: pa.BooleanArray
    subnet: pa.StringArray
    empty: Bools
    whole: Bools

    @property
    def single(self) -> Bools:
        """Whether a message asks one question, and is not odd."""
        alone = np.array([len(asked) == 1 for asked in self.questions] + [False], np.bool_)
        return np.asarray(alone[self.question])

    def asked(self, rows: Int64s) -> dict[str, pa.Array]:
        """The columns of the questions of these messages, which ask one each."""
        at = pa.array(self.question[rows])
        first = [asked[0] if asked else ("", 0, 0) for asked in self.questions]
        kinds, groups = [kind for _, kind, _ in first], [group for _, _, group in first]
        columns = {
            "query": pa.array([name for name, _, _ in first], pa.string()),
            "qtype": pa.array(kinds, pa.int32()),
            "qtype_name": pa.array([TYPES.get(kind, f"TYPE{kind}") for kind in kinds], pa.string()),
            "qclass": pa.array(groups, pa.int32()),
            "qclass_name": pa.array([CLASSES.get(group & 0x7FFF, f"CLASS{group}") for group in groups], pa.string()),
        }
        return {name: column.take(at) for name, column in columns.items()}

    def header(self, rows: Int64s, answered: Bools) -> dict[str, pa.Array]:
        """What the headers of these messages say, of which some are responses."""
        bits = self.bits[rows]
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


def distinct(data: Bytes, bounds: Int64s) -> tuple[pa.BinaryArray, Int64s]:
    """The distinct ones of some messages, and which of them each is. `bounds`: where each begins in `data`, (n + 1,)."""
    buffers = [None, pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(data)]
    coded = pa.Array.from_buffers(pa.binary(), len(bounds) - 1, buffers).dictionary_encode()
    return coded.dictionary, np.asarray(coded.indices.to_numpy(), np.int64)


def bodies(messages: pa.BinaryArray, netbios: bool = False) -> Bodies:
    """What messages say, each given from behind its number on."""
    questions: dict[tuple[Question, ...], int] = {}
    told = [_told(behind, questions, netbios) for behind in messages.to_pylist()]
    said, *columns = list(zip(*told, strict=True)) or [()] * 10
    bits, question = (np.array(column, np.int64) for column in columns[:2])
    answers, ttls, subnet = (pa.array(columns[place], pa.string()) for place in (2, 3, 6))
    size, dnssec = pa.array(columns[4], pa.int32()), pa.array(columns[5], pa.bool_())
    empty, whole = (np.array(column, np.bool_) for column in columns[7:])
    return Bodies(said, tuple(questions), bits, question, answers, ttls, size, dnssec, subnet, empty, whole)


def _told(behind: bytes, questions: dict[tuple[Question, ...], int], netbios: bool) -> tuple[object, ...]:
    """One message, as in `Bodies`."""
    try:
        said = body(bytes(2) + behind, netbios)
    except Malformed:
        return _UNFIT
    bits, asked, answers, ttls, _, edns, empty, whole, _, odd = said
    if odd:
        return _UNFIT
    question = questions.setdefault(asked, len(questions))
    texts = (",".join(answers), ",".join(map(str, ttls))) if answers else (None, None)
    return said, bits, question, *texts, *(edns or (None, None, None)), empty, whole
