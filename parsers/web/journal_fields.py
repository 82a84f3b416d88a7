"""Fields of journald's entries as what a wrapper says of the line that it holds.

https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from parsers.gather import Bools, Int64s
from parsers.web.lines import Lines
from parsers.web.wrappers import Wrapped

Fields = Mapping[bytes, bytes]
_STAMP = re.compile(rb"[0-9]{1,15}|[1-8][0-9]{15}")  # microseconds that fit 64 bits of ns
_PID = re.compile(rb"[0-9]{1,18}")
_TEXTS = (
    ("wrapper_time_written", b"__REALTIME_TIMESTAMP"),
    ("host", b"_HOSTNAME"),
    ("wrapper_program", b"SYSLOG_IDENTIFIER"),
)


def held(wrapper: str, rows: Int64s, said: Sequence[Fields], places: Lines, flags: Mapping[str, Bools]) -> Wrapped:
    """The messages of some entries as lines. `said`: an entry's fields each; `places`: where the entries lie in the file."""
    messages = [fields.get(b"MESSAGE", b"") for fields in said]
    data = np.frombuffer(b"".join(text + b"\n" for text in messages), np.uint8)
    ends = np.cumsum([len(text) + 1 for text in messages]) - 1
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    columns = {name: pa.array([_text(fields.get(key)) for fields in said], pa.string()) for name, key in _TEXTS}
    pids = [fields.get(b"_PID", b"") for fields in said]
    columns["wrapper_pid"] = pa.array([int(pid) if _PID.fullmatch(pid) else None for pid in pids], pa.int64())
    lines = replace(places, data=data, starts=starts, ends=ends, odd=None)
    ns, known = _instants([fields.get(b"__REALTIME_TIMESTAMP", b"") for fields in said])
    return Wrapped(wrapper, rows, lines, columns, ns, known, flags)


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "backslashreplace")


def _instants(stamps: Sequence[bytes]) -> tuple[Int64s, Bools]:
    """Microseconds since 1970 as ns, and where they are such."""
    us = np.array([int(text) if _STAMP.fullmatch(text) else -1 for text in stamps], np.int64)
    return np.where(us >= 0, us, 0) * 1_000, us >= 0
