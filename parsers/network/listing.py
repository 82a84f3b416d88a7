"""The packets of a row as a list: number, time, place in the file, sizes, sender, TCP flags."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from parsers.network.excerpt import Chosen
from parsers.network.headers import TCP

_FLAGS = (
    (0x02, "SYN"),
    (0x10, "ACK"),
    (0x08, "PSH"),
    (0x01, "FIN"),
    (0x04, "RST"),
    (0x20, "URG"),
    (0x40, "ECE"),
    (0x80, "CWR"),
)
_LOW = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """One packet. number: from 1 in its file; time: UTC ns or None; offset, length: its record in the file; captured, wire: its bytes there
    and on the wire; forward: the row's originator sent it, None where the packet does not tell; payload: bytes of its own that TCP or UDP
    carries; flags: TCP's."""

    number: int
    time: int | None
    offset: int
    length: int
    captured: int
    wire: int
    forward: bool | None
    payload: int | None
    flags: str


def listed(chosen: Chosen, most: int, origin: tuple[str | None, int | None]) -> list[Listed]:
    """The first `most` packets in file order. `origin`: address and port of the row's originator."""
    halves = _halves(origin[0])
    told = []
    packed, headers = chosen.packets, chosen.headers
    for place, row in enumerate(chosen.rows[:most].tolist()):
        known = row >= 0
        told.append(
            Listed(
                number=int(chosen.places[place]) + 1,
                time=int(packed.time[place]) if packed.timed[place] else None,
                offset=int(packed.record[place]),
                length=int(packed.size[place]),
                captured=int(packed.caplen[place]),
                wire=int(packed.origlen[place]),
                forward=_forward(chosen, row, halves, origin[1]) if known else None,
                payload=int(headers.captured[row]) if known else None,
                flags=_flags(int(headers.flags[row])) if known and headers.proto[row] == TCP else "",
            )
        )
    return told


def _halves(address: str | None) -> tuple[int, int] | None:
    try:
        number = int(ipaddress.ip_address(address or ""))
    except ValueError:
        return None
    return number >> 64, number & _LOW


def _forward(chosen: Chosen, row: int, origin: tuple[int, int] | None, port: int | None) -> bool | None:
    """Whether the originator sent the packet; an end that speaks with itself is told by its port, of TCP and UDP alone."""
    headers = chosen.headers
    src, dst = (tuple(map(int, ends[row])) for ends in (headers.src, headers.dst))
    if origin is None or origin not in (src, dst):
        return None
    if src != dst:
        return bool(src == origin)
    return None if port is None else bool(headers.sport[row] == port)


def _flags(bits: int) -> str:
    return " ".join(name for bit, name in _FLAGS if bits & bit)


def ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Ascending numbers as runs, both ends included."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
