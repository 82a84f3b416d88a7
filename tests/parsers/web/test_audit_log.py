"""ModSecurity's audit log, serial and JSON: one row a transaction, cited whole; what is cut off or stray is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.registry import recognise
from parsers.web import audit_log

from .conftest import Read

SAMPLES = Path(__file__).resolve().parent / "samples"
SERIAL = (SAMPLES / "modsecurity-audit" / "default.log").read_bytes()
HOSTILE = (SAMPLES / "modsecurity-audit" / "hostile.log").read_bytes()


def test_it_is_recognised() -> None:
    found = [recognise(data, "modsec_audit.log") for data in (SERIAL, HOSTILE)]
    assert [one and one.name for one in found] == ["web/modsecurity-audit"] * 2


def test_a_transaction_is_a_row(read: Read) -> None:
    result = read(SERIAL, "web/modsecurity-audit")
    assert result.problems == []
    first, second = result.rows
    assert first["time"].value == 1_795_856_401_123_456_000
    assert (first["c_ip"], first["src_port"], first["s_ip"], first["s_port"]) == (
        "192.0.2.7",
        51234,
        "198.51.100.2",
        80,
    )
    assert (first["cs_method"], first["cs_uri_query"], first["sc_status"]) == ("POST", "id=1%27", 403)
    assert (first["cs_host"], first["x_forwarded_for"], first["cs_user_agent"]) == (
        "www.example.org",
        "203.0.113.9",
        "Agent/1.0",
    )
    assert (first["rule_ids"], first["action"], first["parts"]) == ("942100,949110", "Intercepted (phase 2)", "ABCFHZ")
    assert first["messages"].count("\n") == 1
    assert (second["src_ip"], second["flags"], second["parts"]) == ("2001:db8::7", "", "ABZ")
    assert result.line(first).startswith(b"--c7036611-A--\n")
    assert result.line(first).endswith(b"--c7036611-Z--\n\n")


def test_boundaries_in_a_body_do_not_end_its_transaction(read: Read) -> None:
    assert b"--deadbeef-A--\nstill the body\n" in read(SERIAL, "web/modsecurity-audit").line(
        read(SERIAL, "web/modsecurity-audit").rows[0]
    )


def test_what_is_cut_off_or_stray_is_told(read: Read) -> None:
    result = read(HOSTILE, "web/modsecurity-audit")
    assert [row["flags"] for row in result.rows] == [
        "bad-encoding,control-bytes,odd-request",
        "bad-time,line-end-differs,odd-request,truncated",
        "no-date",
        "odd-request,truncated",
    ]
    assert result.rows[0]["request_line"] == "\x16\x03\x01\\xff"
    reasons = [problem.reason for problem in result.problems]
    assert [("stray" in reason or "belong to no transaction" in reason) for reason in reasons] == [True, False, False]
    assert ["is cut off in its part B" in reason for reason in reasons] == [False, True, True]


def test_pieces_are_cut_between_transactions(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(SERIAL * 20, "web/modsecurity-audit")
    monkeypatch.setattr(audit_log, "PIECE", 2_000)
    cut = read(SERIAL * 20, "web/modsecurity-audit")
    assert cut.pieces > 5
    assert [(row["offset"], row["length"], row.get("rule_ids")) for row in cut.rows] == [
        (row["offset"], row["length"], row.get("rule_ids")) for row in whole.rows
    ]


def test_a_transaction_too_long_is_told(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "LONGEST", 500)
    result = read(SERIAL, "web/modsecurity-audit")
    assert [row["request_id"] for row in result.rows] == ["SojdH8AAQEAAAugAQAAAAAB"]
    assert "expected at most 500; not read" in result.problems[0].reason


def test_json_of_both_versions(read: Read) -> None:
    both = [(SAMPLES / name / "default.log").read_bytes() for name in ("modsecurity-json", "modsecurity-json-2")]
    result = read(b"".join(both), zone="Europe/Paris")
    assert result.problems == []
    new, old = result.rows
    assert {row["family"] for row in result.rows} == {"web/audit"}
    assert new["time"] == old["time"]
    assert (new["time_quality"], old["time_quality"]) == ("assumed-zone", "offset")
    assert (new["rule_ids"], old["rule_ids"]) == ("941100,949110", "942100")
    assert (new["cs_uri"], new["sc_status"], new["cs_user_agent"]) == ("/?q=<script>", 403, "Agent/1.0")
    assert (old["cs_uri"], old["sc_status"], old["c_ip"]) == ("/?q=1", 403, "192.0.2.7")


# As version 3 writes it: https://github.com/owasp-modsecurity/ModSecurity/wiki (native audit log)
VERSION_3 = b"""---ICmPEb5c---A--
[03/Mar/2026:21:14:05 +0100] 150715351558.929952 198.51.100.7 44656 192.0.2.1 80
---ICmPEb5c---B--
GET /?q=1 HTTP/1.1
Host: www.example.org

