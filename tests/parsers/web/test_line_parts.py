"""Lines that Kubernetes or docker passed on in parts: one row each, that cites all parts; what is not whole stays as it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parsers.registry import by_name
from parsers.web import lines as web_lines

from .conftest import Read, read_file

INNER = '192.0.2.7 - - [28/Nov/2026:10:00:01 +0100] "GET /a?b=c HTTP/1.1" 200 512 "-" "Agent/1.0"'
CUTS = (INNER[:30], INNER[30:60], INNER[60:])


def cri(text: str, mark: str, stream: str = "stdout") -> str:
    return f"2026-11-28T09:00:02.123456789Z {stream} {mark} {text}\n"


def docker(text: str, stream: str = "stdout") -> str:
    return (
        json.dumps({"log": text, "stream": stream, "time": "2026-11-28T09:00:02.123456789Z"}).replace('": "', '":"')
        + "\n"
    )


def _parts(kind: str) -> str:
    if kind == "cri":
        return "".join(cri(text, mark) for text, mark in zip(CUTS, "PPF", strict=True))
    return "".join(docker(text) for text in (CUTS[0], CUTS[1], CUTS[2] + "\n"))


def _whole(kind: str) -> str:
    return cri(INNER, "F") if kind == "cri" else docker(INNER + "\n")


@pytest.mark.parametrize("kind", ["cri", "docker"])
def test_parts_are_one_row_that_cites_them_all(read: Read, kind: str) -> None:
    data = (_whole(kind) + _parts(kind) + _whole(kind)).encode()
    result = read(data)
    assert result.problems == []
    assert [row["flags"] for row in result.rows] == ["", "joined-parts", ""]
    assert [row["record"] for row in result.rows] == [1, 2, 5]
    joined = result.rows[1]
    assert result.line(joined) == _parts(kind).encode()
    assert (joined["cs_uri"], joined["cs_user_agent"]) == ("/a?b=c", "Agent/1.0")
    assert joined["wrapper_time"].value == 1_795_856_402_123_456_789


@pytest.mark.parametrize("kind", ["cri", "docker"])
@pytest.mark.parametrize("block", [190, 260, 500])
def test_parts_on_either_side_of_a_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, block: int
) -> None:
    monkeypatch.setattr(web_lines, "BLOCK", block)
    (tmp_path / "log").write_bytes((_whole(kind) + _parts(kind) * 3).encode())
    result = read_file(tmp_path / "log", by_name("web/log"))
    assert result.problems == []
    assert [row["flags"] for row in result.rows] == ["", *["joined-parts"] * 3]


def test_parts_of_two_streams_are_not_mixed(read: Read) -> None:
    data = cri(INNER, "F") + cri(CUTS[0], "P") + cri("x", "F", "stderr") + cri(INNER[30:], "F")
    result = read(data.encode())
    assert len(result.rows) == 1
    assert [problem.reason.partition(": ")[0] for problem in result.problems] == ["line 2", "line 3", "line 4"]


def test_parts_without_an_end_are_told(read: Read) -> None:
    data = cri(INNER, "F") + cri(CUTS[0], "P") + cri(CUTS[1], "P")
    result = read(data.encode())
    assert (len(result.rows), len(result.problems)) == (1, 2)
