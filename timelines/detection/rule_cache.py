"""A loaded rule set kept in the user's cache folder, so that thousands of rules are parsed once and not at each run.

The name of a kept set is a digest of everything that it depends on: Athar's own code of detection, its log sources and rules, the libraries
that read rules, the files given and their bytes. It is plain JSON, read back by type: a file that someone else wrote there can hold a
wrong rule set at worst, as any rule file can, and no code. What cannot be read, or does not bear its own digest, is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from timelines.detection import expressions, rules
from timelines.detection.expressions import Wild
from timelines.detection.logsources import LogSource, entries
from timelines.detection.rule_files import RULE_BYTES, rule_files
from timelines.detection.rules import RuleSet

KEPT = 6  # sets in the folder, of 3 to 10 MB each; the oldest go first
_READERS = ("pySigma", "PyYAML")
_TYPES: dict[str, type] = {
    name: kind
    for module in (expressions, rules)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and is_dataclass(kind)
}
_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in _TYPES.values()}


def cache_folder() -> Path:
    """Where rule sets are kept: the user's cache folder, or what ATHAR_CACHE says; empty turns the cache off."""
    given = os.environ.get("ATHAR_CACHE")
    if given is not None:
        return Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("athar", appauthor=False)


def cached(paths: Sequence[Path], options: Mapping[str, str], make: Callable[[], RuleSet]) -> RuleSet:
    """The rule set that `make` reads from `paths` and Athar's own rules, kept from an earlier run where there is one.

    `options` is whatever else it depends on. A cache folder that cannot be read or written costs time, nothing else.
    """
    if os.environ.get("ATHAR_CACHE") == "":
        return make()
    path = cache_folder() / f"rules-{_digest(paths, options)}.json"
    kept = _read(path)
    if kept is None:
        kept = make()
        with contextlib.suppress(OSError):  # a full disk, a read-only home: the rules are here, only not for next time
            _write(path, kept)
    return kept


def _digest(paths: Sequence[Path], options: Mapping[str, str]) -> str:
    read_with = {name: version(name) for name in _READERS}
    digest = hashlib.blake2b(json.dumps([dict(sorted(options.items())), read_with]).encode(), digest_size=16)
    listed, missing = rule_files(paths)
    for path in [*_own(), *listed]:
        digest.update(f"\n{path}\n".encode("utf-8", "surrogatepass"))
        digest.update(_content(path))
    digest.update("\n".join(map(str, missing)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    """A file's bytes as the loader sees them: of one that is too large it reads the size alone."""
    try:
        size = path.stat().st_size
        return path.read_bytes() if size <= RULE_BYTES else f"{size} bytes".encode()
    except OSError as error:
        return str(error).encode()


def _own() -> Iterable[Path]:
    """Athar's files that decide what a rule file comes to."""
    here = Path(__file__).parent
    return sorted(
        p for folder in (here, here.parent / "rules") for p in folder.rglob("*") if p.suffix in (".py", ".toml", ".yml")
    )


def _read(path: Path) -> RuleSet | None:
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        if hashlib.blake2b(body, digest_size=16).hexdigest().encode() != head:
            return None
        found = _Reader(json.loads(body)).rule_set()
        os.utime(path)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None  # made anew: that a kept set is damaged says nothing of the rules
    return found


def _write(path: Path, kept: RuleSet) -> None:
    body = json.dumps(_Writer().written(kept), separators=(",", ":")).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".rules-")
    with os.fdopen(handle, "wb") as out:
        out.write(hashlib.blake2b(body, digest_size=16).hexdigest().encode() + b"\n" + body)
    os.replace(name, path)
    aged = sorted(path.parent.glob("rules-*.json"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in aged[KEPT:]:
        old.unlink(missing_ok=True)


_WORDS = str, int, float
_PLAIN = frozenset((*_WORDS, bool, type(None)))  # what most values are: found by the type itself in a third of the time


class _Writer:
    """Objects as JSON: equal predicates, texts of rules and log sources once each, then named by number."""

    def __init__(self) -> None:
        self._sources = {id(entry.source): at for at, entry in enumerate(entries())}
        self._objects: list[Any] = []
        self._known: dict[Any, int] = {}

    def written(self, kept: RuleSet) -> dict[str, Any]:
        root = self._value(kept)
        return {"objects": self._objects, "root": root}

    def _value(self, value: Any) -> Any:
        if type(value) in _PLAIN or isinstance(value, _WORDS):
            return value
        if isinstance(value, LogSource):
            return {"s": self._sources[id(value)]}
        if isinstance(value, Wild):
            return {"w": value.value}
        if isinstance(value, IPv4Network | IPv6Network):
            return {"n": str(value)}
        if isinstance(value, tuple):
            return [self._value(item) for item in value]
        if isinstance(value, Mapping):
            return {"m": [[key, self._value(item)] for key, item in value.items()]}
        return {"o": self._object(value)}

    def _object(self, value: Any) -> int:
        shared = isinstance(value, expressions.Predicate)
        key = (value, getattr(value, "shown", "")) if shared else None
        if key is not None and key in self._known:
            return self._known[key]
        kind = type(value)
        if _TYPES.get(kind.__name__) is not kind:
            raise TypeError(f"{kind.__name__} is no part of a rule set")
        held = [self._value(getattr(value, name)) for name in _FIELDS[kind]]
        self._objects.append([kind.__name__, *held])
        if key is not None:
            self._known[key] = len(self._objects) - 1
        return len(self._objects) - 1


class _Reader:
    """The way back: an object names only objects before it."""

    def __init__(self, read: dict[str, Any]) -> None:
        self._sources = [entry.source for entry in entries()]
        self._root = read["root"]
        self._made: list[Any] = []
        for name, *held in read["objects"]:
            self._made.append(_TYPES[name](*map(self._value, held)))

    def rule_set(self) -> RuleSet:
        found = self._value(self._root)
        if not isinstance(found, RuleSet):
            raise TypeError("no rule set")
        return found

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(map(self._value, value))
        if not isinstance(value, dict):
            return value
        ((mark, held),) = value.items()
        match mark:
            case "o":
                return self._made[held]
            case "m":
                return {key: self._value(item) for key, item in held}
            case "s":
                return self._sources[held]
            case "w":
                return Wild(held)
            case _:
                return ip_network(held)
