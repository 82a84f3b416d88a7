"""Where the packets of a network row lie in its capture, from what the case knows of its connection: a large file is not walked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parsers.network.excerpt import Asked
from parsers.network.same_ends import Reach
from timelines.flow_timeouts import flow_timeouts

if TYPE_CHECKING:
    from cases.case import Case
    from forensics.row_sheet import Sheet
    from timelines.query import Timeline


def connection_reach(query: Timeline, values: dict[str, Any]) -> Reach | None:
    """Where the connection of a row lies; None where its first packet in time may not be its first in the file, or damage lies in the file,
    which is looked for by walking it."""
    place = [values["exhibit"], values["file"]]
    known = query.sql(
        'select "offset", packet_first, packet_last from net_conn where exhibit = ? and file = ? and uid = ? '
        "and not contains(coalesce(flags, ''), 'time-backwards')",
        [*place, values.get("uid")],
    ).to_pylist()
    damaged = [row["damaged"] for row in query.ledger().to_pylist() if [row["exhibit"], row["file"]] == place]
    if len(known) != 1 or any(damaged):
        return None
    (conn,) = known
    return _reach(conn["offset"], conn["packet_first"], conn["packet_last"])


def _reach(offset: int, first: int, last: int) -> Reach | None:
    return Reach(offset, first - 1, last - 1) if first <= last else None


def asked(case: Case, sheet: Sheet, whole: bool) -> Asked:
    """The packets to look for: those that a row was read from, or with `whole` all of its connection."""
    timeouts = flow_timeouts(case.register.exhibit(sheet.exhibit).flow_timeouts)
    if whole or sheet.family == "net/conn":
        return Asked(sheet.offset, None, timeouts, sheet.reach)
    first, last = int(sheet.values["packet_first"]), int(sheet.values["packet_last"])
    reach = None if sheet.reach is None else _reach(sheet.offset, first, last)
    return Asked(sheet.offset, (first, last), timeouts, reach)
