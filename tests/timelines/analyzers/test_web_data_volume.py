"""Bytes by client: one far above the log's own distribution is found, heavy readers are not."""

from __future__ import annotations

import pytest

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
