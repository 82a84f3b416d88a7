"""Template definitions, read once each and recognised again wherever they stand.

Every chunk repeats the definitions its records use, at other places and with other offsets to the same names. A definition is recognised
by its GUID and size, then proved equal: all bytes but the offsets, and the names that the offsets lead to. MS-EVEN6 section 2.2.12.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate, count

import numpy as np

from parsers.gather import Int64s
from parsers.windows.binxml import MAX_TOKENS, TOKENS_A_CHUNK, Reader
from parsers.windows.chunks import CHUNK
from parsers.windows.document import Element, Part, Slot
from parsers.windows.proved import Pattern, proved, runs
from parsers.windows.structures import DEFINITION
from parsers.windows.typed import Window
from parsers.windows.values import BINXML
from timelines.remembered import Remembered

KEPT_BYTES = 24 << 20  # definitions remembered by a process, some 30 kB each
KEYS_BYTES = 4 << 20
_MIXED = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD], np.uint64
)
KEY_BYTES = 200  # an identity or a digest in a dictionary, and the lists about it
A_TOKEN = 64  # bytes that a document takes for each token, elements and lists together
MAX_NAMES = (
    1 << 18
)  # bytes of names that one definition refers to: a long one can stand once and be asked for thousands of times
MAX_TWINS = 32  # definitions remembered for one GUID and size


@dataclass(frozen=True, slots=True)
class Definition:
    """A template definition as it stood in one chunk. `key` is equal for definitions that say the same."""

    key: int
    roots: tuple[Part, ...]
    needs: int  # values an instance must give
    fragments: tuple[int, ...]  # values that it expects to be binary XML
    pattern: Pattern  # what stands wherever it does
    weight: int  # about how many bytes all of this takes


class TooMany(Exception):
    """Records of more than MAX_SHAPES shapes: to be read in smaller runs."""


@dataclass(slots=True)
class Room:
    """How many more shapes and definitions a run of records may have."""

    left: int

    def take(self, count: int) -> None:
        """Raises TooMany when there is no room for so many more."""
        self.left -= count
        if self.left < 0:
            raise TooMany


_kept: Remembered[tuple[bytes, int], list[Definition]] = Remembered(KEPT_BYTES)
_keys: Remembered[bytes, int] = Remembered(KEYS_BYTES)  # by digest of a document: the text of one can be large
_next_key = count()


def recognise(window: Window, place: Int64s, bases: Int64s, room: Room) -> tuple[list[Definition], Int64s]:
    """The definitions at `place` in the chunks at `bases`: a list of distinct ones, and which one stands where (-1: unreadable)."""
    definitions: list[Definition] = []
    counted = 0
    found = np.full(len(place), -1, np.int64)
    spent: dict[int, int] = {}  # tokens read, by chunk
    for identity, rest in _alike(window, place, bases):
        for candidate in tuple(_kept.held.get(identity, ())):
            rest = _match(window, candidate, (place, bases, rest), definitions, found)
        while len(rest):
            fresh = _compile(window, int(place[rest[0]]), int(bases[rest[0]]), identity[1], spent)
            if fresh is None:
                rest = rest[1:]
                continue
            _keep(identity, fresh)
            rest = _match(window, fresh, (place, bases, rest), definitions, found)
        room.take(len(definitions) - counted)
        counted = len(definitions)
    return definitions, found


def _alike(window: Window, place: Int64s, bases: Int64s) -> list[tuple[tuple[bytes, int], Int64s]]:
    """Those of the same GUID and size, in order of the first; without those that end outside of their chunks."""
    heads = np.ascontiguousarray(window.data[place[:, None] + np.arange(4, DEFINITION)])
    sizes = heads.view("<u4")[:, 4].astype(np.int64)
    good = np.flatnonzero(place + DEFINITION + sizes <= np.minimum(bases + CHUNK, len(window.data)))
    keys = (heads.view("<u4")[good].astype(np.uint64) * _MIXED).sum(axis=1, dtype=np.uint64)
    _, firsts, of = np.unique(keys, return_index=True, return_inverse=True)
    if (heads[good] == heads[good[firsts[of]]]).all():
        rows = np.split(good[np.argsort(of, kind="stable")], np.cumsum(np.bincount(of))[:-1]) if len(good) else []
        return [
            ((heads[own[0], :16].tobytes(), int(sizes[own[0]])), own)
            for own in sorted(rows, key=lambda own: int(own[0]))
        ]
    found: dict[bytes, list[int]] = {}  # an attacker can choose what mixes alike
    for row in good.tolist():
        found.setdefault(heads[row].tobytes(), []).append(row)
    return [((one[:16], int(sizes[own[0]])), np.array(own, np.int64)) for one, own in found.items()]


def _keep(identity: tuple[bytes, int], fresh: Definition) -> None:
    known = _kept.held.get(identity)
    if known is None:
        _kept.put(identity, [fresh], fresh.weight + KEY_BYTES)
    elif len(known) < MAX_TWINS and _kept.add(fresh.weight):
        known.append(fresh)


def _match(
    window: Window,
    known: Definition,
    where: tuple[Int64s, Int64s, Int64s],
    definitions: list[Definition],
    found: Int64s,
) -> Int64s:
    """Mark the members that say what `known` says; return the others."""
    place, bases, rest = where
    if not len(rest):
        return rest
    equal = proved(window.data, place[rest], bases[rest], known.pattern)
    if equal.any():
        found[rest[equal]] = len(definitions)
        definitions.append(known)
    return rest[~equal]


def _compile(window: Window, place: int, base: int, size: int, spent: dict[int, int]) -> Definition | None:
    """Read a definition; None when any of it is unreadable, or when its chunk's definitions take too many tokens."""
    chunk = window.data[base : base + CHUNK].tobytes()
    body = place - base + DEFINITION
    reader = Reader(chunk, limit=min(MAX_TOKENS, TOKENS_A_CHUNK - spent.get(base, 0)))
    roots = reader.fragment(body, body + size, None)
    spent[base] = spent.get(base, 0) + reader.tokens
    if reader.remarks or not any(isinstance(root, Element) for root in roots):
        return None
    inline = [target == at + 4 for at, target, _ in reader.names]
    same = np.ones(size, np.bool_)
    for (at, _, _), here in zip(reader.names, inline, strict=True):
        same[at - body : at - body + (8 if here else 4)] = False  # the offset, and an inline name's link to the next
    said = [b"" if here else chunk[t + 4 : end] for (_, t, end), here in zip(reader.names, inline, strict=True)]
    bounds = [0, *accumulate(map(len, said))]
    if bounds[-1] > MAX_NAMES:
        return None
    names = b"".join(said)
    document, slots = _told(roots)
    key = _keys.held.get(document)
    if key is None:
        key = _keys.put(document, next(_next_key), KEY_BYTES)
    return Definition(
        key,
        tuple(roots),
        max((slot.index + 1 for slot in slots), default=0),
        tuple(sorted({slot.index for slot in slots if slot.kind == BINXML})),
        Pattern(
            np.frombuffer(chunk[body : body + size], np.uint8),
            runs(same),
            np.array([at - body for at, _, _ in reader.names], np.int64),
            np.array(inline, np.bool_),
            np.frombuffer(names, np.uint8),
            np.array(bounds, np.int64),
        ),
        2 * size + len(names) + A_TOKEN * reader.tokens,
    )


def _told(roots: list[Part]) -> tuple[bytes, list[Slot]]:
    """A digest of a document, equal for those that say the same, and its slots."""
    said: list[str] = []
    slots: list[Slot] = []
    _tell(roots, said, slots)
    return blake2b("".join(said).encode("utf-8", "surrogatepass"), digest_size=16).digest(), slots


def _tell(parts: list[Part], said: list[str], slots: list[Slot]) -> None:
    """Add what parts say, each with what kind it is, how long, or how many there are: no two documents are told alike."""
    said.append(f"({len(parts)}")
    for part in parts:
        if isinstance(part, Slot):
            slots.append(part)
            said.append(f"={part.index},{part.kind},{part.level};")
        elif isinstance(part, Element):
            said.append(f"<{len(part.name)},{len(part.attributes)};{part.name}")
            for name, text in part.attributes:
                said.append(f"@{len(name)};{name}")
                _tell(text, said, slots)
            _tell(part.children, said, slots)
        else:
            said.append(f"'{len(part)};{part}")
