"""Records that don't fit a group, read one by one with the plain reader and put side by side where their fields agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from parsers.gather import Int64s
from parsers.windows.binxml import MAX_TEXT, MAX_TOKENS, TOKENS_A_CHUNK, Reader
from parsers.windows.chunks import CHUNK, RECORD_HEADER, RECOVERED, Records
from parsers.windows.definitions import Definitions, Shelf
from parsers.windows.document import Hex, Part
from parsers.windows.paths import Field, Layout, Text, Unnameable, layout
from parsers.windows.tables import BYTES, COUNTED, NUMBERS, Decoded
from parsers.windows.typed import Window

TEXT_A_FILE = 64 << 20  # characters read of one file at a time; values that are repeated can fill memory
TEXT_AT_ONCE = 32 << 20  # characters of names and values that are held at a time
SHAPES_AT_ONCE = (
    1024  # shapes that are held at a time, some 50 kB each; an honest log has a few dozen that fit no group
)


def singles(
    window: Window, records: Records, rows: Int64s, known: Callable[[int], Definitions] | None = None
) -> Iterator[list[Decoded]]:
    """The records `rows`, grouped by the names of their fields, in order of first appearance; in several runs where shapes are many
    or large, so that few are held at once.

    `known` gives the definitions of a file by its number: recovered records may need one that stands elsewhere.
    """
    alike: dict[tuple[object, ...], list[tuple[int, Layout, list[tuple[int, str]]]]] = {}
    weight = 0
    base, chunk, spent, text, file = -1, b"", 0, 0, -1
    names: dict[int, tuple[str, int]] = {}
    proved: dict[int, tuple[str, int]] = {}
    for row in rows.tolist():
        if int(records.base[row]) != base:
            base = int(records.base[row])
            chunk, spent, names, proved = window.data[base : base + CHUNK].tobytes(), 0, {}, {}
        if int(records.file[row]) != file:
            file, text = int(records.file[row]), 0
        reader = Reader(
            chunk,
            limit=min(MAX_TOKENS, TOKENS_A_CHUNK - spent),
            room=min(MAX_TEXT, TEXT_A_FILE - text),
            known=names,
            page=window.page,
        )
        if known is not None and records.flags[row] & RECOVERED:
            reader.strict, reader.known = True, proved
            reader.library = Shelf(known(file), base, records.ledgers[file].start)
        start = int(records.offset[row]) - base
        roots = reader.fragment(start + RECORD_HEADER, start + int(records.size[row]) - 4, [])
        spent, text = spent + reader.tokens, text + reader.text
        remarks = [(base + remark.at, remark.reason) for remark in reader.told()]
        held = _laid_out(roots, remarks, base + start)
        shape = (tuple(held.system), tuple((field.own, field.stored) for field in held.fields))
        weight += reader.text + sum(len(field.own) + len(field.stored) for field in held.fields)
        alike.setdefault(shape, []).append((row, held, remarks))
        if len(alike) >= SHAPES_AT_ONCE or weight >= TEXT_AT_ONCE:
            yield [_side_by_side(members) for members in alike.values()]
            alike, weight = {}, 0
    yield [_side_by_side(members) for members in alike.values()]


def _laid_out(roots: list[Part], remarks: list[tuple[int, str]], at: int) -> Layout:
    try:
        return layout(roots)
    except Unnameable as error:
        remarks.append((at, f"{error}; those before are kept"))
        return error.before


def _side_by_side(members: list[tuple[int, Layout, list[tuple[int, str]]]]) -> Decoded:
    first = members[0][1]
    system = {
        column: _column([_said(held.system[column], column in NUMBERS) for _, held, _ in members])
        for column in first.system
    }
    counted = len(members), {column: system.pop(column) for column in COUNTED & system.keys()}
    fields: list[tuple[Field, pa.Array]] = [
        (value, _column([_said(held.fields[at].text) for _, held, _ in members]))
        for at, value in enumerate(first.fields)
    ]
    trouble = [(at, where, reason) for at, (_, _, remarks) in enumerate(members) for where, reason in remarks]
    rows = np.array([row for row, _, _ in members], np.int64)
    return Decoded(rows, [counted], system, fields, trouble)


def _column(texts: list[str | None]) -> pa.DictionaryArray:
    return pa.array(texts, pa.string()).dictionary_encode()


def _said(text: Text, number: bool = False) -> str | None:
    """What a value says; where a `number` is expected, bytes in hex say so."""
    if not text:
        return None
    said = "".join(str(piece) for piece in text)
    return BYTES + said if number and any(isinstance(piece, Hex) for piece in text) else said
