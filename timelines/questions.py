"""Questions in SQL, put to a case's parts: views are made when a question names them, and only a SELECT is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from timelines.store import Store
from timelines.views import connect, create_view, families_of, may_be_named, views

if TYPE_CHECKING:
    import duckdb

AT_ONCE = 100_000  # rows of a case, to which questions are answered at once


class QueryError(ValueError):
    """A question that cannot be answered: one line that says why."""


class Questions:
    """A connection to a case, begun with the first question. `extra` tables are views of their names; columns that hold secrets are masked
    unless `secrets`."""

    def __init__(self, store: Store, extra: Mapping[str, pa.Table], secrets: bool) -> None:
        self._store, self._extra, self._secrets = store, extra, secrets
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._unmade: dict[str, Callable[[], str]] = {}  # views that are not made yet
        self._few = False  # whether the case has few rows

    def ask(self, query: str, parameters: Sequence[Any] = (), written: str | None = None) -> pa.Table:
        """Answer one SELECT. `written`: what of it somebody may have written, where the rest is the library's own and names no view but by
        `rows`. Raises QueryError with DuckDB's own reason."""
        self._open()
        self._make(may_be_named(query if written is None else written, self._unmade))
        return self._select(query, parameters)

    def rows(self, family: str) -> str:
        """What stands behind `from` for a family: its view, or where that is not made, what it would be made of, since to make it takes
        half as long as to ask it. Raises QueryError for a family that is not known."""
        known = families_of(self._store)
        if family not in known:
            raise QueryError(f"no family {family!r}; this case has {', '.join(self._store.families()) or 'none'}")
        self._open()
        view = known[family].view
        return f"({self._unmade[view]()}) as {view}" if view in self._unmade else view

    def _select(self, query: str, parameters: Sequence[Any]) -> pa.Table:
        """The answer to a question whose views are made."""
        import duckdb

        connection = self._open()
        try:
            statements = connection.extract_statements(query)
            reading = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
            if len(statements) != 1 or statements[0].type not in reading:
                raise QueryError("only a single SELECT can be asked of a case; it is never written to")
            try:
                return self._answer(statements[0], list(parameters))
            except (
                duckdb.CatalogException
            ):  # a name that is put together, or a wrong one, which is told from those there are
                self._make(list(self._unmade))
                return self._answer(statements[0], list(parameters))
        except duckdb.Error as error:
            first, *rest = str(error).splitlines()
            hint = next((line for line in rest if line.startswith(("Candidate", "Did you"))), "")
            raise QueryError(f"{first} {hint}".strip()) from error

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = connect(self._store, self._extra)
            self._unmade = views(self._store, self._secrets)
            held = sum(info.rows for info in self._store.infos())
            self._few = max(held, *(table.num_rows for table in self._extra.values()), 0) <= AT_ONCE
        return self._connection

    def _answer(self, statement: duckdb.Statement, parameters: list[Any]) -> pa.Table:
        """What DuckDB answers. Where that may be many rows they are made Arrow's as they come, for which it plans the question twice; of
        few rows it takes a copy instead, which is cheaper than a plan."""
        connection = self._open()
        if self._few:
            return connection.execute(statement, parameters).to_arrow_table()
        return connection.sql(statement, params=parameters).to_arrow_table()

    def _make(self, names: Sequence[str]) -> None:
        """Make these views."""
        for name in names:
            create_view(self._open(), name, self._unmade[name]())
            del self._unmade[name]
