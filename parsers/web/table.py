"""Rows of one page in the making: values become typed columns, what is derived from them stands beside them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.web.dates import as_shown, localise
from parsers.web.fields import QUALITIES
from parsers.web.formats import Page
from parsers.web.numerals import nullable
from parsers.web.remarks import Remarks
from parsers.web.requests import addresses, claimed, joined_target, outcomes
from parsers.web.spans import Spans, chosen
from timelines.coded import CODED, constant
from timelines.families import all_families
from timelines.schema import TIME, named_field, stored_names

UTC, OFFSET, ASSUMED, UNKNOWN = range(4)
TIME_QUALITIES = ("utc", "offset", "assumed-zone", "unknown")


class Table:
    """Columns of the lines of a page, row for row. `spans` says where their values lie."""

    def __init__(self, page: Page, spans: Spans, remarks: Remarks) -> None:
        self.page, self.spans, self.remarks = page, spans, remarks
        self._columns: dict[str, pa.Array] = {}
        self._own: dict[str, tuple[str, pa.Array]] = {}
        self._time: tuple[Int64s, Bools, Int64s] | None = None

    def __len__(self) -> int:
        return len(self.page.lines)

    def put(self, column: str, values: pa.Array, own: str | None = None) -> None:
        """Fill a column; one that the log names itself is given by its `own` name. Of two that mean the same column the first counts."""
        if own is None:
            self._columns.setdefault(column, values)
        else:
            self._own.setdefault(own, (column, values))

    def has(self, column: str) -> bool:
        return column in self._columns

    def put_numbers(self, column: str, values: Int64s, valid: Bools, type_: pa.DataType) -> None:
        self.put(column, nullable(values, valid, type_))

    def put_time(self, ns: Int64s, real: Bools, quality: int | Int64s, otherwise: str = "bad-time") -> None:
        """The rows' instants: UTC ns where `real`. With quality UNKNOWN they are wall time, and take the examiner's zone where there is
        one. What is written and is no real instant is remarked (`otherwise`)."""
        written = np.full(len(self), quality, np.int64) if isinstance(quality, int) else quality.copy()
        ns, known = ns.copy(), real.copy()
        self.remarks.mark(~real, otherwise)
        bare = np.flatnonzero(real & (written == UNKNOWN))
        if len(bare) and self.page.zone is not None:
            ns[bare], twice, never = localise(ns[bare], self.page.zone)
            written[bare] = ASSUMED
            self.remarks.mark(bare[twice], "ambiguous-time")
            self.remarks.mark(bare[never], "skipped-time")
        elif len(bare):
            known[bare] = False
            self.remarks.mark(bare, "no-zone")
            self.put("wall_time", as_shown(ns, real & (written == UNKNOWN)))
        self._time = ns, known, np.where(known, written, UNKNOWN)

    def instants(self) -> tuple[Int64s, Bools]:
        """The rows' instants as UTC ns, and where they are known."""
        if self._time is None:
            return np.zeros(len(self), np.int64), np.zeros(len(self), np.bool_)
        return self._time[0], self._time[1]

    def batch(self, family: str, event: str, time_desc: str, protocol: str | None, quality: Int64s) -> pa.RecordBatch:
        """All columns as rows of a family."""
        lines, count = self.page.lines, len(self)
        if self._time is None:
            self.remarks.mark(np.ones(count, np.bool_), "no-date")
            self._time = np.zeros(count, np.int64), np.zeros(count, np.bool_), np.full(count, UNKNOWN, np.int64)
        ns, known, time_quality = self._time
        if "cs_uri_stem" in self._columns and "cs_uri" not in self._columns:
            self.put("cs_uri", joined_target(self._columns["cs_uri_stem"], self._columns.get("cs_uri_query")))
        core: dict[str, pa.Array] = {
            "time": pa.array(ns, mask=~known).cast(pa.timestamp("ns")).cast(TIME),
            "time_desc": constant(time_desc, count),
            "time_quality": chosen(TIME_QUALITIES, time_quality),
            "event": constant(event, count),
            "record": pa.array(lines.numbers.astype(np.uint64)),
            "offset": pa.array(lines.offsets),
            "length": pa.array(lines.lengths),
            "flags": self.remarks.column(),
            "parse_quality": chosen(QUALITIES, quality),
        }
        if protocol is not None:
            core["protocol"] = constant(protocol, count)
        if "sc_status" in self._columns and family == "web/access":
            status = self._columns["sc_status"]
            core["outcome"] = outcomes(
                status.fill_null(-1).to_numpy().astype(np.int64), status.is_valid().to_numpy(False)
            )
        if "c_ip" in self._columns:
            core["src_ip"] = addresses(self._columns["c_ip"])
        if (first := claimed(self._columns)) is not None:
            self.put("client_claimed", first)
        return self._assembled(family, core)

    def _assembled(self, family: str, core: dict[str, pa.Array]) -> pa.RecordBatch:
        declared = {column.name: column for column in all_families()[family].columns}
        arrays, fields = list(core.values()), [pa.field(name, array.type) for name, array in core.items()]
        for name, array in self._columns.items():
            if name in core:
                continue
            field = declared[name].field() if name in declared else pa.field(name, array.type)
            fields.append(field.with_type(CODED) if array.type == CODED else field)
            arrays.append(array)
        taken = (*declared, *core, *self._columns, "index", "log_format")
        stored = stored_names((column for column, _ in self._own.values()), taken)
        for name, (own, (_, array)) in zip(stored, self._own.items(), strict=True):
            fields.append(named_field(name, own, CODED if array.type == CODED else None))
            arrays.append(array)
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
