"""Windows event logs whose record numbers have gaps, begin anew, or disagree with time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from timelines.analyzers import Threshold, Words
from timelines.analyzers import _event_record_words as said
from timelines.analyzers._conclude import Observed, conclude
from timelines.analyzers._event_records import (
    BACKWARDS,
    CONTIGUOUS,
    LEAST,
    LEAST_CLEARED,
    Break,
    Log,
    damaged,
    read,
)
from timelines.detection.rules import About
from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline

BETWEEN = Threshold(
    "BETWEEN",
    0.1,
    "of the records held",
    "Two files with a smaller hole between them follow each other; with a larger one they are merely of one log.",
)
LOST = Threshold(
    "LOST",
    1.0,
    "of the earlier copy's records",
    "A log that held so many still held these when it was cleared; more may have been overwritten before.",
)
PLACES = Threshold("PLACES", 20, "places", "Cited and printed; `why` gives the whole number.")


class EventRecordGap:
    """Windows numbers a log's records one by one and goes on after a clearing. In a file whose numbers run on (`CONTIGUOUS`), a hole, a
    number that repeats or a step back in time is odd. Files of chosen events have holes everywhere and are left alone; so are holes
    inside files whose records an export numbered anew (flag `id-differs`), since its filter would explain them. Between such files of
    one log, what neither holds is reported when the later one begins with its own clearing, or the hole is small, as far as `LOST` and
    `BETWEEN` allow."""

    name = "event_record_gap"
    about = About(
        "event_record_gap",
        "Record numbers of a Windows event log with gaps or out of order",
        "medium",
        "athar:event_record_gap.py",
        "event_record_gap",
        "Record numbers missing, begun anew or against the order of time in a Windows event log that otherwise runs on.",
        ("T1070.001",),
        ("Damage to the file", "A part of the log that was not handed in", "A clock that was set"),
    )
    needs = ("windows/*",)
    thresholds = (LEAST, LEAST_CLEARED, CONTIGUOUS, BACKWARDS, LOST, BETWEEN, PLACES)
    words = said.BY_KIND

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """Findings in order of host, channel and file: inside each file, then between files."""
        whole = read(timeline)
        for log, places in whole:
            yield from self._inside(timeline, log, places)
        for earlier, later in lost_between([log for log, _ in whole]):
            yield self._between(timeline, earlier, later)

    def _inside(self, timeline: Timeline, log: Log, places: Sequence[Break]) -> Iterator[Finding]:
        anew = [b for b in places if b.anew]
        gaps = [b for b in places if b.missing and not b.anew and not log.renumbered]
        back = [b for b in places if b.back >= BACKWARDS.value and b.after == b.before + 1]
        if gaps:
            beside = [damaged(timeline, log, b) for b in gaps]
            note = said.DAMAGE if any(beside) else said.NO_DAMAGE
            level = "low" if all(beside) else "medium"
            why = (
                f"{sum(b.missing for b in gaps)} record numbers missing in {len(gaps)} places of {log.records} records"
            )
            why += f"; damage reported beside {sum(beside)} of them" if any(beside) else ""
            yield self._told(timeline, log, gaps, ("gap", level, ("T1070.001",), said.INSIDE, why), note)
        if anew:
            why = f"{len(anew)} places where a higher number bears an earlier time, or one number stands on several records"
            yield self._told(timeline, log, anew, ("anew", "medium", (), said.RESTART, why))
        if back:
            why = f"{len(back)} places where the next record is {BACKWARDS.value} s or more earlier"
            why += f", at most {max(b.back for b in back):.0f} s"
            yield self._told(timeline, log, back, ("back", "low", (), said.BACKWARDS, why))

    def _told(
        self,
        timeline: Timeline,
        log: Log,
        places: Sequence[Break],
        seen: tuple[str, str, tuple[str, ...], Words, str],
        damage: Mapping[str, str] = said.NO_DAMAGE,
    ) -> Finding:
        kind, level, attack, texts, why = seen
        shown = places[: int(PLACES.value)]
        more = " …" if len(places) > len(shown) else ""
        values = {
            **_names(log),
            "places": ", ".join(b.place for b in shown) + more,
            "missing": str(sum(b.missing for b in places)),
            "seconds": f"{max(b.back for b in places):.0f}",
        }
        return conclude(
            timeline,
            replace(self.about, title=texts["en"]["title"], level=level, attack=attack, texts=texts),
            Observed(
                f"{kind}\n{places[0].before_row}\n{places[0].after_row}",
                (log.family,),
                [row for b in shown for row in (b.before_row, b.after_row)],
                f"{log.exhibit}/{log.file}: {why}: {values['places']}",
                values,
                {"damage": damage},
            ),
        )

    def _between(self, timeline: Timeline, earlier: Log, later: Log) -> Finding:
        missing = later.first - earlier.last - 1
        texts = said.CLEARED if later.cleared else said.BETWEEN
        reason = (
            f"which reports that the log was cleared (event {later.first_event})"
            if later.cleared
            else "with no sign of a clearing"
        )
        values = {**_names(later), "before": str(earlier.last), "after": str(later.first), "missing": str(missing)}
        attack = ("T1070.001",) if later.cleared else ()
        return conclude(
            timeline,
            replace(
                self.about,
                title=texts["en"]["title"],
                level="high" if later.cleared else "low",
                attack=attack,
                texts=texts,
            ),
            Observed(
                f"between\n{earlier.last_row}\n{later.first_row}",
                (earlier.family, later.family),
                [earlier.last_row, later.first_row],
                f"{later.channel} of {later.host}: {earlier.exhibit}/{earlier.file} ends with record {earlier.last}, "
                f"{later.exhibit}/{later.file} begins with record {later.first}, {reason}; "
                f"{missing} records are in neither",
                values,
            ),
        )


def lost_between(logs: Sequence[Log]) -> Iterator[tuple[Log, Log]]:
    """Files of one log between which records are in neither, earlier and later, as far as `LOST` and `BETWEEN` allow.

    `logs` and what is given are in order of host and channel, then of record number.
    """
    for _, files in groupby(logs, key=lambda log: (log.host.lower(), log.channel.lower())):
        ordered = sorted(files, key=lambda log: (log.first, log.last, log.exhibit, log.file))
        pairs = zip(accumulate(ordered, _further), ordered[1:], strict=False)
        yield from (pair for pair in pairs if _lost(*pair))


def _lost(earlier: Log, later: Log) -> bool:
    missing = later.first - earlier.last - 1
    if missing <= 0 or (earlier.exhibit, earlier.file) == (later.exhibit, later.file):
        return False
    if earlier.ends is not None and later.begins is not None and later.begins < earlier.ends:
        return False
    most = LOST.value * earlier.records if later.cleared else BETWEEN.value * (earlier.records + later.records)
    return missing <= most


def _further(held: Log, log: Log) -> Log:
    return log if log.last > held.last else held


def _names(log: Log) -> Mapping[str, str]:
    return {"channel": log.channel, "host": log.host, "exhibit": log.exhibit, "file": log.file}


ANALYZER = EventRecordGap()
OF_LOGS = True
