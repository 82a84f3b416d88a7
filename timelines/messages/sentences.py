"""One readable sentence a row, from the templates of `timelines/messages/*.toml`, in English, French or Arabic.

Sentences are ready to show: every value has been through `timelines.visible.visible`, once. In Arabic each value stands
inside isolates (U+2066 … U+2069), so that it keeps its own direction; do not put a sentence through `visible` again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timelines.filters import filtered
from timelines.meanings import Meaning, general_meaning, meaning
from timelines.messages.codes import decode
from timelines.messages.placeholders import Placeholder, parts, segments
from timelines.named_columns import columns_by_name, named_text, stored_as
from timelines.visible import visible

LANGUAGES: tuple[str, ...] = ("en", "fr", "ar")
MISSING = "–"
VALUE_LIMIT = (
    240  # characters of one value; a command line is readable at this length, a script block is not needed whole
)
_ISOLATE = {"ar": ("\u2066", "\u2069")}
JOINTS = ("\\", " ")  # text that stands between two values of one token: `DOMAIN\\user`, `cmd.exe /c dir`


def _runs(template: str) -> list[tuple[str, list[str | Placeholder]]]:
    """The parts of a template with what joins them; values that read as one token (`{Domain}\\{User}`) stand together."""
    runs: list[tuple[str, list[str | Placeholder]]] = []
    pieces = parts(template)
    at = 0
    while at < len(pieces):
        joint, run = "", [pieces[at]]
        while isinstance(pieces[at], Placeholder) and at + 2 < len(pieces) and pieces[at + 1] in JOINTS:
            if joint not in ("", pieces[at + 1]):
                break
            joint = str(pieces[at + 1])
            run.append(pieces[at + 2])
            at += 2
        runs.append((joint, run))
        at += 1
    return runs


def _shown(value: str, limit: int | None) -> str | None:
    text = " ".join(value.split())
    if text in ("", "-"):
        return None
    return visible(text if limit is None or len(text) <= limit else text[: limit - 1] + "…")


def _writer(
    placeholder: Placeholder, lang: str, isolate: tuple[str, str], limit: int | None
) -> Callable[[str], str | None]:
    def write(value: str) -> str | None:
        known = decode(value, placeholder.codes, lang) if placeholder.codes else None
        shown = known or _shown(value, limit)
        return shown if known or shown is None else isolate[0] + shown + isolate[1]

    return write


def _values(
    placeholder: Placeholder, columns: Mapping[str, pa.Array], count: int, write: Callable[[str], str | None]
) -> pa.Array:
    """The texts of one placeholder, (count,), null where there is none: each distinct value is written once."""
    text = named_text(placeholder.name, columns)
    if text is None:
        text = named_text(placeholder.name + "_", columns)
    if text is None:
        return pa.nulls(count, pa.string())
    if placeholder.filter:
        text = filtered(text, placeholder.filter)
    coded = text.dictionary_encode()
    shown = pa.array([None if value is None else write(value) for value in coded.dictionary.to_pylist()], pa.string())
    return shown.take(coded.indices)


def _filled(template: str, columns: Mapping[str, pa.Array], count: int, lang: str, limit: int | None) -> pa.Array:
    pieces = [_segment(piece, optional, columns, count, (lang, limit)) for optional, piece in segments(template)]
    return pc.binary_join_element_wise(*pieces, "") if pieces else pa.repeat("", count)


def _segment(
    template: str, optional: bool, columns: Mapping[str, pa.Array], count: int, how: tuple[str, int | None]
) -> pa.Array:
    """A piece of a template with its values, (count,): an optional one is empty where it has none. `how`: language and limit."""
    texts: list[pa.Array] = []
    values: list[pa.Array] = []
    for joint, run in _runs(template):
        if isinstance(run[0], str):
            texts.append(pa.repeat(run[0], count))
            continue
        value = _run(joint, [place for place in run if isinstance(place, Placeholder)], columns, count, how)
        values.append(value)
        texts.append(pc.fill_null(value, MISSING))
    text = pc.binary_join_element_wise(*texts, "")
    if not optional:
        return text
    return pc.if_else(pc.is_null(pc.coalesce(*values)), "", text)


def _run(
    joint: str, run: list[Placeholder], columns: Mapping[str, pa.Array], count: int, how: tuple[str, int | None]
) -> pa.Array:
    """Values that read as one token: of `DOMAIN\\user` only what is there, null where nothing is."""
    lang, limit = how
    around = _ISOLATE.get(lang, ("", ""))
    inside = around if len(run) == 1 else ("", "")
    values = [_values(place, columns, count, _writer(place, lang, inside, limit)) for place in run]
    text = values[0]
    for value in values[1:]:
        text = pc.coalesce(pc.binary_join_element_wise(text, value, joint), text, value)
    return text if len(values) == 1 else pc.binary_join_element_wise(around[0], text, around[1], "")


def _groups(keys: list[pa.Array], count: int) -> list[tuple[tuple[str | None, ...], np.ndarray]]:
    """Distinct keys with the positions of their rows, (n,) int64, in order of first appearance."""
    label = np.zeros(count, np.int64)
    for key in keys:
        coded = pc.fill_null(key, "\x00").dictionary_encode()
        label = label * (len(coded.dictionary) + 1) + coded.indices.to_numpy(zero_copy_only=False)
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.flatnonzero(np.diff(inverse[order])) + 1
    return [
        (tuple(key[int(at)].as_py() for key in keys), rows)
        for at, rows in zip(first, np.split(order, bounds), strict=True)
    ]


def _text_or_null(columns: Mapping[str, pa.Array], name: str, count: int) -> pa.Array:
    return columns[name].cast(pa.string()) if name in columns else pa.nulls(count, pa.string())


def _template(found: Meaning, general: Meaning, lang: str) -> str:
    return found.message.get(lang) or general.message.get(lang) or "{event}"


def sentences(rows: pa.Table, lang: str = "en", limit: int | None = VALUE_LIMIT) -> pa.StringArray:
    """One sentence a row, in the rows' order. Rows may be of several families and events.

    A value that the row does not hold is shown as `–`; one of more than `limit` characters is cut and ends in `…`. Raises ValueError
    for a language Athar does not speak.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"no sentences in language {lang!r}; there are {', '.join(LANGUAGES)}")
    count = rows.num_rows
    if count == 0:
        return pa.array([], pa.string())
    given = {name: _one(rows.column(at)) for at, name in enumerate(rows.schema.names)}
    columns = columns_by_name(rows.schema, given)
    keys = [_text_or_null(columns, name, count) for name in ("family", "Provider_Name", "event")]
    groups = _groups(keys, count)
    pieces = []
    for (family, provider, event), positions in groups:
        found = meaning(family or "", provider, event)
        template = _template(found, general_meaning(family or "", provider), lang)
        # `User_`: where a query lost the evidence's own names, the stored name of a column that a core column shadows.
        names = [part.name for part in parts(template) if isinstance(part, Placeholder)]
        needed = {stored for name in names for stored in (*stored_as(name), name + "_")}
        where = pa.array(positions)
        subset = {name: column.take(where) for name, column in columns.items() if name in needed}
        pieces.append(_filled(template, subset, len(positions), lang, limit))
    back = np.argsort(np.concatenate([positions for _, positions in groups]), kind="stable")
    return pa.concat_arrays(pieces).take(pa.array(back))


def _one(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    return array if isinstance(array, pa.Array) else pa.concat_arrays(array.chunks)
