"""Apache's error log, in the default layouts of 2.2 and 2.4.

Its times have no zone; what it sends to syslog (`ErrorLog syslog`) has no date of its own.
Lines without a date are else what programs that the server starts (CGI, PHP, a web shell) print: they are rows too.
https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.web.dates import as_shown, ctimes, localise
from parsers.web.fields import LOOSE, QUALITIES, STRICT
from parsers.web.formats import Page, Taken
from parsers.web.numerals import nullable
from parsers.web.remarks import Remarks
from parsers.web.spans import Spans, chosen
from timelines.schema import TIME

FAMILY = "web/error"
TIME_DESC = "Error logged"
LONGEST_STRAY = 8_192  # bytes of a line without date that still passes for a program's output
DATE, LEVEL, MODULE, CODE, OS_ERROR, PID, TID, CLIENT, PORT, TEXT, REFERER = range(11)
_GROUPS = ("date", "level", "module", "code", "os", "pid", "tid", "client", "port", "text")
_LINE = re.compile(
    rb"""
    (?:\[(?P<date>[A-Z][a-z]{2}\ [A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d(?P<fraction>\.\d{1,9})?\ \d{4})\]\ +
      |(?=\[[A-Za-z0-9_.-]*:[a-z]+\d?\]\ \[pid\ \d))                # sent to syslog: no date
    \[(?:(?P<module>[A-Za-z0-9_.-]*):)?(?P<level>[a-z]+\d?)\]\ +     # 2.4: module:level
    (?:\[pid\ (?P<pid>\d{1,18})(?::tid\ (?P<tid>\d{1,18}))?\]\ +)?   # 2.4
    (?P<os>\(\d{1,10}\)[^\[:]{1,200}(?=:\ ))?(?:(?<=[^\ ]):\ )?
    (?:\[(?:client|remote)\ (?P<client>[^\]\s]{1,255}?)(?::(?P<port>\d{1,5}))?\]\ +)?
    (?:(?P<code>AH\d{5}):\ )?
    (?P<text>.*)
    """,
    re.VERBOSE | re.DOTALL,
)
_REFERER = b", referer: "
_STRAY = "text without a date that is no plain UTF-8 line; counted as damaged"
_TEXTS = (
    ("level", LEVEL),
    ("module", MODULE),
    ("error_code", CODE),
    ("os_error", OS_ERROR),
    ("c_ip", CLIENT),
    ("error_text", TEXT),
    ("cs_referer", REFERER),
)


class ApacheErrorLog:
    """Reader of `web/error` rows from Apache's error log."""

    name = "apache-error"
    family = FAMILY

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines with Apache's date and level."""
        return [_LINE.match(line) is not None for line in sample]

    def read(self, page: Page) -> Taken:
        """Lines with Apache's date and level, one by one."""
        page.state[self.name] = True
        return _read(page, strays=False)

    def rescue(self, page: Page) -> Taken:
        """In a log that is Apache's, text without a date is what a program printed."""
        return _read(page, strays=True) if self.name in page.state else Taken.none(page)


def _read(page: Page, strays: bool) -> Taken:
    lines = page.lines
    spans = Spans.empty(lines, REFERER + 1)
    remarks = Remarks(len(lines))
    quality = np.full(len(lines), LOOSE if strays else STRICT, np.int64)
    readable = np.zeros(len(lines), np.bool_)
    for row in range(len(lines)):
        line = lines.at(row)
        found = _fields(line)
        if found is None and strays and _is_plain(line, bool(page.control[row])):
            found = {TEXT: (0, len(line))}
            remarks.add(row, "loose", "no-date")
        if found is None:
            continue
        readable[row] = True
        start = int(lines.starts[row])
        for column, (begin, end) in found.items():
            spans.starts[column, row], spans.ends[column, row] = start + begin, start + end
    reasons = dict.fromkeys(np.flatnonzero(~readable).tolist(), _STRAY)
    if not readable.any():
        return Taken(readable, (), reasons)
    spans.repair(np.flatnonzero(page.high & readable))
    remarks.mark(page.control, "control-bytes")
    remarks.mark(spans.invalid, "bad-encoding")
    remarks.mark(lines.unterminated(), "no-line-end")
    return Taken(readable, (_rows(page.zone, spans, quality, remarks).filter(pa.array(readable)),), reasons)


def _is_plain(line: bytes, control: bool) -> bool:
    """Whether a line without date may be a program's output: UTF-8 text of bounded length, without control bytes."""
    if control or len(line) > LONGEST_STRAY:
        return False
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _fields(line: bytes) -> dict[int, tuple[int, int]] | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    found = {column: match.span(name) for column, name in enumerate(_GROUPS) if match.start(name) >= 0}
    client = match["client"]
    if (
        PORT in found and PID not in found and client.count(b":") >= 1
    ):  # 2.2 writes no port: all of it is an IPv6 address
        found[CLIENT] = found[CLIENT][0], found.pop(PORT)[1]
    referer = line.rfind(_REFERER, *found[TEXT])
    if referer >= 0:
        found[REFERER] = referer + len(_REFERER), len(line)
    return found


def _rows(zone: str | None, spans: Spans, quality: Int64s, remarks: Remarks) -> pa.RecordBatch:
    lines = spans.lines
    count = len(lines)
    time, known, zoned, wall = _times(zone, spans, remarks)
    columns: dict[str, pa.Array] = {
        "time": pa.array(time, mask=~known).cast(pa.timestamp("ns")).cast(TIME),
        "time_desc": pa.repeat(TIME_DESC, count),
        "time_quality": chosen(("unknown", "assumed-zone"), (known & zoned).astype(np.int64)),
        "event": pa.repeat("http.error", count),
        "record": pa.array(lines.numbers.astype(np.uint64)),
        "offset": pa.array(lines.offsets),
        "length": pa.array(lines.lengths),
        "flags": remarks.column(),
        "pid": nullable(*spans.numbers(PID), pa.int64()),
        "tid": nullable(*spans.numbers(TID), pa.int64()),
        "c_port": nullable(*spans.numbers(PORT), pa.int32()),
        "parse_quality": chosen(QUALITIES, quality),
    }
    if wall is not None:
        columns["wall_time"] = wall
    columns |= {name: spans.text(column, dash_is_null=column != TEXT) for name, column in _TEXTS}
    return pa.RecordBatch.from_pydict(columns)


def _times(zone: str | None, spans: Spans, remarks: Remarks) -> tuple[Int64s, Bools, Bools, pa.Array | None]:
    """UTC ns, where they are known, and where the examiner's zone made them so. Without a zone none is known; then the wall times."""
    dated = spans.present(DATE)
    time, known = ctimes(spans.lines.data, spans.starts[DATE], spans.ends[DATE])
    remarks.mark(dated & ~known, "bad-time")
    remarks.mark(~dated & spans.present(LEVEL), "no-date")
    if zone is None:
        remarks.mark(known, "no-zone")
        return time, np.zeros(len(time), np.bool_), dated, as_shown(time, known)
    rows = np.flatnonzero(known)
    if len(rows):
        time[rows], twice, never = localise(time[rows], zone)
        remarks.mark(rows[twice], "ambiguous-time")
        remarks.mark(rows[never], "skipped-time")
    return time, known, dated, None


FORMAT = ApacheErrorLog()
