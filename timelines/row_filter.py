"""What to take from a timeline, as people ask for it and as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Filter:
    """What to take from the timeline. Instants are UTC ns; `where` is a SQL condition over core columns (and, where `families` names
    one family, over its own). Lists mean any of them."""

    start: int | None = None
    end: int | None = None
    families: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    row_ids: tuple[str, ...] = ()
    where: str | None = None

    def sql(self) -> tuple[str, list[Any]]:
        """The condition and its parameters."""
        clauses: list[str] = []
        values: list[Any] = []
        for column, wanted in (("event", self.events), ("row_id", self.row_ids)):
            if wanted:
                clauses.append(f"{column} in (select unnest(?))")
                values.append(list(wanted))
        for column, wanted in (("host", self.hosts), ("user", self.users)):
            if wanted:
                clauses.append(f'lower("{column}") in (select unnest(?))')
                values.append([text.lower() for text in wanted])
        if self.ips:
            clauses.append("(src_ip in (select unnest(?)) or dst_ip in (select unnest(?)))")
            values += [list(self.ips), list(self.ips)]
        for operator, instant in ((">=", self.start), ("<", self.end)):
            if instant is not None:
                clauses.append(f"epoch_ns(time) {operator} ?")
                values.append(instant)
        if self.where:
            clauses.append(f"({self.where})")
        return (" and ".join(clauses) or "true"), values
