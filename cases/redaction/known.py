"""What the case knows of the values that stand in it: the accounts and machines of its timeline, who acts in it, what findings name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pyarrow as pa

from cases.redaction.fields import COLUMNS, ENTITIES, meaning
from cases.redaction.folding import fold
from cases.redaction.profile import Profile
from cases.redaction.recognisers.addresses import address
from cases.redaction.record import Kind
from cases.redaction.redactor import Known, Redactor, canonical
from cases.redaction.tree import Sentences
from cases.redaction.vocabulary import SHORT
from cases.summary import Inference, Observation, Summary
from timelines.query import Timeline
from timelines.views import quoted

_WORD = re.compile("[a-z]+")
SENTENCE = 600  # characters of a sentence printed, as in the full copy


def known(summary: Summary, timeline: Timeline | None, profile: Profile) -> Known:
    """Every value that redaction looks for, and those that standing findings name."""
    values: dict[Kind, set[str]] = {"account": set(), "host": set(), "person": set()}
    if timeline is not None:
        for kind, texts in _columns(timeline):
            _add(values, kind, texts)
    every = [*summary.inferences, *summary.set_aside]
    for found_by in every:
        for name, kind in ENTITIES.items():
            if kind != "address":
                _add(values, kind, found_by.entities.get(name, ()))
    if profile.acting == "replace":
        values["person"].update(_acting(summary))
    return Known({kind: frozenset(texts) for kind, texts in values.items()}, _named(summary.inferences))


def _columns(timeline: Timeline) -> Iterator[tuple[Kind, list[str | None]]]:
    """The distinct values of every column of the timeline that holds accounts or machines. Only these columns are looked at."""
    for family in timeline.families():
        spelled = {name.lower(): name for part in timeline.parts(family) for name in part.schema.names}
        for folded, name in sorted(spelled.items()):
            kind = COLUMNS.get(folded)
            if kind in ("account", "host"):
                column = f'"{quoted(name)}"'
                held = timeline.narrow(family, [name])
                found = timeline.sql(f"select distinct {column} as v from {held} where {column} is not null").column(
                    "v"
                )
                if pa.types.is_string(found.type):
                    yield kind, found.to_pylist()


def _add(values: dict[Kind, set[str]], kind: Kind, texts: Any) -> None:
    """Accounts without their domain, which is a machine's or a network's name; machines by their name and by their domain.

    A machine whose first label is an ordinary word (`files.example.org`) is looked for by its whole name only.
    """
    for text in texts:
        if not text or address(text):
            continue
        if kind == "account":
            domain, _, name = text.rpartition("\\")
            if name.endswith("$"):
                values["host"].add(name[:-1])
            else:
                values["account"].add(name)
            text = domain
        label, _, domain = text.partition(".")
        if domain and (len(label) < SHORT or _WORD.fullmatch(label)):
            values["host"].add(text)
        elif label:
            values["host"].add(label)
        if "." in domain:
            values["host"].add(domain)


def _acting(value: Any) -> Iterator[str]:
    """The names in every field that holds a person who acts in the case."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from _acting(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            held = getattr(value, field.name)
            if isinstance(held, str) and held and meaning(type(value).__name__, field.name) == "person":
                yield held
            elif not isinstance(held, str):
                yield from _acting(held)


def _named(inferences: tuple[Inference, ...]) -> frozenset[str]:
    found: set[str] = set()
    for inference in inferences:
        for name, values in inference.entities.items():
            for value in values:
                spelling = canonical(ENTITIES[name], value.rpartition("\\")[2]) if name in ENTITIES else fold(value)
                found |= {fold(value), spelling, canonical("person", value)}
    return frozenset(found)


def cited_rows(summary: Summary, timeline: Timeline) -> list[pa.Table]:
    """The rows that the summary prints, by family."""
    ids = sorted({seen.row_id for seen in _observations(summary)})
    return list(timeline.rows(ids)) if ids else []


def _observations(value: Any) -> Iterator[Observation]:
    for found in (*value.inferences, *value.set_aside):
        yield from found.observations


def sentences(cited: list[pa.Table], redactor: Redactor, languages: tuple[str, ...]) -> Sentences:
    """What the redacted rows say, by row id and language: so no name is mistaken for a word of a sentence, nor a word for a name."""
    from timelines.messages.sentences import sentences as say

    found: dict[str, Mapping[str, str]] = {}
    for table in cited:
        rewritten = redactor.table(table)
        said = {language: say(rewritten, language).to_pylist() for language in languages}
        for at, row_id in enumerate(table.column("row_id").to_pylist()):
            texts = {language: said[language][at] or "" for language in languages}
            found[row_id] = {code: t[:SENTENCE] + "…" if len(t) > SENTENCE else t for code, t in texts.items()}
    return found
