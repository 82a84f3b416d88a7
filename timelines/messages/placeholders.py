"""Which columns the sentences of a family speak of, so that a query reads those and no others."""

from __future__ import annotations

import re
from functools import cache

from timelines.mapping import sources

PLACEHOLDER = re.compile(r"\{([^{}:]+)(?::([a-z_]+))?\}")  # {Field} or {Field:code_table}


@cache
def fields_spoken_of(family: str) -> frozenset[str]:
    """Own names of the fields that any sentence of the family uses, in any language."""
    meanings = [m for s in sources() if s.family == family for m in (s.default, *s.events.values())]
    texts = [text for m in meanings for text in m.message.values()]
    return frozenset(found[1] for text in texts for found in PLACEHOLDER.finditer(text))


def columns_spoken_of(family: str, stored: set[str]) -> set[str]:
    """The stored columns for those fields: a field `User` lies in `User` or, beside a core column of that name, in `User_`."""
    fields = fields_spoken_of(family)
    always = {"Provider_Name", "Computer", "Channel", "EventID"}
    return {name for name in stored if name in always or name in fields or name.rstrip("_") in fields}
