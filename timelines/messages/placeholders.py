"""The places of values in sentence templates: what a sentence shows, and which columns a query must read for it.

`{TargetUserName}` is a column by the evidence's own name or a core column, `{Data#2}` the second unnamed value, `{IpAddress|ip}` a value
through a filter of `timelines.filters`, `{LogonType:logon_type}` one decoded by a table of `timelines/messages/codes/`. What stands in
brackets, `[ as {user}]`, is left out of a sentence whose row has none of its values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from timelines.meanings import sources_of
from timelines.named_columns import stored_as

MANY = (
    20  # values without names that are told of an event whose names are lost: who, from where and what stand among them
)
UNNAMED = ("Data", *(f"Data_{number}" for number in range(2, MANY + 1)))
_PLACE = re.compile(r"\{([^{}|:]+)(?:\|([^{}]+)|:([a-z][a-z0-9_+]*))?\}")

_OPTIONAL = re.compile(r"\[([^\[\]]*\{[^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value's place in a template: the column's name and the filter or the code table it goes through."""

    name: str
    filter: str = ""
    codes: str = ""


@cache
def segments(template: str) -> tuple[tuple[bool, str], ...]:
    """A template cut where brackets stand round placeholders: each piece without them, and whether it is left out where it has no value."""
    pieces = _OPTIONAL.split(template)  # every second one stood in brackets
    return tuple((at % 2 == 1, piece) for at, piece in enumerate(pieces) if piece)


@cache
def parts(template: str) -> tuple[str | Placeholder, ...]:
    """A template as plain text and placeholders, in order."""
    template = _OPTIONAL.sub(r"\1", template)
    found: list[str | Placeholder] = []
    at = 0
    for match in _PLACE.finditer(template):
        if match.start() > at:
            found.append(template[at : match.start()])
        found.append(Placeholder(match[1], match[2] or "", match[3] or ""))
        at = match.end()
    if at < len(template):
        found.append(template[at:])
    return tuple(found)


@cache
def fields_spoken_of(family: str) -> frozenset[str]:
    """Own names of the fields that any sentence of the family uses, in any language."""
    speaking = sources_of(family) + sources_of(family.partition("/")[0] + "/*")
    texts = [text for s in speaking for m in (s.default, *s.events.values()) for text in m.message.values()]
    names = {part.name for text in texts for part in parts(text) if isinstance(part, Placeholder)}
    return frozenset(stored for name in names for stored in stored_as(name))


def columns_spoken_of(family: str, stored: set[str]) -> set[str]:
    """The stored columns for those fields: a field `User` lies in `User` or, beside a core column of that name, in `User_`."""
    fields = fields_spoken_of(family)
    always = {"Provider_Name", "Computer", "Channel", "EventID", *(UNNAMED if family.startswith("windows/") else ())}
    return {name for name in stored if name in always or name in fields or name.rstrip("_") in fields}
