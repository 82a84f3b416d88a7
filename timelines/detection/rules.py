"""Rules as the engine holds them: what they ask, where, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from timelines.detection.expressions import Expression
from timelines.detection.logsources import LogSource


@dataclass(frozen=True, slots=True)
class About:
    """What a rule says of itself. `path` is where it was read; `texts` the plain words of its `athar` block, by language; `logsource` its
    product, category and service as written, empty where it names none (a correlation names none of the three); `cve` the published
    weaknesses that it is tagged with, as `CVE-2021-41773`."""

    rule_id: str
    title: str
    level: str
    path: str
    name: str = ""
    description: str = ""
    attack: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    status: str = ""
    tags: tuple[str, ...] = ()
    logsource: tuple[str, str, str] = ("", "", "")
    cve: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weakness:
    """One of several published weaknesses that a rule looks for, and the selection of the rule that bears its number."""

    cve: str
    condition: Expression


@dataclass(frozen=True, slots=True)
class Rule:
    """A single-event rule. `output` is False when only correlations use its matches (`generate: false`). Where selections bear numbers of
    published weaknesses, `weaknesses` says which of them a row shows."""

    about: About
    condition: Expression
    sources: tuple[LogSource, ...]
    output: bool = True
    weaknesses: tuple[Weakness, ...] = ()


Metric = Literal["value_sum", "value_avg", "value_percentile", "value_median"]
CorrelationType = Literal["event_count", "value_count", "temporal", "temporal_ordered"] | Metric
CORRELATION_TYPES: tuple[str, ...] = (
    *("event_count", "value_count", "temporal", "temporal_ordered"),
    *get_args(Metric),
)
CountOperator = Literal["gt", "gte", "lt", "lte", "eq", "neq"]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a correlation asks of what it measures; two of them make a range."""

    op: CountOperator
    count: int | float


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule, by `rule_id`, matched in the window."""

    rule: str


@dataclass(frozen=True, slots=True)
class AllMatched:
    args: tuple[RuleExpression, ...]


@dataclass(frozen=True, slots=True)
class AnyMatched:
    args: tuple[RuleExpression, ...]


@dataclass(frozen=True, slots=True)
class NotMatched:
    arg: RuleExpression


RuleExpression = Matched | AllMatched | AnyMatched | NotMatched


@dataclass(frozen=True, slots=True)
class Correlation:
    """A rule over the matches of other rules (by `rule_id`, in the order written).

    `group_by` names fields or aliases; `fields[rule_id]` gives for each of them, in order, the field to read in that rule's matches;
    `counted[rule_id]` the fields whose values are counted, or the one whose numbers are measured. `timespan` is in ns. All `limits` hold.
    `expression` is what a temporal one asks instead; `chains` are the orders (of places in `rules`) of which
    temporal_ordered asks any;
    `written` is a condition over rules as the rule has it.
    """

    about: About
    type: CorrelationType
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    timespan: int
    limits: tuple[Limit, ...] = ()
    counted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    percentile: int = 50
    expression: RuleExpression | None = None
    chains: tuple[tuple[int, ...], ...] = ()
    written: str = ""
    output: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule that will not run, and why. `line` and `column` count from 1; 0 where the place is not known."""

    path: str
    title: str
    reason: str
    line: int = 0
    column: int = 0
    rule_id: str = ""
    level: str = "informational"
    kind: Literal["match", "correlation"] = "match"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All that was loaded, in path order; correlations stand after the rules and correlations they refer to."""

    rules: tuple[Rule, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def abouts(self) -> tuple[About, ...]:
        """What each rule and correlation says of itself, in order."""
        return (*(rule.about for rule in self.rules), *(correlation.about for correlation in self.correlations))
