"""Telephone numbers: international (`+…`, 8 to 15 digits, ITU-T E.164) and Moroccan national ones (ten digits, 05 to 08)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cases.redaction.record import Kind
from cases.redaction.spans import Span

_NUMBER = re.compile(
    r"(?<![0-9A-Za-z_.+-])"
    r"(?:(?P<world>(?:\+|00)[1-9](?:[ .()-]{0,2}[0-9]){7,14})|(?P<home>0[5-8](?:[ .-]?[0-9]){8}))"
    r"(?![0-9A-Za-z_]|[.:-][0-9])"
)


@dataclass(frozen=True, slots=True)
class Phones:
    kind: Kind = "phone"

    def spans(self, text: str) -> Iterator[Span]:
        for found in _NUMBER.finditer(text):
            digits = re.sub("[^0-9]", "", found[0])
            if found["world"] and not found[0].startswith("+"):
                digits = digits[2:]
            canonical = f"212{digits[1:]}" if found["home"] else digits
            if canonical.startswith("2120"):  # +212 (0)6 …
                canonical = f"212{canonical[4:]}"
            yield Span(found.start(), found.end(), self.kind, canonical)


RECOGNISER = Phones()
