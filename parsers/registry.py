"""Parsers are found by walking the package: a module that defines `PARSER` is one. Other distributions add theirs by the entry
point group `athar.parsers`. A module that defines `ON_REQUEST` holds one that is only used when it is asked for by name."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Sequence
from functools import cache
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from importlib.metadata import entry_points

import parsers
from parsers.base import Layered, Parser


@cache
def all_parsers() -> tuple[Parser, ...]:
    """Every parser, built-in ones first, each group by name. Raises TypeError for a `PARSER` that breaks the contract."""
    found = _defined("PARSER")
    found.sort(key=lambda parser: parser.name)
    for entry in sorted(entry_points(group="athar.parsers"), key=lambda e: e.name):
        found.append(_checked(entry.load(), entry.value))
    return tuple(found)


@cache
def on_request() -> tuple[Parser, ...]:
    """Parsers that recognise nothing by themselves and are asked for by name, by name."""
    return tuple(sorted(_defined("ON_REQUEST"), key=lambda parser: parser.name))


def _defined(name: str) -> list[Parser]:
    """The parsers that modules hold under `name`."""
    found = []
    for module in _modules(tuple(parsers.__path__), "parsers."):
        candidate = getattr(importlib.import_module(module.name), name, None) if name in _names(module) else None
        if candidate is not None:
            found.append(_checked(candidate, module.name))
    return found


@cache
def _modules(path: tuple[str, ...], prefix: str) -> tuple[ModuleSpec, ...]:
    """All modules below, none of which is loaded for it."""
    found: list[ModuleSpec] = []
    for info in pkgutil.iter_modules(path, prefix):
        spec = info.module_finder.find_spec(info.name, None)
        if spec is not None:
            found.append(spec)
            if info.ispkg:
                found += _modules(tuple(spec.submodule_search_locations or ()), f"{info.name}.")
    return tuple(found)


def _names(module: ModuleSpec) -> tuple[str, ...]:
    """Which of the names a module's source has: to load every reader with all that it builds on, for the few that are parsers, takes
    half a second. Both where there is no source to look at."""
    source = module.loader.get_source(module.name) if isinstance(module.loader, InspectLoader) else None
    return tuple(name for name in ("PARSER", "ON_REQUEST") if source is None or name in source)


def _checked(candidate: object, where: str) -> Parser:
    if not isinstance(candidate, Parser):
        raise TypeError(f"{where}: PARSER has no name, accepts, slices and parse; see parsers.base.Parser")
    return candidate


def recognise(head: bytes, name: str, log_formats: Sequence[str] = ()) -> Parser | None:
    """The parser for a file by its first bytes, or None. Magic numbers are exclusive, so at most one accepts.

    Layouts of lines that the examiner gave are asked first.
    """
    if log_formats:
        for parser in all_parsers():
            if isinstance(parser, Layered) and parser.accepts_as(head, log_formats):
                return parser
    return next((parser for parser in all_parsers() if parser.accepts(head, name)), None)


@cache
def _called_as_its_module(name: str) -> Parser | None:
    if not re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+", name):
        return None
    where = "parsers." + name.replace("/", ".")
    if importlib.util.find_spec(where.rpartition(".")[0]) is None:
        return None
    if importlib.util.find_spec(where) is None:
        return None
    candidate = getattr(importlib.import_module(where), "PARSER", None)
    return candidate if isinstance(candidate, Parser) and candidate.name == name else None


def by_name(name: str) -> Parser:
    """The parser called `name`. Raises KeyError when there is none.

    A parser that is called as its module is (`windows/evtx`) is found without loading the others: a worker needs one or two of them.
    """
    near = _called_as_its_module(name)
    if near is not None:
        return near
    found = next((parser for parser in (*all_parsers(), *on_request()) if parser.name == name), None)
    if found is None:
        raise KeyError(name)
    return found
