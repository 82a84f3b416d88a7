"""Wrappers that stand before the line: syslog's two layouts, with and without `<PRI>`, journald's short output, Kubernetes' CRI, and
the times that `docker logs -t` and `kubectl logs --timestamps` write, the container that `docker compose logs` names.

https://www.rfc-editor.org/rfc/rfc3164 section 4.1, https://www.rfc-editor.org/rfc/rfc5424 section 6
https://www.freedesktop.org/software/systemd/man/latest/journalctl.html (short, short-iso, short-precise)
https://docs.docker.com/reference/cli/docker/container/logs/ (--timestamps: RFC 3339, nanoseconds padded with zeros)
https://docs.docker.com/reference/cli/docker/compose/logs/ (the container's name, ` | `, with -t the time)
https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Int64s
from parsers.web.formats import Page
from parsers.web.instants import Iso
from parsers.web.kinds import texts
from parsers.web.remarks import Remarks
from parsers.web.spans import Spans
from parsers.web.table import Table
from parsers.web.wrappers import Wrapped, moved

_PRI = r"(?:<(?P<pri>[0-9]{1,3})>)?"
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_SHORT = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_TAG = r"(?P<host>[0-9A-Za-z_.:-]{1,255}) (?P<program>[A-Za-z_][0-9A-Za-z_./-]{0,127})(?:\[(?P<pid>[0-9]{1,18})\])?: "
_STRUCTURED = r'(?:-|(?:\[[!-~]{1,64}(?: [!-~]{1,32}="(?:[^"\\\]]|\\.)*")*\])+)'
_FULL = (
    r"(?P<host>[!-~]{1,255}) (?P<program>[!-~]{1,48}) (?P<pid>[!-~]{1,128}) (?P<message_id>[!-~]{1,32}) "
    + _STRUCTURED
    + r" (?:\xef\xbb\xbf)?"
)


@cache
def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode("latin-1"))


@dataclass(frozen=True, slots=True)
class Prefix:
    """A wrapper whose fixed text ends where the line begins. `pattern` (RE2's syntax and Python's) names what it says."""

    name: str
    pattern: str

    def inside(self, line: bytes) -> bytes | None:
        """The line behind the prefix."""
        found = _compiled(self.pattern).match(line)
        return None if found is None else line[found.end() :]

    def unwrap(self, page: Page) -> Wrapped | None:
        """Lines that begin with the prefix and go on behind it."""
        lines = page.lines
        raw = texts(lines.data, lines.starts, lines.ends)
        said = pc.extract_regex(raw, "^(?P<head>" + self.pattern + ")")
        fits = said.is_valid().to_numpy(False)
        width = pc.binary_length(pc.struct_field(said, "head")).fill_null(0).to_numpy()
        rows = np.flatnonzero(fits & (lines.starts + width < lines.ends))
        if not len(rows):
            return None
        said = said.take(pa.array(rows))
        part = lines.take(rows)
        starts = part.starts + width[rows]
        named = {name: _text(pc.struct_field(said, name)) for name in re.findall(r"\?P<(\w+)>", self.pattern)}
        ns, known = _instants(page, rows, named["when"])
        return Wrapped(
            self.name,
            rows,
            moved(part, part.data, starts, part.ends),
            _columns(named),
            ns,
            known,
            _flags(named.get("part")),
        )


def _text(raw: pa.Array) -> pa.Array:
    """Captured bytes (ASCII by the pattern) as text; an empty one or a `-` is nothing."""
    text = raw.cast(pa.string())
    return pc.if_else(pc.is_in(text, value_set=pa.array(["", "-"])), None, text)


def _columns(named: dict[str, pa.Array]) -> dict[str, pa.Array]:
    columns = {"wrapper_time_written": named["when"]}
    for name, column in (("host", "host"), ("program", "wrapper_program"), ("stream", "wrapper_stream")):
        if name in named:
            columns[column] = named[name]
    if "pid" in named:
        digits = pc.match_substring_regex(named["pid"], r"^[0-9]{1,18}$")
        columns["wrapper_pid"] = pc.if_else(digits, named["pid"], None).cast(pa.int64())
    if "pri" in named:
        columns["syslog_priority"] = named["pri"].cast(pa.int32())
    return columns


def _flags(parts: pa.Array | None) -> dict[str, Bools]:
    """Kubernetes cuts long lines into parts: all but the last bear a P."""
    if parts is None:
        return {}
    partly = pc.equal(parts, "P").fill_null(False).to_numpy(zero_copy_only=False)
    return {"partial": partly}


def _instants(page: Page, rows: Int64s, written: pa.Array) -> tuple[Int64s, Bools]:
    """Wrappers' times as UTC ns, and where they are known: those with an offset. Syslog's short ones lack year and zone."""
    raw = b"".join(text.encode() + b"\n" for text in written.fill_null("").to_pylist())
    data = np.frombuffer(raw, np.uint8)
    ends = np.flatnonzero(data == 10)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    lines = moved(page.lines.take(rows), data, starts, ends)
    iso = Iso()
    fits = iso.fits(data, starts, ends)
    if not fits.any():
        return np.zeros(len(rows), np.int64), fits
    spans = Spans.empty(lines, 1)
    spans.starts[0], spans.ends[0] = np.where(fits, starts, -1), ends
    blank = np.zeros(len(rows), np.bool_)
    table = Table(Page(lines, blank, blank, None, {}), spans, Remarks(len(rows)))
    iso.fill(table, 0, "time", None)
    return table.instants()


_DOCKER = r"(?P<when>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}(?:Z|[+-][0-9]{2}:[0-9]{2})) "
WRAPPERS = (
    Prefix("docker-timestamps", _DOCKER),
    Prefix("docker-compose", rf"(?P<program>[A-Za-z0-9][A-Za-z0-9_.-]{{0,120}}[_-][0-9]{{1,4}}) +\| (?:{_DOCKER})?"),
    Prefix("cri", rf"(?P<when>{_ISO}) (?P<stream>stdout|stderr) (?P<part>[FP]) "),
    Prefix("syslog", rf"{_PRI}(?P<when>{_SHORT}|{_ISO}) {_TAG}"),
    Prefix("syslog-5424", rf"{_PRI}1 (?P<when>{_ISO}|-) {_FULL}"),
)
