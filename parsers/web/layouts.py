"""The `#Fields` directive of W3C Extended Log files: what the columns of the following lines are.

https://www.w3.org/TR/WD-logfile.html
https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from timelines.families.web import ACCESS_COLUMNS
from timelines.schema import Column, named_field, stored_names

_COLUMNS = {column.name: column for column in ACCESS_COLUMNS}
_OTHER_NAMES = {
    "cs_user_agent": ("cs(user-agent)",),
    "cs_referer": ("cs(referer)",),
    "cs_cookie": ("cs(cookie)",),
    "cs_host": ("cs(host)", "cs-host"),
    "x_forwarded_for": ("x-forwarded-for", "cs(x-forwarded-for)"),
    "forwarded": ("forwarded", "cs(forwarded)"),
    "cf_connecting_ip": ("cf-connecting-ip", "cs(cf-connecting-ip)"),
    "time_taken_ms": ("time-taken",),
}
_W3C_NAMES = {name.replace("_", "-"): name for name in _COLUMNS if name.startswith(("c_", "s_", "sc_", "cs_"))}
KNOWN = _W3C_NAMES | {other: name for name, others in _OTHER_NAMES.items() for other in others}
_PLAIN = re.compile(r"[^A-Za-z0-9]+")
MOST_FIELDS = 256  # IIS offers 22 and takes a few dozen custom ones


@dataclass(frozen=True, slots=True)
class Layout:
    """Field names of one `#Fields` directive, in order."""

    names: tuple[str, ...]

    def index(self, name: str) -> int:
        """Place of a field by its name in the log, without regard to case; -1 where the layout lacks it."""
        lower = [own.lower() for own in self.names]
        return lower.index(name) if name in lower else -1

    def holds(self, line: bytes) -> bool:
        """Whether a line has as many fields as the layout names."""
        return line.count(b" ") + 1 == len(self.names)

    def targets(self) -> list[tuple[int, pa.Field, Column | None]]:
        """Place, Arrow field and declaration of each family column; fields the family does not know keep their own name as metadata."""
        found: list[tuple[int, pa.Field, Column | None]] = []
        others: list[int] = []
        paired = self.index("date") >= 0 and self.index("time") >= 0  # either alone stands as written
        for place, own in enumerate(self.names):
            name = KNOWN.get(own.lower())
            if paired and own.lower() in ("date", "time"):
                continue
            if name is None or any(column is not None and column.name == name for _, _, column in found):
                others.append(place)
            else:
                found.append((place, _COLUMNS[name].field(), _COLUMNS[name]))
        plain = [_PLAIN.sub("_", self.names[place]).strip("_").lower() for place in others]
        for place, stored in zip(others, stored_names(plain, (*_COLUMNS, "index", "time")), strict=True):
            found.append((place, named_field(stored, self.names[place]), None))
        return found


def undated(state: Mapping[str, object]) -> bool:
    """Whether a `#Fields` is in force whose lines say the time of day only: on which day that is, the lines before them tell."""
    held = [layout(str(state.get(name, ""))) for name in ("iis-w3c", "w3c")]
    return any(one is not None and is_web(one.names) and one.index("date") < 0 for one in held)


def layout(directive: str) -> Layout | None:
    """The layout that a `#Fields:` line declares; None where it names no field or more than MOST_FIELDS."""
    names = tuple(directive.partition(":")[2].split())
    return Layout(names) if 0 < len(names) <= MOST_FIELDS else None


def is_web(names: tuple[str, ...]) -> bool:
    """Whether a layout speaks of HTTP requests as IIS or http.sys log them."""
    lower = {name.lower() for name in names}
    return "time" in lower and bool(lower & {"cs-method", "cs-uri-stem", "cs-uri", "sc-status"})


def is_iis(fields: Layout, software: str) -> bool:
    """Whether a layout is one of IIS's or http.sys's, by what only they log or by the `#Software` before it."""
    own = fields.index("sc-win32-status") >= 0 or fields.index("s-sitename") >= 0
    return own or software.lower().startswith("#software: microsoft ")


def is_foreign(fields: Layout, software: str, after_own: bool) -> bool:
    """Whether a layout of requests is another vendor's. A directive without `#Software`, behind one of IIS's own, is its next."""
    return is_web(fields.names) and not is_iis(fields, software) and (bool(software) or not after_own)
