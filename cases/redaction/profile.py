"""Which values stay and which become pseudonyms, as data: `profiles/*.toml`, or a file of the examiner's that extends one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from cases.errors import CaseError
from cases.languages import codes
from cases.redaction.record import KINDS, Kind

Reach = Literal["never", "outside-findings", "always"]
Acting = Literal["stay", "replace"]
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
_KEYS = ("extends", "acting_persons", "why", "replace", "allow", "also")


@dataclass(frozen=True, slots=True)
class Profile:
    """`replace`: how far each kind is replaced. `allow`: values that stay whatever it says (addresses also as networks). `also`: values
    that the examiner names, such as persons. `acting`: whether those who act in the case stay (examiner, requester, custody)."""

    name: str
    why: Mapping[str, str]
    acting: Acting
    replace: Mapping[Kind, Reach]
    allow: Mapping[Kind, tuple[str, ...]]
    also: Mapping[Kind, tuple[str, ...]]


@cache
def names() -> tuple[str, ...]:
    """The profiles that come with the tool."""
    folder = resources.files("cases.redaction") / "profiles"
    return tuple(sorted(e.name.removesuffix(".toml") for e in folder.iterdir() if e.name.endswith(".toml")))


def profile(wanted: str) -> Profile:
    """A profile by its name, or by the path of a TOML file. Raises CaseError, which says what is wrong and where."""
    if wanted in names():
        text = (resources.files("cases.redaction") / "profiles" / f"{wanted}.toml").read_text("utf-8")
        return _profile(wanted, text, wanted)
    if not wanted.endswith(".toml"):
        raise CaseError(f"no redaction profile {wanted!r}; expected one of {', '.join(names())}, or a file FILE.toml")
    path = Path(wanted)
    if not _NAME.fullmatch(path.stem) or path.stem in names():
        raise CaseError(
            f"{path}: a profile is named after its file: small letters, digits and -, not {', '.join(names())}"
        )
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: cannot read: {error}") from error
    return _profile(path.stem, text, str(path))


def _profile(name: str, text: str, where: str) -> Profile:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"{where}: not valid TOML: {error}") from error
    _known(values, _KEYS, where)
    base = profile(_base(values, where)) if "extends" in values or where != name else None
    acting: Acting | None = values.get("acting_persons", base.acting if base else None)
    if acting is None or acting not in get_args(Acting):
        raise CaseError(f"{where}: acting_persons: expected stay or replace, found {acting!r}")
    why = {**(base.why if base else {}), **_texts(values.get("why", {}), codes(), f"{where}: [why]")}
    replace: dict[Kind, Reach] = dict(base.replace) if base else {}
    for kind, reach in _texts(values.get("replace", {}), KINDS, f"{where}: [replace]").items():
        if reach not in get_args(Reach):
            raise CaseError(f"{where}: [replace] {kind}: expected {', '.join(get_args(Reach))}, found {reach!r}")
        replace[_kind(kind)] = reach  # type: ignore[assignment]  # checked above
    if set(why) != set(codes()) or set(replace) != set(KINDS):
        raise CaseError(f"{where}: expected [why] in {', '.join(codes())} and [replace] for {', '.join(KINDS)}")
    lists = {table: _lists(values.get(table, {}), f"{where}: [{table}]") for table in ("allow", "also")}
    joined = {
        table: {kind: (*(getattr(base, table).get(kind, ()) if base else ()), *own.get(kind, ())) for kind in KINDS}
        for table, own in lists.items()
    }
    return Profile(name, why, acting, replace, joined["allow"], joined["also"])


def _base(values: Mapping[str, Any], where: str) -> str:
    base = values.get("extends", "court")
    if base not in names():
        raise CaseError(f"{where}: extends: expected one of {', '.join(names())}, found {base!r}")
    return str(base)


def _kind(text: str) -> Kind:
    return next(kind for kind in KINDS if kind == text)


def _known(table: Any, expected: tuple[str, ...], where: str) -> None:
    if not isinstance(table, dict):
        raise CaseError(f"{where}: expected a table, found {table!r}")
    unknown = sorted(set(table) - set(expected))
    if unknown:
        raise CaseError(f"{where}: unknown {unknown[0]!r}; there are {', '.join(expected)}")


def _texts(table: Any, expected: tuple[str, ...], where: str) -> dict[str, str]:
    _known(table, expected, where)
    for key, value in table.items():
        if not isinstance(value, str):
            raise CaseError(f"{where} {key}: expected text, found {value!r}")
    return dict(table)


def _lists(table: Any, where: str) -> dict[Kind, tuple[str, ...]]:
    _known(table, KINDS, where)
    for key, value in table.items():
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise CaseError(f'{where} {key}: expected a list of texts such as ["…"]')
    return {_kind(key): tuple(value) for key, value in table.items()}
