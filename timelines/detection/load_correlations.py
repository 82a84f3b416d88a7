"""Sigma correlation rules to ours: references by id or name resolved, aliases spelled out, cycles and unknown kinds refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, cast, get_args

from timelines.detection.rule_expressions import chains_of, expression_of, shorter_chains
from timelines.detection.rules import (
    CORRELATION_TYPES,
    About,
    Correlation,
    CountOperator,
    Limit,
    Metric,
    Refused,
    Rule,
)
from timelines.detection.sigma_conditions import Unsupported

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule

SECOND = 1_000_000_000
_RANGE = "_range"  # the second comparison of a range, which pySigma does not take

Written = Mapping[str, tuple["SigmaCorrelationRule", About]]


def correlations_of(
    written: Written, rules: Mapping[str, Rule]
) -> tuple[list[Correlation], frozenset[str], list[Refused]]:
    """Correlations in an order where each stands after what it refers to; ids that only correlations use; what is refused."""
    names: dict[str, str] = {}
    shared: set[str] = set()
    for rule_id, about in [(i, r.about) for i, r in rules.items()] + [(i, a) for i, (_, a) in written.items()]:
        names[rule_id] = rule_id
        if about.name:
            shared.update({about.name} if names.setdefault(about.name, rule_id) != rule_id else ())
    done: dict[str, Correlation] = {}
    failed: dict[str, str] = {}
    silent: set[str] = set()

    def settle(rule_id: str, above: tuple[str, ...]) -> None:
        if rule_id in done or rule_id in failed:
            return
        rule, about = written[rule_id]
        if rule_id in above:
            failed[rule_id] = "refers to itself, directly or through other correlations"
            return
        for reference in _references(rule):
            target = names.get(reference)
            if reference in shared:
                failed[rule_id] = f"refers to {reference!r}, a name that several rules have; refer by id"
                return
            if target is not None and target in written and target not in failed:
                settle(target, (*above, rule_id))
            if rule_id in failed:
                return
            if target is None or target in failed:
                why = f": {failed[target]}" if target in failed else ""
                failed[rule_id] = f"refers to rule {reference!r}, which is not loaded{why}"
                return
        try:
            done[rule_id] = _correlation(rule, about, names)
        except Unsupported as error:
            failed[rule_id] = str(error)
            return
        if not rule.generate:
            silent.update(done[rule_id].rules)

    for rule_id in written:
        settle(rule_id, ())
    refused = [
        Refused(written[i][1].path, written[i][1].title, why, 0, 0, i, written[i][1].level, "correlation")
        for i, why in failed.items()
    ]
    correlations = [replace(c, output=False) if i in silent else c for i, c in done.items()]
    return correlations, frozenset(silent), refused


def _references(rule: SigmaCorrelationRule) -> list[str]:
    if rule.rules is not None:
        return [str(reference.reference) for reference in rule.rules]
    return [str(name) for name in getattr(rule.condition, "get_referenced_rules", list)()]


def _correlation(rule: SigmaCorrelationRule, about: About, names: Mapping[str, str]) -> Correlation:
    kind = rule.type.name.lower()
    if kind not in CORRELATION_TYPES:
        raise Unsupported(f"correlation type {kind} is not supported; supported are {', '.join(CORRELATION_TYPES)}")
    rules = tuple(names[reference] for reference in _references(rule))
    if kind == "temporal" and len(set(rules)) < len(rules):
        raise Unsupported("a temporal correlation names a rule twice; what has to match a second time is not said")
    group_by = tuple(rule.group_by or ())
    aliases = {
        alias.alias: {names.get(str(ref.reference)): str(field) for ref, field in alias.mapping.items()}
        for alias in rule.aliases
    }
    fields = {target: tuple(_field(name, target, aliases) for name in group_by) for target in rules}
    wanted = getattr(rule.condition, "fieldref", None)
    listed: list[Any] = [] if wanted is None else [wanted] if isinstance(wanted, str) else list(wanted)
    if kind in get_args(Metric) and len(listed) != 1:
        raise Unsupported(f"{kind} measures one field; its condition names {len(listed)}")
    counted = {target: tuple(_field(str(name), target, aliases) for name in listed) for target in rules}
    plain = Correlation(about, kind, rules, group_by, fields, rule.timespan.seconds * SECOND)
    return _with_condition(replace(plain, counted=counted if listed else {}), rule, names)


def _with_condition(plain: Correlation, rule: SigmaCorrelationRule, names: Mapping[str, str]) -> Correlation:
    from sigma.correlations import SigmaExtendedCorrelationCondition

    if isinstance(rule.condition, SigmaExtendedCorrelationCondition):
        expression = expression_of(rule.condition.parsed, names)
        chains = chains_of(expression, plain.rules) if plain.type == "temporal_ordered" else ()
        return replace(plain, expression=expression, chains=chains, written=rule.condition.expression)
    limits = _limits(rule)
    if plain.type == "temporal_ordered":
        count = len(plain.rules)
        if limits == (Limit("gte", count),):
            return replace(plain, limits=limits, chains=(tuple(range(count)),))
        return replace(plain, limits=limits, chains=shorter_chains(limits, count), written=_in_words(limits))
    if plain.type == "value_percentile":
        percent = rule.condition.percentile
        if percent is None or not 0 <= percent <= 100:
            raise Unsupported("value_percentile needs a percentile from 0 to 100 in its condition")
        return replace(plain, limits=limits, percentile=percent)
    return replace(plain, limits=limits)


def _limits(rule: SigmaCorrelationRule) -> tuple[Limit, ...]:
    others = rule.custom_attributes.get(_RANGE, {})
    return tuple(
        _limit(op, count) for op, count in ((rule.condition.op.name.lower(), rule.condition.count), *others.items())
    )


def _limit(op: str, count: Any) -> Limit:
    if op not in get_args(CountOperator):
        raise Unsupported(f"correlation operator {op} is not supported")
    if isinstance(count, bool) or not isinstance(count, int | float) or not isfinite(count):
        raise Unsupported(f"condition {op}: {count!r} is not a number")
    return Limit(cast(CountOperator, op), count)


def _in_words(limits: tuple[Limit, ...]) -> str:
    return " and ".join(f"{limit.op} {limit.count}" for limit in limits)


def one_limit(document: dict[str, Any]) -> dict[str, Any]:
    """A correlation with a range (`gt: 100, lte: 200`) as pySigma takes it: one comparison, and the other beside the rule."""
    document = {key: value for key, value in document.items() if key != _RANGE}
    body = document.get("correlation")
    condition = body.get("condition") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(condition, dict):
        return document
    operators = [name for name in condition if name in get_args(CountOperator)]
    if len(operators) != 2:
        return document
    other = operators[1]
    left = {name: value for name, value in condition.items() if name != other}
    return {**document, _RANGE: {other: condition[other]}, "correlation": {**body, "condition": left}}


def _field(name: str, target: str, aliases: Mapping[str, Mapping[str | None, str]]) -> str:
    if name not in aliases:
        return name
    if target not in aliases[name]:
        raise Unsupported(f"alias {name!r} says nothing of rule {target!r}")
    return aliases[name][target]
