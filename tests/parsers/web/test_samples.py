"""Every format's samples: each usual line is its own format's and nobody else's, and no hostile line is lost, merged or altered."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.registry import by_name, recognise
from parsers.web.formats import all_formats
from tests.parsers.web.conftest import Result, read_file

SAMPLES = Path(__file__).parent / "samples"
FILES = sorted(path for path in SAMPLES.rglob("*.log") if path.parent.name != "modsecurity-audit")  # no format of lines
USUAL = [path for path in FILES if path.stem != "hostile"]
HOSTILE = [path for path in FILES if path.stem == "hostile"]
MORE_BEHIND = (
    "clf"  # a combined line with more behind it is also claimed by this one: it reads it where no other format does
)
_FEWEST = 60


def _named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _result(path: Path) -> Result:
    return read_file(path, by_name("web/log"), "UTC")


def test_there_are_enough() -> None:
    assert len(FILES) >= _FEWEST
    assert {path.parent.name for path in USUAL} >= {one.name for one in all_formats()} - _WITHOUT_SAMPLES


_WITHOUT_SAMPLES = frozenset[str]()


@pytest.mark.parametrize("path", USUAL, ids=_named)
def test_usual_lines_are_their_own_formats(path: Path) -> None:
    result = _result(path)
    lines = [line for line in result.data.splitlines() if line[:1] != b"#"]
    assert result.problems == []
    assert [row["log_format"] for row in result.rows] == [path.parent.name] * len(lines)
    assert [result.line(row).rstrip(b"\r\n") for row in result.rows] == lines
    assert {row["parse_quality"] for row in result.rows} <= {"fast", "strict"}
    assert all("time" in row for row in result.rows)
    assert recognise(result.data, "x") is by_name("web/log")


@pytest.mark.parametrize("path", USUAL, ids=_named)
def test_no_other_format_claims_them(path: Path) -> None:
    lines = [line for line in path.read_bytes().splitlines() if line]
    claims = {one.name: one.sniff(lines, {}) for one in all_formats()}
    for place in range(len(lines)):
        own = {name for name, said in claims.items() if said[place]}
        assert own - {MORE_BEHIND} <= {path.parent.name}
        if path.parent.name in (
            "apache-error",
            "nginx-error",
            "haproxy-http",
            "haproxy-tcp",
            "squid",
            "envoy",
            "aws-s3",
        ):
            assert MORE_BEHIND not in own


@pytest.mark.parametrize("path", HOSTILE, ids=_named)
def test_no_hostile_line_is_lost_merged_or_altered(path: Path) -> None:
    result = _result(path)
    told = sorted(
        [(row["offset"], row["length"]) for row in result.rows] + [(p.offset, p.length) for p in result.problems]
    )
    at, expected = 0, []
    for line in result.data.split(b"\n"):
        length = min(len(line) + 1, len(result.data) - at)
        if line[:1] != b"#":
            expected.append((at, length))
        at += length
    assert told == expected
    own = [row for row in result.rows if row["log_format"] == path.parent.name]
    assert len(own) >= 5
    assert all(problem.reason for problem in result.problems)
    assert any("control-bytes" in row["flags"] for row in result.rows)


def test_all_samples_in_one_file_are_read_as_they_are_alone(tmp_path: Path) -> None:
    plain = [path for path in USUAL if path.parent.name not in ("iis-w3c", "w3c")]
    path = tmp_path / "mixed"
    path.write_bytes(b"".join(one.read_bytes() for one in plain))
    result = _result(path)
    alone = [row["log_format"] for one in plain for row in _result(one).rows]
    found = [row["log_format"] for row in result.rows]
    assert result.problems == []
    assert [name if name != "lighttpd" else MORE_BEHIND for name in alone] == found
