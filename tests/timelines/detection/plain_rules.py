"""The second evaluator: one event, one rule as pySigma read it, the plainest Python that says what the specification says.

Nothing of `timelines.detection` is used. An event is a dict of field names to text, numbers, truth values, lists of these, or None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from sigma import conditions as c
from sigma import types as t
from sigma.rule import SigmaRule

Event = Mapping[str, Any]


def rule_matches(rule: SigmaRule, event: Event) -> bool:
    """A list of conditions is joined by or."""
    return any(holds(condition.parsed, event) for condition in rule.detection.parsed_condition)


def holds(node: Any, event: Event) -> bool:
    if isinstance(node, c.ConditionAND):
        return all(holds(arg, event) for arg in node.args)
    if isinstance(node, c.ConditionOR):
        return any(holds(arg, event) for arg in node.args)
    if isinstance(node, c.ConditionNOT):
        return not holds(node.args[0], event)
    if isinstance(node, c.ConditionFieldEqualsValueExpression):
        return field_is(texts_of(event, node.field), node.value, event)
    return keyword_found(node.value, event)


def texts_of(event: Event, name: str) -> list[str]:
    """The values of a field as text; spaces in field names do not count; empty where the event lacks the field."""
    found: list[str] = []
    for field, value in event.items():
        if field.replace(" ", "") == name.replace(" ", ""):
            for one in value if isinstance(value, list) else [value]:
                if one is not None:
                    found.append(text_of(one))
    return found


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def field_is(texts: list[str], wanted: Any, event: Event) -> bool:
    if isinstance(wanted, t.SigmaExpansion):
        return any(field_is(texts, one, event) for one in wanted.values)
    if isinstance(wanted, t.SigmaNull):
        return not texts
    if isinstance(wanted, t.SigmaExists):
        return bool(texts) == bool(wanted.exists)
    if isinstance(wanted, t.SigmaFieldReference):
        others = texts_of(event, wanted.field)
        return any(reference_holds(wanted, fold(text), fold(other)) for text in texts for other in others)
    return any(text_is(text, wanted) for text in texts)


def reference_holds(wanted: Any, text: str, other: str) -> bool:
    if wanted.starts_with and wanted.ends_with:
        return other in text
    if wanted.starts_with:
        return text.startswith(other)
    if wanted.ends_with:
        return text.endswith(other)
    return text == other


def text_is(text: str, wanted: Any) -> bool:
    if isinstance(wanted, t.SigmaString):
        return string_is(text, wanted)
    if isinstance(wanted, t.SigmaBool):
        return fold(text) == text_of(wanted.boolean)
    if isinstance(wanted, t.SigmaTimestampPart):
        return time_part(text, wanted) == wanted.number
    if isinstance(wanted, t.SigmaNumber):
        return number_of(text) == wanted.number
    if isinstance(wanted, t.SigmaRegularExpression):
        return regex_found(text, wanted)
    if isinstance(wanted, t.SigmaCIDRExpression):
        return address_in(text, wanted.network)
    if isinstance(wanted, t.SigmaCompareExpression):
        return compares(text, wanted)
    raise AssertionError(f"no rule of the specification for {type(wanted).__name__}")


def pieces_of(wanted: Any) -> list[Any]:
    """Single characters, and the two wildcards."""
    out: list[Any] = []
    for part in wanted.s:
        out += [part] if isinstance(part, t.SpecialChars) else list(part)
    return out


def string_is(text: str, wanted: Any, anywhere: bool = False) -> bool:
    """The whole text (or any part of it) against literal characters, `?` (any one character) and `*` (any characters)."""
    pattern, cased = pieces_of(wanted), isinstance(wanted, t.SigmaCasedString)
    if anywhere:
        pattern = [t.SpecialChars.WILDCARD_MULTI, *pattern, t.SpecialChars.WILDCARD_MULTI]
    reachable = {0}  # how many pieces of the pattern the text so far may have used up
    for used, piece in enumerate(pattern):
        if used in reachable and piece == t.SpecialChars.WILDCARD_MULTI:
            reachable.add(used + 1)
    for character in text:
        following: set[int] = set()
        for used, piece in enumerate(pattern):
            if used not in reachable:
                continue
            if piece == t.SpecialChars.WILDCARD_MULTI:
                following |= {used, used + 1}
            elif piece == t.SpecialChars.WILDCARD_SINGLE or same(piece, character, cased):
                following.add(used + 1)
        for used, piece in enumerate(pattern):  # a star may stand for nothing
            if used in following and piece == t.SpecialChars.WILDCARD_MULTI:
                following.add(used + 1)
        reachable = following
    return len(pattern) in reachable


def same(one: str, other: str, cased: bool) -> bool:
    return one == other if cased else fold(one) == fold(other)


def fold(text: str) -> str:
    """Unicode case folding, one character for one."""
    return "".join(folded_character(character) for character in text)


def folded_character(character: str) -> str:
    if len(character.casefold()) == 1:
        return character.casefold()
    return character.lower() if len(character.lower()) == 1 else character


def number_of(text: str) -> float | int | None:
    """Decimal or hexadecimal, as logs write numbers."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,32}", text):
        return int(text, 16)
    if re.fullmatch(r"[+-]?[0-9]{1,40}", text):
        return int(text)
    if re.fullmatch(r"[+-]?[0-9]{1,40}\.[0-9]{1,40}", text):
        return float(text)
    return None


def instant_of(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def time_part(text: str, wanted: Any) -> int | None:
    instant = instant_of(text)
    if instant is None:
        return None
    parts = {
        "MINUTE": instant.minute,
        "HOUR": instant.hour,
        "DAY": instant.day,
        "WEEK": instant.isocalendar().week,
        "MONTH": instant.month,
        "YEAR": instant.year,
    }
    return parts[wanted.timestamp_part.name]


def regex_found(text: str, wanted: Any) -> bool:
    """Anywhere in the text; case matters unless flagged."""
    flags = 0
    for flag in wanted.flags:
        flags |= {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}[wanted.sigma_to_re_flag[flag]]
    return re.search(str(wanted.regexp), text, flags) is not None


def address_in(text: str, network: Any) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address) in network


def compares(text: str, wanted: Any) -> bool:
    limit = wanted.number.number
    value = time_part(text, wanted.number) if isinstance(wanted.number, t.SigmaTimestampPart) else number_of(text)
    if value is None:
        return False
    if wanted.op.name == "LT":
        return value < limit
    if wanted.op.name == "LTE":
        return value <= limit
    if wanted.op.name == "GT":
        return value > limit
    return value >= limit


def keyword_found(wanted: Any, event: Event) -> bool:
    """Somewhere inside any value of the event."""
    if isinstance(wanted, t.SigmaExpansion):
        return any(keyword_found(one, event) for one in wanted.values)
    texts = [text for name in dict.fromkeys(event) for text in texts_of({name: event[name]}, name)]
    if isinstance(wanted, t.SigmaRegularExpression):
        return any(regex_found(text, wanted) for text in texts)
    wanted = t.SigmaString(str(wanted)) if isinstance(wanted, t.SigmaNumber) else wanted
    return any(string_is(text, wanted, anywhere=True) for text in texts)
