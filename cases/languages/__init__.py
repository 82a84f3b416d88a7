"""Every word of the summary, one TOML file a language, found by walking this folder.

**The legal terms of `fr.toml` and `ar.toml` await a jurist's validation**; until then every summary in those languages says so.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from cases.errors import CaseError


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its code, the direction of its script, and its words by dotted key (`first.title`)."""

    code: str
    direction: Literal["ltr", "rtl"]
    words: dict[str, str]

    def word(self, key: str, **values: object) -> str:
        """The words under `key`, `{name}` replaced by values. Raises KeyError for a key that no language has."""
        return self.words[key].format(**values) if values else self.words[key]

    def known(self, key: str) -> bool:
        return key in self.words

    def number(self, value: int) -> str:
        """A whole number with this language's mark between thousands, in Western digits."""
        return f"{value:,}".replace(",", self.words["numbers.thousands"])


@cache
def codes() -> tuple[str, ...]:
    """The codes of all languages, in order: `ar`, `en`, `fr`."""
    names = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def language(code: str) -> Language:
    """One language by its code. Raises CaseError that lists those there are."""
    if code not in codes():
        raise CaseError(f"no language {code!r}; expected one of {', '.join(codes())}")
    tables = tomllib.loads((resources.files(__name__) / f"{code}.toml").read_text("utf-8"))
    direction: Literal["ltr", "rtl"] = "rtl" if tables.pop("direction") == "rtl" else "ltr"
    return Language(code, direction, dict(_flat(tables, "")))


def _flat(table: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        key = f"{prefix}{name}"
        found += _flat(value, f"{key}.") if isinstance(value, dict) else [(key, str(value))]
    return found
