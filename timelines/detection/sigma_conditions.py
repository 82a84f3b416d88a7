"""From pySigma's condition trees to our expressions. What cannot be honoured exactly raises `Unsupported` with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from timelines.detection.expressions import (
    Expression,
    Like,
    Network,
    Not,
    Number,
    Place,
    Predicate,
    Present,
    Regex,
    SameAs,
    Test,
    Text,
    TimePart,
    Wild,
    conjunction,
    disjunction,
)
from timelines.detection.folding import fold
from timelines.detection.regex_dialect import for_re2

if TYPE_CHECKING:
    from sigma.conditions import SigmaCondition
    from sigma.rule import SigmaRule
    from sigma.types import SigmaString


CONDITION_LENGTH = 20_000  # characters; the longest of SigmaHQ has about 200, and parsing grows with depth


class Unsupported(ValueError):
    """A rule that Athar will not run, because it could only run it approximately. The message is the reason."""


def condition_of(rule: SigmaRule) -> Expression:
    """The rule's condition; a list of conditions is joined by or (Sigma 2.1, "Condition")."""
    if rule.taxonomy not in (None, "sigma"):
        raise Unsupported(f"taxonomy {rule.taxonomy!r} is not known; field names are read as those of `sigma`")
    if "timeframe" in rule.detection.detections:
        raise Unsupported("a timeframe inside a detection is no longer Sigma; correlations took its place")
    if any(_anchored_keyword(detection) for detection in rule.detection.detections.values()):
        raise Unsupported(
            "a keyword with startswith or endswith: it is looked for in a whole row, which has no begin and no end"
        )
    written = [condition.condition for condition in rule.detection.parsed_condition]
    if not all(isinstance(text, str) for text in written):
        raise Unsupported("the condition is not text; expected an expression such as `selection and not filter`")
    longest = max(map(len, written), default=0)
    if longest > CONDITION_LENGTH:
        raise Unsupported(f"condition of {longest} characters; at most {CONDITION_LENGTH} are read")
    if not rule.detection.parsed_condition:
        raise Unsupported("the condition selects nothing")
    return disjunction([expression_of(condition) for condition in rule.detection.parsed_condition])


def expression_of(condition: SigmaCondition) -> Expression:
    """One condition of pySigma's, or the name of a detection taken as one."""
    if condition.parsed is None:
        raise Unsupported("the condition selects nothing")
    return _convert(condition.parsed)


def _anchored_keyword(item: Any) -> bool:
    from sigma.modifiers import SigmaEndswithModifier, SigmaStartswithModifier

    if hasattr(item, "detection_items"):
        return any(map(_anchored_keyword, item.detection_items))
    anchors = (SigmaStartswithModifier, SigmaEndswithModifier)
    return item.field is None and any(issubclass(modifier, anchors) for modifier in item.modifiers)


def _convert(node: Any) -> Expression:
    from sigma import conditions as c

    match node:
        case c.ConditionAND():
            return conjunction([_convert(arg) for arg in node.args])
        case c.ConditionOR():
            return disjunction([_convert(arg) for arg in node.args])
        case c.ConditionNOT():
            return Not(_convert(node.args[0]))
        case c.ConditionFieldEqualsValueExpression():
            return _test(node.field.replace(" ", ""), node.value)
        case c.ConditionValueExpression():
            return _test(None, node.value)
        case _:
            raise Unsupported(f"condition element {type(node).__name__} is not supported")


def _test(field: str | None, value: Any) -> Expression:
    from sigma import types as t

    if isinstance(value, t.SigmaExpansion):
        return disjunction([_test(field, item) for item in value.values])
    if isinstance(value, t.SigmaFieldReference):
        if field is None:
            raise Unsupported("fieldref needs a field to compare")
        return SameAs(field, value.field.replace(" ", ""), _reference_place(value))
    if field is None:
        if isinstance(value, t.SigmaNumber | t.SigmaBool):
            value = t.SigmaString(str(value))
        if isinstance(value, t.SigmaString):
            return Test(None, _keyword(value))
        if not isinstance(value, t.SigmaRegularExpression):
            raise Unsupported(f"a keyword cannot be a {type(value).__name__.removeprefix('Sigma')}")
    return Test(field, _predicate(value))


def _reference_place(value: Any) -> Place:
    if value.starts_with and value.ends_with:
        return "contains"
    return "startswith" if value.starts_with else "endswith" if value.ends_with else "equals"


