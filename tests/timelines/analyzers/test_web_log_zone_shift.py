"""A log and its log service that keep different zones: told once, with how many lines differ by what."""

from __future__ import annotations

import pyarrow as pa

from timelines.analyzers.web_log_zone_shift import ANALYZER
from timelines.schema import TIME

from .conftest import MIDNIGHT, SECOND, Rows


def access(hours, flags="", file="access.log"):
    """Lines whose own time is so many hours ahead of the log service's (None: no such time)."""
    taken = [None if h is None else (MIDNIGHT + n - round(3600 * h)) * SECOND for n, h in enumerate(hours)]
    columns = {
        "wrapper_time": pa.array(taken, pa.timestamp("ns")).cast(TIME),
        "flags": [flags] * len(hours),
        "time_quality": ["assumed-zone"] * len(hours),
    }
    return Rows("web/access", file, [float(n) for n in range(len(hours))], columns)


def test_agreeing_clocks_tell_nothing(made):
    assert list(ANALYZER.find(made(access([0] * 30)))) == []
    assert list(ANALYZER.find(made(access([None] * 30)))) == []
    assert list(ANALYZER.find(made(access([2] * 9 + [0] * 30)))) == []
    assert list(ANALYZER.find(made(access([2] * 30, "wrapper-differs")))) == []
    assert list(ANALYZER.find(made(access([2] * 30, "no-zone,wrapper-time")))) == []


def test_a_shift_is_told_once_a_log(made):
    (finding,) = ANALYZER.find(made(access([-1.5] * 20 + [-0.5] * 12 + [0] * 3), access([0] * 20, file="b.log")))
    assert (
        finding.why
        == "E001/access.log: own time minus the log service's -01:30 (20), -00:30 (12); 35 lines have both times"
    )
    assert len(finding.rows) == 4
    assert "given for the examination" in finding.texts["en"]["does_not_show"]
    assert all("{" not in text for texts in finding.texts.values() for text in texts.values())
