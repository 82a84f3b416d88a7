"""Access logs of Apache, nginx and their kin: common, combined, vhost_combined, combined with X-Forwarded-For.

Apache's date says when a request was received, nginx's when it was answered; a line does not say which server wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.web import fields as f
from parsers.web.dates import as_shown, clf_times, localise
from parsers.web.formats import Page, State, Taken
from parsers.web.loose import NO_DATE, loose
from parsers.web.numerals import nullable
from parsers.web.remarks import Remarks
from parsers.web.requests import addresses, claimed, outcomes
from parsers.web.scan import BARE, BUT_REQUEST, WHOLE, scan
from parsers.web.spans import Spans, chosen
from parsers.web.strict import request, strict
from timelines.coded import constant
from timelines.schema import TIME

FAMILY = "web/access"
TIME_DESC = "Request received or logged"
_SHORTEST = 22  # bytes of `[dd/Mon/yyyy:HH:MM:SS]`: a shorter line holds no date
_QUALITIES = ("offset", "assumed-zone", "unknown")
_TEXTS = {
    "c_ip": f.CLIENT,
    "ident": f.IDENT,
    "cs_username": f.USER,
    "cs_method": f.METHOD,
    "cs_uri": f.URI,
    "cs_uri_stem": f.STEM,
    "cs_uri_query": f.QUERY,
    "cs_version": f.VERSION,
    "virtual_host": f.VHOST,
    "cs_user_agent": f.AGENT,
    "cs_referer": f.REFERER,
    "x_forwarded_for": f.FORWARDED,
    "request_line": f.REQUEST,
    "extra": f.EXTRA,
    "time_offset": f.ZONE,
}
_AS_WRITTEN = frozenset({"cs_uri", "cs_uri_stem", "cs_uri_query", "request_line", "extra"})  # here `-` is not "nothing"


class CommonLog:
    """Reader of `web/access` rows from the Common Log Format and its relatives."""

    name = "clf"
    family = FAMILY

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines that keep strictly to a layout, or to combined with more fields behind it."""
        return [_fits(line) for line in sample]

    def read(self, page: Page) -> Taken:
        """Lines that fit a layout to the byte by the scan of the block, and those that the strict grammar takes."""
        every = page.lines
        rows = np.flatnonzero(every.ends - every.starts >= _SHORTEST)
        taken = np.zeros(len(every), np.bool_)
        if not len(rows):
            return Taken(taken, reasons=dict.fromkeys(range(len(every)), NO_DATE))
        part = page.take(rows)
        scanned = scan(part.lines)
        odd = (part.control | part.high)[scanned.rows]
        bare = scanned.fits == BARE
        quality = np.where(bare, f.LOOSE, np.where((scanned.fits == WHOLE) & ~odd, f.FAST, f.STRICT))
        spans, remarks = scanned.spans, Remarks(len(quality))
        remarks.mark(bare, "loose")
        split_requests(spans, np.flatnonzero(scanned.fits == BUT_REQUEST), remarks)
        others = np.delete(np.arange(len(rows)), scanned.rows)
        readings = {row: reading for row in others.tolist() if (reading := strict(part.lines.at(row))) is not None}
        mine = np.union1d(scanned.rows, np.array(list(readings), np.int64)) if readings else scanned.rows
        part = part.take(mine)
        if readings:
            places = np.searchsorted(mine, list(readings))
            spans, remarks = spans.with_rows(part.lines, places), remarks.with_rows(places)
            quality = np.insert(quality, places - np.arange(len(places)), -1)
            for place, reading in zip(places.tolist(), readings.values(), strict=True):
                quality[place] = _put(spans, place, reading, remarks)
        taken[rows[mine]] = True
        return Taken(taken, _table(part, spans, quality, remarks))

    def rescue(self, page: Page) -> Taken:
        """What lines give that keep to no layout but hold a log date."""
        spans, remarks = Spans.empty(page.lines, f.FIELDS), Remarks(len(page.lines))
        quality = _read_loosely(spans, remarks)
        dateless = np.flatnonzero(quality < 0).tolist()
        return Taken(quality >= 0, _table(page, spans, quality, remarks), dict.fromkeys(dateless, NO_DATE))


def _fits(line: bytes) -> bool:
    """Whether a line keeps to a layout, or would but for fields behind it or a date without a zone."""
    if strict(line) is not None:
        return True
    reading = loose(line)
    if reading is None:
        return False
    if reading.flags == ["loose"]:
        return f.STATUS in reading.spans and f.ZONE not in reading.spans
    return f.AGENT in reading.spans and reading.flags == ["loose", "extra-fields"]


def split_requests(spans: Spans, rows: Int64s, remarks: Remarks) -> None:
    """Split the requests that lie at REQUEST and are no plain ones; one that is whole then lies there no more."""
    for row in rows.tolist():
        start, reading = int(spans.lines.starts[row]), f.Reading({}, f.STRICT)
        edges = int(spans.starts[f.REQUEST, row]) - start, int(spans.ends[f.REQUEST, row]) - start
        spans.starts[f.REQUEST, row] = -1
        request(spans.lines.at(row), *edges, reading)
        _put(spans, row, reading, remarks)


