"""Instants as people type them, to UTC nanoseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_ISO = re.compile(r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.(\d{1,9}))?)?)?(?:Z|[+-]\d{2}:?\d{2})?$")


def to_ns(value: Any) -> int | None:
    """UTC ns of an ISO 8601 text, a datetime, a date or a Timestamp; zone-less ones are UTC. None stays None. Raises ValueError."""
    if value is None:
        return None
    if isinstance(value, str):
        return _from_text(value.strip())
    if hasattr(value, "value") and isinstance(value.value, int):  # pandas.Timestamp keeps ns
        return int(value.value)
    if not isinstance(value, datetime):
        if not hasattr(value, "isoformat"):
            raise ValueError(f"{value!r} is not an instant; expected a text such as 2026-01-02T03:04:05Z")
        return _from_text(value.isoformat())
    return _whole(value) * 1_000_000_000 + value.microsecond * 1_000


def _from_text(text: str) -> int:
    found = _ISO.match(text)
    if not found:
        raise ValueError(
            f"{text!r} is not an instant; expected 2026-01-02, 2026-01-02T03:04:05Z or 2026-01-02T03:04:05+01:00"
        )
    fraction = found[1] or ""
    try:
        value = datetime.fromisoformat(text.replace("." + fraction, "") if fraction else text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not an instant: {error}") from error
    return _whole(value) * 1_000_000_000 + int(fraction.ljust(9, "0") or 0)


def _whole(value: datetime) -> int:
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    since = aware.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400 + since.seconds
