"""What the examiner brings to a summary, as data: opinions, decisions on findings, hand-overs, what is still lacking, the issue.

None of it is observed and none of it is inferred: every statement bears a name and a time (UTC, `2026-03-06T09:00:00Z`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["note", "answer"]
Action = Literal["accept", "reject", "edit", "merge", "add"]
State = Literal["open", "accepted", "rejected", "merged", "added"]
HandedOver = Literal["same", "different", "not-supplied"]

REQUIRED = ("number", "request_number", "authority", "examiner")  # case fields without which a summary is a draft
LIMITS = (
    "shows",
    "does_not_show",
    "alternatives",
    "would_change",
)  # without these a finding does not say how far it goes
WORDS = ("title", *LIMITS)  # what can be said of a finding in words


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a named person concludes, and when: on a question of the request, on a finding, or on the whole.

    An `answer` is the one sentence on a question; of several the last holds.
    """

    who: str
    time: str
    text: str
    question: str | None = None
    finding: str | None = None
    role: Role = "note"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a named person did with a finding, when and why.

    `words` (title, shows …) are those given by `edit` and `add`, in the language `lang` ("" where none was named); `into` is
    the finding that `merge` joined it to. `changed`: the finding is no longer what it was when this was decided.
    """

    finding: str
    action: Action
    who: str
    time: str
    why: str
    words: Mapping[str, str] = field(default_factory=dict)
    lang: str = ""
    into: str = ""
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """What became of one finding at the examiner's hands. `open`: not looked at yet, or looked at without a decision on it.

    `texts` are the examiner's words by language ("": any), `into` the id of the finding that holds this one when it is
    merged, `merged` the ids of those that this one holds.
    """

    state: State = "open"
    decisions: tuple[Decision, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    into: str = ""
    merged: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether the finding is told among the findings: neither rejected nor part of another."""
        return self.state not in ("rejected", "merged")

    @property
    def decided(self) -> bool:
        """Whether the examiner answers for it: accepted or added it."""
        return self.state in ("accepted", "added")

    def words(self, code: str) -> dict[str, str]:
        """The examiner's words in the language `code`; words in no named language where there are none in it."""
        return {**self.texts.get("", {}), **self.texts.get(code, {})}


@dataclass(frozen=True, slots=True)
class HandOver:
    """An exhibit that changed hands: `when` it did, and `time`, `who` of the record. Hashes are those that each side states;
    `computed` is the one that the case computed when the exhibit was taken in."""

    exhibit: str
    giver: str
    receiver: str
    seal: str | None
    when: str
    giver_sha256: str | None
    receiver_sha256: str | None
    computed: str
    agreement: HandedOver
    time: str
    who: str


@dataclass(frozen=True, slots=True)
class Issue:
    """Which issue of a summary this is: `version` 1 is the first in its language and format; `predecessor` is the SHA-256 of the
    version before, `reason` why this one was needed."""

    version: int = 1
    reason: str | None = None
    predecessor: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Why a summary is a draft. `fields` are names of case fields that nobody supplied (their words are `case.<name>`);
    `limits`, by language, the numbers of findings that do not say in it what they show, what they do not show, what else would
    explain them and what would change them."""

    fields: tuple[str, ...] = ()
    limits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def lacks(self, code: str) -> tuple[str, ...]:
        """The findings that make the summary in the language `code` a draft, by number."""
        return self.limits.get(code, ())

    def applies(self, code: str) -> bool:
        """Whether the summary in the language `code` is a draft."""
        return bool(self.fields or self.lacks(code))
