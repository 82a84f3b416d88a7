"""Lines inside syslog, docker, Kubernetes and journald: read as if they stood alone, cited where they stand."""

from __future__ import annotations

import json

import pytest

from .conftest import Read

INNER = '192.0.2.7 - ana [28/Nov/2026:10:00:01 +0100] "GET /a?b=\\"x\\" HTTP/1.1" 200 512 "-" "Agent/1.0"'
ALONE = {"c_ip": "192.0.2.7", "cs_username": "ana", "cs_uri_stem": "/a", "sc_status": 200, "cs_user_agent": "Agent/1.0"}


def _wrapped(text: str) -> dict[str, str]:
    return {
        "syslog": f"Nov 28 10:00:02 web1 nginx[812]: {text}",
        "syslog-pri": f"<190>Nov  8 10:00:02 web1 nginx: {text}",
        "syslog-iso": f"2026-11-28T10:00:02.123456+01:00 web1 nginx[812]: {text}",
        "syslog-5424": f'<165>1 2026-11-28T09:00:02.003Z web1.example.org nginx 812 ID47 [a@32473 b="c\\"d"] {text}',
        "cri": f"2026-11-28T09:00:02.123456789Z stdout F {text}",
        "docker-timestamps": f"2026-11-28T09:00:02.123456789Z {text}",
        "docker-compose": f"web-1    | 2026-11-28T09:00:02.123456789Z {text}",
        "docker": json.dumps({"log": text + "\n", "stream": "stdout", "time": "2026-11-28T09:00:02.123456789Z"}),
        "journald-json": json.dumps(
            {"MESSAGE": text, "_HOSTNAME": "web1", "_PID": "812", "__REALTIME_TIMESTAMP": "1795856402000001"}
        ),
    }


@pytest.mark.parametrize("name", list(_wrapped("")))
def test_the_line_inside_is_read_and_the_whole_line_cited(read: Read, name: str) -> None:
    line = _wrapped(INNER)[name].encode()
    result = read(line + b"\n" + line + b"\n")
    assert result.problems == []
    assert [result.line(row) for row in result.rows] == [line + b"\n"] * 2
    first = result.rows[0]
    assert {column: first[column] for column in ALONE} == ALONE
    assert first["cs_uri_query"] == 'b=\\"x\\"'
    assert first["flags"] == ""
    assert (first["log_format"], first["wrapper"]) == (
        "clf",
        "syslog" if name.startswith("syslog-") and "54" not in name else name,
    )
    assert str(first["time"]) == "2026-11-28 09:00:01+00:00"
    if name in ("syslog", "syslog-iso", "journald-json"):
        assert (first["host"], first["wrapper_pid"]) == ("web1", 812)
    if name in ("cri", "docker", "docker-timestamps", "docker-compose"):
        assert first["wrapper_time"].value == 1_795_856_402_123_456_789
        assert first.get("wrapper_stream") == ("stdout" if name in ("cri", "docker") else None)


def test_compose_names_the_container_also_without_a_time(read: Read) -> None:
    first, second = read(f"web-1  | {INNER}\napp_12 | {INNER}\n".encode()).rows
    assert (first["wrapper"], first["wrapper_program"], first["c_ip"]) == ("docker-compose", "web-1", "192.0.2.7")
    assert (second["wrapper_program"], second.get("wrapper_time")) == ("app_12", None)


def test_bytes_that_are_no_text_stay(read: Read) -> None:
    line = b"Nov 28 10:00:02 web1 nginx: " + INNER.encode().replace(b"Agent", b"\xff\x1b[2J")
    row = read(line + b"\n" + line).rows[0]
    assert row["cs_user_agent"] == "\\xff\x1b[2J/1.0"
    assert row["flags"] == "bad-encoding,control-bytes"


def test_a_newline_that_a_client_sent_stays_inside_its_line(read: Read) -> None:
    forged = INNER + "\n" + INNER.replace("192.0.2.7", "203.0.113.66")
    lines = [
        json.dumps({"log": text + "\n", "stream": "stdout", "time": "2026-11-28T09:00:02Z"}) for text in (INNER, forged)
    ]
    result = read("\n".join(lines).encode() + b"\n")
    assert len(result.rows) == 2
    assert "203.0.113.66" not in {row.get("c_ip") for row in result.rows}
    assert "loose" in result.rows[1]["flags"]


def test_a_backslash_and_an_n_are_no_line_end(read: Read) -> None:
    line = json.dumps({"log": INNER.replace("Agent/1.0", "x\\n"), "stream": "stdout", "time": "2026-11-28T09:00:02Z"})
    assert read(f"{line}\n{line}\n".encode()).rows[0]["cs_user_agent"] == "x\\n"


