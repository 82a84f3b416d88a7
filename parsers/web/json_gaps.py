"""What stands between two texts of a JSON line, and what it means: `:` a value follows, `:200},` a number and an object's end, …

Servers write few different ones once numbers are taken for `n`s, so each is understood once and looked up for all lines of a block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import Bytes, Int64s
from parsers.web.json_scan import BARE, WHOLE
from parsers.web.kinds import texts

SHORT = 8  # bytes of a gap that fit one number; longer ones are compared as text
DISTINCT = 4_096  # gaps of one block that are understood; lines with others are read one by one
NOTHING, TEXT_NEXT, TEXT_IN_ARRAY, OBJECT, HERE = range(5)  # what a gap does with the name before it
_MEMBER = re.compile(rb" *: *(?:(?P<bare>n+)|(?P<whole>\[[n, ]*\]|\{ *\}))")
_TAIL = re.compile(rb" *(?P<close>(?:\} *)*)(?P<comma>,?) *")

# Bytes of numbers and of true, false and null become `n`; blanks a space; a NUL is told from "no byte".
_FOLD = bytes.maketrans(b"0123456789+-.eEtrufalsn\t\r\0", b"n" * 23 + b"  \1")


@dataclass(slots=True)
class Gaps:
    """The meaning of each distinct gap: (codes,) arrays. `bad` gaps are no JSON, or JSON that is read line by line."""

    bad: list[bool] = field(default_factory=list)
    names: list[int] = field(default_factory=list)  # NOTHING where the text before the gap is a value
    closes_array: list[bool] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)  # without comma: the line's last
    kind: list[int] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    codes: dict[bytes, int] = field(default_factory=dict)

    def code(self, gap: bytes) -> int:
        found = self.codes.get(gap)
        if found is None:
            found = self.codes[gap] = len(self.bad)
            self._understand(gap)
        return found

    def _understand(self, gap: bytes) -> None:
        name, bad, array, kind, span, at = NOTHING, False, False, BARE, (0, 0), 0
        plain = gap.strip()
        if plain == b":":
            name, at = TEXT_NEXT, len(gap)
        elif plain.replace(b" ", b"") == b":[":
            name, at = TEXT_IN_ARRAY, len(gap)
        elif plain.replace(b" ", b"") == b":{":
            name, at = OBJECT, len(gap)
        elif plain.startswith(b":"):
            found = _MEMBER.match(gap)
            name, bad = HERE, found is None
            if found is not None:
                kind = BARE if found["bare"] is not None else WHOLE
                span, at = found.span("bare" if kind == BARE else "whole"), found.end()
        elif plain.startswith(b"]"):
            array, at = True, gap.index(b"]") + 1
        closes, ends = 0, False
        if name in (NOTHING, HERE):
            tail = _TAIL.fullmatch(gap, at)
            bad |= tail is None
            if tail is not None:
                closes, ends = tail["close"].count(b"}"), not tail["comma"]
                bad |= ends and not closes
        self.bad.append(bad)
        self.names.append(name)
        self.closes_array.append(array)
        self.closes.append(closes)
        self.ends.append(ends)
        self.kind.append(kind)
        self.start.append(span[0])
        self.end.append(span[1])


def folded(data: Bytes) -> Bytes:
    """The block with numbers as `n`s, and some bytes behind it, so that eight can be taken from any place."""
    return np.frombuffer(data.tobytes().translate(_FOLD) + b"\1" * SHORT, np.uint8)


def coded(fold: Bytes, starts: Int64s, ends: Int64s, gaps: Gaps) -> Int64s:
    """The code of the gap at each [start, end); -1 for those beyond DISTINCT."""
    codes = np.full(len(starts), -1, np.int64)
    width = ends - starts
    alone = np.flatnonzero(width == 1)
    bytes_there = fold[starts[alone]]
    table = np.full(256, -1, np.int64)
    seen = np.flatnonzero(np.bincount(bytes_there, minlength=256))
    table[seen] = _codes([bytes([byte]) for byte in seen.tolist()], gaps)
    codes[alone] = table[bytes_there]
    few = np.flatnonzero((width <= SHORT) & (width != 1))
    words: npt.NDArray[np.uint64] = np.ndarray((len(fold) - SHORT + 1,), "<u8", fold, strides=(1,))[starts[few]]
    mask = np.array([(1 << 8 * n) - 1 for n in range(SHORT + 1)], np.uint64)
    encoded = pa.array(words & mask[width[few]]).dictionary_encode()
    spelled = [int(word).to_bytes(SHORT, "little").rstrip(b"\0") for word in encoded.dictionary.to_pylist()]
    codes[few] = _codes(spelled, gaps)[encoded.indices.to_numpy()] if len(few) else 0
    many = np.flatnonzero(width > SHORT)
    if len(many):
        encoded = texts(fold, starts[many], ends[many]).dictionary_encode()
        codes[many] = _codes(encoded.dictionary.to_pylist(), gaps)[encoded.indices.to_numpy()]
    return codes


def _codes(spelled: list[bytes], gaps: Gaps) -> Int64s:
    return np.array(
        [gaps.code(gap) if len(gaps.bad) < DISTINCT or gap in gaps.codes else -1 for gap in spelled], np.int64
    )
