"""ErrorLogFormat strings: fields that may be missing, `-` for nothing, what cannot be cut; the default reads as our own reader does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parsers.registry import by_name
from parsers.web.directives import check, given_format
from parsers.web.error_directives import is_error_format

from .conftest import Result, read_file

THREADED = r"[%{u}t] [%-m:%l] [pid %P:tid %T] %7F: %E: [client\ %a] %M% ,\ referer:\ %{Referer}i"
OLD = r"[%t] [%l] %7F: %E: [client\ %a] %M% ,\ referer:\ %{Referer}i"
SAMPLE = Path(__file__).parent / "samples" / "apache-error" / "2.4.log"
COLUMNS = (
    "time",
    "module",
    "level",
    "pid",
    "tid",
    "c_ip",
    "c_port",
    "error_code",
    "os_error",
    "error_text",
    "cs_referer",
)


def read(folder: Path, data: bytes, *formats: str) -> Result:
    (folder / "log").write_bytes(data)
    return read_file(folder / "log", by_name("web/log"), "UTC", formats)


def told(row: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(row.get(column) for column in columns)


def test_the_default_reads_as_the_reader_of_defaults_does(tmp_path: Path) -> None:
    data = SAMPLE.read_bytes()
    given, own = read(tmp_path, data, THREADED), read(tmp_path, data)
    assert given.problems == own.problems == []
    assert [told(row, *COLUMNS) for row in given.rows] == [told(row, *COLUMNS) for row in own.rows]
    assert {row["log_format"] for row in given.rows} == {"given-1"}


def test_fields_without_a_value_are_left_out_with_their_brackets(tmp_path: Path) -> None:
    lines = [
        b"[Sat Nov 28 10:00:02 2026] [error] (13)Permission denied: [client 2001:db8::7:4444] no way, referer: https://a.example/",
        b"[Sat Nov 28 10:00:02 2026] [error] [client 192.0.2.7:80] no, referer: not, referer: https://b.example/",
        b"[Sat Nov 28 10:00:02 2026] [notice] started",
        b"[Sat Nov 28 10:00:02 2026] [debug] core.c(12): x\x1b[2J",
    ]
    result = read(tmp_path, b"\n".join(lines) + b"\n", OLD)
    assert result.problems == []
    assert [told(row, "level", "os_error", "c_ip", "c_port", "error_text", "cs_referer") for row in result.rows] == [
        ("error", "(13)Permission denied", "2001:db8::7", 4444, "no way", "https://a.example/"),
        ("error", None, "192.0.2.7", 80, "no, referer: not", "https://b.example/"),
        ("notice", None, None, None, "started", None),
        ("debug", None, None, None, "x\x1b[2J", None),
    ]
    assert [row["flags"] for row in result.rows] == ["", "", "", "control-bytes"]
    assert result.rows[3]["source_file"] == "core.c(12)"
    assert {row["time_quality"] for row in result.rows} == {"assumed-zone"}


def test_a_hyphen_stands_for_nothing_where_the_string_says_so(tmp_path: Path) -> None:
    text = r"""ErrorLogFormat "[%{cu}t] [%-m:%-l] [R:%-L] %v UA:'%-{User-Agent}i' %M" """
    lines = b"[2026-11-28 10:00:02.123456] [-:-] [R:-] www.example.org UA:'-' AH00094: Command line\n"
    lines += b"[2026-11-28 10:00:03.000000] [ssl:info] [R:VGh] a.example UA:'Agent 1.0 (x)' AH01964: hello [x] 'y'\n"
    first, second = read(tmp_path, lines, text).rows
    assert first["time"].value == 1_795_860_002_123_456_000
    assert told(first, "module", "level", "log_id", "user_agent") == (None, None, None, None)
    assert told(second, "module", "level", "log_id", "server_name", "User-Agent", "error_code", "error_text")[:4] == (
        "ssl",
        "info",
        "VGh",
        "a.example",
    )
    assert told(second, "error_code", "error_text") == ("AH01964", "hello [x] 'y'")
    assert "Agent 1.0 (x)" in second.values()


def test_other_lines_go_to_other_formats_or_are_told(tmp_path: Path) -> None:
    access = b'192.0.2.7 - - [28/Nov/2026:10:00:01 +0100] "GET / HTTP/1.1" 200 5 "-" "Agent/1"\n'
    error = b"28 [error] x\n"
    result = read(tmp_path, access + b"[Sat Nov 28 10:00:02 2026] [error] x\n" + error, OLD)
    assert [row["log_format"] for row in result.rows] == ["clf", "given-1"]
    assert [result.data[p.offset : p.offset + p.length] for p in result.problems] == [error]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%M %Z", "%Z is no item"),
        ("%l%M", "no text between %l and %M"),
        ("%M %", "character 4"),
        (r"%M %a %a %E %L %{Referer}i", "5 fields behind the message"),
        ('ErrorLogFormat "x"', "names no value"),
    ],
)
def test_what_cannot_be_cut_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check(text)


def test_log_formats_are_no_error_formats() -> None:
    assert not is_error_format('%h %l %u %t "%r" %>s %b')
    assert not is_error_format("%h %%M")
    assert is_error_format("[%t] %M")
    assert given_format(THREADED) is given_format(THREADED)


def test_hostile_lines_take_no_time_that_grows_faster_than_they(tmp_path: Path) -> None:
    lines = b"[Sat Nov 28 10:00:02 2026] [error] " + b"(1)x: [client " * 9_000 + b"\n"
    lines += b"[Sat Nov 28 10:00:02 2026] [error] " + b", referer: " * 9_000 + b"\n"
    result = read(tmp_path, lines, OLD)
    assert len(result.rows) + len(result.problems) == 2
