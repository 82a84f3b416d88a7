"""Identifiers that follow from content: the same case gives the same ones on any machine, and two cases share none by accident."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from cases import durable
from cases.exchange.content import Content

NAMESPACE = UUID(
    "6f2d7c7e-3b0e-5d0f-9a52-0d6a8f1c4e11"
)  # Athar's own; ids derived from it are UUIDs of version 5 (RFC 9562)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def key(case: Content) -> str:
    """What makes this case itself: its number, laboratory, and the hash of every file handed in."""
    files = [(entry.exhibit, entry.file, entry.sha256) for entry in case.entries]
    return hashlib.sha256(durable.canonical([case.info.number, case.info.laboratory, files])).hexdigest()


def stable(*content: str | int | None) -> str:
    """The UUID of some content."""
    return str(uuid5(NAMESPACE, durable.canonical(content).decode("ascii")))


def midnight(date: str) -> datetime:
    """The date that an export bears, as an instant: midnight in UTC."""
    return datetime.fromisoformat(f"{date}T00:00:00+00:00")


def moment(instant: int) -> datetime:
    """UTC ns as a datetime, cut to the microsecond towards the past."""
    return _EPOCH + timedelta(microseconds=instant // 1_000)
