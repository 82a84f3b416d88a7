"""ARP messages set aside while a capture is walked, and taken back some at a time: a flood of them takes no more memory than a few."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from parsers.network.arp import NAMES, Messages
from parsers.network.ip_packets import Records
from parsers.network.spill import Spill, mixed

GROUPS = 256  # by the IP address that is claimed, so that claims of one address are compared with one another
AT_ONCE = 1 << 18  # messages whose rows are made at a time
_FORMS = {"operation": "<u2", "sender_ip": "<u4", "target_ip": "<u4", "framed": "?", "timed": "?", "length": "<u4"}
_WIDE = {"sender_mac": "<u8", "target_mac": "<u8", "frame": "<u8"}
FORM = np.dtype([(name, (_FORMS | _WIDE).get(name, "<i8")) for name in NAMES])
_FULL = {"operation": np.int64, "sender_ip": np.uint64, "target_ip": np.uint64, "length": np.int64}


def empty(path: Path | None = None) -> Spill:
    """No messages yet; they are to lie in the file `path`, where one is given."""
    return Spill(GROUPS, FORM, path)


def set_aside(into: Spill, found: Messages) -> None:
    """Put messages into the groups of the addresses that they claim."""
    records = np.empty(len(found.packet), FORM)
    for name in NAMES:
        records[name] = getattr(found, name)
    with np.errstate(over="ignore"):
        group = (mixed(found.sender_ip) % np.uint64(GROUPS)).astype(np.int64)
    into.add(records, group)


def portions(of: Spill) -> Iterator[tuple[Messages, bool]]:
    """The messages in portions, each in file order, and whether a portion goes on with the group of the one before.

    Claims of one address are in one portion, or in portions that go on with one another, in file order.
    """
    together: list[int] = []
    held = 0
    for group in np.flatnonzero(of.counts).tolist():
        count = int(of.counts[group])
        if together and held + count > AT_ONCE:
            yield _messages([of.take(together)]), False
            together, held = [], 0
        if count > AT_ONCE:
            yield from _divided(of, group)
        else:
            together, held = [*together, group], held + count
    if together:
        yield _messages([of.take(together)]), False


def _divided(of: Spill, group: int) -> Iterator[tuple[Messages, bool]]:
    waiting: list[Records] = []
    held, goes_on = 0, False
    for records in of.pieces([group]):
        waiting, held = [*waiting, records], held + len(records)
        if held >= AT_ONCE:
            yield _messages(waiting), goes_on
            waiting, held, goes_on = [], 0, True
    if waiting:
        yield _messages(waiting), goes_on


def _messages(records: list[Records]) -> Messages:
    columns = {name: np.concatenate([part[name] for part in records]) for name in NAMES}
    order = np.argsort(columns["packet"], kind="stable")
    return Messages(*(columns[name][order].astype(_FULL.get(name, columns[name].dtype)) for name in NAMES))
