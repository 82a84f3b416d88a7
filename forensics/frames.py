"""What a case holds as pandas frames and Arrow tables, each in a fixed order of columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from timelines.schema import CORE_NAMES

if TYPE_CHECKING:
    import pandas as pd

    from cases.reviews import Reviewed

_INSTANT = pa.timestamp("ns", tz="UTC")
_FINDINGS = pa.schema(
    [(name, pa.string()) for name in ("finding_id", "kind", "title", "level", "grade")]
    + [
        ("first", _INSTANT),
        ("last", _INSTANT),
        ("rows", pa.list_(pa.string())),
        ("attack", pa.list_(pa.string())),
        ("cve", pa.list_(pa.string())),
        ("why", pa.string()),
        ("review", pa.string()),
    ]
)


def findings_table(known: Iterable[Reviewed]) -> pa.Table:
    """Findings with what the examiner did with each, as the view `findings` of SQL has them."""
    *found, review = _FINDINGS.names
    rows = [{**{name: getattr(one.finding, name) for name in found}, review: one.review.state} for one in known]
    return pa.Table.from_pylist(rows, _FINDINGS)


def frame_of(kind: type, rows: Sequence[Any], dtype: Any = None) -> pd.DataFrame:
    """Dataclasses as a frame; with the dtype `object` a None stays one."""
    import pandas as pd

    names = [field.name for field in fields(kind)]
    return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names, dtype=dtype)


def without_empty(table: pa.Table) -> pa.Table:
    """Leave out the columns that no chosen row has: they belong to other events of the family."""
    keep = [
        at
        for at, name in enumerate(table.schema.names)
        if name in CORE_NAMES or table.num_rows == 0 or table.column(at).null_count < table.num_rows
    ]
    return table.select(keep)
