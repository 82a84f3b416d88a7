"""A rule in words, in English, French or Arabic: what it looks for, in which records, within what limits. The words are data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from timelines.detection.explain import quoted
from timelines.detection.expressions import (
    And,
    Constant,
    Expression,
    Like,
    Network,
    Not,
    Number,
    Or,
    Predicate,
    Present,
    Regex,
    SameAs,
    Test,
    Text,
    TimePart,
)
from timelines.detection.logsources import LogSource
from timelines.detection.rules import Correlation, Limit, Rule, RuleSet

Section = tuple[str, list[str]]  # a title and its lines; an indent says what a line belongs to
LISTED = 12  # values or conditions in one list; a rule of hundreds is read in its file
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_NS = 1_000_000_000


class Words:
    """The phrases of a language."""

    def __init__(self, lang: str) -> None:
        path = files("timelines.detection") / "phrases" / f"{lang}.toml"
        self._table: dict[str, dict[str, str]] = tomllib.loads(path.read_text("utf-8"))

    def __call__(self, key: str, **values: object) -> str:
        section, _, name = key.partition(".")
        return self._table[section][name].format(**values) if values else self._table[section][name]

    def has(self, key: str) -> bool:
        section, _, name = key.partition(".")
        return name in self._table.get(section, {})


@cache
def words(lang: str) -> Words:
    return Words(lang)


def explanation(rule: Rule | Correlation, rules: RuleSet, lang: str) -> list[Section]:
    """The sections of an explanation, in order. What the rule's author did not put into `lang` stands in the author's own words."""
    say = words(lang)
    about, mine = rule.about, rule.about.texts.get(lang, {})
    title = mine.get("title") or about.title
    head = [title, about.rule_id] + ([about.description] if about.description and not mine else [])
    out: list[Section] = [(say("section.rule"), head)]
    if isinstance(rule, Rule):
        out.append((say("section.where"), _where(rule, say)))
        out.append((say("section.asks"), list(_lines(rule.condition, say, 0))))
    else:
        out.append((say("section.asks_correlation"), _together(rule, rules, say, lang)))
    out.append((say("section.limits"), list(_limits(rule, say))))
    theirs = mine or about.texts.get("en", {})
    for part in ("shows", "does_not_show", "alternatives"):
        if part in theirs:
            out.append((say(f"section.{part}"), [theirs[part] + ("" if mine else f" {say('limit.own_words')}")]))
    return out


def _where(rule: Rule, say: Words) -> list[str]:
    named = ", ".join(filter(None, rule.about.logsource))
    lines = [say("where.source", source=named)] if named else []
    for source in rule.sources:
        families = ", ".join(source.families)
        condition = _inline(source.condition, say)
        key = "where.families" if condition else "where.every"
        lines.append("- " + say(key, families=families, condition=condition))
    return lines


def row_condition(source: LogSource, lang: str) -> str:
    """Which rows of its families a log source means; empty for all of them."""
    return _inline(source.condition, words(lang))


def _inline(expression: Expression, say: Words) -> str:
    match expression:
        case Constant():
            return ""
        case And(args):
            return say("join.and").join(_inline(arg, say) for arg in args)
        case Or(args) if (told := _alike(args, say)) is not None:
            return told
        case Or(args):
            return "(" + say("join.or").join(_inline(arg, say) for arg in args) + ")"
        case Not(arg):
            return f"{say('join.not')} {_inline(arg, say)}"
        case Test() | SameAs():
            return _told(expression, say)


def _lines(expression: Expression, say: Words, depth: int) -> Iterable[str]:
    """A condition as an indented list."""
    indent = "  " * depth
    match expression:
        case Constant(value):
            yield indent + say("join.always" if value else "join.never")
        case Or(args) if (told := _alike(args, say)) is not None:
            yield f"{indent}- {told}"
        case And(args) | Or(args):
            yield indent + say("join.all" if isinstance(expression, And) else "join.any")
            yield from _several(args, say, depth)
        case Not(Or(args)) if _alike(args, say) is None:
            yield indent + say("join.none")
            yield from _several(args, say, depth)
        case Not(arg):
            yield indent + say("join.not")
            yield from _lines(arg, say, depth + 1)
        case Test() | SameAs():
            yield f"{indent}- {_told(expression, say)}"


def _several(args: Sequence[Expression], say: Words, depth: int) -> Iterable[str]:
    for arg in args[:LISTED]:
        yield from _lines(arg, say, depth + 1)
    if len(args) > LISTED:
        yield "  " * (depth + 1) + f"… +{len(args) - LISTED}"


def _alike(args: Sequence[Expression], say: Words) -> str | None:
    """Tests of one field that differ in the value alone, as one: `Image ends with 'a' or 'b'`; None where they differ in more."""
    tests = [arg for arg in args if isinstance(arg, Test)]
    kinds = {(test.field, *_kind(test.predicate)) for test in tests}
    if len(tests) < len(args) or len(kinds) != 1:
        return None
    values = [_value(test.predicate) for test in tests]
    more = f" … +{len(values) - LISTED}" if len(values) > LISTED else ""
    return _said(tests[0], say("join.or").join(values[:LISTED]) + more, say)


def _kind(predicate: Predicate) -> tuple[object, ...]:
    match predicate:
        case Text(place, _, cased):
            return "text", place, cased
        case Number(op, _):
            return "number", op
        case Present(wanted):
            return "present", wanted
        case TimePart(part, op, _):
            return "part", part, op
        case Like(_, cased):
            return "like", cased
        case _:
            return (type(predicate).__name__,)


def _value(predicate: Predicate) -> str:
    match predicate:
        case Text(_, needle):
            return quoted(predicate.shown or needle)
        case Like():
            return quoted(predicate.shown)
        case Regex(pattern):
            return f"/{quoted(pattern)[1:-1]}/"
        case Number(_, number) | TimePart(_, _, number):
            return str(number)
        case Network(network):
            return str(network)
        case Present():
            return ""


def _told(test: Test | SameAs, say: Words) -> str:
    if isinstance(test, Test):
        return _said(test, _value(test.predicate), say)
    if test.place == "equals":
        return say("test.same", field=test.field, value=test.other)
    return say("test.same_part", field=test.field, value=test.other, place=say(f"place.{test.place}"))


def _said(test: Test, value: str, say: Words) -> str:
    field = test.field if test.field is not None else say("test.keyword")
    match test.predicate:
        case Text(place, _, cased):
            said = say(f"test.{place}", field=field, value=value)
        case Like(_, cased):
            said = say("test.like", field=field, value=value)
        case Regex():
            return say("test.regex", field=field, value=value)
        case Number(op, _):
            return say("test.number", field=field, value=value, compared=say(f"compared.{op}"))
        case TimePart(part, op, _):
            named, compared = say(f"part.{part}"), say(f"compared.{op}")
            return say("test.part", field=field, value=value, part=named, compared=compared)
        case Network():
            return say("test.network", field=field, value=value)
        case Present(wanted):
            return say("test.present" if wanted else "test.absent", field=field)
    return say("test.cased", said=said) if cased else said


def _together(rule: Correlation, rules: RuleSet, say: Words, lang: str) -> list[str]:
    fields = ", ".join(dict.fromkeys(name for told in rule.counted.values() for name in told))
    key, span = f"correlation.{rule.type}", _span(rule.timespan)
    if rule.written:
        lines = [say("correlation.written", written=rule.written, span=span)]
    else:
        values = {"span": span, "fields": fields, "type": rule.type, "percentile": rule.percentile}
        lines = [
            say(
                key if say.has(key) else "correlation.other",
                compared=say(f"compared.{limit.op}"),
                count=limit.count,
                **values,
            )
            for limit in rule.limits or (Limit("gte", len(rule.rules)),)
        ]
    lines.append(say("correlation.rules"))
    known = {about.rule_id: about for about in rules.abouts}
    for rule_id in rule.rules:
        about = known[rule_id]
        lines.append(f"  - {about.texts.get(lang, {}).get('title') or about.title} ({about.name or about.rule_id})")
    group = ", ".join(rule.group_by)
    return [*lines, say("correlation.group", fields=group) if group else say("correlation.no_group")]


def _span(ns: int) -> str:
    seconds = ns // _NS
    size, unit = next((pair for pair in _SPANS if seconds % pair[0] == 0 and seconds >= pair[0]), (1, "s"))
    return f"{seconds // size} {unit}"


def _limits(rule: Rule | Correlation, say: Words) -> Iterable[str]:
    about = rule.about
    yield say("limit.level", level=about.level, status=about.status or say("limit.no_status"))
    if about.attack:
        yield say("limit.technique", techniques=", ".join(about.attack))
    if not rule.output:
        yield say("limit.step")
    causes = "; ".join(text.rstrip(".") for text in about.falsepositives)
    yield say("limit.falsepositive", causes=causes) if causes else say("limit.no_falsepositive")
    if isinstance(rule, Rule):
        yield from (say(f"limit.{name}") for name in ("case", "missing", "blind"))
    else:
        yield say("limit.time")
