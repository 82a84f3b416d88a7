"""journald's `-o json` where a message is no plain text: a list of its bytes as numbers, which it writes for any that is not printable.

https://systemd.io/JOURNAL_EXPORT_FORMATS/ (JSON), https://www.freedesktop.org/software/systemd/man/latest/journalctl.html (json)
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numpy as np

from parsers.web.formats import Page
from parsers.web.journal_fields import held
from parsers.web.kinds import matches, texts
from parsers.web.wrappers import Wrapped

_LIST = r'"MESSAGE"\s*:\s*\['


@dataclass(frozen=True, slots=True)
class JournalBytes:
    """Entries whose message is a list of numbers; they are rare, and read one by one."""

    name: str = "journald-json-bytes"

    def inside(self, line: bytes) -> bytes | None:
        """The message's bytes."""
        fields = _fields(line)
        return None if fields is None else fields[b"MESSAGE"]

    def unwrap(self, page: Page) -> Wrapped | None:
        """Lines that are such entries."""
        lines = page.lines
        near = np.flatnonzero(matches(texts(lines.data, lines.starts, lines.ends), r"^\{.*" + _LIST))
        found = [(row, fields) for row in near.tolist() if (fields := _fields(lines.at(row))) is not None]
        if not found:
            return None
        rows = np.array([row for row, _ in found], np.int64)
        return held("journald-json", rows, [fields for _, fields in found], lines.take(rows), {})


def _fields(line: bytes) -> dict[bytes, bytes] | None:
    """The entry's fields; None where it is none, or its message no list of bytes."""
    if line[:1] != b"{" or re.search(_LIST.encode("ascii"), line) is None:
        return None
    try:
        said = json.loads(line.decode("utf-8", "surrogateescape"), strict=False)
        message = said["MESSAGE"]
        if not isinstance(message, list):
            return None
        fields = {_bytes(name): _bytes(value) for name, value in said.items() if isinstance(value, str)}
        fields[b"MESSAGE"] = bytes(message)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return fields if b"__REALTIME_TIMESTAMP" in fields else None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


WRAPPER = JournalBytes()
