"""A summary with its values replaced, whatever dataclasses it is made of: each text is treated by what its field means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pyarrow as pa

from cases.exchange.content import Content
from cases.redaction.fields import ENTITIES, Meaning, meaning
from cases.redaction.redactor import Redactor
from cases.summary import Inference, Observation, Summary
from timelines.findings import Finding

_KEY = re.compile(r"[a-z0-9_-]{0,40}")  # a key that the tool chose; others are searched
_NAME = re.compile(r"[\w-]{0,64}(?:\.[0-9]{3})?")  # a rule's identifier, T1505.003

Sentences = Mapping[str, Mapping[str, str]]  # by row id, by language


def redacted(summary: Summary, redactor: Redactor, sentences: Sentences) -> Summary:
    """`summary` under the profile. `sentences` were made of redacted rows; a row that is not among them keeps its own, searched."""
    return _dataclass(summary, redactor, sentences)  # type: ignore[no-any-return]


def contents(whole: Content, redactor: Redactor) -> Content:
    """What an export tells of a case, under the profile."""
    plain: Content = _dataclass(whole, redactor, {})
    matches = redactor.table(whole.matches)
    for name in ("rule_id", "level", "rule_title"):
        at = matches.schema.get_field_index(name)
        rewrite = _rewriter("authored" if name == "rule_title" else "name", redactor)
        texts = [None if text is None else rewrite(text) for text in whole.matches.column(name).to_pylist()]
        matches = matches.set_column(at, name, pa.array(texts, pa.string()))
    return replace(plain, matches=matches, folder=None)


def _dataclass(value: Any, redactor: Redactor, sentences: Sentences) -> Any:
    owner = type(value).__name__
    changes: dict[str, Any] = {}
    for field in fields(value):
        held = getattr(value, field.name)
        if isinstance(value, Observation) and field.name == "sentences" and value.row_id in sentences:
            changed: Any = dict(sentences[value.row_id])
        elif isinstance(value, Inference | Finding) and field.name == "entities":
            changed = _entities(held, redactor)
        else:
            changed = _value(held, meaning(owner, field.name), redactor, sentences)
        if changed is not held and changed != held:
            changes[field.name] = changed
    return replace(value, **changes) if changes else value


def _value(held: Any, means: Meaning, redactor: Redactor, sentences: Sentences) -> Any:
    if is_dataclass(held) and not isinstance(held, type):
        return _dataclass(held, redactor, sentences)
    if isinstance(held, str):
        return _rewriter(means, redactor)(held)
    if isinstance(held, Mapping):
        return {_key(key, redactor): _value(item, means, redactor, sentences) for key, item in held.items()}
    if isinstance(held, tuple | list):
        return tuple(_value(item, means, redactor, sentences) for item in held)
    return held


def _rewriter(means: Meaning, redactor: Redactor) -> Callable[[str], str]:
    if means == "stays" or (means in ("person", "office") and redactor.profile.acting == "stay"):
        return str
    if means == "path":
        return redactor.path
    if means == "name":
        return lambda text: text if _NAME.fullmatch(text) else redactor.text(text, authored=True)
    if means == "person":
        return lambda text: redactor.whole("person", text)
    return lambda text: redactor.text(text, authored=means == "authored")


def _key(key: Any, redactor: Redactor) -> Any:
    return key if not isinstance(key, str) or _KEY.fullmatch(key) else redactor.text(key)


def _entities(held: Mapping[str, tuple[str, ...]], redactor: Redactor) -> dict[str, tuple[str, ...]]:
    """What a finding names: accounts, machines and addresses are whole values; two that become the same are told once."""
    changed: dict[str, tuple[str, ...]] = {}
    for name, values in held.items():
        kind = ENTITIES.get(name)
        told = (redactor.whole(kind, value) if kind else redactor.text(value) for value in values)
        changed[_key(name, redactor)] = tuple(dict.fromkeys(told))
    return changed
