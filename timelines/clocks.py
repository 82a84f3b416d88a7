"""Clocks compared: the offset between a web server's log and a capture, from requests that both hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from timelines.query import Timeline

SECOND = 1_000_000_000
PAIRS = 20  # pairs; fewer can agree by accident, or stem from one visit whose lines came late
WITHIN_S = 2  # s; whole-second logs and slow answers put pairs of one offset up to this far apart
AGREEING = 0.8  # of all pairs; below this the clocks drift, or what was paired is not the same requests

_COMPRESSED = re.compile(r"\.(?:gz|bz2|lz4|zst|xz)(?:/|$)")
_ROTATION = re.compile(
    r"[-_.]?(?:19|20)\d\d[-_]?\d\d[-_]?\d\d(?:[-_T]?\d{2,6})?"  # a date
    r"|(?<=_(?:ex|nc|in))\d{4,10}"  # the date in the names that IIS gives
    r"|\.\d{1,4}(?=$|\.)"  # a rotation number
    r"|\.\d{9,10}(?=$|\.)"  # seconds since 1970, as Apache's rotatelogs names files
)
_MATCHED = {"cs_method", "cs_uri", "src_ip"}  # columns without which a log's requests cannot be told apart


@dataclass(frozen=True, slots=True)
class Offset:
    """How far the clock of a log runs ahead of a capture's (s, negative: behind), by requests that stand once in both.

    `series` names the rotated files of one log (`series_of`). `agreeing` of `pairs` lie within WITHIN_S of one offset; `spread` is
    from their 5th to their 95th percentile (s). `servers` are the addresses that were asked; `rows` the row ids of the agreeing pairs
    (log, capture) in the order of the log.
    """

    exhibit: str
    series: str
    capture: str
    seconds: float
    pairs: int
    agreeing: int
    spread: float
    servers: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]


def series_of(file: str) -> str:
    """What the files of one rotated log have in common: the path without compression, date and rotation number."""
    folder, slash, name = _COMPRESSED.split(file)[0].rpartition("/")
    return folder + slash + _ROTATION.sub("", name)


def log_files(timeline: Timeline) -> tuple[list[str], list[str], list[str]]:
    """Exhibit, file and series of every access log, in order."""
    files = timeline.sql("select distinct exhibit, file from web_access order by all")
    exhibits, names = files.column("exhibit").to_pylist(), files.column("file").to_pylist()
    return exhibits, names, [series_of(name) for name in names]


def log_name(timeline: Timeline, exhibit: str, series: str) -> str:
    """The log as the evidence names it: the file that bears the series' own name, else its files, at most three by name."""
    named = [file for of, file, log in zip(*log_files(timeline), strict=True) if (of, log) == (exhibit, series)]
    if series in named:
        return series
    return ", ".join(named[:3]) + (" …" if len(named) > 3 else "")


def offsets(timeline: Timeline) -> Iterator[Offset]:
    """The offset of every log against every capture exhibit where enough requests agree, in order of exhibit, series, capture."""
    columns = {name for part in timeline.parts("web/access") for name in part.schema.names}
    if not columns >= _MATCHED or not timeline.parts("net/http"):
        return
    pairs = timeline.sql(_PAIRS, [*log_files(timeline)])
    names = [pairs.column(name).to_pylist() for name in ("exhibit", "series", "capture")]
    groups = list(zip(*names, strict=True))
    starts = [at for at in range(len(groups)) if at == 0 or groups[at] != groups[at - 1]]
    for first, end in pairwise([*starts, len(groups)]):
        offset = _offset(groups[first], pairs.slice(first, end - first))
        if offset is not None:
            yield offset


# Only requests that stand once in the log and once in the capture: which line belongs to which packet is then no guess.
_PAIRS = """
with files as (select unnest(?) as exhibit, unnest(?) as file, unnest(?) as series),
asked as (select exhibit, method, uri, src_ip, min(epoch_ns(time)) as t, min(row_id) as row_id, min(dst_ip) as server
    from net_http where time is not null group by all having count(*) = 1),
wanted as (select distinct method, uri, src_ip from asked),
logged as (select w.exhibit, f.series, a.method, a.uri, a.src_ip, min(epoch_ns(w.time)) as t, min(w.row_id) as row_id
    from web_access w join files f using (exhibit, file)
        join wanted a on w.cs_method = a.method and w.cs_uri = a.uri and w.src_ip = a.src_ip
    where w.time is not null group by all having count(*) = 1)
select l.exhibit, l.series, a.exhibit as capture, l.t as log_time, a.t as capture_time, l.row_id as log_row, a.row_id as capture_row,
    a.server
from logged l join asked a using (method, uri, src_ip) order by l.exhibit, l.series, a.exhibit, l.t, l.row_id, a.row_id
"""


def _offset(group: tuple[str, str, str], pairs: pa.Table) -> Offset | None:
    """The offset on which enough of the pairs agree."""
    if pairs.num_rows < PAIRS:
        return None
    logged = pairs.column("log_time").to_numpy()
    ahead = logged - pairs.column("capture_time").to_numpy()
    agreeing = np.abs(ahead - _crowded(ahead)) <= WITHIN_S * SECOND
    count = int(agreeing.sum())
    if count < PAIRS or count < AGREEING * len(ahead):
        return None
    kept = ahead[agreeing]
    # A log in whole seconds cuts the fraction off, half a second on average, and tells the offset to a second only.
    cut = SECOND // 2 if not (logged % SECOND).any() else 0
    chosen = pairs.filter(pa.array(agreeing))
    low, high = np.percentile(kept, (5, 95))
    return Offset(
        *group,
        seconds=round((float(np.median(kept)) + cut) / SECOND, 0 if cut else 1),
        pairs=len(ahead),
        agreeing=count,
        spread=round(float(high - low) / SECOND, 1),
        servers=tuple(sorted({text for text in chosen.column("server").to_pylist() if text})),
        rows=tuple(zip(chosen.column("log_row").to_pylist(), chosen.column("capture_row").to_pylist(), strict=True)),
    )


def _crowded(ahead: npt.NDArray[np.int64]) -> int:
    """The middle of the stretch of 2 * WITHIN_S that holds the most differences; of equals, the first."""
    ordered = np.sort(ahead)
    held = np.searchsorted(ordered, ordered + 2 * WITHIN_S * SECOND, "right") - np.arange(len(ordered))
    best = int(np.argmax(held))
    return int(np.median(ordered[best : best + int(held[best])]))
