"""Web server logs whose times go back further than a server's way of writing explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from timelines.analyzers import Threshold, Words
from timelines.analyzers import _time_order_words as said
from timelines.analyzers._conclude import Observed, conclude, present
from timelines.analyzers._time_order import (
    DISORDER,
    LATE,
    SECOND,
    THRESHOLDS,
    TOLERANCE,
    Order,
    Step,
    order_of,
)
from timelines.detection.rules import About
from timelines.findings import Finding
from timelines.log_lines import LogFile, at_offsets, log_files, read

if TYPE_CHECKING:
    from timelines.query import Timeline

LARGE = Threshold(
    "LARGE", 1_000_000, "bytes", "An answer of this size may take long to be fetched: its line may be late."
)
FOLD = Threshold("FOLD", 3600, "s", "By how much clocks are set back at the end of summer time.")
FOLD_PAUSE = Threshold("FOLD_PAUSE", 300, "s", "Pause between the lines on both sides of such a step.")
LONG = Threshold(
    "LONG",
    0.5,
    "of lines behind",
    "Where so many are of one path, or say themselves that they lasted, requests last long: lines are late by their nature.",
)
PLACES = Threshold("PLACES", 20, "places", "Cited and printed; `why` gives the whole number.")


@dataclass(frozen=True, slots=True)
class Place:
    """A step with what its two lines say: those before and after it."""

    step: Step
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def text(self) -> str:
        return f"{_number(self.before)}/{_number(self.after)} (-{self.step.ns // SECOND} s)"


class WebLogTimeOrder:
    """Reads each log in the order of its file and judges every line that is more than `TOLERANCE` earlier than the one before it: does the
    log go on from there, or leap back to where it stood, and do the lines say why (their duration, a large answer, a connection kept
    open, local time set back by an hour)? Lines without a zone are judged by wall time, on their own; those with neither are not judged,
    which the limits of a summary say. Lines out of order all over a file are told once."""

    name = "web_log_time_order"
    about = About(
        "web_log_time_order",
        "Times of a web server log that go back",
        "low",
        "athar:web_log_time_order.py",
        "web_log_time_order",
        "Lines of a web server log that bear an earlier time than those before them, by more than requests last.",
        (),
        ("A clock that was set right", "Logs joined into one file", "Requests that last long"),
        said.BACK,
    )
    needs = ("web/*",)
    thresholds = (*THRESHOLDS, LARGE, FOLD, FOLD_PAUSE, LONG, PLACES)
    words = said.BY_KIND

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """At most one finding a file and kind, in order of family, exhibit and file."""
        for log, order in told(timeline):
            if order.mixed:
                yield self._disorder(timeline, log, order)
            if order.usual:
                continue
            kinds: dict[str, list[Place]] = {"back": [], "fold": [], "out": []}
            for kind, place in places(timeline, log, order.steps):
                kinds[kind].append(place)
            for kind, found in kinds.items():
                if found:
                    yield self._told(timeline, log, kind, found)

    def _told(self, timeline: Timeline, log: LogFile, kind: str, found: Sequence[Place]) -> Finding:
        shown = found[: int(PLACES.value)]
        listed = ", ".join(place.text for place in shown) + (" …" if len(found) > len(shown) else "")
        ahead = sum(place.step.lines for place in found if place.step.shape == "ahead")
        behind = sum(place.step.lines for place in found if place.step.shape == "behind")
        seconds = max(place.step.ns for place in found) // SECOND
        level = "informational" if kind == "fold" else "medium" if ahead else "low"
        twice = any("ambiguous-time" in (place.after["flags"] or "") for place in found)
        reason = {
            "back": f"{len(found)} places where the time goes back by more than {TOLERANCE.value} s and the log goes on from there",
            "fold": f"{len(found)} places where local time goes back as at the end of summer time, or with another offset",
            "out": f"{behind} lines earlier than their neighbours, {ahead} lines later",
        }[kind]
        values = {
            **_names(log),
            "places": listed,
            "seconds": str(seconds),
            "behind": str(behind),
            "ahead": str(ahead),
        }
        phrases = {"ambiguous": said.AMBIGUOUS["yes" if twice else "no"]}
        rows = [row["row_id"] for place in shown for row in (place.before, place.after)]
        return self._finding(
            timeline, log, kind, (level, f"{reason}, at most {seconds} s: {listed}", rows), values, phrases
        )

    def _disorder(self, timeline: Timeline, log: LogFile, order: Order) -> Finding:
        rows = at_offsets(timeline, log, order.behind_at[: int(PLACES.value)], "record")
        values = {
            **_names(log),
            "behind": str(order.behind),
            "lines": str(order.lines),
            "tolerance": f"{DISORDER.value:g}",
        }
        why = (
            f"{order.behind} of {order.lines} lines are more than {DISORDER.value} s earlier than the line just before"
        )
        return self._finding(timeline, log, "disorder", ("low", why, [row["row_id"] for row in rows.values()]), values)

    def _finding(
        self,
        timeline: Timeline,
        log: LogFile,
        kind: str,
        seen: tuple[str, str, Sequence[str]],
        values: Mapping[str, str],
        phrases: Words | None = None,
    ) -> Finding:
        level, why, rows = seen
        texts = said.BY_KIND[kind]
        return conclude(
            timeline,
            replace(self.about, title=texts["en"]["title"], level=level, texts=texts),
            Observed(
                f"{kind}\n{rows[0]}",
                (log.family,),
                rows,
                f"{log.exhibit}/{log.file}: {why}",
                values,
                phrases or {},
                {},
            ),
        )


def told(timeline: Timeline) -> Iterator[tuple[LogFile, Order]]:
    """Every log file with what its times show, where they show anything; then those of which merely the wall time is known."""
    for log, tables in read(timeline, [*log_files(timeline), *log_files(timeline, wall=True)]):
        arrays = ((page.column("offset").to_numpy(), page.column("t").to_numpy()) for page in tables)
        order = order_of(arrays)
        if order.mixed and _by_nature(timeline, log, order):
            order.behind = 0
        if order.mixed or order.steps:
            yield log, order


def places(timeline: Timeline, log: LogFile, steps: Sequence[Step]) -> Iterator[tuple[str, Place]]:
    """The steps that nothing on their lines explains: `back`, `fold` or `out`, and the place; in file order."""
    held = present(timeline, log.family)
    zone = "time_offset" if "time_offset" in held else "null::varchar as time_offset"
    told = f"record, flags, time_quality, {zone}"
    rows = at_offsets(timeline, log, [at for step in steps for at in (step.before, step.after)], told)
    unexplained = _unexplained(timeline, log, [one for one in steps if one.shape == "behind"], held)
    for step in steps:
        place = Place(step, rows[step.before], rows[step.after])
        if _folded(place):
            yield "fold", place
        elif step.shape == "back":
            yield "back", place
        elif step.shape == "ahead" or (step.ns >= LATE.value * SECOND and step in unexplained):
            yield "out", place


def _folded(place: Place) -> bool:
    """Whether local time, or the offset that is written, was changed there."""
    drop = place.step.ns / SECOND
    here, there = place.before["time_offset"], place.after["time_offset"]
    if here and there and here != there:
        return _seconds(here) - _seconds(there) + drop <= TOLERANCE.value
    local = place.after["time_quality"] in ("assumed-zone", "unknown") and place.step.shape != "ahead"
    return local and FOLD.value - FOLD_PAUSE.value <= drop <= FOLD.value + TOLERANCE.value


def _seconds(offset: str) -> int:
    """Seconds east of UTC of an offset as `+0100` or `+01:00`; 0 for anything else."""
    digits = offset[1:].replace(":", "")
    if offset[:1] not in "+-" or len(digits) != 4 or not (digits.isascii() and digits.isdigit()):
        return 0
    size = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -size if offset[0] == "-" else size


def _unexplained(timeline: Timeline, log: LogFile, steps: Sequence[Step], held: frozenset[str]) -> set[Step]:
    """Of the steps to lines that are late, those with a line that does not say why: how long it took, a large answer, a connection that was
    kept open."""
    lasted = {
        "duration": f"duration >= ns - {int(TOLERANCE.value) * SECOND}",
        "time_taken_ms": f"time_taken_ms >= ns // 1000000 - {int(TOLERANCE.value) * 1000}",
        "sc_bytes": f"sc_bytes >= {int(LARGE.value)}",
        "sc_status": "sc_status = 101",
        "cs_method": "cs_method = 'CONNECT'",
    }
    explained = " or ".join(f"coalesce({text}, false)" for name, text in lasted.items() if name in held) or "false"
    if not steps:
        return set()
    found = timeline.sql(
        f"""with steps as (select unnest(?) as first_at, unnest(?) as last_at, unnest(?) as ns, unnest(?) as place)
        select distinct place from {log.view} join steps on "offset" >= first_at and "offset" <= last_at
        where exhibit = ? and file = ? and {log.timed} and not ({explained})""",
        [
            [step.first for step in steps],
            [step.last for step in steps],
            [step.ns for step in steps],
            list(range(len(steps))),
            log.exhibit,
            log.file,
        ],
    )
    return {steps[place] for place in found.column("place").to_pylist()}


def _by_nature(timeline: Timeline, log: LogFile, order: Order) -> bool:
    """Whether lines are behind because requests last long: most of them say so, or are of one path."""
    held = present(timeline, log.family)
    path = "cs_uri_stem" if "cs_uri_stem" in held else "null::varchar"
    lasted = {
        "duration": f"duration >= {int(DISORDER.value) * SECOND}",
        "time_taken_ms": f"time_taken_ms >= {int(DISORDER.value) * 1000}",
    }
    said_so = " or ".join(f"coalesce({text}, false)" for name, text in lasted.items() if name in held) or "false"
    rows = at_offsets(timeline, log, order.behind_at, f"{path} as path, {said_so} as lasted").values()
    named = [row["path"] for row in rows if row["path"] is not None]
    most = max(map(named.count, named), default=0)
    lasting = sum(bool(row["lasted"]) for row in rows)
    return bool(max(most, lasting) >= LONG.value * len(rows))


def _number(row: Mapping[str, Any]) -> str:
    return str(row["record"] if row["record"] is not None else row["offset"])


def _names(log: LogFile) -> Mapping[str, str]:
    return {"log": log.file, "exhibit": log.exhibit}


ANALYZER = WebLogTimeOrder()
OF_LOGS = True
