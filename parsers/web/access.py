"""Access logs of Apache, nginx and their kin: common, combined, vhost_combined, combined with X-Forwarded-For.

Apache's date says when a request was received, nginx's when it was answered; a line does not say which server wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from parsers.base import Batch, Evidence, Output, Slice
from parsers.gather import Bools, Int64s
from parsers.web import fields as f
from parsers.web.dates import clf_times, localise
from parsers.web.lines import BOM, Lines, pieces, read_lines, unreadable
from parsers.web.loose import NO_DATE, loose
from parsers.web.numerals import nullable
from parsers.web.remarks import Remarks
from parsers.web.requests import addresses, outcomes, split_target
from parsers.web.scan import odd_lines, scan
from parsers.web.spans import Spans, chosen
from parsers.web.strict import strict
from timelines.schema import TIME

FAMILY = "web/access"
TIME_DESC = "Request received or logged"
SAMPLE_LINES = 50  # complete lines of a file's head that decide what it is
_SHORTEST = 22  # bytes of `[dd/Mon/yyyy:HH:MM:SS]`: a shorter line holds no date
_QUALITIES = ("offset", "assumed-zone", "unknown")
_TEXTS = (
    ("c_ip", f.CLIENT),
    ("ident", f.IDENT),
    ("cs_username", f.USER),
    ("cs_method", f.METHOD),
    ("cs_uri", f.URI),
    ("cs_uri_stem", f.STEM),
    ("cs_uri_query", f.QUERY),
    ("cs_version", f.VERSION),
    ("virtual_host", f.VHOST),
    ("cs_user_agent", f.AGENT),
    ("cs_referer", f.REFERER),
    ("x_forwarded_for", f.FORWARDED),
    ("request_line", f.REQUEST),
    ("extra", f.EXTRA),
    ("time_offset", f.ZONE),
)
_AS_WRITTEN = frozenset({"cs_uri", "cs_uri_stem", "cs_uri_query", "request_line", "extra"})  # here `-` is not "nothing"


class AccessLog:
    """Reader of `web/access` rows from the Common Log Format and its relatives."""

    name = "web-access"

    def accepts(self, head: bytes, name: str) -> bool:
        """At least half of the first complete lines keep strictly to a layout, or to combined with more fields behind it."""
        text = head.removeprefix(BOM).lstrip(b"\0")
        lines = text.split(b"\n", SAMPLE_LINES + 1)
        complete = [line.removesuffix(b"\r") for line in (lines[:-1] if len(lines) > 1 else lines)][:SAMPLE_LINES]
        sample = [line for line in complete if line.strip(b"\0")]
        return bool(sample) and 2 * sum(map(_fits, sample)) >= len(sample)

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


def _fits(line: bytes) -> bool:
    if strict(line) is not None:
        return True
    reading = loose(line)
    return reading is not None and f.AGENT in reading.spans and reading.flags == ["loose", "extra-fields"]


def _read(evidence: Evidence, every: Lines) -> Iterator[Output]:
    rows = np.flatnonzero(every.ends - every.starts >= _SHORTEST)
    if not len(rows):
        yield from unreadable(evidence, every, dict.fromkeys(range(len(every)), NO_DATE))
        return
    lines = every.take(rows)
    control, high = odd_lines(lines)
    spans, fast = scan(lines, control | high)
    remarks = Remarks(len(lines))
    quality = _read_others(spans, fast, remarks)
    readable = quality >= 0
    lost = np.ones(len(every), np.bool_)
    lost[rows[readable]] = False
    yield from unreadable(evidence, every, dict.fromkeys(np.flatnonzero(lost).tolist(), NO_DATE))
    if not readable.any():
        return
    yield lines.account("read", readable)
    split_target(spans, f.URI, f.STEM, f.QUERY)
    spans.repair(np.flatnonzero(high & readable))
    remarks.mark(control, "control-bytes")
    remarks.mark(spans.invalid, "bad-encoding")
    remarks.mark(lines.unterminated(), "no-line-end")
    yield Batch(FAMILY, _rows(evidence, spans, quality, remarks, readable))


def _read_others(spans: Spans, fast: Bools, remarks: Remarks) -> Int64s:
    """Read the lines that the scan left, strictly, else loosely. Gives each line's quality, -1 where it cannot be read."""
    quality = np.where(fast, f.FAST, -1)
    for row in np.flatnonzero(~fast).tolist():
        line = spans.lines.at(row)
        reading = strict(line) or loose(line)
        if reading is None:
            continue
        quality[row] = reading.quality
        remarks.add(row, *reading.flags)
        start = int(spans.lines.starts[row])
        for column, (begin, end) in reading.spans.items():
            spans.starts[column, row], spans.ends[column, row] = start + begin, start + end
    return quality


def _rows(evidence: Evidence, spans: Spans, quality: Int64s, remarks: Remarks, readable: Bools) -> pa.RecordBatch:
    """The batch of all readable lines, in line order."""
    lines = spans.lines
    time, times_known, time_quality = _times(evidence, spans, remarks)
    status, answered = spans.numbers(f.STATUS)
    count = len(lines)
    columns: dict[str, pa.Array] = {
        "time": pa.array(time, mask=~times_known).cast(pa.timestamp("ns")).cast(TIME),
        "time_desc": pa.repeat(TIME_DESC, count),
        "time_quality": chosen(_QUALITIES, time_quality),
        "event": pa.repeat("http.request", count),
        "protocol": pa.repeat("http", count),
        "outcome": outcomes(status, answered),
        "record": pa.array(lines.numbers.astype(np.uint64)),
        "offset": pa.array(lines.starts + lines.base),
        "length": pa.array(lines.stops - lines.starts),
        "flags": remarks.column(),
        "sc_status": nullable(status, answered, pa.int32()),
        "sc_bytes": nullable(*spans.numbers(f.BYTES), pa.int64()),
        "virtual_port": nullable(*spans.numbers(f.VPORT), pa.int32()),
        "parse_quality": chosen(f.QUALITIES, np.maximum(quality, 0)),
    }
    for name, column in _TEXTS:
        columns[name] = spans.text(column, dash_is_null=name not in _AS_WRITTEN)
    columns["src_ip"] = addresses(columns["c_ip"])
    batch = pa.RecordBatch.from_pydict(columns)
    return batch if readable.all() else batch.filter(pa.array(readable))


def _times(evidence: Evidence, spans: Spans, remarks: Remarks) -> tuple[Int64s, Bools, Int64s]:
    """UTC ns, where they are known, and the code of their quality; zone-less dates need the examiner's zone."""
    zoned = spans.present(f.ZONE)
    dated = spans.present(f.DATE)
    time, known = clf_times(spans.lines.data, spans.starts[f.DATE], zoned)
    remarks.mark(dated & ~known, "bad-time")
    bare = np.flatnonzero(known & ~zoned)
    quality = np.where(zoned, 0, 2)
    if len(bare) and evidence.zone is not None:
        time[bare], twice, never = localise(time[bare], evidence.zone)
        quality[bare] = 1
        remarks.mark(bare[twice], "ambiguous-time")
        remarks.mark(bare[never], "skipped-time")
    elif len(bare):
        known[bare] = False
        remarks.mark(bare, "no-zone")
    return time, known, np.where(known, quality, 2)


PARSER = AccessLog()
