"""Sample rows written small become a timeline: the same completion, store and detection that evidence goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from timelines.detection import RuleSet, detect
from timelines.families import all_families
from timelines.query import Timeline
from timelines.rows import Provenance, finish
from timelines.schema import CORE_NAMES, TIME, named_field, stored_names
from timelines.store import Store

SAMPLES = Path(__file__).parent / "samples"
BEGIN_S = 1_768_953_600  # 2026-01-21T00:00:00Z; samples give seconds after it
Row = Mapping[str, Any]


def samples_of(name: str) -> Mapping[str, Any]:
    """The samples of a rule: `base`, and `match` and `no_match` with what each adds to it."""
    found: Mapping[str, Any] = yaml.safe_load((SAMPLES / f"{name}.yml").read_text("utf-8"))
    return found


def rows_of(base: Row, case: Row | Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of one case. `at` and `every` are seconds, `repeat` a count; `{n}` in a text becomes the repetition's number."""
    out = []
    for written in [case] if isinstance(case, Mapping) else case:
        row = {**base, **written}
        count, every, at = row.pop("repeat", 1), row.pop("every", 0), row.pop("at", 0)
        for number in range(count):
            filled = {k: v.replace("{n}", str(number + 1)) if isinstance(v, str) else v for k, v in row.items()}
            out.append({**filled, "at": at + every * number})
    return out


def _batch(family: str, rows: Sequence[Row], first: int) -> pa.RecordBatch:
    declared = {column.name: column.type for column in all_families()[family].columns}
    own = [name for name in dict.fromkeys(k for row in rows for k in row) if name not in {"family", "at"}]
    stamps = pa.array([(BEGIN_S + row["at"]) * 1_000_000_000 for row in rows], pa.int64()).cast(TIME)
    arrays, fields = [stamps], [pa.field("time", TIME)]
    for name in ("offset", "length"):
        arrays.append(pa.array(range(first, first + len(rows)), pa.int64()))
        fields.append(pa.field(name, pa.int64()))
    event = pa.array([str(row.get("EventID", "sample")) for row in rows])
    arrays.append(event)
    fields.append(pa.field("event", pa.string()))
    for name, stored in zip(own, stored_names(own), strict=True):
        kind = declared.get(name, pa.string())
        values = [row.get(name) for row in rows]
        if pa.types.is_integer(kind):
            values = [None if value is None else int(value) for value in values]
        arrays.append(pa.array(values, kind))
        fields.append(named_field(stored, name, kind))
    assert not set(own) & set(CORE_NAMES), "samples give the evidence's own fields; core columns come from the mappings"
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def timeline_of(rows: Sequence[Row], folder: Path) -> Timeline:
    """A stored timeline of these rows, each family in a part of its own."""
    store = Store(folder)
    writer = store.writer("samples")
    families: dict[str, list[Row]] = {}
    for row in rows:
        families.setdefault(row["family"], []).append(row)
    for at, (family, members) in enumerate(sorted(families.items())):
        batch = _batch(family, members, at * 100_000)
        writer.add(finish(family, batch, Provenance("E001", f"{at}.sample", "00" * 32)))
    store.commit({"samples": writer.close([], [])})
    return Timeline(folder)


def findings_of(rows: Sequence[Row], rules: RuleSet, folder: Path) -> list[str]:
    """Rule ids that found something in these rows."""
    return [finding.rule_id for finding in detect(timeline_of(rows, folder), rules).findings]
