"""A redactor over values given by hand."""

from __future__ import annotations

from collections.abc import Iterable

from cases.redaction.profile import profile
from cases.redaction.pseudonyms import Pseudonyms
from cases.redaction.record import Kind
from cases.redaction.redactor import Known, Redactor

KEY = bytes(range(32))


def redactor(
    values: dict[Kind, Iterable[str]], named: Iterable[str] = (), under: str = "public", key: bytes = KEY
) -> Redactor:
    known = Known({kind: frozenset(texts) for kind, texts in values.items()}, frozenset(named))
    return Redactor(profile(under), known, Pseudonyms(key))
