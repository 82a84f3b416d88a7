"""One command of an SMB 1 request with its answer, as those that follow a connection are given it."""

from __future__ import annotations

from dataclasses import dataclass

from parsers.network.protocols.smb.messages import Message
from parsers.network.protocols.smb.shares import SHARE_ROOT, Exchange
from parsers.network.protocols.smb.smb1_messages import Part


@dataclass(slots=True)  # made for every message: a tuple costs twice as much
class Step:
    """One command of a request, with its answer where there is one that did not fail."""

    request: Message
    answer: Message | None
    part: Part
    told: Part | None
    exchange: Exchange


def relative(name: str) -> str:
    """Names of SMB 1 begin with a backslash, which SMB 2 and Zeek's log leave off."""
    return name.removeprefix("\\") or SHARE_ROOT
