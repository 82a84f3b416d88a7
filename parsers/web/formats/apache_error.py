"""Apache's error log, in the default layouts of 2.2 and 2.4.

Its times have no zone. Lines without a date are what programs that the server starts (CGI, PHP, a web shell) print: they are rows too.
https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from parsers.base import Batch, Evidence, Output, Slice
from parsers.gather import Bools, Int64s
from parsers.web.dates import ctimes, localise
from parsers.web.fields import LOOSE, QUALITIES, STRICT
from parsers.web.lines import BOM, Lines, pieces, read_lines, unreadable
from parsers.web.numerals import nullable
from parsers.web.remarks import Remarks
from parsers.web.scan import odd_lines
from parsers.web.spans import Spans, chosen
from timelines.schema import TIME

FAMILY = "web/error"
TIME_DESC = "Error logged"
SAMPLE_LINES = 50
LONGEST_STRAY = 8_192  # bytes of a line without date that still passes for a program's output
DATE, LEVEL, MODULE, CODE, OS_ERROR, PID, TID, CLIENT, PORT, TEXT, REFERER = range(11)
_GROUPS = ("date", "level", "module", "code", "os", "pid", "tid", "client", "port", "text")
_LINE = re.compile(
    rb"""
    \[(?P<date>[A-Z][a-z]{2}\ [A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d(?P<fraction>\.\d{1,9})?\ \d{4})\]\ +
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

    def accepts(self, head: bytes, name: str) -> bool:
        """More than half of the first complete lines have Apache's date and level."""
        lines = head.removeprefix(BOM).lstrip(b"\0").split(b"\n", SAMPLE_LINES + 1)
        complete = [line.removesuffix(b"\r") for line in (lines[:-1] if len(lines) > 1 else lines)][:SAMPLE_LINES]
        sample = [line for line in complete if line.strip(b"\0")]
        return 2 * sum(_LINE.match(line) is not None for line in sample) > len(sample)

    def slices(self, evidence: Evidence) -> list[Slice]:
        """Pieces of about 64 MiB that begin at a line."""
        return pieces(evidence)

    def parse(self, evidence: Evidence, piece: Slice) -> Iterator[Output]:
        """Rows, problems and accounts of the lines in a piece."""
        for item in read_lines(evidence, piece):
            if isinstance(item, Lines):
                yield from _read(evidence, item)
            else:
                yield item


def _read(evidence: Evidence, lines: Lines) -> Iterator[Output]:
    control, high = odd_lines(lines)
    spans = Spans.empty(lines, REFERER + 1)
    remarks = Remarks(len(lines))
    quality = np.full(len(lines), STRICT, np.int64)
    readable = np.ones(len(lines), np.bool_)
    for row in range(len(lines)):
        line = lines.at(row)
        found = _fields(line)
        if found is None and not _is_plain(line, bool(control[row])):
            readable[row] = False
            continue
        if found is None:
            found = {TEXT: (0, len(line))}
            quality[row] = LOOSE
            remarks.add(row, "loose", "no-date")
        start = int(lines.starts[row])
        for column, (begin, end) in found.items():
            spans.starts[column, row], spans.ends[column, row] = start + begin, start + end
    yield from unreadable(evidence, lines, dict.fromkeys(np.flatnonzero(~readable).tolist(), _STRAY))
    if not readable.any():
        return
    yield lines.account("read", readable)
    spans.repair(np.flatnonzero(high & readable))
    remarks.mark(control, "control-bytes")
    remarks.mark(spans.invalid, "bad-encoding")
    remarks.mark(lines.unterminated(), "no-line-end")
    yield Batch(FAMILY, _rows(evidence, spans, quality, remarks).filter(pa.array(readable)))


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


def _rows(evidence: Evidence, spans: Spans, quality: Int64s, remarks: Remarks) -> pa.RecordBatch:
    lines = spans.lines
    count = len(lines)
    time, known, zoned = _times(evidence, spans, remarks)
    columns: dict[str, pa.Array] = {
        "time": pa.array(time, mask=~known).cast(pa.timestamp("ns")).cast(TIME),
        "time_desc": pa.repeat(TIME_DESC, count),
        "time_quality": chosen(("unknown", "assumed-zone"), (known & zoned).astype(np.int64)),
        "event": pa.repeat("http.error", count),
        "record": pa.array(lines.numbers.astype(np.uint64)),
        "offset": pa.array(lines.starts + lines.base),
        "length": pa.array(lines.stops - lines.starts),
        "flags": remarks.column(),
        "pid": nullable(*spans.numbers(PID), pa.int64()),
        "tid": nullable(*spans.numbers(TID), pa.int64()),
        "c_port": nullable(*spans.numbers(PORT), pa.int32()),
        "parse_quality": chosen(QUALITIES, quality),
    }
    columns |= {name: spans.text(column, dash_is_null=column != TEXT) for name, column in _TEXTS}
    return pa.RecordBatch.from_pydict(columns)


def _times(evidence: Evidence, spans: Spans, remarks: Remarks) -> tuple[Int64s, Bools, Bools]:
    """UTC ns, where they are known, and where the examiner's zone made them so. Without a zone none is known."""
    dated = spans.present(DATE)
    time, known = ctimes(spans.lines.data, spans.starts[DATE], spans.ends[DATE])
    remarks.mark(dated & ~known, "bad-time")
    if evidence.zone is None:
        remarks.mark(known, "no-zone")
        return time, np.zeros(len(time), np.bool_), dated
    rows = np.flatnonzero(known)
    if len(rows):
        time[rows], twice, never = localise(time[rows], evidence.zone)
        remarks.mark(rows[twice], "ambiguous-time")
        remarks.mark(rows[never], "skipped-time")
    return time, known, dated


PARSER = ApacheErrorLog()
