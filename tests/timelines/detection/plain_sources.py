"""Which rows a rule of Windows speaks of, read plainly from `logsources/windows.toml`: every row and every entry one by one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INTEGRITY = {
    "S-1-16-0": "Untrusted",
    "S-1-16-4096": "Low",
    "S-1-16-8192": "Medium",
    "S-1-16-12288": "High",
    "S-1-16-16384": "System",
}


@dataclass(frozen=True)
class Row:
    """A row of the timeline: text by stored column, and the stored columns by the name that the evidence has for them."""

    stored: Mapping[str, Any]
    own: Mapping[str, list[str]]


@dataclass(frozen=True)
class Source:
    """A `[[source]]` with the conditions of the service it lies in."""

    products: tuple[str, ...]
    category: str
    service: str
    where: tuple[tuple[str, tuple[str, ...]], ...]
    fields: Mapping[str, list[Any]]

    def has(self, row: Row) -> bool:
        return all(self._is(row, name, values) for name, values in self.where)

    @staticmethod
    def _is(row: Row, name: str, values: tuple[str, ...]) -> bool:
        names = [name] if name in row.stored else row.own.get(name, [])
        return any(str(row.stored[each]).casefold() in values for each in names if row.stored[each] is not None)


def sources(path: Path) -> list[Source]:
    table = tomllib.loads(path.read_text("utf-8"))
    services = {item["service"]: item for item in table["source"] if "service" in item and "category" not in item}
    out = []
    for item in table["source"]:
        where = [*services.get(item.get("within"), {}).get("where", {}).items(), *item.get("where", {}).items()]
        folded = tuple((name, tuple(str(value).casefold() for value in values)) for name, values in where)
        fields: dict[str, list[Any]] = {}
        for name in item.get("maps", []):
            fields.update(table["maps"][name])
        fields.update(item.get("fields", {}))
        products = tuple(item.get("product", table["product"]))
        service = item.get("service", item.get("within", ""))
        out.append(Source(products, item.get("category", ""), service, folded, fields))
    return out


def meant(source: Source, logsource: Any) -> bool:
    product, category, service = (getattr(logsource, key) or "" for key in ("product", "category", "service"))
    if product not in source.products or category != source.category:
        return False
    return service == source.service or (category != "" and service == "")


def values_of(source: Source, row: Row, field: str) -> list[str]:
    """The values that a rule's field has in a row."""
    mapped = [found for column in source.fields.get(field, []) if (found := _mapped(column, row)) is not None]
    if mapped:
        return [value for found in mapped for value in found]
    if field in row.own:
        return [value for name in row.own[field] for value in _listed(row.stored[name])]
    return _listed(row.stored.get(field))


def every_value(source: Source, row: Row) -> list[str]:
    """The values of the row's own columns, for keywords, in all forms that the log source gives them."""
    out = []
    named = [c.partition("|") for columns in source.fields.values() for c in columns if isinstance(c, str) and "|" in c]
    for names in row.own.values():
        for name in names:
            for text in _listed(row.stored[name]):
                out += [text, *(other for form in _forms(named, row, name) for other in other_forms(form, text))]
    return out


def _forms(named: list[tuple[str, str, str]], row: Row, stored: str) -> list[str]:
    """The forms, but the one that a value is written in, that a log source gives a column; `named`: its columns that have any."""
    return [form for name, _, form in named if stored == name or (stored in row.own.get(name, [])[:1])]


def _mapped(column: Any, row: Row) -> list[str] | None:
    """None where the row's shape does not have the column."""
    plain, _, form = column.partition("|") if isinstance(column, str) else ("", "", column.get("form", ""))
    names = [plain] if isinstance(column, str) else column["columns"]
    here = [name if name in row.stored else row.own[name][0] for name in names if name in row.stored or name in row.own]
    if not here:
        return None
    between = "" if isinstance(column, str) else column.get("between", "")
    found = [row.stored[name] for name in here if row.stored[name] is not None]
    if not found:
        return []
    if len(here) == 1 and isinstance(found[0], list):
        return _listed(found[0])
    text = between.join(found)
    return [text, *other_forms(form, text)]


def other_forms(form: str, text: str) -> list[str]:
    """What else a value is looked at as."""
    if form == "integrity":
        return [INTEGRITY[text]] if text in INTEGRITY else []
    if form == "start-type":
        return {"2": ["auto start"], "3": ["demand start"]}.get(text, [])
    if form == "service-type":
        return {"0x1": ["kernel mode driver"], "0x10": ["user mode service"]}.get(text, [])
    if form == "initiated":
        return {"%%14592": ["false"], "%%14593": ["true"]}.get(text, [])
    if form == "protocol":
        return {"6": ["tcp"], "17": ["udp"]}.get(text, [])
    assert form in ("", "raw"), f"the plain reading of {form} is still to be written"
    return []


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [one for one in value if one is not None] if isinstance(value, list) else [value]
