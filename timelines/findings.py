"""What rules and analyzers hand up: findings, each listing its rows, its reason and its limits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["match", "correlation", "analyzer", "human"]
Grade = Literal["corroborated", "supported", "indication", "inconclusive"]
LEVELS: tuple[str, ...] = ("informational", "low", "medium", "high", "critical")
SOUND_LEVEL = LEVELS.index("high")  # a rule below this says "look here", not "this happened"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the evidence shows. Times are UTC ns or None; `rows` are row ids in timeline order. Of the kind `human` are those that
    an examiner adds.

    `texts` holds per language (`en`, `fr`, `ar`) the plain words: `title`, `shows`, `does_not_show`, `alternatives`, `would_change`
    (which other record would strengthen the finding or overturn it); a missing language or word falls back to `title` and `description` in
    the rule's own language, marked as such. `cve` are the published weaknesses that the rule looks for, as `CVE-2021-41773`. `followed`
    names those of `rows` that the rule did not find but that came after what it found, by what they are: `script`, `account`, `login`;
    `first` and `last` leave them out.
    """

    finding_id: str
    kind: Kind
    rule_id: str
    title: str
    level: str
    grade: Grade
    first: int | None
    last: int | None
    entities: Mapping[str, tuple[str, ...]]
    rows: tuple[str, ...]
    attack: tuple[str, ...]
    why: str
    description: str = ""
    falsepositives: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cve: tuple[str, ...] = ()
    followed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def finding_id(rule_id: str, key: str) -> str:
    """A stable id: `F-` and ten hex digits of the rule and of what the finding is about (its group or entity)."""
    return "F-" + hashlib.blake2b(f"{rule_id}\n{key}".encode(), digest_size=5).hexdigest()


def grade(families: set[str], level: str, all_rows_sound: bool) -> Grade:
    """A grade by criteria, never by likelihood.

    corroborated: rows of two independent kinds of source (Windows logs, network captures, web logs); supported: one sound
    source and a rule of level high or above; indication: a rule below that; inconclusive: only damaged, recovered or loosely read rows, or
    rows without a usable time.
    """
    if not all_rows_sound:
        return "inconclusive"
    if len({family.partition("/")[0] for family in families}) >= 2:
        return "corroborated"
    if level in LEVELS and LEVELS.index(level) >= SOUND_LEVEL:
        return "supported"
    return "indication"


Fate = Literal["matched", "suppressed", "silent", "no-data", "excluded", "refused"]


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What became of one rule: matched; suppressed (all that it found is on the user's allow-list); silent (ran on `rows_seen` rows of
    `families` and found nothing); no-data (nothing in this case that it could look at); excluded (the user left it out); refused (could
    not be honoured exactly: `reason`, with the place in `path`). `suppressed` counts matches that the allow-list took away."""

    rule_id: str
    title: str
    level: str
    kind: Kind
    fate: Fate
    path: str
    families: tuple[str, ...] = ()
    rows_seen: int = 0
    matches: int = 0
    reason: str = ""
    suppressed: int = 0


MATCH_COLUMNS: tuple[str, ...] = ("rule_id", "rule_title", "level", "row_id", "time", "family", "why")
