"""E-mail addresses, in any script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cases.redaction.folding import fold
from cases.redaction.record import Kind
from cases.redaction.spans import Span

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+'-]{1,64}@\w(?:[\w-]{0,62}\w)?(?:\.\w(?:[\w-]{0,62}\w)?){1,8}")


@dataclass(frozen=True, slots=True)
class Emails:
    kind: Kind = "email"

    def spans(self, text: str) -> Iterator[Span]:
        if "@" in text:
            for found in _EMAIL.finditer(text):
                yield Span(found.start(), found.end(), self.kind, fold(found[0]))


RECOGNISER = Emails()
