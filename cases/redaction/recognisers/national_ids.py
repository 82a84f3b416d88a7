"""Moroccan national identity card (one or two letters, five or six digits) and passport (two letters, seven digits) numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cases.redaction.record import Kind
from cases.redaction.spans import Span

_CARD = re.compile(
    r"(?<![0-9A-Za-z])"
    r"(?:(?!ex[0-9]{6}(?:_x)?\.log)[A-Za-z]{1,2}[0-9]{5,6}"  # but for the days of a web server: u_ex260121.log
    r"|(?!KB)[A-Z]{2}[0-9]{7})"  # but for the numbers of Windows updates
    r"(?![0-9A-Za-z])"
)


@dataclass(frozen=True, slots=True)
class NationalIds:
    kind: Kind = "national-id"

    def spans(self, text: str) -> Iterator[Span]:
        for found in _CARD.finditer(text):
            yield Span(found.start(), found.end(), self.kind, found[0].upper())


RECOGNISER = NationalIds()