def test_a_time_far_from_the_log_services_is_flagged_and_one_without_zone_is_helped(read: Read) -> None:
    late = INNER.replace("10:00:01", "09:00:01")
    bare = "2026/11/28 10:00:01 [error] 7#7: *1 open() failed, client: 192.0.2.7, server: example.org"
    lines = [f"2026-11-28T09:00:02Z stderr F {text}" for text in (INNER, late, bare)]
    rows = read("\n".join(lines).encode() + b"\n").rows
    assert [row["flags"] for row in rows] == ["", "wrapper-differs", "no-zone,wrapper-time"]
    assert str(rows[2]["time"]) == "2026-11-28 09:00:02+00:00"
    assert rows[2]["time_desc"] == "Line taken by the log service"


def test_what_no_format_reads_inside_is_told_as_it_stands(read: Read) -> None:
    lines = [_wrapped(INNER)["syslog"]] * 3 + ["Nov 28 10:00:02 web1 sshd[9]: Failed password for root"]
    result = read("\n".join(lines).encode() + b"\n")
    assert len(result.rows) == 3
    assert [problem.offset for problem in result.problems] == [3 * (len(lines[0]) + 1)]


def test_json_lines_inside_docker(read: Read) -> None:
    inner = '{"time_iso8601":"2026-11-28T10:00:01+01:00","remote_addr":"192.0.2.9","request":"GET /\\u0022 HTTP/1.1","status":200}'
    line = json.dumps({"log": inner + "\n", "stream": "stdout", "time": "2026-11-28T09:00:02Z"})
    row = read(f"{line}\n{line}\n".encode()).rows[1]
    assert (row["log_format"], row["wrapper"], row["cs_uri"]) == ("nginx-json", "docker", '/"')


def test_a_part_of_a_line_is_flagged(read: Read) -> None:
    lines = [f"2026-11-28T09:00:02Z stdout {part} {INNER}" for part in "FP"]
    assert [row["flags"] for row in read("\n".join(lines).encode() + b"\n").rows] == ["", "partial"]


def test_one_wrapped_line_among_many_others_is_read(read: Read) -> None:
    rare = ["syslog", "docker-timestamps"]
    lines = [INNER] * 400 + [_wrapped(INNER)[name] for name in rare] + [INNER] * 400
    result = read("\n".join(lines).encode() + b"\n")
    assert result.problems == []
    assert [row.get("wrapper") for row in result.rows if "wrapper" in row] == rare


def test_a_line_of_another_format_inside_the_same_wrapper_is_read(read: Read) -> None:
    error = "2026/11/28 10:00:01 [error] 7#7: *1 open() failed, client: 192.0.2.7, server: example.org"
    lines = [_wrapped(INNER)["syslog"]] * 300 + [_wrapped(error)["syslog"]] + [_wrapped(INNER)["syslog"]] * 300
    result = read("\n".join(lines).encode() + b"\n")
    assert result.problems == []
    assert [row["log_format"] for row in result.rows].count("nginx-error") == 1


def test_a_message_that_journald_writes_as_a_list_of_bytes(read: Read) -> None:
    raw = INNER.encode().replace(b"Agent", b"\xff\x1b[2J")
    plain = _wrapped(INNER)["journald-json"]
    entry = {"MESSAGE": list(raw), "_HOSTNAME": "web1", "_PID": "812", "__REALTIME_TIMESTAMP": "1795856402000001"}
    lines = [
        plain,
        json.dumps(entry),
        plain,
        json.dumps(entry | {"MESSAGE": [71, 300]}),
        json.dumps(entry | {"MESSAGE": None}),
    ]
    result = read("\n".join(lines).encode() + b"\n")
    assert [row["wrapper"] for row in result.rows] == ["journald-json"] * 3
    row = result.rows[1]
    assert (row["cs_user_agent"], row["flags"]) == ("\\xff\x1b[2J/1.0", "bad-encoding,control-bytes")
    assert (row["host"], row["wrapper_pid"], row["wrapper_time"].value) == ("web1", 812, 1_795_856_402_000_001_000)
    assert result.line(row) == lines[1].encode() + b"\n"
    assert len(result.problems) == 2


@pytest.mark.parametrize(
    "last", ['"MESSAGE": 99999999999999', '"a": "\\ud800"', '"MESSAGE": ' + "[" * 100_000, '"MESSAGE": true']
)
def test_entries_that_are_none_are_told(read: Read, last: str) -> None:
    line = '{"MESSAGE": [71], "__REALTIME_TIMESTAMP": "1", ' + last + "}"
    plain = _wrapped(INNER)["journald-json"]
    result = read(f"{plain}\n{plain}\n{line}\n".encode())
    assert (len(result.rows), len(result.problems)) == (2, 1)
