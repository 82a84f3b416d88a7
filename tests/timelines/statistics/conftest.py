"""Timelines made by hand, as the analyzers' tests make them, and tables counted over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from timelines.query import Filter, Timeline
from timelines.scope import Scope
from timelines.statistics import statistic

from ..analyzers.conftest import MIDNIGHT, SECOND, Rows, made

__all__ = ["MIDNIGHT", "SECOND", "Rows", "made", "windows"]


@pytest.fixture
def counted() -> Callable[..., list[dict[str, Any]]]:
    """Rows of a table over a timeline: `counted("logons", timeline, hosts=("srv02",))`."""

    def count(name: str, timeline: Timeline, lang: str = "en", **chosen: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = statistic(name).table(Scope(timeline, Filter(**chosen), lang)).to_pylist()
        return rows

    return count


def windows(
    events: Sequence[str],
    channel: str = "Security",
    host: str = "SRV02",
    file: str = "Security.evtx",
    **own: Sequence[Any],
) -> Rows:
    """Windows records ten seconds apart, numbered from 1, or as `record` and `seconds` say. `provider` may be one for all."""
    families = {"Security": "windows/security", "System": "windows/system"}
    family = next((f for name, f in families.items() if name == channel), "windows/other")
    family = "windows/terminalservices" if "TerminalServices" in channel else family
    family = "windows/sysmon" if "Sysmon" in channel else family
    count = len(events)
    seconds = own.pop("seconds", [10.0 * (n + 1) for n in range(count)])
    columns = {
        "record": list(range(1, count + 1)),
        "event": list(events),
        "flags": [""] * count,
        "Channel": [channel] * count,
        "Computer": [host] * count,
        "Provider_Name": ["Microsoft-Windows-Security-Auditing"] * count,
        **own,
    }
    return Rows(family, file, seconds, columns, "E001")  # type: ignore[arg-type]
