"""What a capture file says of itself, as rows of net/capture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from parsers.base import Batch
from parsers.network.records import Int64s, Packets, Remark
from timelines.families.network.capture import FAMILIES
from timelines.schema import TIME

BATCH_ROWS = 65_536
_COLUMNS = {column.name: column.type for column in FAMILIES[0].columns if not column.name.startswith("packet_")}
_DESCRIBED = {"comment": "First packet", "statistics": "Statistics recorded"}


def batches(remarks: tuple[Remark, ...], packets: Packets, first: int = 0) -> Iterator[Batch]:
    """Rows in file order. A comment takes the time and number of its packet; `packets` are those of a window, from number `first` on."""
    ordered = sorted(remarks, key=lambda remark: remark.offset)
    for start in range(0, len(ordered), BATCH_ROWS):
        yield _batch(ordered[start : start + BATCH_ROWS], packets, first)


def _batch(rows: list[Remark], packets: Packets, first: int) -> Batch:
    offset = np.array([row.offset for row in rows], np.int64)
    about = np.array([row.kind == "comment" for row in rows], np.bool_)
    number = np.minimum(np.searchsorted(packets.record, offset), max(len(packets) - 1, 0))
    own = np.array([row.time if row.time is not None else 0 for row in rows], np.int64)
    timed = np.array([row.time is not None for row in rows], np.bool_)
    if len(packets):
        own, timed = np.where(about, packets.time[number], own), np.where(about, packets.timed[number], timed)
    columns: dict[str, pa.Array] = {
        "time": pa.array(own, pa.int64(), mask=~timed).cast(TIME),
        "time_desc": pa.array([_DESCRIBED.get(row.kind) for row in rows], pa.string()),
        "time_quality": pa.array(np.where(timed, "utc", "unknown").tolist(), pa.string()),
        "event": pa.array([f"capture.{row.kind}" for row in rows], pa.string()),
        "record": pa.array(number + first + 1, pa.uint64(), mask=~about),
        "offset": pa.array(offset),
        "length": pa.array([row.length for row in rows], pa.int64()),
        "index": pa.array(_places(offset)),
        "packet_first": pa.array(number + first + 1, pa.int64(), mask=~about),
        "packet_last": pa.array(number + first + 1, pa.int64(), mask=~about),
    }
    for name, kind in _COLUMNS.items():
        columns[name] = pa.array([row.values.get(name) for row in rows], kind)
    return Batch("net/capture", pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns)))


def _places(offset: Int64s) -> Int64s:
    """How many rows before each one stand in the same block. `offset` is sorted."""
    first = np.searchsorted(offset, offset)
    return np.arange(len(offset)) - first
