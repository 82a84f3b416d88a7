"""From what an analyzer observed to a finding: rows read and put in order, words filled in, grade by criteria."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from timelines.analyzers import Words
from timelines.detection.cited import CITED, CITED_SCHEMA, Cited
from timelines.detection.conclusions import CitedTexts
from timelines.detection.rules import About
from timelines.findings import Finding
from timelines.query import ORDER
from timelines.schema import SORT_KEYS
from timelines.visible import visible

if TYPE_CHECKING:
    from timelines.query import Timeline

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Observed:
    """One thing seen: `key` says what it is about and makes the finding's id (row ids: they depend on
    the evidence's bytes alone), `families` are where its rows lie.

    `phrases` (by placeholder, then language) are put into the words first, then `values`, shown as they are (evidence made visible).
    `entities` stand for those of the rows, where some rows merely bound what was seen and the accounts and addresses in them have no
    part in it.
    """

    key: str
    families: tuple[str, ...]
    rows: Sequence[str]
    why: str
    values: Mapping[str, str] = field(default_factory=dict)
    phrases: Words = field(default_factory=dict)
    entities: Mapping[str, Sequence[str]] | None = None


def conclude(timeline: Timeline, about: About, observed: Observed) -> Finding:
    """The finding. One unsound row (damaged, recovered, loosely read, without a time) makes it inconclusive: what is
    seen here hangs on every row."""
    import pyarrow as pa

    columns = ", ".join(f'"{name}"' for name in CITED)
    tables = [
        timeline.sql(
            f"select {columns} from {family.replace('/', '_').replace('-', '_')} where row_id in (select unnest(?)) {ORDER}",
            [sorted(set(observed.rows))],
        ).cast(CITED_SCHEMA)
        for family in sorted(set(observed.families))
    ]
    rows = pa.concat_tables(tables).sort_by([(key, "ascending") for key in SORT_KEYS])
    worded = replace(about, texts=filled(about.texts, observed))
    places = range(rows.num_rows)
    texts = CitedTexts.of(Cited(rows))
    found = texts.concluded(worded, "analyzer", observed.key, places, observed.why, strict=True)
    if observed.entities is None:
        return found
    return replace(found, entities={kind: tuple(names) for kind, names in observed.entities.items() if names})


def filled(words: Words, observed: Observed) -> dict[str, dict[str, str]]:
    """The words with phrases and values in place. In Arabic each value stands in isolates, so that it keeps its own direction."""
    out: dict[str, dict[str, str]] = {}
    for language, texts in words.items():
        before, after = ("\u2066", "\u2069") if language == "ar" else ("", "")
        values = {name: before + visible(value) + after for name, value in observed.values.items()}
        phrases = {name: _put(said[language], values) for name, said in observed.phrases.items()}
        out[language] = {word: _put(text, {**values, **phrases}).strip() for word, text in texts.items()}
    return out


def _put(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda hit: values[hit[1]], text)


def number(value: float) -> dict[str, str]:
    """A number as each language writes it, isolated in Arabic: a phrase for the words."""
    plain = f"{value:g}"
    comma = plain.replace(".", ",")
    return {"en": plain, "fr": comma, "ar": f"\u2066{comma}\u2069"}


def moment(ns: int) -> str:
    """A UTC instant to the second, for words and reasons."""
    return (_EPOCH + timedelta(seconds=ns // 1_000_000_000)).strftime("%Y-%m-%d %H:%M:%S UTC")


def present(timeline: Timeline, family: str) -> frozenset[str]:
    """The columns that any part of the family has: a reader may leave out those that it cannot fill."""
    return frozenset(name for part in timeline.parts(family) for name in part.schema.names)
