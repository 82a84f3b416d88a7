"""What the examiner brings to a summary, as data: opinions, decisions on findings, hand-overs, and what the summary still lacks.

None of it is observed and none of it is inferred: every statement bears a name and a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REQUIRED = ("number", "request_number", "authority", "examiner")  # case fields without which a summary is a draft
LIMITS = ("shows", "does_not_show")  # words without which a finding does not say how far it goes


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a named person concludes, and when: on a question of the request, on a finding, or on the whole."""

    who: str
    time: str
    text: str
    question: str | None = None
    finding: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Why a summary is a draft. `fields` are names of case fields that nobody supplied (their words are `case.<name>`);
    `limits`, by language, the numbers of findings that do not say in it what they show and what they do not show."""

    fields: tuple[str, ...] = ()
    limits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def lacks(self, code: str) -> tuple[str, ...]:
        """The findings that make the summary in the language `code` a draft, by number."""
        return self.limits.get(code, ())

    def applies(self, code: str) -> bool:
        """Whether the summary in the language `code` is a draft."""
        return bool(self.fields or self.lacks(code))
