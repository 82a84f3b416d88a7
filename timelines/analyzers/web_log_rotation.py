"""Rotated files of web server logs that lack one of their series, do not meet, or do not fit their names or sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from timelines.analyzers import _rotation_words as said
from timelines.analyzers._conclude import Observed, conclude, moment
from timelines.analyzers._rotation import NS, THRESHOLDS, Oddity, oddities
from timelines.detection.rules import About
from timelines.findings import Finding
from timelines.log_lines import places_of

if TYPE_CHECKING:
    from timelines.query import Timeline


class WebLogRotation:
    """Puts the files of a log in order by the number or day in their names. Files that hold no line (empty, a duplicate, one that is no
    log) are there all the same, as far as the case lists them."""

    name = "web_log_rotation"
    about = About(
        "web_log_rotation",
        "Rotated files of a web server log that do not fit each other",
        "low",
        "athar:web_log_rotation.py",
        "web_log_rotation",
        "A number or day missing from rotated logs, files that do not meet in time, lines later than a file's name, a short file.",
        (),
        ("A file that was not handed in", "A server that was stopped", "A rotation by hand"),
        said.MISSING,
    )
    needs = ("web/*",)
    thresholds = THRESHOLDS
    words = said.BY_KIND

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding an oddity, in order of exhibit and series."""
        for odd in oddities(timeline):
            yield self._told(timeline, odd)

    def _told(self, timeline: Timeline, odd: Oddity) -> Finding:
        older, newer, texts = odd.older, odd.newer, said.BY_KIND[odd.kind]
        alone = older == newer
        first, last = (older.first, older.last) if alone else (older.last, newer.first)
        ends = [older.begin, older.end] if alone else [older.end]
        rows = places_of(timeline, older.family, older.exhibit, older.file, ends)
        if not alone:
            rows += places_of(timeline, newer.family, newer.exhibit, newer.file, [newer.begin])
        hours = f"{odd.ns / NS / 3600:.0f}"
        why = {
            "missing": f"no file {odd.what}; no line from {moment(first)} ({older.file}) to {moment(last)} ({newer.file})",
            "apart": f"{older.file} ends {hours} hours before {newer.file} begins; no other pause is a third as long",
            "name": f"{older.file} is named after {odd.what} and has lines up to {moment(last)}",
            "size": f"{older.file} has {odd.size} bytes, its siblings near {odd.usual}",
        }[odd.kind]
        return conclude(
            timeline,
            replace(self.about, title=texts["en"]["title"], texts=texts),
            Observed(
                f"{odd.kind}\n{rows[0][0]}",
                tuple({older.family, newer.family}),
                [row for row, _ in rows],
                f"{older.exhibit}/{odd.series} ({odd.files} files): {why}",
                {
                    "log": odd.series,
                    "exhibit": older.exhibit,
                    "older": older.file,
                    "newer": newer.file,
                    "what": odd.what,
                    "first": moment(first),
                    "last": moment(last),
                    "hours": hours,
                    "files": str(odd.files),
                    "size": str(odd.size),
                    "usual": str(odd.usual),
                },
                {},
                {},
            ),
        )


ANALYZER = WebLogRotation()
OF_LOGS = True
