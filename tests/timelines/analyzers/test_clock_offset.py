"""Clocks compared by the requests that a log and a capture both hold."""

from __future__ import annotations

import math

import pytest

from timelines.analyzers.clock_offset import ANALYZER
from timelines.clocks import offsets, series_of

from .conftest import Rows


def log(seconds: list[float | None], file: str = "access.log", uris: list[str] | None = None) -> Rows:
    count = len(seconds)
    columns = {
        "src_ip": [f"198.51.100.{n % 30 + 1}" for n in range(count)],
        "cs_method": ["GET"] * count,
        "cs_uri": uris or [f"/{n}" for n in range(count)],
    }
    return Rows("web/access", file, seconds, columns)


def wire(seconds: list[float | None], uris: list[str] | None = None) -> Rows:
    count = len(seconds)
    columns = {
        "src_ip": [f"198.51.100.{n % 30 + 1}" for n in range(count)],
        "dst_ip": ["192.0.2.80"] * count,
        "method": ["GET"] * count,
        "uri": uris or [f"/{n}" for n in range(count)],
    }
    return Rows("net/http", "wire.pcap", seconds, columns, "E002")


SENT = [50 * n + (n % 10) / 10 for n in range(60)]  # fractions of a second: all tenths in equal number


def whole(offset: float) -> list[float | None]:
    """When a log in whole seconds, `offset` s ahead, writes the requests."""
    return [float(math.floor(s + offset)) for s in SENT]


def test_a_constant_offset_is_told_with_its_pairs_and_spread(made):
    (finding,) = ANALYZER.find(made(log(whole(187)), wire(SENT)))
    assert "E001/access.log runs 187 s ahead of E002: 60 of 60 requests that stand once in each agree" in finding.why
    assert (finding.level, finding.grade, finding.attack) == ("informational", "corroborated", ())
    assert finding.entities == {"ips": ("192.0.2.80",)}
    assert len(finding.rows) == 20
    assert "are ahead by 187 s" in finding.texts["en"]["shows"]
    assert "en avance de 187 s" in finding.texts["fr"]["shows"]
    assert "متقدمة بمقدار \u2066187\u2069 ثانية" in finding.texts["ar"]["shows"]


def test_a_clock_that_runs_behind_is_told_as_such(made):
    (finding,) = ANALYZER.find(made(log(whole(-3600)), wire(SENT)))
    assert "runs 3600 s behind E002" in finding.why
    assert "en retard" in finding.texts["fr"]["shows"]


def test_fractions_are_kept_where_the_log_has_them(made):
    (offset,) = offsets(made(log([s + 12.5 for s in SENT]), wire(SENT)))
    assert (offset.seconds, offset.spread, offset.pairs, offset.agreeing) == (12.5, 0.0, 60, 60)
    (finding,) = ANALYZER.find(made(log([s + 12.5 for s in SENT]), wire(SENT)))
    assert "by 12.5 s" in finding.texts["en"]["shows"]
    assert "de 12,5 s" in finding.texts["fr"]["shows"]


def test_strays_do_not_move_it(made):
    late = [s if n % 10 else s + 900 for n, s in enumerate(whole(187))]  # one request in ten was logged later
    (offset,) = offsets(made(log(late), wire(SENT)))
    assert (offset.seconds, offset.pairs, offset.agreeing) == (187.0, 60, 54)


@pytest.mark.parametrize(
    ("logged", "sent"),
    [
        (whole(2), SENT),  # an ordinary clock
        (whole(187)[:19], SENT[:19]),  # too few pairs
        (whole(187)[:1], SENT[:1]),
        ([None] * 60, SENT),
        (whole(187), [None] * 60),
        ([s + n for n, s in enumerate(SENT)], SENT),  # a clock that drifts a second a request
        ([(s * 7919) % 3000 for s in SENT], SENT),  # no relation at all
    ],
)
def test_without_one_offset_nothing_is_told(made, logged, sent):
    assert list(ANALYZER.find(made(log(logged), wire(sent)))) == []


def test_requests_that_repeat_are_not_paired(made):
    """The same probe over and over: which line belongs to which packet would be a guess."""
    probe = ["/health"] * 60
    columns = {"src_ip": ["198.51.100.1"] * 60, "cs_method": ["GET"] * 60, "cs_uri": probe}
    asked = {"src_ip": ["198.51.100.1"] * 60, "dst_ip": ["192.0.2.80"] * 60, "method": ["GET"] * 60, "uri": probe}
    timeline = made(
        Rows("web/access", "access.log", whole(187), columns), Rows("net/http", "wire.pcap", SENT, asked, "E002")
    )
    assert list(offsets(timeline)) == []


def test_a_log_without_the_columns_is_not_compared(made):
    bare = Rows("web/access", "odd.log", whole(187), {"event": ["http.request"] * 60})
    assert list(offsets(made(bare, wire(SENT)))) == []


def test_the_order_of_rows_and_parts_changes_nothing(made):
    one = list(ANALYZER.find(made(log(whole(187)), wire(SENT))))
    assert one == list(ANALYZER.find(made(log(whole(187)), wire(SENT), slices=9, turned=True)))


@pytest.mark.parametrize(
    ("file", "series"),
    [
        ("access.log", "access.log"),
        ("apache/access.log.1.gz/access.log.1", "apache/access.log"),
        ("apache/access.log.12", "apache/access.log"),
        ("access_log-20260102", "access_log"),
        ("access.2026-01-02.log", "access.log"),
        ("W3SVC1/u_ex260102.log", "W3SVC1/u_ex.log"),
        ("W3SVC2/u_ex26010213.log", "W3SVC2/u_ex.log"),
        ("logs.zip/www/access.log.3", "logs.zip/www/access.log"),
        ("logs/access.1767571200", "logs/access"),
        ("logs/access.1767571200.gz/access.1767571200", "logs/access"),
        ("site1_access.log", "site1_access.log"),
        ("site2_access.log", "site2_access.log"),
    ],
)
def test_files_of_one_rotated_log_share_a_series(file, series):
    assert series_of(file) == series
