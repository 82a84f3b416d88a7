"""Questions to the timeline: SQL, filters, single rows. The same question gives the same rows in the same order.

Order is always `time` (rows without one last), `exhibit`, `file`, `offset`, `row_id`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from timelines.messages.placeholders import columns_spoken_of
from timelines.parts import Part
from timelines.problems import KINDS
from timelines.questions import QueryError as QueryError
from timelines.questions import Questions
from timelines.row_filter import Filter as Filter
from timelines.schema import CORE_NAMES, SORT_KEYS, core_schema
from timelines.store import Store
from timelines.views import core, families_of, narrow, quoted

if TYPE_CHECKING:
    import pandas as pd

WINDOW_ROWS = 100_000  # rows that `batches` holds at a time
ORDER = 'order by time nulls last, exhibit, file, "offset", row_id'


class Timeline:
    """A case's timeline, read-only. `extra` tables (matches, findings) become views of their names.

    `rewrite` changes the rows of every answer but those of `sql` before sentences are made of them (redaction); filters see the rows
    as they are. With `whole`, sentences hold long values uncut. Columns that hold secrets are masked, to filters and SQL too, unless
    `secrets`.
    """

    def __init__(
        self,
        root: Path,
        extra: Mapping[str, pa.Table] | None = None,
        rewrite: Callable[[pa.Table], pa.Table] | None = None,
        whole: bool = False,
        secrets: bool = False,
    ) -> None:
        self.store = Store(root)
        self._extra = dict(extra or {})
        self._rewrite = rewrite or _as_it_is
        self._whole = whole
        self.secrets = secrets
        self._questions = Questions(self.store, self._extra, secrets)

    @property
    def extras(self) -> frozenset[str]:
        """Names of the tables that stand beside the timeline's own, as views."""
        return frozenset(self._extra)

    def beside(self, name: str, table: pa.Table) -> Timeline:
        """The same timeline with one more such table."""
        return Timeline(self.store.root, {**self._extra, name: table}, self._rewrite, self._whole, self.secrets)

    def families(self) -> list[str]:
        """Families that have rows, in name order."""
        return self.store.families()

    def parts(self, family: str) -> tuple[Part, ...]:
        return self.store.parts(family)

    def counts(self) -> dict[str, int]:
        """Rows by family, in name order."""
        totals = dict.fromkeys(self.families(), 0)
        for info in self.store.infos():
            if info.family in totals:
                totals[info.family] += info.rows
        return totals

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Answer one SELECT. Views: one a family (`windows_security`), `timeline` (core columns of all), `problems`, `ledger`,
        `ledger_parts`, and what the case adds. Raises QueryError with DuckDB's own reason. It reads nothing outside the case and writes
        nothing."""
        return self._questions.ask(query, parameters)

    def batches(self, chosen: Filter, columns: Sequence[str] | None = None, lang: str = "en") -> Iterator[pa.Table]:
        """The timeline in order, some 100,000 rows a table, so that memory stays flat. Columns: core and `message` unless named."""
        names = tuple(columns) if columns is not None else (*CORE_NAMES, "message")
        known = (*CORE_NAMES, "message")
        families = self.chosen_families(chosen.families)
        own = self._own_columns(families) if len(families) == 1 else []
        for name in names:
            if name not in known and name not in own:
                raise QueryError(f"no column {name!r}; expected one of {', '.join((*known, *own)[:60])}")
        for span in self._spans(chosen, dict.fromkeys(families, names), lang):
            if tables := [table for _, table in span]:
                merged = pa.concat_tables(tables, promote_options="default")
                keys = [(key, "ascending") for key in SORT_KEYS]
                yield merged.sort_by(keys).select(list(names))

    def spans(self, chosen: Filter, lang: str = "en") -> Iterator[Iterator[tuple[str, pa.Table]]]:
        """The timeline span after span of time, some 100,000 rows each, with all columns: each family that has rows in the span, and
        its table: core columns first, then its own by name, then `message`. Rows within a table are in no order."""
        families = self.chosen_families(chosen.families)
        names = {family: (*CORE_NAMES, *self._united(family), "message") for family in families}
        yield from self._spans(chosen, names, lang)

    def _spans(
        self, chosen: Filter, names: Mapping[str, Sequence[str]], lang: str
    ) -> Iterator[Iterator[tuple[str, pa.Table]]]:
        """Span after span of time, of each family these columns of its rows, where it has any."""
        counts = self.counts()
        if chosen.start is None and chosen.end is None and sum(counts[family] for family in names) <= WINDOW_ROWS:
            kept: dict[str, pa.Table] = {}  # rows without a time, which come last
            yield self._timed(chosen, names, lang, kept)
            yield ((family, table) for family, table in kept.items() if table.num_rows)
            return
        for start, end, timeless in self._windows(chosen):
            window = replace(chosen, start=start, end=end)
            tables = ((name, self._window(name, window, timeless, names[name], lang)) for name in names)
            yield ((name, table) for name, table in tables if table.num_rows)

    def _timed(
        self, chosen: Filter, names: Mapping[str, Sequence[str]], lang: str, kept: dict[str, pa.Table]
    ) -> Iterator[tuple[str, pa.Table]]:
        """Of each family the rows with a time; those without one are kept: one question tells both."""
        for family, columns in names.items():
            timed, kept[family] = self._parted(family, chosen, columns, lang)
            if timed.num_rows:
                yield family, timed

    def _parted(self, family: str, chosen: Filter, columns: Sequence[str], lang: str) -> tuple[pa.Table, pa.Table]:
        """Rows of a family with a time, and those without."""
        found = self._window(family, chosen, None, columns, lang)
        time = found.column("time")
        if not time.null_count:
            return found, found.slice(0, 0)
        return found.filter(time.is_valid()), found.filter(time.is_null())

    def frame(self, chosen: Filter, columns: Sequence[str] | None = None, lang: str = "en") -> pd.DataFrame:
        """`batches` as one Arrow-backed frame."""
        names = list(columns) if columns is not None else [*CORE_NAMES, "message"]
        tables = list(self.batches(chosen, names, lang))
        if tables:
            return to_frame(pa.concat_tables(tables))
        schema = core_schema().append(pa.field("message", pa.string()))
        present = [schema.field(n) if n in schema.names else pa.field(n, pa.string()) for n in names]
        return to_frame(pa.schema(present).empty_table())

    def events(self, family: str, chosen: Filter | None = None) -> pa.Table:
        """Rows of one family with its own columns, in order; columns that are null throughout are left out unless declared."""
        condition, values = (chosen or Filter()).sql()
        query = f"select * from {self._questions.rows(family)} where {condition} {ORDER}"
        return self._rewrite(self._questions.ask(query, values, condition))

    def few(self, family: str, chosen: Filter, columns: Sequence[str], lang: str = "en") -> pa.Table:
        """Columns (also `message`) of the chosen rows of one family, all at once, in no order: for a question that few rows answer, where
        `batches` would read the family span after span of time."""
        return pa.concat_tables(self._parted(family, chosen, columns, lang))

    def rows(self, row_ids: Sequence[str]) -> Iterator[pa.Table]:
        """The rows of these ids with all their columns, one table a family, each in order."""
        if not row_ids:
            return
        wanted = Filter(row_ids=tuple(row_ids))
        condition, values = wanted.sql()
        found = self.sql(f"select distinct family from timeline where {condition}", values).column("family").to_pylist()
        for family in sorted(found):
            table = self.events(family, wanted)
            keep = [
                i
                for i, name in enumerate(table.schema.names)
                if name in CORE_NAMES or table.column(i).null_count < table.num_rows
            ]
            yield table.select(keep)

    def problems(self) -> pa.Table:
        return self._rewrite(self.sql('select * from problems order by exhibit, file, "offset", "length", reason'))

    def inventory(self) -> pa.Table:
        """Every file of the case: exhibit, file, size, status. Where the case gave no list of them (the table `inventory`), those that were
        read."""
        given = "inventory" in self._extra
        listed = (
            "select exhibit, file, size, status from inventory"
            if given
            else "select exhibit, file, size, 'evidence' as status from ledger"
        )
        return self.sql(f"{listed} order by exhibit, file")

    def ledger(self) -> pa.Table:
        """One row a file: bytes read, free, unsupported and damaged; they add up to its size."""
        return self._rewrite(self.sql("select * from ledger order by exhibit, file"))

    def ledger_parts(self) -> pa.Table:
        """One row a part of a file: its kind (read, free …), what it is of the file, its bytes, in how many ranges."""
        kinds = ", ".join(f"'{kind}'" for kind in KINDS)
        return self._rewrite(
            self.sql(f"select * from ledger_parts order by exhibit, file, list_position([{kinds}], kind), part")
        )

    def narrow(self, family: str, columns: Sequence[str]) -> str:
        """SQL for some columns of a family that has rows, in the place of its view: other columns, however many, cost nothing."""
        return f"({narrow(self.store, family, columns, self.secrets)})"

    def core(self, families: Sequence[str]) -> str:
        """SQL for the core columns of families that have rows, all as one: in the place of a view of each."""
        return f"({core(self.store, families, self.secrets)})"

    def chosen_families(self, families: Sequence[str]) -> list[str]:
        """Families asked for that have rows, by name or by the part before `/`; all where none is asked for. Raises QueryError for one
        that is not known."""
        for name in families:
            if not any(name in (known, known.partition("/")[0]) for known in families_of(self.store)):
                raise QueryError(f"no family {name!r}; this case has {', '.join(self.families()) or 'none'}")
        return [f for f in self.families() if not families or f in families or f.partition("/")[0] in families]

    def _own_columns(self, families: Sequence[str]) -> list[str]:
        names = {name for family in families for part in self.parts(family) for name in part.schema.names}
        return sorted(names - set(CORE_NAMES))

    def _united(self, family: str) -> list[str]:
        """Own columns of a family, in name order, as its view unites them: one for all spellings that differ in case alone."""
        names = {name for part in self.parts(family) for name in part.schema.names}
        if len({name.casefold() for name in names}) < len(names):
            every = self._questions.ask(f"select * from {self._questions.rows(family)} limit 0", written="")
            names = set(every.schema.names)
        return sorted(names - set(CORE_NAMES))

    def _windows(self, chosen: Filter) -> Iterator[tuple[int | None, int | None, bool]]:
        """Spans of time that hold about WINDOW_ROWS of the chosen rows each, then the rows without a time."""
        families = self.chosen_families(chosen.families)
        bounds: list[int] = []
        counts = self.counts()
        if sum(counts[f] for f in families) > WINDOW_ROWS:
            condition, values = chosen.sql()
            spans = " union all ".join(
                f"select time from {self._questions.rows(f)} where {condition}" for f in families
            )
            steps = self._questions.ask(
                f"select t from (select epoch_ns(time) as t, row_number() over (order by time) as n from ({spans}) where time is not null) "
                f"where n % {WINDOW_ROWS} = 0 order by t",
                values * len(families),
                condition,
            )
            bounds = sorted(set(steps.column("t").to_pylist()))
        inside = [
            b for b in bounds if (chosen.start is None or b > chosen.start) and (chosen.end is None or b < chosen.end)
        ]
        edges = [chosen.start, *inside, chosen.end]
        for start, end in pairwise(edges):
            yield start, end, False
        if chosen.start is None and chosen.end is None:
            yield None, None, True

    def _window(self, family: str, window: Filter, timeless: bool | None, names: Sequence[str], lang: str) -> pa.Table:
        """Columns of the chosen rows of a family that have a time, or of those `timeless`; of all where this is None."""
        condition, values = window.sql()
        present = {name for part in self.parts(family) for name in part.schema.names}
        wanted = {*names, *SORT_KEYS} - {"message"}
        if "message" in names:
            wanted |= set(CORE_NAMES) | columns_spoken_of(family, present)
        listed = ", ".join(f'"{quoted(name)}"' for name in sorted(wanted & present))
        presence = {True: "time is null and", False: "time is not null and", None: ""}[timeless]
        query = f"select {listed} from {self._questions.rows(family)} where {presence} {condition}"
        found = self._questions.ask(query, values, condition)
        table = self._rewrite(found)
        called = dict(zip(found.schema.names, table.schema.names, strict=True))  # rewriting may name columns anew
        if "message" in names:
            from timelines.messages.sentences import VALUE_LIMIT, sentences

            table = table.append_column("message", sentences(table, lang, None if self._whole else VALUE_LIMIT))
        wanted_names = [called.get(name, name) for name in dict.fromkeys((*names, *SORT_KEYS))]
        return table.select([name for name in wanted_names if name in table.schema.names])


def _as_it_is(table: pa.Table) -> pa.Table:
    return table


def to_frame(table: pa.Table) -> pd.DataFrame:
    """A plain pandas frame: text as pandas' own (Arrow-backed) strings, instants as `datetime64[ns, UTC]`, numbers and truth values as
    Arrow-backed columns, so that a null never turns a record number into a float."""
    import pandas as pd

    def mapped(kind: pa.DataType) -> pd.ArrowDtype | None:
        exact = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
        return pd.ArrowDtype(kind) if exact else None

    frame: pd.DataFrame = table.to_pandas(types_mapper=mapped, date_as_object=False)
    return frame
