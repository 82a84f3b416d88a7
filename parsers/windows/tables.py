"""Shapes as tables of columns: values put where each document says, like shapes one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Int64s
from parsers.windows.document import Slot
from parsers.windows.gathered import DIFFER, MIXED
from parsers.windows.paths import RECORD, TIME, Field, Layout, Text
from parsers.windows.typed import Values
from parsers.windows.values import AS_HEX, BINARY
from parsers.windows.words import Asked, Words
from timelines.coded import CODED, compact, constant, plain

NUMBERS = (
    "EventID", "Qualifiers", "Version", "Level", "Task", "Opcode", "Execution_ProcessID", "Execution_ThreadID", RECORD
)  # fmt: skip
COUNTED = {*NUMBERS, TIME}
BYTES = "bytes "  # before hex where a number is expected: `112233` of three damaged bytes is no number

# how many rows one shape has, and their NUMBERS and TIME: numbers and instants, or as text
Counted = tuple[int, dict[str, pa.Array]]


@dataclass(slots=True)
class Decoded:
    """Records of one shape as columns, or of several that give the same columns of the same event, one after the other. `rows`: (n,) into
    the piece's records; `counted`: of each shape. Text in `system`, which has all other columns of System, and in `fields`."""

    rows: Int64s
    counted: list[Counted]
    system: dict[str, pa.Array]
    fields: list[tuple[Field, pa.Array]]
    trouble: list[tuple[int, int, str]] = field(default_factory=list)  # row of this table, offset in the piece, reason


@dataclass(frozen=True, slots=True)
class Said:
    """What records of one shape say: where values go, what their levels hold, the texts of each level by value, numbers by column."""

    layout: Layout
    rows: Int64s
    levels: tuple[Values, ...]
    texts: list[dict[int, Asked]]
    numbers: dict[str, pa.Array]

    def piece(self, text: Text) -> Asked | str | None:
        """What a column says, where it is made of one piece or of none: a value, what the template itself says, or nothing."""
        if not text:
            return None
        piece = text[0]
        return piece if isinstance(piece, str) else self.texts[piece.level][piece.index]

    def column(self, text: Text, words: Words) -> pa.Array:
        """The column of a value: its pieces one after the other, null where it has none."""
        count = len(self.rows)
        return words.column(self.piece(text), count) if len(text) <= 1 else self._joined(text, words, count)

    def _joined(self, text: Text, words: Words, count: int) -> pa.Array:
        if all(isinstance(piece, str) for piece in text):
            return constant("".join(str(piece) for piece in text), count)
        spread = [
            pa.repeat(piece, count) if isinstance(piece, str) else plain(self.column((piece,), words)) for piece in text
        ]
        joined = pc.binary_join_element_wise(*spread, "", null_handling="replace", null_replacement="")
        if any(isinstance(piece, str) for piece in text):
            return joined.dictionary_encode()
        empty = np.logical_and.reduce([piece.is_null().to_numpy(zero_copy_only=False) for piece in spread])
        return pc.if_else(pa.array(empty), pa.scalar(None, pa.string()), joined).dictionary_encode()

    def counted(self, words: Words) -> Counted:
        """Its numbers and its time. A number that no row has is as one that no template has."""
        system, found = self.layout.system, dict(self.numbers)
        for name in (*NUMBERS, TIME):
            if name in system and name not in found:
                column = self.column(system[name], words)
                if column.null_count < len(column):
                    marks = name in NUMBERS
                    found[name] = _marked(column, _in_hex(system[name], self.levels, self.texts)) if marks else column
            elif name in found and found[name].null_count == len(found[name]):
                del found[name]
        return len(self.rows), found


def arranged(said: list[Said], words: Words) -> list[Decoded]:
    """All shapes as tables, in order of their first ones."""
    return [_table(alike, words) for alike in _alike(said, words)]


def _alike(told: list[Said], words: Words) -> list[list[Said]]:
    """Shapes that give the same columns, of one provider, channel and event, together: what each table costs is paid once for them."""
    groups: dict[object, list[Said]] = {}
    for number, one in enumerate(told):
        system, kind = one.layout.system, []
        names = tuple((value.stored, value.own) for value in one.layout.fields)
        for name in ("Provider_Name", "Channel"):
            text = system.get(name, ())
            kind.append(words.always(one.piece(text)) if len(text) <= 1 else DIFFER)
        kind.append(_event(one, words))
        key: object = (names, *kind) if DIFFER not in kind else number
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _event(one: Said, words: Words) -> str | int | None:
    """The event that all rows of a shape are, as text; else DIFFER."""
    numbers, text = one.numbers.get("EventID"), one.layout.system.get("EventID", ())
    if numbers is None:
        return words.always(one.piece(text)) if len(text) <= 1 else DIFFER
    if numbers.null_count or not len(numbers):
        return DIFFER
    said = numbers.to_numpy()
    return str(said[0]) if (said == said[0]).all() else DIFFER


def _table(alike: list[Said], words: Words) -> Decoded:
    """Values put where the layouts say."""
    layouts = [one.layout for one in alike]
    rows = [one.rows for one in alike]
    names = dict.fromkeys(name for layout_ in layouts for name in layout_.system if name not in COUNTED)
    system = {name: column_of(alike, [layout_.system.get(name, ()) for layout_ in layouts], words) for name in names}
    fields = [
        (value, column_of(alike, [layout_.fields[at].text for layout_ in layouts], words))
        for at, value in enumerate(layouts[0].fields)
    ]
    trouble, before = [], 0
    for one, some in zip(alike, rows, strict=True):
        found = sorted(item for level in one.texts for value in level.values() for item in value.trouble)
        trouble += [(before + row, at, reason) for row, at, reason in found]
        before += len(some)
    return Decoded(np.concatenate(rows), [one.counted(words) for one in alike], system, fields, trouble)


def column_of(alike: list[Said], texts: list[Text], words: Words) -> pa.Array:
    """A column of several shapes, one after the other."""
    if len(alike) == 1:
        return alike[0].column(texts[0], words)
    if all(len(text) <= 1 for text in texts):
        pieces = [(one.piece(text), len(one.rows)) for one, text in zip(alike, texts, strict=True)]
        if (found := words.together(pieces)) is not None:
            return found
    # texts are put together, not rows: a template may say in each of many what stands once in the evidence
    columns = [compact(one.column(text, words)) for one, text in zip(alike, texts, strict=True)]
    return pa.chunked_array(columns, CODED).unify_dictionaries().combine_chunks()


def _in_hex(text: Text, levels: tuple[Values, ...], asked: list[dict[int, Asked]]) -> list[int]:
    """The rows in which a piece of a value is bytes in hex: binary, or what does not fit its type."""
    found: set[int] = set()
    for piece in text:
        if isinstance(piece, Slot):
            value = asked[piece.level][piece.index]
            if value.kind in (MIXED, BINARY):
                found.update(np.flatnonzero(levels[piece.level].kind(piece.index) == BINARY).tolist())
            found.update(row for row, _, reason in value.trouble if reason.endswith(AS_HEX))
    return sorted(found)


def _marked(column: pa.Array, rows: list[int]) -> pa.Array:
    if not rows:
        return column
    texts = plain(column).to_pylist()
    for row in rows:
        texts[row] = BYTES + (texts[row] or "")
    return pa.array(texts, pa.string())
