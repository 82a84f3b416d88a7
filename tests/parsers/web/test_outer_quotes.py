"""Lines in quotes, as exports write them: read as what stands within, each cited as it stands in the file."""

from __future__ import annotations

from typing import Any

import pytest

from parsers.web.outer_quotes import unquoted

COMBINED = b'192.0.2.7 - - [02/Jan/2026:03:04:05 +0100] "GET /a?b=1 HTTP/1.1" 200 5 "-" "Agent/1"'
ALB = (
    b"https 2026-01-02T02:04:05.000001Z app/my-lb/50dc6c495c0c9188 192.0.2.7:2817 198.51.100.1:80 0.086 0.048 0.037 200 200 0 57 "
    b'"GET https://www.example.com:443/a?b=1 HTTP/1.1" "Agent/1" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
    b"arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/t/73e2d6bc24d8a067 "
    b'"Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "-" 1 2026-01-02T02:04:04.364000Z "forward" "-" "-" '
    b'"198.51.100.1:80" "200" "-" "-"'
)
S3 = (
    b"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be awsexamplebucket1 [02/Jan/2026:03:04:05 +0100] 192.0.2.7 "
    b'- 3E57427F3EXAMPLE REST.GET.VERSIONING - "GET /a?b=1 HTTP/1.1" 200 - 113 - 7 - "-" "Agent/1" - '
    b"s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader "
    b"awsexamplebucket1.s3.us-west-1.amazonaws.com TLSV1.2 - -"
)
IIS = (
    b"#Software: Microsoft Internet Information Services 10.0",
    b"#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) sc-status",
    b"2026-01-02 02:04:05 GET /a b=1 192.0.2.7 Agent/1 200",
)
JSON = (
    b'{"time_iso8601":"2026-01-02T03:04:05+01:00","remote_addr":"192.0.2.7","request":"GET /a?b=1 HTTP/1.1","status":200,'
    b'"http_user_agent":"Agent/1"}'
)


def _csv(line: bytes) -> bytes:
    return b'"' + line.replace(b'"', b'""') + b'"'


def _single(line: bytes) -> bytes:
    return b"'" + line + b"'"


def _plain(line: bytes) -> bytes:
    return b'"' + line + b'"'


def _cells(line: bytes) -> bytes:
    return _csv(line) + b",,"


@pytest.mark.parametrize("quoted", [_csv, _single, _plain, _cells], ids=["csv", "single", "plain", "cells"])
@pytest.mark.parametrize(
    "lines", [(COMBINED,), (ALB,), (S3,), IIS, (JSON,)], ids=["combined", "alb", "s3", "iis", "json"]
)
def test_lines_in_quotes_are_read_as_what_stands_within(read: Any, lines: tuple[bytes, ...], quoted: Any) -> None:
    plain = read(b"\n".join(lines) + b"\n").only
    result = read(b"\n".join(quoted(line) for line in lines) + b"\n")
    row = result.only
    assert row["flags"] == "outer-quotes"
    assert result.line(row) == quoted(lines[-1]) + b"\n"
    placed = {"flags", "offset", "length", "row_id", "parse_quality"}
    assert {k: v for k, v in row.items() if k not in placed} == {k: v for k, v in plain.items() if k not in placed}
    assert row["cs_user_agent"] == "Agent/1"
    assert row["parse_quality"] in ("fast", "strict")


def test_wrapped_lines_in_quotes(read: Any) -> None:
    row = read(_csv(b"<134>1 2026-01-02T02:04:06Z web1 nginx 77 - - " + COMBINED) + b"\n").only
    assert (row["host"], row["c_ip"], row["flags"]) == ("web1", "192.0.2.7", "outer-quotes")


def test_damaged_lines_in_quotes_keep_their_remarks(read: Any) -> None:
    damaged = COMBINED.replace(b" 200 5", b" 200 5 x")
    rows = read(_csv(COMBINED) + b"\n" + _csv(damaged) + b"\n" + COMBINED + b"\n").rows
    assert [row["c_ip"] for row in rows] == ["192.0.2.7"] * 3
    assert "loose" in rows[1]["flags"]
    assert "outer-quotes" in rows[1]["flags"]
    assert rows[1]["cs_uri"] == "/a?b=1"
    assert rows[2]["flags"] == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'"a ""b"" c"', (b'a "b" c', True)),
        (b'"a "b" c"', (b'a "b" c', False)),
        (b"'a \"b\" c'", (b'a "b" c', True)),
        (b'"a \\"b "c" d"', (b'a \\"b "c" d', False)),
        (b'"a """,;', (b'a "', True)),
        (b'"a "b"', None),  # one stray quote before: the last is the line's own
        (b'\'a "b"', None),
        (b'""', None),
        (b'"', None),
        (b'a "b"', None),
    ],
)
def test_which_quotes_pair(line: bytes, expected: tuple[bytes, bool] | None) -> None:
    assert unquoted(line) == expected


def test_slices_know_directives_in_quotes(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parsers.web.cuts.PIECE", 2_000)
    monkeypatch.setattr("parsers.web.cuts.FINEST", 500)
    result = read(b"".join(_csv(line) + b"\n" for line in (*IIS, *100 * IIS[-1:])))
    assert result.pieces > 2
    assert [row["cs_uri_stem"] for row in result.rows] == ["/a"] * 101
