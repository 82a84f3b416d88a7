"""The day that a rotated file is named after: `access.log-20260105`, `access.2026-01-05.log.gz`, `access.1767571200`."""

from __future__ import annotations

import re
from datetime import date, timedelta

_COMPRESSED = re.compile(r"\.(?:gz|bz2|lz4|zst|xz)(?:/|$)")
_DAY = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_]?(\d\d)[-_]?(\d\d)(?:[-_T]?\d{2,6})?(?!\d)"
)  # logrotate's dateext, cronolog
_EPOCH = re.compile(r"\.(\d{9,10})(?=$|\.)")  # https://httpd.apache.org/docs/2.4/programs/rotatelogs.html


def named_day(file: str) -> date | None:
    """The day in the name of a file (a path inside its exhibit); None where it names none. A day in a folder's name says nothing."""
    name = _COMPRESSED.split(file)[0].rpartition("/")[2]
    if found := _DAY.search(name):
        try:
            return date(*(int(text) for text in found.groups()))
        except ValueError:
            return None
    if found := _EPOCH.search(name):
        return date(1970, 1, 1) + timedelta(seconds=int(found[1]))
    return None
