"""The summary as JSON: everything in it, keys sorted, for programs and for a second examiner.

Instants are text in UTC (`2026-03-03T21:14:05.25Z`) beside their nanoseconds; sentences stand in every language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from cases.languages import Language
from cases.moments import utc
from cases.summary import Summary
from timelines.visible import INVISIBLE

INSTANTS = frozenset({"time", "first", "last", "start"})  # fields that hold UTC ns


@dataclass(frozen=True, slots=True)
class Json:
    """UTF-8, two spaces of indent, a newline at the end; invisible and direction-changing characters are escaped."""

    name: str = "json"
    suffix: str = ".json"

    def render(self, summary: Summary, language: Language) -> bytes:
        content = {"language": language.code, **_plain(summary)}
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False)
        return (INVISIBLE.sub(_escaped, text) + "\n").encode("utf-8")


def _escaped(found: re.Match[str]) -> str:
    """The same character as JSON escapes, so that no pager shows evidence turned around; line ends of the layout stay."""
    return found[0] if found[0] == "\n" else json.dumps(found[0])[1:-1]


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        found: dict[str, Any] = {}
        for field in fields(value):
            item = getattr(value, field.name)
            if field.name in INSTANTS and isinstance(item, int):
                found[f"{field.name}_ns"] = item
                item = utc(item)
            found[field.name] = _plain(item)
        return found
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


EXPORTER = Json()