def _read_loosely(spans: Spans, remarks: Remarks) -> Int64s:
    """Read damaged lines one by one. Returns their quality, -1 for those that cannot be read."""
    quality = np.full(len(spans.lines), -1)
    for row in range(len(spans.lines)):
        if (reading := loose(spans.lines.at(row))) is not None:
            quality[row] = _put(spans, row, reading, remarks)
    return quality


def _put(spans: Spans, row: int, reading: f.Reading, remarks: Remarks) -> int:
    """Note what was read of a line, its target split at the first `?` (RFC 3986 section 3.4). Returns its quality."""
    remarks.add(row, *reading.flags)
    start = int(spans.lines.starts[row])
    places = dict(reading.spans)
    if f.URI in places:
        begin, end = places[f.URI]
        asked = spans.lines.at(row).find(b"?", begin, end)
        places[f.STEM] = begin, end if asked < 0 else asked
        if asked >= 0:
            places[f.QUERY] = asked + 1, end
    for column, (begin, end) in places.items():
        spans.starts[column, row], spans.ends[column, row] = start + begin, start + end
    return reading.quality


def _table(page: Page, spans: Spans, quality: Int64s, remarks: Remarks) -> tuple[pa.RecordBatch, ...]:
    """The batch of all lines that could be read, in line order."""
    rows = np.flatnonzero(quality >= 0)
    if not len(rows):
        return ()
    if len(rows) < len(quality):
        page = page.take(rows)
        spans, quality, remarks = spans.take(page.lines, rows), quality[rows], remarks.take(rows)
    spans.repair(np.flatnonzero(page.high))
    remarks.mark(page.control, "control-bytes")
    remarks.mark(spans.invalid, "bad-encoding")
    remarks.mark(page.lines.unterminated(), "no-line-end")
    return (_rows(page, spans, quality, remarks),)


def _rows(page: Page, spans: Spans, quality: Int64s, remarks: Remarks) -> pa.RecordBatch:
    lines = spans.lines
    time, times_known, time_quality, wall_time = _times(page.zone, spans, remarks)
    status, answered = spans.numbers(f.STATUS)
    count = len(lines)
    columns: dict[str, pa.Array] = {
        "time": pa.array(time, mask=~times_known).cast(pa.timestamp("ns")).cast(TIME),
        "time_desc": constant(TIME_DESC, count),
        "time_quality": chosen(_QUALITIES, time_quality),
        "event": constant("http.request", count),
        "protocol": constant("http", count),
        "outcome": outcomes(status, answered),
        "record": pa.array(lines.numbers.astype(np.uint64)),
        "offset": pa.array(lines.offsets),
        "length": pa.array(lines.lengths),
        "flags": remarks.column(),
        "sc_status": nullable(status, answered, pa.int32()),
        "sc_bytes": nullable(*spans.numbers(f.BYTES), pa.int64()),
        "virtual_port": nullable(*spans.numbers(f.VPORT), pa.int32()),
        "parse_quality": chosen(f.QUALITIES, quality),
    }
    columns.update(spans.columns(_TEXTS, _AS_WRITTEN, _plain(page.state)))
    columns["src_ip"] = addresses(columns["c_ip"])
    if (first := claimed(columns)) is not None:
        columns["client_claimed"] = first
    if wall_time is not None:
        columns["wall_time"] = wall_time
    return pa.RecordBatch.from_pydict(columns)


def _plain(state: State) -> set[str]:
    """Columns whose texts did not repeat in an earlier block of the piece."""
    held = state.setdefault("clf", set())
    assert isinstance(held, set)
    return held


def _times(zone: str | None, spans: Spans, remarks: Remarks) -> tuple[Int64s, Bools, Int64s, pa.Array | None]:
    """UTC ns, where they are known, and the code of their quality; zone-less dates need the examiner's zone, else they are told as they
    are shown."""
    zoned = spans.present(f.ZONE)
    dated = spans.present(f.DATE)
    time, known = clf_times(spans.lines.data, spans.starts[f.DATE], zoned)
    remarks.mark(dated & ~known, "bad-time")
    bare = np.flatnonzero(known & ~zoned)
    quality, wall_time = np.where(zoned, 0, 2), None
    if len(bare) and zone is not None:
        time[bare], twice, never = localise(time[bare], zone)
        quality[bare] = 1
        remarks.mark(bare[twice], "ambiguous-time")
        remarks.mark(bare[never], "skipped-time")
    elif len(bare):
        wall_time = as_shown(time, known & ~zoned)
        known[bare] = False
        remarks.mark(bare, "no-zone")
    return time, known, np.where(known, quality, 2), wall_time


FORMAT = CommonLog()
