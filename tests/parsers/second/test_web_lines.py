"""Lines of web servers by the second reader: hand-made lines of each layout, and what it declines to read."""

from __future__ import annotations

import pytest

from parsers.second.reading import Place, Reading, Unread
from parsers.second.web_lines import WebLines


def read(data: bytes, offset: int = 0, length: int | None = None, family: str = "web/access") -> Reading | Unread:
    return WebLines(memoryview(data)).read(Place("r", family, offset, len(data) - offset if length is None else length))


def values(data: bytes, **place: object) -> dict[str, str | None]:
    found = read(data, **place)  # type: ignore[arg-type]
    assert isinstance(found, Reading), found
    return dict(found.values)


COMBINED = (
    b'192.0.2.10 - j.doe [03/Mar/2026:21:14:05 +0100] "GET /a?b=1 HTTP/1.1" 200 512 "-" "Mozilla/5.0 (\\"x\\")"\r\n'
)


def test_a_combined_line() -> None:
    assert values(COMBINED) == {
        "virtual_host": None, "virtual_port": None, "c_ip": "192.0.2.10", "ident": None, "cs_username": "j.doe",
        "sc_status": "200", "sc_bytes": "512", "cs_referer": None, "cs_user_agent": 'Mozilla/5.0 (\\"x\\")',
        "x_forwarded_for": None, "time_offset": "+0100", "time": "2026-03-03T20:14:05.000000000Z", "cs_method": "GET",
        "cs_uri": "/a?b=1", "cs_uri_stem": "/a", "cs_uri_query": "b=1", "cs_version": "HTTP/1.1", "request_line": None,
    }  # fmt: skip


def test_vhosts_addresses_quotes_and_odd_requests() -> None:
    host = values(
        b'portal.example:443 2001:db8::1 - a b c [03/Mar/2026:21:14:05 -0330] "\\x16\\x03" 400 - "-" "-" "192.0.2.1"\n'
    )
    assert (host["virtual_host"], host["virtual_port"], host["c_ip"]) == ("portal.example", "443", "2001:db8::1")
    assert (host["cs_username"], host["request_line"], host["sc_bytes"]) == ("a b c", "\\x16\\x03", None)
    assert (host["time"], host["x_forwarded_for"]) == ("2026-03-04T00:44:05.000000000Z", "192.0.2.1")
    for line in (b'"%s"', b"'%s'"):
        assert values(line % COMBINED.rstrip() + b"\r\n") == values(COMBINED)
    plain = COMBINED.replace(b'\\"', b"'").rstrip()
    assert values(b'"' + plain.replace(b'"', b'""') + b'",,\r\n') == values(plain)
    directed = b'"#Fields: date time cs-method cs-uri-stem"\n'
    quoted = values(directed + b'"2026-03-03 21:14:05 GET /a"\n', offset=len(directed))
    assert (quoted["cs_method"], quoted["cs_uri_stem"]) == ("GET", "/a")
    assert values(COMBINED.replace(b"j.doe", b"caf\xe9"))["cs_username"] == "caf\\xe9"


def test_the_fields_directive_in_force_is_the_last_one_before_the_line() -> None:
    first, second = b"2026-03-03 21:14:05 GET /a - 200\r\n", b"404 /b 192.0.2.1 2026-03-03 21:14:06.5\r\n"
    head = b"\xef\xbb\xbf#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status\r\n"
    data = head + first + b"#Fields: sc-status cs-uri-stem c-ip date time\r\n" + second
    reader = WebLines(memoryview(data))
    one = reader.read(Place("a", "web/access", len(head), len(first)))
    two = reader.read(Place("b", "web/access", len(data) - len(second), len(second)))
    again = reader.read(Place("a", "web/access", len(head), len(first)))
    assert isinstance(one, Reading)
    assert isinstance(two, Reading)
    assert one == again
    assert (one.values["cs_method"], one.values["cs_uri_query"], one.values["time"]) == (
        "GET",
        None,
        "2026-03-03T21:14:05.000000000Z",
    )
    assert (two.values["c_ip"], two.values["sc_status"], two.values["time"]) == (
        "192.0.2.1",
        "404",
        "2026-03-03T21:14:06.500000000Z",
    )


def test_a_directive_inside_a_line_is_text() -> None:
    data = b"#Fields: cs-method cs-uri-stem\nGET /#Fields:x\nGET /b\n"
    found = values(data, offset=len(data) - 7, length=7)
    assert found == {"cs_method": "GET", "cs_uri_stem": "/b"}


def test_an_apache_error_line() -> None:
    line = b"[Tue Mar 03 21:14:05.123456 2026] [core:error] [pid 71:tid 9] (13)Permission denied: "
    line += b"[client 192.0.2.1:4444] AH00035: access denied\n"
    found = values(line, family="web/error")
    assert {name: found[name] for name in ("module", "level", "pid", "tid", "c_ip", "c_port")} == {
        "module": "core", "level": "error", "pid": "71", "tid": "9", "c_ip": "192.0.2.1", "c_port": "4444",
    }  # fmt: skip
    assert values(b"sh: 1: whoami: not found\n", family="web/error") == {"error_text": "sh: 1: whoami: not found"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"no log line at all\n", "keeps to no common"),
        (COMBINED[:60] + b"\n", "keeps to no common"),
        (b"1.2.3.4 - - " + b" [" * 30_000 + b"\n", "keeps to no common"),  # linear, not quadratic
        (b'1.2.3.4 - - [x] "' + b"\\" * 60_001 + b"\n", "keeps to no common"),
        (b"x" * (2 << 20), "more than a megabyte"),
    ],
    ids=["prose", "cut", "many brackets", "many escapes", "long"],
)
def test_what_it_cannot_read_is_said(line: bytes, said: str) -> None:
    found = read(line)
    assert isinstance(found, Unread)
    assert said in found.reason


def test_a_line_that_does_not_fit_its_directive_is_said() -> None:
    data = b"#Fields: cs-method cs-uri-stem\nGET /a b\n"
    assert read(data, offset=len(data) - 9, length=9) == Unread("3 fields under a directive of 2")


def test_dates_that_are_none_have_no_time() -> None:
    assert values(COMBINED.replace(b"03/Mar", b"31/Feb"))["time"] is None
    assert "time" not in values(COMBINED.replace(b" +0100", b""))  # without an offset it hangs on the examiner's zone


@pytest.mark.parametrize(
    "data",
    [
        b"2026-03-03T20:14:05.000000000Z " + COMBINED,
        b"2026-03-03T20:14:05.1Z stdout P " + COMBINED[:40] + b"\n2026-03-03T20:14:05.1Z stdout F " + COMBINED[40:],
        b"__REALTIME_TIMESTAMP=1\n_PID=7\nMESSAGE=" + COMBINED.strip() + b"\n\n",
        b"__CURSOR=x\nA\n" + (12).to_bytes(8, "little") + b"\n\nMESSAGE=x\n\nMESSAGE=" + COMBINED.strip() + b"\n\n",
    ],
    ids=["docker logs", "two parts", "journal", "journal with a field of lines"],
)
def test_wrapped_lines_say_what_they_say_alone(data: bytes) -> None:
    assert values(data) == values(COMBINED)
