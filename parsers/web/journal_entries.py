"""Entries of journald's export format: fields a line each, `NAME=text`, or the name alone, a length and that many bytes; a blank line.

Only the lengths tell where a field of many lines ends: what a client wrote into one is never taken for a field or an entry.
https://systemd.io/JOURNAL_EXPORT_FORMATS/ (journalctl -o export)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

WANTED = (b"MESSAGE", b"__REALTIME_TIMESTAMP", b"_HOSTNAME", b"SYSLOG_IDENTIFIER", b"_PID")
_NAME = rb"[A-Za-z0-9_]{1,64}"  # journald's own are upper case; remote ones need not be
_PLAIN = re.compile(rb"(?:" + _NAME + rb"=[^\n]*+\n)++\n")
_WANTED = re.compile(rb"^(" + b"|".join(WANTED) + rb")=([^\n]*)$", re.MULTILINE)
_LONE_NAME = re.compile(_NAME)
_BLANK = re.compile(rb"\n*+")
_LENGTH = 8  # bytes, least significant first


@dataclass(frozen=True, slots=True)
class Entry:
    """Bytes [start, stop) and the wanted fields, the first of each name. `fault` says what is wrong with an entry that cannot be read;
    `cut`: the file ends before the blank line does."""

    start: int
    stop: int
    fields: dict[bytes, bytes]
    cut: bool = False
    fault: str = ""


def entries(data: mmap | bytes, start: int, stop: int) -> Iterator[Entry]:
    """The entries of a file from byte `start`, where one begins, to `stop`, blank lines between them left out."""
    at = start
    while at < stop:
        blank = _BLANK.match(data, at, stop)
        at = at if blank is None else blank.end()
        if at >= stop:
            return
        plain = _PLAIN.match(data, at, stop)
        if plain is None:
            entry = _field_by_field(data, at, stop)
        else:
            said = _WANTED.findall(plain[0])
            entry = Entry(at, plain.end(), dict(reversed(said)))
        yield entry
        at = entry.stop


def _field_by_field(data: mmap | bytes, start: int, stop: int) -> Entry:
    """An entry with fields of many lines, the file's last, or a damaged one."""
    fields: dict[bytes, bytes] = {}
    at = start
    while at < stop:
        end = data.find(b"\n", at, stop)
        cut = end < 0
        line = data[at : stop if cut else end]
        if not line and not cut:
            return Entry(start, end + 1, fields)
        name, mark, text = line.partition(b"=")
        if not _LONE_NAME.fullmatch(name):
            return _damaged(data, start, stop, f"a field at byte {at} has no name")
        if mark:
            fields.setdefault(name, text)
            at = stop if cut else end + 1
            continue
        body = end + 1 + _LENGTH
        size = int.from_bytes(data[end + 1 : body], "little") if not cut else 0
        if cut or body > stop:
            return Entry(start, stop, fields, cut=True)
        if body + size >= stop:
            left = stop - body
            if size > (1 << 40) or body + size > stop:
                return _damaged(data, start, stop, f"a field at byte {at} of {size} bytes, {left} are left")
        elif data[body + size : body + size + 1] != b"\n":
            return _damaged(data, start, stop, f"a field at byte {at} does not end after its {size} bytes")
        fields.setdefault(name, data[body : body + size])
        at = min(body + size + 1, stop)
    return Entry(start, stop, fields, cut=True)


def _damaged(data: mmap | bytes, start: int, stop: int, fault: str) -> Entry:
    """What cannot be read goes to the next blank line."""
    end = data.find(b"\n\n", start, stop)
    return Entry(start, stop if end < 0 else end + 2, {}, fault=fault)