def _predicate(value: Any) -> Predicate:
    from sigma import types as t

    makers: list[tuple[type, Callable[[Any], Predicate]]] = [
        (t.SigmaString, lambda v: _string(pieces_of(v), isinstance(v, t.SigmaCasedString))),
        (t.SigmaTimestampPart, lambda v: TimePart(_part(v), "eq", v.number)),
        (t.SigmaNumber, lambda v: Number("eq", v.number)),
        (t.SigmaBool, lambda v: _string(("true" if v.boolean else "false",), False)),
        (t.SigmaRegularExpression, _regex),
        (t.SigmaCIDRExpression, lambda v: Network(v.network)),
        (t.SigmaCompareExpression, _comparison),
        (t.SigmaExists, lambda v: Present(bool(v.exists))),
        (t.SigmaNull, lambda v: Present(False)),
    ]
    for kind, make in makers:
        if isinstance(value, kind):
            return make(value)
    raise Unsupported(f"values of kind {type(value).__name__.removeprefix('Sigma')} are not supported")


def _part(value: Any) -> Any:
    return value.timestamp_part.name.lower()


def _comparison(value: Any) -> Predicate:
    from sigma.types import SigmaTimestampPart

    operator = value.op.name.lower()
    if isinstance(value.number, SigmaTimestampPart):
        return TimePart(_part(value.number), operator, value.number.number)
    return Number(operator, value.number.number)


def pieces_of(value: SigmaString) -> tuple[str | Wild, ...]:
    """Literal pieces and wildcards, with runs of `*` and neighbouring literals joined."""
    from sigma.types import Placeholder, SpecialChars

    out: list[str | Wild] = []
    for part in value.s:
        if isinstance(part, Placeholder):
            raise Unsupported(f"placeholder %{part.name}% has no value")
        if isinstance(part, SpecialChars):
            wild = Wild.ANY if part is SpecialChars.WILDCARD_MULTI else Wild.ONE
            if not (wild is Wild.ANY and out and out[-1] is Wild.ANY):
                out.append(wild)
        elif part and out and isinstance(out[-1], str):
            out[-1] += part
        elif part:
            out.append(part)
    return tuple(out)


def _string(pieces: tuple[str | Wild, ...], cased: bool) -> Predicate:
    shown = "".join(p.value if isinstance(p, Wild) else p for p in pieces)
    literal = "".join(p for p in pieces if isinstance(p, str))
    if not cased:
        pieces = tuple(p if isinstance(p, Wild) else fold(p) for p in pieces)
    match pieces:
        case ():
            return Text("equals", "", cased)
        case (Wild.ANY,):
            return Present(True)
        case (str() as needle,):
            return Text("equals", needle, cased, literal)
        case (Wild.ANY, str() as needle, Wild.ANY):
            return Text("contains", needle, cased, literal)
        case (str() as needle, Wild.ANY):
            return Text("startswith", needle, cased, literal)
        case (Wild.ANY, str() as needle):
            return Text("endswith", needle, cased, literal)
        case _:
            like = Like(pieces, cased, shown)
            _check_regex(like.regex)
            return like


def _keyword(value: SigmaString) -> Predicate:
    """A keyword is looked for inside each value (Sigma 2.1, "Keyword search")."""
    from sigma.types import SigmaCasedString

    pieces = pieces_of(value)
    if pieces[:1] != (Wild.ANY,):
        pieces = (Wild.ANY, *pieces)
    if pieces[-1] is not Wild.ANY:
        pieces = (*pieces, Wild.ANY)
    return _string(pieces, isinstance(value, SigmaCasedString))


def _regex(value: Any) -> Predicate:
    from sigma.types import Placeholder

    if not hasattr(value.regexp, "s"):
        raise Unsupported(f"regular expression {value.regexp!r} is not text; put it in quotes")
    for part in value.regexp.s:
        if isinstance(part, Placeholder):
            raise Unsupported(f"placeholder %{part.name}% has no value")
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    pattern = (f"(?{flags})" if flags else "") + str(value.regexp)
    _check_regex(pattern)
    _check_regex(for_re2(pattern))
    return Regex(pattern)


def _check_regex(pattern: str) -> None:
    from timelines.detection.linear_regex import BeyondLinear, compiled

    try:
        compiled(pattern)
    except BeyondLinear as error:
        raise Unsupported(f"pattern {pattern!r} is {error}") from error
