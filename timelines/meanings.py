"""What events mean: the files of `timelines/messages`, and which of them speaks of an event.

A family `windows/*` speaks of every family of that folder that has nothing better to say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from timelines.schema import CORE

_CORE = {column.name for column in CORE}
_FAMILY = re.compile(r'^family = "([^"]+)"$', re.MULTILINE)
_WILD = re.compile(r"[*?[]")  # what means more than itself in a provider's pattern
MEANINGS = 4096  # meanings remembered by a process; a hostile log can name any number of providers and events
MAX_NAME = 256  # characters of a provider that tell it from others: Windows allows no more


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one event of a family means: its core columns, its sentences by language, and the code tables of its fields."""

    core: Mapping[str, tuple[str, ...]]
    title: Mapping[str, str] = field(default_factory=dict)
    message: Mapping[str, str] = field(default_factory=dict)
    decoded: Mapping[str, Any] = field(default_factory=dict)  # read by `timelines.messages.decoded`


@dataclass(frozen=True, slots=True)
class Source:
    """One file of meanings: a family, the providers it speaks of (none: any; `MSSQL$*`: all that begin so), a default, its events."""

    family: str
    providers: tuple[str, ...]
    default: Meaning
    events: Mapping[str, Meaning]


def _meaning(table: Mapping[str, Any], base: Meaning) -> Meaning:
    core = dict(base.core)
    for name, candidates in table.get("core", {}).items():
        if name not in _CORE:
            raise ValueError(f"mapping names a core column that does not exist: {name!r}")
        core[name] = tuple([candidates] if isinstance(candidates, str) else candidates)
    decoded = {**base.decoded, **table.get("decoded", {})}
    return Meaning(core, table.get("title", {}), table.get("message", {}), decoded)


@cache
def _texts() -> dict[str, list[str]]:
    """The files of meanings by the family that they speak of, unread: a process reads those of the families that it meets."""
    found: dict[str, list[str]] = {}
    for entry in sorted((files("timelines") / "messages").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            text = entry.read_text("utf-8")
            if not (said := _FAMILY.search(text)):
                raise ValueError(f'timelines/messages/{entry.name}: no line `family = "…"`')
            found.setdefault(said[1], []).append(text)
    return found


def _source(text: str) -> Source:
    table = tomllib.loads(text)
    provider = table.get("provider", ())
    default = _meaning(table, Meaning({}))
    events = {name: _meaning(event, default) for name, event in table.get("event", {}).items()}
    return Source(table["family"], (provider,) if isinstance(provider, str) else tuple(provider), default, events)


@cache
def sources_of(family: str) -> tuple[Source, ...]:
    """The meanings shipped with Athar for one family, one `Source` a TOML file of `timelines/messages/`, in file-name order."""
    return tuple(_source(text) for text in _texts().get(family, ()))


def sources() -> tuple[Source, ...]:
    """All meanings shipped with Athar, family by family."""
    return tuple(source for family in sorted(_texts()) for source in sources_of(family))


def _names(pattern: str, provider: str) -> bool:
    """Whether a provider is meant. Most patterns are names, and some the beginning of names: neither needs an expression, which costs a
    process half a millisecond each."""
    if not _WILD.search(pattern):
        return pattern == provider
    if pattern.endswith("*") and not _WILD.search(pattern[:-1]):
        return provider.startswith(pattern[:-1])
    return fnmatchcase(provider, pattern)


def _speaking(family: str, provider: str | None) -> list[Source]:
    """Sources that speak of a family, nearest first: those that name the provider, those of the family, those of `folder/*`."""
    wide = family.partition("/")[0] + "/*"
    named = [s for s in sources_of(family) if any(_names(pattern, provider or "") for pattern in s.providers)]
    general = [s for s in sources_of(family) if not s.providers]
    return named + general + [s for s in sources_of(wide) if not s.providers]


def _merged(found: list[Source]) -> Meaning:
    """The defaults of sources, nearest first: the nearest that says something of a core column, title or message wins."""
    core: dict[str, tuple[str, ...]] = {}
    title: Mapping[str, str] = {}
    message: Mapping[str, str] = {}
    decoded: dict[str, Any] = {}
    for source in found:
        core = {**source.default.core, **core}
        decoded = {**source.default.decoded, **decoded}
        title = title or source.default.title
        message = message or source.default.message
    return Meaning(core, title, message, decoded)


def general_meaning(family: str, provider: str | None) -> Meaning:
    """What any event of a family and provider means. Where several files share a provider, each speaks of its own events only."""
    return _general_of(family, provider and provider[:MAX_NAME])


@lru_cache(MEANINGS)
def _general_of(family: str, provider: str | None) -> Meaning:
    found = _speaking(family, provider)
    named = [source for source in found if source.providers]
    return _merged(found if len(named) == 1 else [source for source in found if not source.providers])


def meaning(family: str, provider: str | None, event: str | None) -> Meaning:
    """The meaning of an event. A file that names the provider wins over one that names none; an event over a default.

    What the event and its file leave unsaid is as the sources that name no provider say.
    """
    return _meaning_of(family, provider and provider[:MAX_NAME], event and event[:MAX_NAME])


@lru_cache(MEANINGS)
def _meaning_of(family: str, provider: str | None, event: str | None) -> Meaning:
    found = _speaking(family, provider)
    for source in found:
        if event is not None and event in source.events:
            own = source.events[event]
            rest = _merged([source, *(other for other in found if not other.providers and other is not source)])
            core, decoded = {**rest.core, **own.core}, {**rest.decoded, **own.decoded}
            return Meaning(core, own.title or rest.title, own.message or rest.message, decoded)
    return _general_of(family, provider)
