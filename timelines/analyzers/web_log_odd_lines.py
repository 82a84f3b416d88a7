"""Lines of web server logs that no server writes: cut, mixed, behind holes, written by clients, or of another file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from timelines.analyzers import _odd_lines_words as said
from timelines.analyzers._conclude import Observed, conclude
from timelines.analyzers._odd_lines import BETWEEN, PLACES, REACH, OddLines, odd_lines
from timelines.detection.rules import About
from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline

KINDS = {
    "damaged": ("low", ("cut", "mixed", "holes")),
    "injected": ("medium", ("control", "escapes", "inside", "split", "between")),
    "joined": ("low", ("turns", "marks")),
}


class WebLogOddLines:
    """Counts what the reader remarked on lines (cut off, two in one, behind zero bytes, control characters, other line ends), values that
    hold a line break before the date of another line, and lines that break off with a piece without a date soon behind them."""

    name = "web_log_odd_lines"
    about = About(
        "web_log_odd_lines",
        "Lines of a web server log that no server writes",
        "low",
        "athar:web_log_odd_lines.py",
        "web_log_odd_lines",
        "Lines cut, mixed or behind holes; control characters and lines that clients may have written; line ends that change.",
        (),
        ("A crash or a full disk", "A scanner without effect", "Files joined into one"),
        said.DAMAGED,
    )
    needs = ("web/*",)
    thresholds = (BETWEEN, REACH, PLACES)
    words = said.BY_KIND

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """At most one finding a file and kind, in order of family, exhibit and file."""
        for log in odd_lines(timeline):
            for kind, (level, sorts) in KINDS.items():
                if any(log.counts[sort] for sort in sorts):
                    yield self._told(timeline, log, kind, level, sorts)

    def _told(self, timeline: Timeline, log: OddLines, kind: str, level: str, sorts: tuple[str, ...]) -> Finding:
        texts = said.BY_KIND[kind]
        if kind == "injected" and not (log.counts["control"] or log.counts["split"]):
            level = "low"  # the server wrote line breaks as escapes: the log is whole
        cited = log.cited(*sorts)
        more = " …" if any(log.counts[sort] > PLACES.value for sort in sorts) else ""
        listed = ", ".join(number for _, _, number in cited) + more
        counts = ", ".join(f"{sort} {log.counts[sort]}" for sort in sorts)
        return conclude(
            timeline,
            replace(self.about, title=texts["en"]["title"], level=level, texts=texts),
            Observed(
                f"{kind}\n{cited[0][1]}",
                (log.family,),
                [row for _, row, _ in cited],
                f"{log.exhibit}/{log.file}: {counts}; lines {listed}",
                {
                    "log": log.file,
                    "exhibit": log.exhibit,
                    "places": listed,
                    **{sort: str(log.counts[sort]) for sort in sorts},
                },
                {},
                None if kind == "injected" else {},
            ),
        )


ANALYZER = WebLogOddLines()
OF_LOGS = True
