"""Where in a text a value stands, and which of several that overlap are replaced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.redaction.record import Kind


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is a value of this kind; `canonical` is its one spelling."""

    start: int
    end: int
    kind: Kind
    canonical: str

    def holds(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


def to_replace(found: Iterable[Span], kept: Iterable[Span]) -> list[Span]:
    """The spans to replace in order: none that lies in what stays, none that lies in a longer one."""
    ordered = sorted(set(found), key=lambda span: (span.start, -span.end, span.kind, span.canonical))
    shields = sorted(set(kept), key=lambda span: (span.start, -span.end, span.kind))
    chosen: list[Span] = []
    for span in ordered:
        if any(shield.holds(span) for shield in shields):
            continue
        if not (chosen and chosen[-1].holds(span)):
            chosen.append(span)
    return chosen
