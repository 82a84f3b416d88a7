"""What many messages say, as columns, however many questions each of them asks; names of NetBIOS decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parsers.network.plain_packets import FEW
from parsers.network.protocols.dns.bodies import body_or_none, columns
from parsers.network.protocols.dns.messages import Body
from parsers.network.protocols.dns.names import netbios
from parsers.network.protocols.dns.plain_messages import plain_messages
from parsers.network.protocols.dns.said import Said
from parsers.network.records import Bools, Bytes, Int64s
from timelines.compiled import at_hand

NONE = -1  # type and class of what stands where no question is


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions, (q,) each: name, type, class. Where a message asks none, one of type NONE stands here, under the name that its first
    answer is for, null where it has none."""

    name: pa.StringArray
    kind: Int64s
    group: Int64s


@dataclass(frozen=True, slots=True)
class Told:
    """Messages, (s,) each: header bits; which questions they ask (the same number: the same ones); answers and TTLs, null where there are
    none; what EDNS says, size -1 where it says nothing; a response without any record or a refusal without its question; whether all was
    read. bounds: where the questions of each begin, (s + 1,)."""

    bits: Int64s
    asks: Int64s
    answers: pa.StringArray
    ttls: pa.StringArray
    size: Int64s
    dnssec: Bools
    subnet: pa.StringArray
    rejected: Bools
    whole: Bools
    bounds: Int64s
    questions: Questions


def told(messages: pa.BinaryArray, of_netbios: bool) -> tuple[Told, Int64s]:
    """What messages say, given from behind their number on, and where in it each is told: -1 for those that are malformed or odd."""
    place = np.full(len(messages), -1, np.int64)
    plain: Said | None = None
    if len(messages) >= FEW and at_hand():
        rows, said = plain_messages(*_bytes(messages))
        fit = np.asarray(said.answers.is_null()) if of_netbios else np.ones(len(rows), np.bool_)
        plain = said.only(np.flatnonzero(fit))
        place[rows[fit]] = np.arange(int(fit.sum()))
    left = np.flatnonzero(place < 0)
    found = [body_or_none(one, of_netbios) for one in messages.take(pa.array(left)).to_pylist()]
    fits = [at for at, one in enumerate(found) if one is not None]
    place[left[fits]] = np.arange(len(fits)) + (len(plain.bits) if plain else 0)
    return _told(plain, [one for one in found if one is not None]), place


def _bytes(messages: pa.BinaryArray) -> tuple[Bytes, Int64s]:
    """All of them one after the other, and where each begins: (n + 1,)."""
    _, ends, raw = messages.buffers()
    bounds = np.frombuffer(ends, np.int32, len(messages) + 1, messages.offset * 4).astype(np.int64)
    return np.frombuffer(raw, np.uint8), bounds


def _told(plain: Said | None, others: Sequence[Body]) -> Told:
    """Messages that ask one question each, then others."""
    rest = columns(others, [(None, 0, 0)] * len(others))
    single = rest if plain is None else plain.and_also(rest)
    before = 0 if plain is None else len(plain.bits)
    asked = [one[1] or ((one[4], NONE, NONE),) for one in others]
    flat = [question for questions in asked for question in questions]
    counts = np.concatenate([np.ones(before, np.int64), np.fromiter(map(len, asked), np.int64, len(asked))])
    names = pa.array([name for name, _, _ in flat], pa.string())
    kind, group = (np.array([one[at] for one in flat], np.int64) for at in (1, 2))
    if plain is not None:
        names = pa.concat_arrays([plain.name, names])
        kind, group = np.concatenate([plain.kind, kind]), np.concatenate([plain.group, group])
    bounds = np.concatenate([[0], np.cumsum(counts)])
    refused = np.concatenate([np.zeros(before, np.bool_), np.array([not one[1] for one in others], np.bool_)])
    rejected = single.empty | (refused & (single.bits & 15 != 0))
    questions = Questions(names, kind, group)
    asks = _asks(questions, bounds)
    texts = single.answers, single.ttls, single.size, single.dnssec, single.subnet
    return Told(single.bits, asks, *texts, rejected, single.whole, bounds, questions)


def _asks(questions: Questions, bounds: Int64s) -> Int64s:
    """Which questions each message asks: (s,). Messages that ask none ask the same."""
    coded = questions.name.dictionary_encode().indices.fill_null(0).to_numpy().astype(np.int64)
    unasked = questions.kind == NONE
    key = np.where(unasked, -1, coded << 32 | (questions.kind & 0xFFFF) << 16 | (questions.group & 0xFFFF))
    _, which = np.unique(key, return_inverse=True)
    which = np.asarray(which.reshape(-1), np.int64)
    out = which[bounds[:-1]]
    several: dict[tuple[int, ...], int] = {}
    for row in np.flatnonzero(np.diff(bounds) > 1).tolist():
        own = tuple(which[bounds[row] : bounds[row + 1]].tolist())
        out[row] = len(which) + several.setdefault(own, len(several))
    return out


def netbios_names(names: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """NetBIOS names decoded, and their types; each distinct one once."""
    coded = names.dictionary_encode()
    pairs = [netbios(one) for one in coded.dictionary.to_pylist()]
    decoded, suffixes = (pa.array([pair[at] for pair in pairs], pa.string()) for at in (0, 1))
    return decoded.take(coded.indices), suffixes.take(coded.indices)


def worded(numbers: Int64s, words: dict[int, str], prefix: str, mask: int = 0xFFFF) -> pa.StringArray:
    """Names of numbers, prefix and number where there is none; null for NONE. `mask`: the bits of a number that are looked up."""
    distinct, which = np.unique(numbers, return_inverse=True)
    texts = [None if one == NONE else words.get(one & mask, f"{prefix}{one}") for one in distinct.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(which.reshape(-1)))
