"""Which rows a rule's log source means, and what its field names are called there. The mapping is data: `logsources/*.toml`.

A `[[source]]` has `product` (a list; `""` stands for a rule that names none), `category` and `service` as rules write them, `families`
(`windows/*` is every family of that folder), `within` (the service whose conditions hold too), `where` (own column name to values;
`*X*` is any that holds X) and `fields`: a rule's field to the columns to look at, any of which may hold the value. A column is a name,
`name|form` (`timelines.detection.columns.FORMS`) or a table with `columns` to join, `between`, `before`, `form` and `unlike`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa

from timelines.detection.columns import FORMS
from timelines.detection.expressions import TRUE, Expression, Number, Test, Text, conjunction, disjunction
from timelines.detection.folding import fold
from timelines.schema import CORE_NAMES, own_name

SPEAKING_CORE = frozenset(
    [
        "time",
        "event",
        "host",
        "user",
        "src_ip",
        "src_port",
        "dst_ip",
        "dst_port",
        "protocol",
        "process",
        "object",
        "outcome",
    ]
)  # core columns a rule may name; the others say where a row comes from, not what happened


@dataclass(frozen=True, slots=True)
class Column:
    """What to look at: one column, or several joined (missing ones are skipped), in a form of `FORMS`; nothing where the column
    `unlike`, looked at too, holds the same text: asking twice tells nothing more."""

    names: tuple[str, ...]
    form: str = "raw"
    between: str = ""
    before: str = ""
    unlike: str = ""

    @property
    def read(self) -> tuple[str, ...]:
        """The stored columns that it is made of."""
        return (*self.names, self.unlike) if self.unlike else self.names


@dataclass(frozen=True)
class LogSource:
    """Rows of `families` for which `condition` holds, with the rule's field names resolved by `fields`."""

    name: str
    families: tuple[str, ...]
    condition: Expression
    fields: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    underscores: bool = False
    stored: bool = (
        False  # names are stored columns first: an event's own field `Channel` is not the log it was written to
    )

    def covers(self, family: str) -> bool:
        return any(fnmatchcase(family, pattern) for pattern in self.families)


@dataclass(frozen=True, slots=True)
class Entry:
    """One `[[source]]` as written."""

    products: tuple[str, ...]
    category: str
    service: str
    source: LogSource


class Shape:
    """The columns of a table or part, by the evidence's own names (without spaces, as Sigma field names are compared)."""

    def __init__(self, schema: pa.Schema) -> None:
        self.stored = frozenset(schema.names)
        self._known: dict[tuple[int, str], tuple[Column, ...]] = {}
        self._every: dict[int, tuple[Column, ...]] = {}
        self.own: dict[str, list[str]] = {}
        for column in schema:
            if column.name not in CORE_NAMES:
                self.own.setdefault((own_name(column) or "Data").replace(" ", ""), []).append(column.name)

    def columns(self, source: LogSource, name: str) -> tuple[Column, ...]:
        """Where to look for a rule's field; empty when this shape does not have it."""
        key = (id(source), name)  # log sources live as long as the process
        if key not in self._known:
            self._known[key] = self._columns(source, name)
        return self._known[key]

    def _columns(self, source: LogSource, name: str) -> tuple[Column, ...]:
        if source.stored and name in self.stored:
            return (Column((name,)),)
        found = [column for wanted in source.fields.get(name, ()) if (column := self._mapped(wanted)) is not None]
        if found:
            return tuple(found)
        for candidate in (name, name.replace("-", "_").replace(".", "_")) if source.underscores else (name,):
            if candidate in self.own:
                return tuple(Column((stored,)) for stored in self.own[candidate])
            if candidate in SPEAKING_CORE and candidate in self.stored:
                return (Column((candidate,)),)
        return ()

    def every(self, source: LogSource) -> tuple[Column, ...]:
        """All values of a row, for keywords: each own column in the richest form the log source gives it."""
        if id(source) not in self._every:
            forms = {
                column.names[0]: column.form
                for columns in source.fields.values()
                for column in columns
                if len(column.names) == 1 and column.form != "raw"
            }
            stored = sorted(name for names in self.own.values() for name in names)
            self._every[id(source)] = tuple(Column((name,), forms.get(name, "raw")) for name in stored)
        return self._every[id(source)]

    def _mapped(self, wanted: Column) -> Column | None:
        names = [self._stored(name) for name in wanted.names]
        here = tuple(name for name in names if name is not None)
        unlike = (self._stored(wanted.unlike) or "") if wanted.unlike else ""
        return Column(here, wanted.form, wanted.between, wanted.before, unlike) if here else None

    def _stored(self, name: str) -> str | None:
        if name in self.stored:
            return name
        return self.own[name][0] if name in self.own else None


@cache
def entries() -> tuple[Entry, ...]:
    """Every log source that Athar knows, in file order."""
    out: list[Entry] = []
    folder = files("timelines.detection") / "logsources"
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.name.endswith(".toml"):
            out += _entries(tomllib.loads(path.read_text("utf-8")))
    return tuple(out)


def _entries(table: Mapping[str, Any]) -> list[Entry]:
    maps = table.get("maps", {})
    services: dict[str, Mapping[str, Any]] = {
        item["service"]: item for item in table["source"] if "service" in item and "category" not in item
    }
    out = []
    for item in table["source"]:
        base = services[item["within"]] if "within" in item else {}
        fields = {
            name: tuple(_column(column) for column in columns)
            for mapping in (*(maps[m] for m in item.get("maps", ())), item.get("fields", {}))
            for name, columns in mapping.items()
        }
        service = item.get("service", item.get("within", ""))
        products = tuple(item.get("product", table.get("product", ("",))))
        name = "/".join(part for part in (products[0], item.get("category", ""), service) if part)
        condition = conjunction([_where(base.get("where", {})), _where(item.get("where", {}))])
        families = tuple(item.get("families", table.get("families", ())))
        source = LogSource(name, families, condition, fields, bool(table.get("underscores", False)))
        out.append(Entry(products, item.get("category", ""), service, source))
    return out


def _column(value: str | Mapping[str, Any]) -> Column:
    if isinstance(value, str):
        name, _, form = value.partition("|")
        column = Column((name,), form or "raw")
    else:
        column = Column(
            tuple(value["columns"]),
            *(
                value.get(key, default)
                for key, default in (("form", "raw"), ("between", ""), ("before", ""), ("unlike", ""))
            ),
        )
    if column.form not in FORMS:
        raise ValueError(f"log source column {value!r}: unknown form; known are {', '.join(FORMS)}")
    return column


def _where(where: Mapping[str, Sequence[str | int]]) -> Expression:
    if not where:
        return TRUE
    return conjunction([disjunction([_is(name, value) for value in values]) for name, values in where.items()])


def _is(name: str, value: str | int) -> Expression:
    if isinstance(value, int):
        return Test(name, Number("eq", value))
    inside = value[1:-1] if len(value) > 2 and value.startswith("*") and value.endswith("*") else ""
    return Test(
        name, Text("contains", fold(inside), shown=inside) if inside else Text("equals", fold(value), shown=value)
    )


def sources_for(product: str | None, category: str | None, service: str | None) -> tuple[LogSource, ...]:
    """The rows that a rule's log source means; empty when Athar has no such rows."""
    return tuple(entry.source for entry in entries() if _means(entry, product or "", category or "", service or ""))


def _means(entry: Entry, product: str, category: str, service: str) -> bool:
    if product not in entry.products or category != entry.category:
        return False
    return service == entry.service or (category != "" and service == "")
