"""A case's parts as SQL views: one a family, `timeline` over all of them, `problems`, `ledger`, `ledger_parts`, and what the case adds.

The connection can read the timeline folder and nothing else, loads no extension, and its configuration is locked: questions come
from people and rules, some of them from strangers.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from timelines.families import all_families
from timelines.parts import LEDGER, LEDGER_PARTS, PROBLEMS, Part
from timelines.problems import KINDS
from timelines.schema import CORE_NAMES, Family, core_schema
from timelines.secrecy import MASK, secret_columns
from timelines.store import Store

if TYPE_CHECKING:
    import duckdb

_LISTING = re.compile(
    r"\b(information_schema|show|describe|summarize)\b|\b(duckdb|pg|sqlite)_"
)  # words of questions about views
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_BYTES = ("size", "read", "free", "unsupported", "damaged")


def families_of(store: Store) -> dict[str, Family]:
    """Declared families, and those of this case that another distribution's reader brought without a declaration."""
    return {name: Family(name, "", ()) for name in store.families()} | all_families()


def connect(store: Store, extra: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """An in-memory connection without views, which `create_view` makes when a question names them: a case knows some eighty, and to make
    them all takes longer than most answers. `extra` tables (matches, findings) become views of their names. Views are the connection's
    own."""
    connection = _opened.folder(f"{store.root.resolve().as_posix()}/").cursor()
    for name, table in extra.items():
        connection.register(name, table)
    return connection


class _Opened:
    """The engine that reads the folder asked for last: to begin another takes longer than to answer. What parts say of themselves is read
    once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[str, duckdb.DuckDBPyConnection] | None = None

    def folder(self, path: str) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._held is None or self._held[0] != path:
                self._held = path, _engine(path)
            return self._held[1]


_opened = _Opened()


def _engine(folder: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    warnings.filterwarnings(
        "ignore", "Arrow output on a DB-API result", UserWarning
    )  # a copy of few rows, as `Timeline` knows
    engine = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    engine.execute("set global TimeZone = 'UTC'")
    engine.execute("set global parquet_metadata_cache = true")
    engine.execute(f"set allowed_directories = [{_literal(folder)}]")
    engine.execute("set enable_external_access = false")
    engine.execute("set lock_configuration = true")
    return engine


def views(store: Store, secrets: bool) -> dict[str, Callable[[], str]]:
    """The SQL of each view by its name, those that others are made of first. Columns that hold secrets show a mask unless `secrets`."""
    fixed: dict[str, Callable[[], str]] = {
        "timeline": partial(_timeline, store, secrets),
        "problems": partial(_problems, store),
        "ledger": partial(_ledger_sums, store),
        "ledger_parts": partial(_ledger_parts, store),
    }
    return fixed | {family.view: partial(_rows, store, family, secrets) for family in families_of(store).values()}


def create_view(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    connection.execute(f"create temp view {name} as {query}")


def may_be_named(query: str, names: Iterable[str]) -> list[str]:
    """Those of the views that a question names, or whose names begin what it names; all, where it may list views."""
    # paths of parts stand in literals: of a case they hold `timeline`, and it may lie in any folder
    asked = _LITERAL.sub(lambda text: "''" if "/" in text[0] else text[0], query.lower())
    if _LISTING.search(_LITERAL.sub("''", asked)):
        return list(names)
    return [name for name in names if name.lower() in asked]


def narrow(store: Store, family: str, names: Sequence[str], secrets: bool = False) -> str:
    """SQL for some columns of a family that has rows, null in the parts that lack one. A family's view looks at the columns of all parts
    each time that it is asked, and evidence may name any number; this does not."""
    groups: dict[tuple[str | None, ...], list[Part]] = {}
    for part in store.parts(family):
        groups.setdefault(tuple(_spelled(part, name) for name in names), []).append(part)
    hidden = frozenset() if secrets else secret_columns(family)
    return " union all ".join(
        f"select {_selected(names, spelled, hidden)} from read_parquet({_paths(parts)})"
        for spelled, parts in groups.items()
    )


def _spelled(part: Part, name: str) -> str | None:
    """A column of a part without regard to case, as SQL finds it. Core columns are in every part."""
    if name in CORE_NAMES:
        return name
    return next((own for own in part.schema.names if own.lower() == name.lower()), None)


def _selected(names: Sequence[str], spelled: Sequence[str | None], hidden: frozenset[str]) -> str:
    out = []
    for name, own in zip(names, spelled, strict=True):
        value = "null" if own is None else f'"{quoted(own)}"'
        if own in hidden:
            value = f"if({value} is null, null, {_literal(MASK)})"
        out.append(f'{value} as "{quoted(name)}"')
    return ", ".join(out)


def quoted(name: str) -> str:
    """A column name for use between double quotes."""
    return name.replace('"', '""')


def core(store: Store, families: Iterable[str], secrets: bool = False) -> str:
    """SQL for the core columns of families that have rows. They are the same in every part, so that all parts are one scan; a scan a
    family takes twice the time of one."""
    groups: dict[str, list[Part]] = {}
    for name in families:
        shown = _selected(CORE_NAMES, CORE_NAMES, frozenset() if secrets else secret_columns(name))
        groups.setdefault(shown, []).extend(store.parts(name))
    return " union all ".join(f"select {shown} from read_parquet({_paths(parts)})" for shown, parts in groups.items())


def _timeline(store: Store, secrets: bool) -> str:
    return core(store, store.families(), secrets) or _empty([(f.name, f.type) for f in core_schema()])


def _rows(store: Store, family: Family, secrets: bool) -> str:
    if parts := store.parts(family.name):
        return f"select *{_masks(parts, family, secrets)} from read_parquet({_paths(parts)}, union_by_name = true)"
    return _empty([(f.name, f.type) for f in core_schema()] + [(c.name, c.type) for c in family.columns])


def _masks(parts: Sequence[Part], family: Family, secrets: bool) -> str:
    """The columns that a view shows masked, where these parts have any."""
    if secrets or not (hidden := secret_columns(family.name)):
        return ""
    names = sorted(hidden & {name for part in parts for name in part.schema.names})
    shown = ", ".join(f'if("{name}" is null, null, {_literal(MASK)}) as "{name}"' for name in names)
    return f" replace ({shown})" if names else ""


def _problems(store: Store) -> str:
    if parts := store.parts(PROBLEMS):
        return f"select * from read_parquet({_paths(parts)})"
    texts, numbers = ("exhibit", "file", "reason"), ("offset", "length")
    return _empty([(name, pa.string()) for name in texts] + [(name, pa.int64()) for name in numbers])


def _ledger(store: Store) -> str:
    if parts := store.parts(LEDGER):
        return f"select * from read_parquet({_paths(parts)})"
    return _empty([(name, pa.string()) for name in ("exhibit", "file")] + [(name, pa.int64()) for name in _BYTES])


def _ledger_sums(store: Store) -> str:
    sums = ", ".join(f'sum("{name}")::bigint as "{name}"' for name in _BYTES)
    return f"select exhibit, file, {sums} from ({_ledger(store)}) group by all"


def _ledger_parts(store: Store) -> str:
    """The ledger in detail: a row for each part of a file. Files of which only the sums are known have a row for each kind."""
    kinds = " union all ".join(
        f"""select exhibit, file, '{kind}' as kind, '' as part, "{kind}" as bytes, 1::bigint as ranges from ledger """
        f"""where "{kind}" > 0"""
        for kind in KINDS
    )
    held = store.parts(LEDGER_PARTS)
    if not held:
        return kinds
    sums = ", ".join(f"sum({name})::bigint as {name}" for name in ("bytes", "ranges"))
    detailed = f"select exhibit, file, kind, part, {sums} from read_parquet({_paths(held)}) group by all"
    return f"{detailed} union all from ({kinds}) anti join read_parquet({_paths(held)}) using (exhibit, file)"


def _paths(parts: Sequence[Part]) -> str:
    return f"[{', '.join(_literal(part.path.resolve().as_posix()) for part in parts)}]"


_SQL_TYPES = {
    pa.string(): "varchar",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.uint64(): "ubigint",
    pa.bool_(): "boolean",
    pa.float64(): "double",
}


def _empty(columns: Sequence[tuple[str, pa.DataType]]) -> str:
    nulls = ", ".join(f'null::{_sql_type(kind)} as "{quoted(name)}"' for name, kind in columns)
    return f"select {nulls} where false"


def _sql_type(kind: pa.DataType) -> str:
    return "timestamptz_ns" if pa.types.is_timestamp(kind) else _SQL_TYPES.get(kind, "varchar")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