---ICmPEb5c---F--
HTTP/1.1 403

---ICmPEb5c---H--
ModSecurity: Access denied with code 403 (phase 2). Matched "Operator `Rx' [id "942100"]

---ICmPEb5c---Z--

"""


def test_version_3_puts_hyphens_around_its_ids(read: Read) -> None:
    found = recognise(VERSION_3, "modsec_audit.log")
    assert found is not None
    assert found.name == "web/modsecurity-audit"
    result = read(VERSION_3 * 2, "web/modsecurity-audit")
    assert result.problems == []
    assert [(row["request_id"], row["sc_status"], row["parts"]) for row in result.rows] == [
        ("150715351558.929952", 403, "ABFHZ")
    ] * 2
    assert result.line(result.rows[1]) == VERSION_3
    assert result.rows[0]["messages"] == (
        'ModSecurity: Access denied with code 403 (phase 2). Matched "Operator `Rx\' [id "942100"]'
    )
    assert result.rows[0]["rule_ids"] == "942100"


def _transaction(name: str, end: bytes = b"\n") -> bytes:
    lines = (b"--%b-A--", b"[03/Mar/2026:21:14:05 +0100] %b 198.51.100.7 44656 192.0.2.1 80", b"--%b-Z--")
    return end.join([*(line % name.encode() for line in lines), b"", b""])


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("size", [audit_log.PIECE, 60])
@pytest.mark.parametrize(
    ("before", "end", "flags"),
    [
        (b"", b"\n", ["", "", ""]),
        (b"\0" * 99, b"\n", ["", "hole-before", ""]),
        (b"\0" * 99 + b"\n", b"\n", ["", "hole-before", ""]),
        (MARK, b"\n", ["", "byte-order-mark", ""]),
        (b"\0\0" + MARK, b"\n", ["", "byte-order-mark,hole-before", ""]),
        (b"", b"\r\n", ["", "line-end-differs", "line-end-differs"]),
    ],
)
def test_what_is_remarkable_around_transactions(
    read: Read, monkeypatch: pytest.MonkeyPatch, before: bytes, end: bytes, flags: list[str], size: int
) -> None:
    monkeypatch.setattr(audit_log, "PIECE", size)
    data = _transaction("a1b2") + before + _transaction("a1b3", end) + _transaction("a1b4")
    result = read(data, "web/modsecurity-audit")
    assert result.problems == []
    assert [row["flags"] for row in result.rows] == flags
    assert [result.line(row)[2:6] for row in result.rows] == [b"a1b2", b"a1b3", b"a1b4"]


def test_a_hole_at_the_begin_or_behind_text_is_told_and_an_encodings_sign_is_not(read: Read) -> None:
    assert [row["flags"] for row in read(MARK + _transaction("a1"), "web/modsecurity-audit").rows] == [""]
    assert [row["flags"] for row in read(b"\0\0" + _transaction("a1"), "web/modsecurity-audit").rows] == ["hole-before"]
    result = read(_transaction("a1") + b"stray\n\0\0" + _transaction("a2"), "web/modsecurity-audit")
    assert [row["flags"] for row in result.rows] == ["", "hole-before"]
    assert [problem.length for problem in result.problems] == [5]


@pytest.mark.parametrize("before", [MARK, b"\0" * 40])
def test_it_is_recognised_behind_a_mark_or_a_hole(before: bytes) -> None:
    found = recognise(before + SERIAL, "modsec_audit.log")
    assert found is not None
    assert found.name == "web/modsecurity-audit"
