"""Sigma correlation rules to ours: references by id or name resolved, aliases spelled out, cycles and unknown kinds refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from timelines.detection.rules import About, Correlation, CorrelationType, CountOperator, Refused, Rule
from timelines.detection.sigma_conditions import Unsupported

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule

SECOND = 1_000_000_000

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
    from sigma.correlations import SigmaCorrelationCondition

    kind = rule.type.name.lower()
    if kind not in get_args(CorrelationType):
        raise Unsupported(
            f"correlation type {kind} is not supported; supported are {', '.join(get_args(CorrelationType))}"
        )
    if not isinstance(rule.condition, SigmaCorrelationCondition):
        raise Unsupported("a correlation condition over rule expressions is not supported")
    references = _references(rule)
    rules = tuple(names[reference] for reference in references)
    op = rule.condition.op.name.lower()
    if op not in get_args(CountOperator):
        raise Unsupported(f"correlation operator {op} is not supported")
    if kind == "temporal_ordered" and (op != "gte" or rule.condition.count != len(rules)):
        raise Unsupported(
            "temporal_ordered with a condition is not supported: all its rules have to match, in their order"
        )
    group_by = tuple(rule.group_by or ())
    aliases = {
        alias.alias: {names.get(str(ref.reference)): str(field) for ref, field in alias.mapping.items()}
        for alias in rule.aliases
    }
    fields = {target: tuple(_field(name, target, aliases) for name in group_by) for target in rules}
    wanted = rule.condition.fieldref
    listed: list[Any] = [] if wanted is None else [wanted] if isinstance(wanted, str) else list(wanted)
    counted = {target: tuple(_field(str(name), target, aliases) for name in listed) for target in rules}
    return Correlation(
        about,
        kind,
        rules,
        group_by,
        fields,
        rule.timespan.seconds * SECOND,
        op,
        rule.condition.count,
        counted if listed else {},
    )


def _field(name: str, target: str, aliases: Mapping[str, Mapping[str | None, str]]) -> str:
    if name not in aliases:
        return name
    if target not in aliases[name]:
        raise Unsupported(f"alias {name!r} says nothing of rule {target!r}")
    return aliases[name][target]
