"""Lines that say the time of day only: their day is that of the `#Date` before them, and of the midnights since."""

from __future__ import annotations

import pytest

from parsers.web import lines

from .conftest import Read

# https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging
IIS = b"#Software: Microsoft Internet Information Services 6.0\r\n#Version: 1.0\r\n"
IIS_FIELDS = b"#Fields: time c-ip cs-method cs-uri-stem sc-status\r\n"
# https://www.w3.org/TR/WD-logfile.html
OTHER = b"#Version: 1.0\n"
OTHER_FIELDS = b"#Fields: time cs-method cs-uri\n"
KINDS = pytest.mark.parametrize(
    ("head", "fields", "line"),
    [(IIS, IIS_FIELDS, b"%b 192.0.2.1 GET /a 200\r\n"), (OTHER, OTHER_FIELDS, b"%b GET /a\n")],
)


def _told(read: Read, data: bytes) -> list[tuple[str, str]]:
    rows = read(data, "web/log").rows
    return [(f"{row['time']:%m-%d %H:%M:%S}" if row.get("time") else row["time_"], row["flags"]) for row in rows]


@pytest.mark.parametrize("block", [lines.BLOCK, 120])
@KINDS
def test_days_go_on_at_midnight(
    read: Read, monkeypatch: pytest.MonkeyPatch, head: bytes, fields: bytes, line: bytes, block: int
) -> None:
    monkeypatch.setattr(lines, "BLOCK", block)
    clocks = [b"17:42:15", b"23:59:59", b"00:00:01", b"23:59:58", b"00:00:02", b"20:00:00", b"09:00:00", b"08:59:30"]
    data = head + b"#Date: 2001-02-28 17:42:15\r\n" + fields + b"".join(line % clock for clock in clocks)
    assert [at for at, _ in _told(read, data)] == [
        "02-28 17:42:15",
        "02-28 23:59:59",
        "03-01 00:00:01",
        "02-28 23:59:58",  # late
        "03-01 00:00:02",
        "03-01 20:00:00",
        "03-02 09:00:00",
        "03-02 08:59:30",  # late, no midnight
    ]
    assert {flags for _, flags in _told(read, data)} == {"inferred-day"}


@KINDS
def test_each_date_counts_from_where_it_stands(read: Read, head: bytes, fields: bytes, line: bytes) -> None:
    day = b"#Date: %b 10:00:00\n"
    data = head + day % b"12-Jan-1996" + fields + line % b"10:00:01"
    data += day % b"1996-01-20" + fields + line % b"10:00:02"
    assert _told(read, data) == [("01-12 10:00:01", "inferred-day"), ("01-20 10:00:02", "inferred-day")]


@pytest.mark.parametrize("date", [b"", b"#Date: yesterday\n", b"#Date: 2001-02-30 10:00:00\n"])
@KINDS
def test_without_a_date_the_time_of_day_is_kept(
    read: Read, head: bytes, fields: bytes, line: bytes, date: bytes
) -> None:
    assert _told(read, head + date + fields + line % b"17:42:15") == [("17:42:15", "no-date")]


@KINDS
def test_fields_that_come_without_a_date_end_what_is_known(read: Read, head: bytes, fields: bytes, line: bytes) -> None:
    data = head + b"#Date: 2001-02-28 10:00:00\n" + fields + line % b"10:00:01" + fields + line % b"10:00:02"
    assert _told(read, data) == [("02-28 10:00:01", "inferred-day"), ("10:00:02", "no-date")]


@pytest.mark.parametrize("quote", [b"", b'"'])
@KINDS
def test_days_go_on_through_large_logs(
    read: Read, monkeypatch: pytest.MonkeyPatch, head: bytes, fields: bytes, line: bytes, quote: bytes
) -> None:
    """What is dated by itself before and behind is cut into slices as ever."""
    monkeypatch.setattr("parsers.web.cuts.PIECE", 2_000)
    monkeypatch.setattr("parsers.web.cuts.FINEST", 500)
    dated, bare = fields.replace(b"time", b"date time"), b"%02d:30:00"
    data = head + dated + b"".join(line % (b"2001-02-27 " + bare % (n % 24)) for n in range(200))
    data += b"#Date: 2001-02-28 00:00:00\n" + fields + b"".join(line % (bare % (n % 24)) for n in range(240))
    data += dated + b"".join(line % (b"2001-04-01 " + bare % (n % 24)) for n in range(200))
    data = b"".join(quote + one.rstrip() + quote + b"\n" for one in data.split(b"\n") if one)
    result = read(data)
    assert result.pieces > 4
    times = [f"{row['time']:%m-%d %H}" for row in result.rows[200:-200]]
    assert times[0] == "02-28 00"
    assert times == [f"{2 if n < 24 else 3:02d}-{28 if n < 24 else n // 24:02d} {n % 24:02d}" for n in range(240)]
