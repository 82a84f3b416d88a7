"""The same lines in two web server logs, or twice in one; and copies of one log that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from timelines.analyzers import Threshold
from timelines.analyzers import _repeated_lines_words as said
from timelines.analyzers._conclude import Observed, conclude, moment
from timelines.detection.rules import About
from timelines.findings import Finding
from timelines.log_lines import places_of
from timelines.repeats import RUN as RUN_LINES
from timelines.repeats import VARIED as VARIED_KINDS
from timelines.repeats import Repeat, Side, repeats, said_by

if TYPE_CHECKING:
    from timelines.query import Timeline

RUN = Threshold("RUN", RUN_LINES, "lines", "In the same order in both places; single lines are equal by nature.")
VARIED = Threshold(
    "VARIED",
    VARIED_KINDS,
    "kinds of line",
    "Among the lines of a run, times apart: a probe that asks two servers for the same at the same time makes runs of fewer.",
)
COPY = Threshold(
    "COPY",
    0.9,
    "of one file's lines",
    "Between the first and the last line that two files share: with fewer in common they are no copies, and differ by nature.",
)
PLACES = Threshold("PLACES", 10, "places", "Cited and printed; `why` gives the whole number.")


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines of one of two copies that the other lacks, as row ids with line numbers in file order (PLACES of them), how many there are, and
    how many lines that file has in the stretch."""

    rows: tuple[tuple[str, str], ...]
    count: int
    lines: int


class WebLogRepeated:
    """Compares what lines say, and when, wherever files share a time, and in files whose time goes back: runs of `RUN` lines that stand in
    two places. Lines without a zone are compared with one another, by wall time. All rows stay in the timeline; what is counted (statistics
    of web logs, events of correlations) counts such lines once. Where two files are copies of each other but for some lines, these are
    told."""

    name = "web_log_repeated"
    about = About(
        "web_log_repeated",
        "Lines of web server logs that stand in the evidence twice",
        "informational",
        "athar:web_log_repeated.py",
        "web_log_repeated",
        "Runs of the same lines in two files of web server logs, or twice in one; medium where two copies of a log differ.",
        (),
        ("A copy made while the log went on", "A server that writes to two logs"),
        said.TWO,
    )
    needs = ("web/*",)
    thresholds = (RUN, VARIED, COPY, PLACES)
    words = said.BY_KIND

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding for two files (or one), then one where they differ; in order of family and files."""
        for _, group in groupby(repeats(timeline), key=lambda run: (run.files, run.wall)):
            runs = list(group)
            within = runs[0].again.file == runs[0].before.file and runs[0].again.exhibit == runs[0].before.exhibit
            yield self._twice(timeline, runs, "within" if within else "two")
            if not within:
                yield from self._differing(timeline, runs)

    def _twice(self, timeline: Timeline, runs: Sequence[Repeat], kind: str) -> Finding:
        shown = runs[: int(PLACES.value)]
        again = [places_of(timeline, run.family, run.again.exhibit, run.again.file, _edges(run.again)) for run in shown]
        before = [
            places_of(timeline, run.family, run.before.exhibit, run.before.file, _edges(run.before)) for run in shown
        ]
        listed = ", ".join(f"{_span(a)} = {_span(b)}" for a, b in zip(again, before, strict=True))
        listed += " …" if len(runs) > len(shown) else ""
        lines = sum(run.lines for run in runs)
        rows = [row for side in (*again, *before) for row, _ in side]
        other = f"{runs[0].before.exhibit}/{runs[0].before.file}" if kind == "two" else "it earlier"
        why = f"{lines} lines in {len(runs)} runs stand in {other} too: {listed}"
        return self._told(timeline, runs, kind, (_level(kind), why, rows), {"lines": str(lines), "places": listed})

    def _differing(self, timeline: Timeline, runs: Sequence[Repeat]) -> Iterator[Finding]:
        if len(runs) < 2:
            return
        here, there = (_stretch([getattr(run, name) for run in runs]) for name in ("again", "before"))
        only, only_other = (
            _lacking(timeline, runs[0], here, there),
            _lacking(timeline, runs[0], there, here),
        )
        if not only.count and not only_other.count:
            return
        if min(only.count / only.lines, only_other.count / only_other.lines) > 1 - COPY.value:
            return
        listed = "; ".join(
            ", ".join(number for _, number in one.rows) + (" …" if one.count > len(one.rows) else "") or "-"
            for one in (only, only_other)
        )
        why = f"{only.count} lines stand in it only, {only_other.count} in {there.exhibit}/{there.file} only: {listed}"
        values = {"only": str(only.count), "only_other": str(only_other.count), "places": listed}
        rows = [row for one in (only, only_other) for row, _ in one.rows]
        yield self._told(timeline, runs, "differs", ("medium", why, rows), values)

    def _told(
        self,
        timeline: Timeline,
        runs: Sequence[Repeat],
        kind: str,
        seen: tuple[str, str, Sequence[str]],
        values: Mapping[str, str],
    ) -> Finding:
        level, why, rows = seen
        texts, run = said.BY_KIND[kind], runs[0]
        return conclude(
            timeline,
            replace(self.about, title=texts["en"]["title"], level=level, texts=texts),
            Observed(
                f"{kind}\n{rows[0]}",
                (run.family,),
                rows,
                f"{run.again.exhibit}/{run.again.file}: {why}",
                {
                    **values,
                    "file": run.again.file,
                    "exhibit": run.again.exhibit,
                    "other": run.before.file,
                    "other_exhibit": run.before.exhibit,
                    "first": _moment(min(one.begins for one in runs), run.wall),
                    "last": _moment(max(one.ends for one in runs), run.wall),
                },
                {},
                {},
            ),
        )


def _level(kind: str) -> str:
    return "low" if kind == "within" else "informational"


def _moment(ns: int, wall: bool) -> str:
    """As the server's clock showed it, where no zone is known."""
    return moment(ns).removesuffix(" UTC") if wall else moment(ns)


def _edges(side: Side) -> tuple[int, int]:
    return side.first, side.last


def _span(rows: Sequence[tuple[str, str]]) -> str:
    return "–".join(number for _, number in rows)


def _stretch(sides: Sequence[Side]) -> Side:
    """From the first of these sides of one file to the last."""
    first, last = min(sides, key=lambda side: side.first), max(sides, key=lambda side: side.last)
    return Side(first.exhibit, first.file, first.first, last.last, last.end)


_STRETCH = """select row_id, "offset", record, {ns} as t, {said} as said from {view}
    where exhibit = ? and file = ? and "offset" >= ? and "offset" < ? and {timed}"""


def _lacking(timeline: Timeline, run: Repeat, side: Side, other: Side) -> Difference:
    """Lines of one stretch that the other lacks."""
    log = run.log
    stretch = _STRETCH.format(ns=log.ns, said=said_by(timeline, run.family), view=log.view, timed=log.timed)
    both = [value for one in (side, other) for value in (one.exhibit, one.file, one.first, one.end)]
    table = timeline.sql(
        f"""with mine as ({stretch}), its as ({stretch}), alone as (select * from mine anti join its using (t, said))
        select row_id, coalesce(record, "offset")::varchar as number, (select count(*) from alone) as n, (select count(*) from mine) as m
        from alone order by "offset", row_id limit {int(PLACES.value)}""",
        both,
    )
    rows = table.to_pylist()
    if not rows:
        return Difference((), 0, 1)
    return Difference(tuple((row["row_id"], row["number"]) for row in rows), rows[0]["n"], rows[0]["m"])


ANALYZER = WebLogRepeated()
OF_LOGS = True
