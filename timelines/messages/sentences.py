"""One readable sentence a row, from the templates of `timelines/messages/*.toml`, in English, French or Arabic.

Sentences are ready to show: every value has been through `timelines.visible.visible`, once. In Arabic each value stands
inside isolates (U+2066 … U+2069), so that it keeps its own direction; do not put a sentence through `visible` again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.filters import filtered
from timelines.meanings import Meaning, general_meaning, meaning
from timelines.messages.codes import decode
from timelines.messages.placeholders import UNNAMED, Placeholder, parts, segments
from timelines.named_columns import columns_by_name, named_text, stored_as
from timelines.visible import visible

LANGUAGES: tuple[str, ...] = ("en", "fr", "ar")
MISSING = "–"
VALUE_LIMIT = (
    240  # characters of one value; a command line is readable at this length, a script block is not needed whole
)
INCOMPLETE = "incomplete"  # the flag of rows of which not all could be read
OF_ANY = {
    "host",
    "Computer",
    "event",
    "Provider_Name",
}  # what any event has: a sentence that tells nothing else tells little
_PLACE = {"en": " ({event})[ on {host}]", "fr": " ({event})[ sur {host}]", "ar": " ({event})[ على الجهاز {host}]"}
_NAMELESS = {  # where there are such values, where there are none, and what stands between them
    "en": ("; the names of its values are lost, the first of them: ", "; no value of it was read", ", "),
    "fr": (" ; les noms de ses valeurs sont perdus, les premières : ", " ; aucune de ses valeurs n'a été lue", ", "),
    "ar": ("؛ فقدت أسماء قيمه، وأولاها: ", "؛ لم تقرأ أي من قيمه", "، "),
}
Bools = npt.NDArray[np.bool_]
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


def _named(name: str, columns: Mapping[str, pa.Array]) -> pa.Array | None:
    """The texts of a column, (n,), by the name that sentences give it."""
    text = named_text(name, columns)
    return named_text(name + "_", columns) if text is None else text


def _values(
    placeholder: Placeholder, columns: Mapping[str, pa.Array], count: int, write: Callable[[str], str | None]
) -> pa.Array:
    """The texts of one placeholder, (count,), null where there is none: each distinct value is written once."""
    text = _named(placeholder.name, columns)
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


def _nameless(titles: list[str], columns: Mapping[str, pa.Array], lang: str, limit: int | None) -> list[str]:
    """What is told of events, (n,), whose values lost their names: what they are, where, and the first of the values."""
    known, lost, comma = _NAMELESS[lang]
    count, isolate = len(titles), _ISOLATE.get(lang, ("", ""))
    heads = _filled(_PLACE[lang], columns, count, lang, limit).to_pylist()
    places = [Placeholder(name) for name in UNNAMED if name in columns]
    kept = [_values(place, columns, count, _writer(place, lang, isolate, limit)).to_pylist() for place in places]
    told = []
    for title, head, *row in zip(titles, heads, *kept, strict=True):
        values = comma.join(value for value in row if value is not None)
        told.append(title + head + (known + values if values else lost))
    return told


def _bare(names: list[str], columns: Mapping[str, pa.Array], count: int) -> Bools:
    """Which of rows, (count,), hold none of the values that their sentence shows besides those that any event has."""
    texts = [_named(name, columns) for name in names if name not in OF_ANY]
    none = [pc.is_null(text).to_numpy(zero_copy_only=False) for text in texts if text is not None]
    bare: Bools = np.logical_and.reduce(none) if none else np.ones(count, np.bool_)
    return bare


def _template(found: Meaning, general: Meaning, lang: str) -> str:
    return found.message.get(lang) or general.message.get(lang) or "{event}"


def sentences(rows: pa.Table, lang: str = "en", limit: int | None = VALUE_LIMIT) -> pa.StringArray:
    """One sentence a row, in the rows' order. Rows may be of several families and events.

    A value that the row does not hold is shown as `–`; one of more than `limit` characters is cut and ends in `…`. Rows that were not read
    in full and hold none of what their sentence shows are told by the values that they hold without names. Raises ValueError for a
    language Athar does not speak.
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
    flags = pc.match_substring(pc.fill_null(_text_or_null(columns, "flags", count), ""), INCOMPLETE)
    incomplete = flags.to_numpy(zero_copy_only=False)
    pieces = []
    titles: dict[int, str] = {}  # of rows whose values lost their names
    for (family, provider, event), positions in groups:
        found = meaning(family or "", provider, event)
        template = _template(found, general_meaning(family or "", provider), lang)
        # `User_`: where a query lost the evidence's own names, the stored name of a column that a core column shadows.
        names = [part.name for part in parts(template) if isinstance(part, Placeholder)]
        needed = {stored for name in names for stored in (*stored_as(name), name + "_")}
        where = pa.array(positions)
        subset = {name: column.take(where) for name, column in columns.items() if name in needed}
        pieces.append(_filled(template, subset, len(positions), lang, limit))
        if incomplete[positions].any():
            bare = positions[incomplete[positions] & _bare(names, subset, len(positions))]
            title = found.title.get(lang) or general_meaning(family or "", provider).title.get(lang) or ""
            titles |= dict.fromkeys(bare.tolist(), title)
    back = np.argsort(np.concatenate([positions for _, positions in groups]), kind="stable")
    said = pa.concat_arrays(pieces).take(pa.array(back))
    if not titles:
        return said
    where = np.array(sorted(titles))
    subset = {name: columns[name].take(pa.array(where)) for name in ("event", "host", *UNNAMED) if name in columns}
    told = _nameless([titles[at] for at in where.tolist()], subset, lang, limit)
    mask = np.zeros(count, np.bool_)
    mask[where] = True
    return pc.replace_with_mask(said, pa.array(mask), pa.array(told, pa.string()))


def _one(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    return array if isinstance(array, pa.Array) else pa.concat_arrays(array.chunks)
