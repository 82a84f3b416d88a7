"""Lines that stand in the evidence twice: a rotated log beside its copy, an earlier copy of a log that went on, a block pasted again.

Lines are compared by what they say, a time among it (where no zone is known the wall time, with one another only), and only runs of them
count: single lines are equal by nature (one page asked for twice in a second). Where files share no time nothing is compared, so that a
case of rotated logs that meet costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from timelines.log_lines import FAMILIES, LogFile, log_files

if TYPE_CHECKING:
    from timelines.query import Timeline

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

RUN = 8  # lines in the same order in both places; two servers asked at once by one monitor share fewer kinds of lines than VARIED
VARIED = 4  # different lines of a run, times apart: a probe that asks for the same each second makes runs of one kind of line
BACK_NS = 60_000_000_000  # within a file, lines have to come this long after their time: what was logged twice at once is no copy
SLICE = 400_000  # lines compared at a time
_SAID: Mapping[str, Sequence[str]] = {
    "web/access": (
        "c_ip", "c_port", "cs_username", "cs_method", "cs_uri", "cs_uri_stem", "cs_uri_query", "request_line", "sc_status", "sc_bytes",
        "cs_referer", "cs_user_agent", "virtual_host", "cs_host", "request_id", "extra",
    ),
    "web/error": ("level", "module", "pid", "tid", "connection", "c_ip", "c_port", "error_text", "request_line"),
    "web/audit": ("request_id", "c_ip", "cs_method", "cs_uri", "messages"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """A stretch of a file: the offsets of its first and last line, and of the byte behind the last."""

    exhibit: str
    file: str
    first: int
    last: int
    end: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """Lines that stand in the evidence twice, one after another in the same order: where again, where before (the earlier file by exhibit
    and name, or the earlier place), how many lines, and the earliest and latest time (ns, UTC unless `wall`)."""

    family: str
    again: Side
    before: Side
    lines: int
    begins: int
    ends: int
    wall: bool = False  # its times are the server's wall time

    @property
    def files(self) -> tuple[str, str, str, str, str]:
        """What two files, and of which family, it is about."""
        return *self.side, self.before.exhibit, self.before.file

    @property
    def log(self) -> LogFile:
        """The file in which the lines stand again, as far as SQL has to know it."""
        return LogFile(*self.side, self.lines, self.begins, self.ends, self.again.first, self.again.last, 0, self.wall)

    @property
    def side(self) -> tuple[str, str, str]:
        """Family, exhibit and file in which the lines stand again."""
        return self.family, self.again.exhibit, self.again.file


# By timeline and files, which bear how many lines they have, where and of which times.
_KNOWN: WeakKeyDictionary[Timeline, dict[tuple[LogFile, ...], list[Repeat]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of one slice of time in order of file and offset: (n,) each. `file` indexes the files, `end` is the offset behind the line,
    `said` is of what a line says."""

    file: Ints
    offset: Ints
    end: Ints
    time: Ints
    said: Hashes

    def equal(self) -> Hashes:
        """One number for what a line says and when."""
        with np.errstate(over="ignore"):
            return (self.said ^ self.time.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)

    def side(self, files: Sequence[LogFile], first: int, last: int) -> Side:
        log = files[int(self.file[first])]
        return Side(log.exhibit, log.file, int(self.offset[first]), int(self.offset[last]), int(self.end[last]))


def repeats(timeline: Timeline, log_of: Callable[[LogFile], tuple[str, ...]] = lambda _: ()) -> list[Repeat]:
    """Every run of lines that stands in the evidence twice, in order of family, files and offset. With `log_of`, what stands twice in
    files for which it is the same: each such group of files is looked at as if there were no other."""
    found: list[Repeat] = []
    files = [*log_files(timeline), *log_files(timeline, wall=True)]
    for family in FAMILIES:
        groups: dict[tuple[bool, tuple[str, ...]], list[LogFile]] = {}
        for log in files:
            if log.family == family:
                groups.setdefault((log.wall, log_of(log)), []).append(log)
        runs = [run for group in groups.values() for run in _among(timeline, tuple(group))]
        found += sorted(runs, key=lambda run: (run.files, run.wall, run.again.first, run.before.first))
    return found


