"""journald's export format: messages are lines, entries are cited; lengths decide where a field ends, whatever a client wrote into it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.registry import by_name, recognise
from parsers.web import journal_export
from parsers.web.journal_entries import entries

from .conftest import Read, read_file

INNER = b'192.0.2.7 - ana [28/Nov/2026:10:00:01 +0100] "GET /a?b=1 HTTP/1.1" 200 512 "-" "Agent/1.0"'
PARSER = "web/journal-export"


def field(name: bytes, value: bytes) -> bytes:
    """As journald writes it: text as it stands, bytes that are none behind their length."""
    plain = b"\n" not in value and all(byte >= 32 or byte == 9 for byte in value)
    if plain:
        return name + b"=" + value + b"\n"
    return name + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"


def entry(message: bytes, program: bytes = b"nginx") -> bytes:
    fields = (
        (b"__CURSOR", b"s=739ad463348b4ceca5a9e69c95a3c93f;i=4ece7"),
        (b"__REALTIME_TIMESTAMP", b"1795856402000001"),
        (b"_HOSTNAME", b"web1"),
        (b"_PID", b"812"),
        (b"SYSLOG_IDENTIFIER", program),
        (b"MESSAGE", message),
    )
    return b"".join(field(*one) for one in fields) + b"\n"


def test_it_is_recognised_by_a_web_servers_message(read: Read) -> None:
    found = recognise(entry(b"Started session 1.", b"systemd") + entry(INNER), "x")
    assert found is by_name(PARSER)
    assert recognise(entry(b"Started session 1.", b"systemd"), "x") is None


def test_an_entry_is_a_row_that_cites_it_whole(read: Read) -> None:
    data = entry(INNER) + b"\n" + entry(INNER.replace(b"Agent", b"\x1b[2J\xff"))
    result = read(data, PARSER)
    assert result.problems == []
    assert [result.line(row) for row in result.rows] == [
        entry(INNER),
        entry(INNER.replace(b"Agent", b"\x1b[2J\xff")),
    ]
    first, second = result.rows
    assert (first["cs_uri"], first["wrapper"], first["log_format"], first["record"]) == (
        "/a?b=1",
        "journald-export",
        "clf",
        1,
    )
    assert (first["host"], first["wrapper_program"], first["wrapper_pid"]) == ("web1", "nginx", 812)
    assert first["wrapper_time"].value == 1_795_856_402_000_001_000
    assert (second["record"], second["cs_user_agent"]) == (2, "\x1b[2J\\xff/1.0")
    assert second["flags"] == "bad-encoding,control-bytes"


def test_what_a_client_writes_is_neither_field_nor_entry(read: Read) -> None:
    forged = (
        INNER[:-1] + b"\n\n__CURSOR=x\n__REALTIME_TIMESTAMP=1\nMESSAGE=" + INNER.replace(b"192.0.2.7", b"203.0.113.9")
    )
    result = read(entry(INNER) + entry(forged) + entry(INNER), PARSER)
    assert {row["c_ip"] for row in result.rows} <= {"192.0.2.7"}
    assert [row["record"] for row in result.rows][-1] == 3
    told = [result.line(row) for row in result.rows] + [
        result.data[p.offset : p.offset + p.length] for p in result.problems
    ]
    assert sorted(told) == sorted([entry(INNER), entry(forged), entry(INNER)])


def test_others_entries_are_told_together_and_not_read(read: Read) -> None:
    other = entry(b"Started session 1.", b"systemd")
    result = read(entry(INNER) + other * 3 + entry(INNER) + other, PARSER)
    assert len(result.rows) == 2
    assert [problem.reason for problem in result.problems] == [
        "journal entries 2 to 4: no message laid out as a web server's log; not read",
        "journal entry 6: no message laid out as a web server's log; not read",
    ]
    assert result.ledger.unsupported == 4 * len(other)


def test_cut_and_damaged_entries(read: Read) -> None:
    cut = entry(INNER)[:-1]
    result = read(entry(INNER) + b"no field\n\n" + cut, PARSER)
    assert [row["flags"] for row in result.rows] == ["", "truncated"]
    assert [problem.reason for problem in result.problems] == [
        f"journal entry 2: a field at byte {len(entry(INNER))} has no name; counted as damaged"
    ]
    huge = entry(INNER) + b"MESSAGE\n" + (1 << 62).to_bytes(8, "little") + b"x\n\n" + entry(INNER)
    result = read(huge, PARSER)
    assert (len(result.rows), len(result.problems)) == (2, 1)
    assert "of 4611686018427387904 bytes" in result.problems[0].reason


def test_damage_and_blank_lines_between_others_entries_are_accounted_for_once(read: Read) -> None:
    other = entry(b"Started session 1.", b"systemd")
    result = read(entry(INNER) + other + b"no field\n\n" + other + b"\n\n" + other, PARSER)
    assert [problem.offset for problem in result.problems] == [
        len(entry(INNER)),
        len(entry(INNER) + other),
        len(entry(INNER) + other) + 10,
    ]
    assert (result.ledger.unsupported, result.ledger.damaged, result.ledger.free) == (3 * len(other), 10, 2)


def test_pieces_begin_at_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_export, "PIECE", 1_000)
    monkeypatch.setattr(journal_export, "TOGETHER", 3)
    (tmp_path / "log").write_bytes(entry(INNER) * 20)
    result = read_file(tmp_path / "log", by_name(PARSER))
    assert (result.pieces > 3, [row["record"] for row in result.rows]) == (True, list(range(1, 21)))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.from_regex(r"[A-Z_]{1,9}", fullmatch=True), st.binary(max_size=40)), min_size=1, max_size=5
        ),
        max_size=5,
    )
)
def test_fields_come_back_as_they_were_written(wanted: list[list[tuple[str, bytes]]]) -> None:
    records = [{"MESSAGE": b"", **dict(pairs)} for pairs in wanted]
    data = b"".join(b"".join(field(n.encode(), v) for n, v in one.items()) + b"\n" for one in records)
    found = list(entries(data, 0, len(data)))
    assert [one.fault for one in found] == [""] * len(records)
    assert [one.fields[b"MESSAGE"] for one in found] == [one["MESSAGE"] for one in records]
