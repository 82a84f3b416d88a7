"""Where the packets of a network row lie in its capture, from what the case knows of its connections: a large file is not walked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parsers.network.excerpt import Asked
from parsers.network.same_ends import Reach
from timelines.flow_timeouts import flow_timeouts

if TYPE_CHECKING:
    from cases.case import Case
    from forensics.row_sheet import Sheet
    from timelines.query import Timeline


MOST = 24  # further flows of a row that are looked for; an exchange of DHCP with all its servers has a handful
_FURTHER = ("uids", "answer_uid")  # columns that name flows besides the row's own, joined by commas


@dataclass(frozen=True, slots=True)
class Flow:
    """A further flow that a row was read from: its first packet lies at byte `offset`; its ends, as columns of its connection."""

    offset: int
    reach: Reach | None
    ends: Mapping[str, Any]


def further_flows(query: Timeline, values: dict[str, Any]) -> tuple[tuple[Flow, ...], int]:
    """The flows besides its own that a row was read from, in their order in the file, and how many there are more than MOST."""
    named = (str(values.get(name) or "") for name in _FURTHER)
    uids = sorted({uid for text in named for uid in text.split(",")} - {"", values.get("uid")})
    if not uids:
        return (), 0
    known = query.sql(
        'select uid, "offset", src_ip, src_port, dst_ip, dst_port, proto from net_conn '
        'where exhibit = ? and file = ? and list_contains(?, uid) order by "offset", uid',
        [values["exhibit"], values["file"], uids],
    ).to_pylist()
    place = {name: values[name] for name in ("exhibit", "file")}
    flows = [Flow(row["offset"], connection_reach(query, {**place, "uid": row["uid"]}), row) for row in known[:MOST]]
    return tuple(flows), max(0, len(known) - MOST)


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


def asked(case: Case, sheet: Sheet, whole: bool) -> list[Asked]:
    """The packets to look for, flow by flow, the row's own first: those that it was read from, or with `whole` all of its connections."""
    timeouts = flow_timeouts(case.register.exhibit(sheet.exhibit).flow_timeouts)
    if whole or sheet.family == "net/conn":
        own = Asked(sheet.offset, None, timeouts, sheet.reach)
        return [own, *(Asked(flow.offset, None, timeouts, flow.reach) for flow in sheet.flows)]
    first, last = int(sheet.values["packet_first"]), int(sheet.values["packet_last"])
    reach = None if sheet.reach is None else _reach(sheet.offset, first, last)
    own = Asked(sheet.offset, (first, last), timeouts, reach)
    return [own, *(Asked(flow.offset, (first, last), timeouts, flow.reach) for flow in sheet.flows)]
