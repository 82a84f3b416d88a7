"""Windows security identifiers of accounts of a machine or domain (`S-1-5-21-…`); the well-known ones name nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cases.redaction.record import Kind
from cases.redaction.spans import Span

_SID = re.compile(r"(?<![0-9A-Za-z])[Ss]-1-5-21(?:-[0-9]{1,10}){3,4}(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class SecurityIds:
    kind: Kind = "account"

    def spans(self, text: str) -> Iterator[Span]:
        for found in _SID.finditer(text):
            yield Span(found.start(), found.end(), self.kind, found[0].upper())


RECOGNISER = SecurityIds()
