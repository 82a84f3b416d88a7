"""The user's allow-list: matches that are known and explained, taken away before anything is concluded from them, and counted.

A file holds a list `allow` (YAML, or TOML's `[[allow]]`); each entry names a `rule` (id, title or end of path, `*` and `?` for any text)
and a `reason`, and may narrow it to a `host` and to `fields`, whose values are compared as Sigma compares a plain value: the whole value,
case ignored, `*` and `?` wildcards, `\\` before one to mean itself. A row that lacks a field is not allowed by it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from timelines.detection.cited import RuleHits
from timelines.detection.correlate import CorrelationHit
from timelines.detection.folding import fold
from timelines.detection.found_rows import FoundRows
from timelines.detection.rule_files import RULE_BYTES, RuleFileError, documents_of
from timelines.detection.rules import About, RuleSet
from timelines.detection.selection import fits
from timelines.findings import Fate, RuleOutcome

KNOWN = 10_000  # answers of a pattern that are kept
SHORT = 1_000  # characters of a text whose answer is kept; longer ones seldom come again
_KEYS = {"rule", "reason", "host", "fields"}


class AllowListError(ValueError):
    """An allow-list that cannot be used: one line, with the file and the entry."""


class Pattern:
    """A plain Sigma value as a question to texts, in linear time."""

    def __init__(self, text: str) -> None:
        from sigma.types import SigmaString

        from timelines.detection.expressions import Like, Wild
        from timelines.detection.linear_regex import compiled
        from timelines.detection.sigma_conditions import pieces_of

        folded = tuple(p if isinstance(p, Wild) else fold(p) for p in pieces_of(SigmaString(text)))
        self._regex = compiled(Like(folded).regex)
        self._known = lru_cache(KNOWN)(self._asked)  # rows repeat their values

    def _asked(self, text: str) -> bool:
        return self._regex.fullmatch(fold(text)) is not None

    def holds(self, text: str | None) -> bool:
        return text is not None and (self._known(text) if len(text) <= SHORT else self._asked(text))


@dataclass(frozen=True, slots=True)
class Allowance:
    """One entry. `hosts` and each field: any of the patterns; all that is named has to hold."""

    rule: str
    reason: str
    hosts: tuple[Pattern, ...] = ()
    fields: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)


def allow_list(path: Path) -> tuple[Allowance, ...]:
    """Read an allow-list. Raises AllowListError for one that cannot be taken as it stands."""
    entries = _written(path).get("allow")
    if not isinstance(entries, list) or not entries:
        raise AllowListError(f"{path}: expected a list `allow` of entries, each with `rule` and `reason`")
    return tuple(_allowance(f"{path}: entry {number}", entry) for number, entry in enumerate(entries, 1))


def _written(path: Path) -> Mapping[str, Any]:
    if path.suffix.lower() == ".toml":
        try:
            if path.stat().st_size > RULE_BYTES:
                raise AllowListError(f"{path}: larger than {RULE_BYTES} bytes")
            return tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise AllowListError(f"{path}: not readable as TOML: {' '.join(str(error).split())}") from error
    try:
        documents = documents_of(path)
    except RuleFileError as error:
        place = f":{error.line}:{error.column}" if error.line else ""
        raise AllowListError(f"{path}{place}: {error}") from error
    return documents[0] if len(documents) == 1 else {}


def _allowance(where: str, entry: object) -> Allowance:
    if not isinstance(entry, dict):
        raise AllowListError(f"{where}: expected `rule` and `reason`, found {type(entry).__name__}")
    if unknown := sorted(str(key) for key in entry if key not in _KEYS):
        raise AllowListError(f"{where}: unknown key {unknown[0]!r}; expected {', '.join(sorted(_KEYS))}")
    rule, reason = entry.get("rule"), entry.get("reason")
    if not isinstance(rule, str) or not rule.strip():
        raise AllowListError(f"{where}: `rule` is missing: the id, title or path of a rule")
    if not isinstance(reason, str) or not reason.strip():
        raise AllowListError(f"{where} ({rule}): `reason` is missing; a match is never set aside without one")
    fields = entry.get("fields", {})
    if not isinstance(fields, dict):
        raise AllowListError(f"{where} ({rule}): `fields` is {fields!r}; expected a mapping of field to value")
    hosts = _patterns(f"{where} ({rule}): host", entry["host"]) if "host" in entry else ()
    named = {str(name): _patterns(f"{where} ({rule}): field {name}", value) for name, value in fields.items()}
    return Allowance(rule.strip(), " ".join(reason.split()), hosts, named)


def _patterns(where: str, value: object) -> tuple[Pattern, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(item, str | int) and not isinstance(item, bool) for item in listed):
        raise AllowListError(f"{where}: expected a text or a list of texts, found {value!r}")
    try:
        return tuple(Pattern(str(item)) for item in listed)
    except ValueError as error:  # BeyondLinear: a pattern of thousands of characters
        raise AllowListError(f"{where}: {error}") from error


class Sieve:
    """An allow-list at work on one run: it takes matches away and counts them by rule and reason."""

    def __init__(self, allowances: Sequence[Allowance]) -> None:
        self._allowances = tuple(allowances)
        self._counts: dict[str, dict[str, int]] = {}

    def _of(self, about: About) -> list[Allowance]:
        return [allowance for allowance in self._allowances if fits(allowance.rule, about)]

    def unused(self, rules: RuleSet) -> list[str]:
        """Entries that can take nothing away: no rule is so named, or a correlation is to be told by a field it does not group by."""
        out = []
        for allowance in self._allowances:
            fitting = [rule.about for rule in rules.rules if fits(allowance.rule, rule.about)]
            fitting += [
                c.about
                for c in rules.correlations
                if fits(allowance.rule, c.about) and {*allowance.fields} <= {*c.group_by}
            ]
            if not fitting:
                out.append(allowance.rule)
        return out

    def fields(self, rules: RuleSet, wanted: Mapping[int, Sequence[str]]) -> dict[int, list[str]]:
        """The fields whose values are needed of each rule's matches, added to those that are wanted already."""
        out = {at: list(names) for at, names in wanted.items()}
        for at, rule in enumerate(rules.rules):
            names = [name for allowance in self._of(rule.about) for name in allowance.fields]
            if names:
                out[at] = list(dict.fromkeys([*out.get(at, []), *names]))
        return out

    def sifted(self, rules: RuleSet, rows: FoundRows) -> FoundRows:
        """The found rows with the hits that no entry allows. A rule whose hits are all allowed has none."""
        hosts = self._hosts(rows)
        hits = dict(rows.hits)
        for at, found in rows.hits.items():
            about = rules.rules[at].about
            left = np.arange(len(found.rows))
            for allowance in self._of(about):
                allowed = [_holds(allowance, hosts, found, int(n)) for n in left]
                self._count(about, allowance, sum(allowed))
                left = left[~np.array(allowed, np.bool_)]
            if len(left) == 0:
                del hits[at]
            elif len(left) < len(found.rows):
                hits[at] = found.kept(left)
        return replace(rows, hits=hits)

    def _hosts(self, rows: FoundRows) -> Sequence[str | None]:
        """Of all found rows, where an entry asks for them."""
        return rows.texts("host") if any(allowance.hosts for allowance in self._allowances) else []

    def sifted_episodes(
        self, rules: RuleSet, episodes: Mapping[str, tuple[CorrelationHit, ...]], rows: FoundRows
    ) -> dict[str, tuple[CorrelationHit, ...]]:
        """A correlation's hits that no entry allows: by the hosts of all its rows and the values that it groups by."""
        hosts = self._hosts(rows)
        out = dict(episodes)
        for correlation in rules.correlations:
            about = correlation.about
            for allowance in self._of(about):
                before = out[about.rule_id]
                kept = tuple(hit for hit in before if not _holds_for_all(allowance, hit, hosts))
                self._count(about, allowance, len(before) - len(kept))
                out[about.rule_id] = kept
        return out

    def _count(self, about: About, allowance: Allowance, number: int) -> None:
        if number:
            mine = self._counts.setdefault(about.rule_id, {})
            mine[allowance.reason] = mine.get(allowance.reason, 0) + number

    def told(self, outcomes: Iterable[RuleOutcome]) -> tuple[RuleOutcome, ...]:
        """The outcomes with what was taken away: a rule is `suppressed` when nothing else was found, never silent."""
        return tuple(self._told(outcome) for outcome in outcomes)

    def _told(self, outcome: RuleOutcome) -> RuleOutcome:
        counts = self._counts.get(outcome.rule_id)
        if not counts or outcome.fate == "refused":
            return outcome
        fate: Fate = "matched" if outcome.matches else "suppressed"
        reason = "; ".join(f"{text} ({number:,})" for text, number in sorted(counts.items()))
        return replace(outcome, fate=fate, suppressed=sum(counts.values()), reason=f"allowed: {reason}")


def _holds(allowance: Allowance, hosts: Sequence[str | None], found: RuleHits, at: int) -> bool:
    if allowance.hosts and not any(pattern.holds(hosts[int(found.rows[at])]) for pattern in allowance.hosts):
        return False
    return all(
        any(pattern.holds(found.fields[name][at]) for pattern in patterns)
        for name, patterns in allowance.fields.items()
    )


def _holds_for_all(allowance: Allowance, hit: CorrelationHit, hosts: Sequence[str | None]) -> bool:
    if allowance.hosts and not all(any(p.holds(hosts[row]) for p in allowance.hosts) for row in hit.rows):
        return False
    return all(any(p.holds(hit.group.get(name)) for p in patterns) for name, patterns in allowance.fields.items())
