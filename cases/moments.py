"""Instants as text: UTC to the last digit that is known, and the wall time of the reader's zone beside it."""

from __future__ import annotations

from datetime import UTC, datetime

from timelines.times import NS, zone

_SECOND_DIGITS = 9


def utc(instant: int | None) -> str:
    """UTC ns as `2026-03-03T21:14:05.25Z`, with no more digits than it needs; empty for None."""
    if instant is None:
        return ""
    whole, fraction = divmod(instant, NS)
    digits = f"{fraction:0{_SECOND_DIGITS}d}".rstrip("0")
    moment = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{digits}Z" if digits else f"{moment}Z"


def utc_seconds(instant: int | None) -> str:
    """UTC ns as `2026-03-03 21:14:05`, cut to the second; empty for None."""
    return "" if instant is None else datetime.fromtimestamp(instant // NS, UTC).strftime("%Y-%m-%d %H:%M:%S")


def local_seconds(instant: int | None, name: str) -> str:
    """The wall time at `instant` in the IANA zone `name`, with its offset: `2026-03-03 22:14:05 +01:00`; empty for None."""
    if instant is None:
        return ""
    moment = datetime.fromtimestamp(instant // NS, zone(name))
    text = moment.isoformat(sep=" ", timespec="seconds")
    return f"{text[:19]} {text[19:]}"
