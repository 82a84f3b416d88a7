"""Conditions over rules (`a and not b`) and the orders of rules that temporal_ordered asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from math import comb
from typing import Any

from timelines.detection.questions import COMPARE
from timelines.detection.rules import AllMatched, AnyMatched, Limit, Matched, NotMatched, RuleExpression
from timelines.detection.sigma_conditions import Unsupported

MOST_CHAINS = 200  # orders that one temporal_ordered correlation may stand for; real ones stand for one to three


def expression_of(node: Any, names: Mapping[str, str]) -> RuleExpression:
    """pySigma's tree, with references resolved to rule ids by `names`."""
    from sigma import correlations as c

    match node:
        case c.SigmaRuleReference():
            return Matched(names[str(node.reference)])
        case c.CorrelationConditionAND():
            return AllMatched(tuple(expression_of(arg, names) for arg in node.args))
        case c.CorrelationConditionOR():
            return AnyMatched(tuple(expression_of(arg, names) for arg in node.args))
        case c.CorrelationConditionNOT():
            return NotMatched(expression_of(node.args[0], names))
        case _:
            raise Unsupported(f"condition element {type(node).__name__} is not supported")


def chains_of(expression: RuleExpression, rules: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """The smallest sets of rules that satisfy the expression, each in the order of `rules`."""
    sets = _smallest(_sets(expression))
    return tuple(sorted(tuple(sorted(rules.index(rule) for rule in found)) for found in sets))


def shorter_chains(limits: Sequence[Limit], count: int) -> tuple[tuple[int, ...], ...]:
    """Any so many of the rules in their order, where a condition asks for at least so many."""
    if len(limits) != 1 or limits[0].op not in ("gt", "gte"):
        raise Unsupported(
            "temporal_ordered with a condition other than gt and gte is not supported: rules that match are in order, others are not"
        )
    least = next((n for n in range(1, count + 1) if COMPARE[limits[0].op](n, limits[0].count)), None)
    if least is None:
        raise Unsupported(f"temporal_ordered asks for more than its {count} rules")
    if comb(count, least) > MOST_CHAINS:
        raise Unsupported(_TOO_MANY)
    return tuple(combinations(range(count), least))


_TOO_MANY = f"this condition stands for more than {MOST_CHAINS} orders of rules"


def _sets(expression: RuleExpression) -> set[frozenset[str]]:
    match expression:
        case Matched(rule):
            return {frozenset((rule,))}
        case AnyMatched(args):
            return _bounded(found for arg in args for found in _sets(arg))
        case AllMatched(args):
            out: set[frozenset[str]] = {frozenset()}
            for arg in args:
                out = _bounded(one | other for one, other in product(out, _sets(arg)))
            return out
        case NotMatched():
            raise Unsupported(
                "temporal_ordered with `not` in its condition is not supported: "
                "the standard does not say where in the order a rule must not match"
            )


def _bounded(found: Iterable[frozenset[str]]) -> set[frozenset[str]]:
    out: set[frozenset[str]] = set()
    for one in found:
        out.add(one)
        if len(out) > MOST_CHAINS:
            raise Unsupported(_TOO_MANY)
    return out


def _smallest(sets: set[frozenset[str]]) -> list[frozenset[str]]:
    return [one for one in sets if not any(other < one for other in sets)]