def _among(timeline: Timeline, files: tuple[LogFile, ...]) -> list[Repeat]:
    """The runs among some files of one family. Remembered as long as the timeline: analyzers and tables ask one after the other."""
    known = _KNOWN.setdefault(timeline, {})
    if files not in known:
        shared = _sharing(files)
        logs = list(shared)
        pages = _slices(timeline, files[0], shared) if shared else iter(())
        runs = [run for lines in pages for run in _runs(logs, lines)]
        known[files] = joined(sorted(runs, key=lambda run: (run.files, run.again.first, run.before.first)))
    return known[files]


def again(timeline: Timeline, count: int, places: Callable[[], pa.Table]) -> npt.NDArray[np.bool_]:
    """Which of some rows stand in the evidence for the second time: (count,). `places` reads their `family`, `exhibit`, `file`, `offset`;
    it is asked only where anything stands twice."""
    mask = np.zeros(count, np.bool_)
    ordered = sorted(repeats(timeline), key=lambda run: (run.side, run.again.first))
    if not ordered or not count:
        return mask
    rows = places()
    offsets = rows.column("offset").fill_null(-1).to_numpy()
    for side, group in groupby(ordered, key=lambda run: run.side):
        runs = list(group)
        firsts = np.array([run.again.first for run in runs])
        lasts = np.maximum.accumulate([run.again.last for run in runs])
        equal = [pc.equal(rows[name], value) for name, value in zip(("family", "exhibit", "file"), side, strict=True)]
        mine = np.flatnonzero(pc.and_(equal[0], pc.and_(equal[1], equal[2])).to_numpy())
        held = np.searchsorted(firsts, offsets[mine], "right") - 1
        mask[mine] = (held >= 0) & (offsets[mine] <= lasts[np.maximum(held, 0)])
    return mask


Spans = Mapping[LogFile, tuple[int, int]]  # by file the times (UTC ns) from and to which it may hold what stands twice


def _sharing(files: Sequence[LogFile]) -> Spans:
    """Files that share some time with another, and those whose own time goes back; each with the time in question."""
    spans: dict[LogFile, tuple[int, int]] = {}
    latest: LogFile | None = None
    for log in sorted(files, key=lambda log: (log.first, -log.last, log.exhibit, log.file)):
        if latest is not None and log.first <= latest.last:
            last = min(log.last, latest.last)
            for one in (log, latest):
                low, high = spans.get(one, (log.first, last))
                spans[one] = min(low, log.first), max(high, last)
        latest = log if latest is None or log.last > latest.last else latest
    spans |= {log: (log.first, log.last) for log in files if log.lines > RUN and log.back > BACK_NS}
    return {log: spans[log] for log in files if log in spans}


_FILES = "with files as (select unnest(?) as exhibit, unnest(?) as file, unnest(?) as low, unnest(?) as high, unnest(?) as place)"
_JOIN = "join files using (exhibit, file) where {timed} and {ns} between low and high"


