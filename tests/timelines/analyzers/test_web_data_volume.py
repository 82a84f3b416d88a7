"""Bytes by client: one far above the log's own distribution is found, heavy readers are not."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from timelines.analyzers import web_data_volume as module
from timelines.analyzers.web_data_volume import ANALYZER

from .conftest import Rows

Line = tuple[float, str, str, int]  # seconds, client, path, bytes


def log(lines: list[Line], file: str = "access.log") -> Rows:
    names = ("src_ip", "cs_uri_stem", "sc_bytes")
    columns = {name: [line[at] for line in lines] for at, name in enumerate(names, 1)}
    return Rows("web/access", file, [line[0] for line in lines], {"event": ["http.request"] * len(lines), **columns})


USUAL: list[Line] = [(n, f"198.51.100.{n % 40}", f"/page/{n % 7}", 10_000) for n in range(4_000)]  # 1 MB a client
LARGE: list[Line] = [(5_000.0 + n, "203.0.113.7", "/export", 30_000_000) for n in range(4)]


def test_a_client_far_above_the_others_is_found(made):
    (finding,) = ANALYZER.find(made(log([*USUAL, *LARGE, (6_000, "203.0.113.7", "/page/1", 5)])))
    assert (finding.level, finding.grade) == ("low", "indication")
    assert finding.entities == {"ips": ("203.0.113.7",)}
    assert len(finding.rows) == 5
    assert finding.why.startswith(
        "E001/access.log: 120000000 bytes to 203.0.113.7 of paths that hardly anyone else fetched, in 4 requests; of 41 clients"
    )
    assert "120 MB given to 203.0.113.7 alone" in finding.texts["en"]["shows"]
    assert "120 MB, came from /export" in finding.texts["en"]["shows"]


@pytest.mark.parametrize(
    "lines",
    [
        [*USUAL, *LARGE[:1]],  # 30 MB are too little
        [*USUAL[:10], *LARGE],  # few clients
        [
            *USUAL,
            *LARGE,
            *((s, f"198.51.100.{n}", path, size) for n in range(3) for s, _, path, size in LARGE),
        ],  # offered to all
        [*((s, ip, path, 300 * size) for s, ip, path, size in USUAL), *LARGE],  # others are given as much
    ],
)
def test_what_others_are_given_too_is_left_alone(made, lines):
    assert list(ANALYZER.find(made(log(lines)))) == []


def test_the_order_of_rows_and_parts_changes_nothing(made):
    lines = [*USUAL, *LARGE]
    assert list(ANALYZER.find(made(log(lines)))) == list(ANALYZER.find(made(log(lines), slices=5, turned=True)))


def test_lines_that_the_log_holds_twice_count_once(made):
    lines = sorted([*USUAL, *((s, ip, path, size * 2 // 3) for s, ip, path, size in LARGE)])  # 80 MB are too little
    copy = log(lines[-60:], "access.log.1")
    assert list(ANALYZER.find(made(log(lines), copy))) == []
    (finding,) = ANALYZER.find(made(log(sorted([*USUAL, *LARGE])), log(sorted([*USUAL, *LARGE])[-60:], "access.log.1")))
    assert ": 120000000 bytes to 203.0.113.7" in finding.why
    assert len(finding.rows) == 4


def test_a_copy_in_another_exhibit_is_a_log_of_its_own(made):
    lines = [*USUAL, *LARGE]
    copy = log(lines)
    found = list(ANALYZER.find(made(log(lines), Rows(copy.family, copy.file, copy.seconds, copy.columns, "E002"))))
    assert [finding.why[:4] for finding in found] == ["E001", "E002"]


def plainly(lines: list[Line]) -> list[tuple[str, int, int]]:
    """The same by dictionaries: client, bytes, requests."""
    parts: dict[tuple[str, str], list[int]] = defaultdict(list)
    totals: dict[str, int] = defaultdict(int)
    for _, client, path, size in lines:
        parts[client, path].append(size)
        totals[client] += size
    of_path: dict[str, list[int]] = defaultdict(list)
    for (_, path), sizes in parts.items():
        of_path[path].append(sum(sizes))
    own: dict[str, list[int]] = defaultdict(list)
    for (client, path), sizes in parts.items():
        ranked = sorted(of_path[path], reverse=True)
        if len(ranked) < 3 or sum(sizes) >= 2 * ranked[2]:
            own[client] += sizes
    usual = sorted(totals.values())[-(-len(totals) * 95 // 100) - 1]
    return sorted((c, sum(s), len(s)) for c, s in own.items() if sum(s) >= 100_000_000 and sum(s) >= 100 * usual)


@pytest.mark.parametrize("seed", range(4))
def test_paths_compared_some_at_a_time_say_the_same_as_a_plain_count(made, monkeypatch, seed):
    chance = random.Random(seed)
    lines = [
        (float(n), f"198.51.100.{n % 90}", f"/{chance.randrange(40)}", chance.randrange(1, 900)) for n in range(4_000)
    ]
    for n in range(600):
        path = chance.randrange(30)
        client = chance.randrange(4) if chance.random() < 0.2 else path % 4
        lines.append((9_000.0 + n, f"203.0.113.{client}", f"/{path}", chance.randrange(1, 2_500_000)))
    expected = plainly(lines)
    timeline = made(log(lines))
    whole = list(ANALYZER.find(timeline))
    monkeypatch.setattr(module, "SHARE", 50)
    assert list(ANALYZER.find(timeline)) == whole
    told = [
        (f.entities["ips"][0], f.why.split(": ")[1].split(" ")[0], f.why.split(", in ")[1].split(" ")[0]) for f in whole
    ]
    assert told == [(client, str(sent), str(requests)) for client, sent, requests in expected]
    assert expected