def _slices(timeline: Timeline, like: LogFile, files: Spans) -> Iterator[_Lines]:
    """The lines of these files, of the same family and kind of time, a slice of time at a time: what is equal has the same time."""
    view, join = like.view, _JOIN.format(timed=like.timed, ns=like.ns)
    low, high = zip(*files.values(), strict=True)
    named = [
        [log.exhibit for log in files],
        [log.file for log in files],
        list(low),
        list(high),
        list(range(len(files))),
    ]
    rows = timeline.sql(f"{_FILES} select count(*) as n from {view} {join}", named).column("n")[0].as_py()
    count = max(-(-rows // SLICE), 1)
    edges: list[int | None] = [None, None]
    if count > 1:
        shares = [n / count for n in range(1, count)]
        cuts = timeline.sql(f"{_FILES} select quantile_disc({like.ns}, {shares}) as q from {view} {join}", named)
        edges = [None, *sorted(set(cuts.column("q")[0].as_py())), None]
    for begin, end in pairwise(edges):
        bounds = [(text, value) for text, value in ((">= ?", begin), ("< ?", end)) if value is not None]
        where = "".join(f" and {like.ns} {text}" for text, _ in bounds)
        columns = (
            f'place, "offset", "offset" + "length" as stop, {like.ns} as t, {said_by(timeline, like.family)} as said'
        )
        query = f"{_FILES} select {columns} from {view} {join}{where}"
        yield _ordered(timeline.sql(query, [*named, *(value for _, value in bounds)]))


def said_by(timeline: Timeline, family: str) -> str:
    """SQL for one number of what a line says, its time apart."""
    held = {name for part in timeline.parts(family) for name in part.schema.names}
    held -= {"cs_uri_stem", "cs_uri_query"} if "cs_uri" in held else set()  # long texts need not be read twice
    return f"hash({', '.join(name for name in _SAID[family] if name in held) or 'event'})"


def _ordered(table: pa.Table) -> _Lines:
    place, offset, stop, time, number = (
        table.column(name).to_numpy() for name in ("place", "offset", "stop", "t", "said")
    )
    order = np.lexsort((offset, place))
    return _Lines(place[order].astype(np.int64), offset[order], stop[order], time[order], number[order])


def _runs(files: Sequence[LogFile], lines: _Lines) -> list[Repeat]:
    """Runs of lines that stood before in this slice, in another file or earlier in the same one."""
    count = len(lines.offset) - RUN + 1
    if count < 2:
        return []
    first = _firsts(lines, count)
    whole = lines.file[:count] == lines.file[RUN - 1 :]
    places = np.flatnonzero((first != np.arange(count)) & whole & whole[first])
    places = places[_varied(lines.said, places)]
    places = places[(lines.file[places] != lines.file[first[places]]) | _late(lines)[places]]
    if not len(places):
        return []
    breaks = (np.diff(places) != 1) | (np.diff(first[places]) != 1) | (np.diff(lines.file[places]) != 0)
    out = []
    for run in np.split(places, np.flatnonzero(breaks) + 1):
        a, b = int(run[0]), int(run[-1]) + RUN - 1
        c, d = int(first[run[0]]), int(first[run[-1]]) + RUN - 1
        times = lines.time[a : b + 1]
        sides = lines.side(files, a, b), lines.side(files, c, d)
        log, bounds = files[int(lines.file[a])], (int(times.min()), int(times.max()))
        out.append(Repeat(log.family, *sides, b - a + 1, *bounds, log.wall))
    return out


def _firsts(lines: _Lines, count: int) -> Ints:
    """(count,) the first line from which the same RUN lines go on as from each line."""
    windows = np.zeros(count, np.uint64)
    equal = lines.equal()
    with np.errstate(over="ignore"):
        for n in range(RUN):
            windows = windows * np.uint64(0xD6E8FEB86659FD93) + equal[n : n + count]
    order = np.argsort(windows, kind="stable")
    ordered = windows[order]
    begins = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    first = np.empty(count, np.int64)
    first[order] = order[begins][np.cumsum(begins) - 1]
    return first


def _varied(numbers: Hashes, places: Ints) -> npt.NDArray[np.bool_]:
    """Whether the RUN lines from each place on are of VARIED kinds."""
    if not len(places):
        return np.zeros(0, np.bool_)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(numbers, RUN)[places], axis=1)
    kinds: npt.NDArray[np.bool_] = 1 + (windows[:, 1:] != windows[:, :-1]).sum(axis=1) >= VARIED
    return kinds


def _late(lines: _Lines) -> npt.NDArray[np.bool_]:
    """Lines that come more than BACK_NS after their time, by the lines of their file before them."""
    late = np.zeros(len(lines.time), np.bool_)
    edges = np.flatnonzero(np.diff(lines.file)) + 1
    for begin, end in pairwise([0, *edges.tolist(), len(lines.time)]):
        latest = np.maximum.accumulate(lines.time[begin:end])
        late[begin:end] = latest - lines.time[begin:end] > BACK_NS
    return late


def joined(runs: Sequence[Repeat]) -> list[Repeat]:
    """Runs that go on from each other in both files, joined: slices of time cut them. In order of files and offset, as given."""
    out: list[Repeat] = []
    for run in runs:
        held = out[-1] if out else None
        follows = (
            held is not None
            and held.files == run.files
            and held.again.first < run.again.first <= held.again.end
            and held.before.first < run.before.first <= held.before.end
        )
        if held is not None and follows:
            sides = _both(held.again, run.again), _both(held.before, run.before)
            begins, ends = min(held.begins, run.begins), max(held.ends, run.ends)
            out[-1] = Repeat(held.family, *sides, held.lines + run.lines, begins, ends, held.wall)
        else:
            out.append(run)
    return out


def _both(held: Side, run: Side) -> Side:
    return Side(held.exhibit, held.file, held.first, max(held.last, run.last), max(held.end, run.end))
