"""Interfaces of a pcapng section: the link type of their packets, and the clock that gives these their times."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.records import Bools, Int64s
from timelines.times import NS, from_epoch


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface of a section: link type, snap length, and its clock (ticks a second, offset in seconds)."""

    link: int
    snaplen: int
    power: int = 6
    binary: bool = False
    offset: int = 0


def interface(block: bytes, big: bool) -> Interface:
    """An interface description block (section 4.2): link type, snap length, if_tsresol (9), if_tsoffset (14)."""
    order = ">" if big else "<"
    link, _, snaplen = struct.unpack_from(order + "HHI", block, 8)
    power, binary, offset, at = 6, False, 0, 16
    while at + 4 <= len(block) - 4:
        code, length = struct.unpack_from(order + "HH", block, at)
        value = block[at + 4 : min(at + 4 + length, len(block) - 4)]
        if code == 0:
            break
        if code == 9 and len(value) == 1:
            power, binary = value[0] & 0x7F, bool(value[0] & 0x80)
        if code == 14 and len(value) == 8:
            offset = struct.unpack(order + "q", value)[0]
        at += 4 + (length + 3) // 4 * 4
    return Interface(link, snaplen, power, binary, offset)


def moment(ticks: int, number: int, interfaces: list[Interface]) -> int | None:
    """One such time in UTC ns; None where it is no instant or the interface is not declared."""
    time, timed = times(np.array([ticks], np.uint64), np.array([number], np.int64), interfaces)
    return int(time[0]) if timed[0] and number < len(interfaces) else None


def times(ticks: npt.NDArray[np.uint64], which: Int64s, interfaces: list[Interface]) -> tuple[Int64s, Bools]:
    """Ticks of each packet's interface to UTC ns, and where that is an instant."""
    time, timed = np.zeros(len(ticks), np.int64), np.zeros(len(ticks), np.bool_)
    for number in np.unique(which).tolist():
        clock = interfaces[number] if number < len(interfaces) else Interface(-1, 0)
        mine = which == number
        own = ticks[mine]
        if clock.binary:
            power = min(clock.power, 63)
            seconds, rest = own >> np.uint64(power), own & np.uint64((1 << power) - 1)
            if power > 32:  # keep the product below inside 64 bits
                rest, power = rest >> np.uint64(power - 32), 32
            fraction = (rest * np.uint64(NS)) >> np.uint64(power)
        elif clock.power <= 19:
            scale = 10**clock.power
            seconds, rest = own // np.uint64(scale), own % np.uint64(scale)
            nanoseconds = rest * np.uint64(10 ** max(9 - clock.power, 0))
            fraction = nanoseconds // np.uint64(10 ** max(clock.power - 9, 0))
        else:  # a tick so short that 64 bits of them are less than two seconds
            seconds, fraction = np.zeros_like(own), np.array([int(t) * NS // 10**clock.power for t in own], np.uint64)
        fits = seconds < np.uint64(1 << 62)
        whole = np.where(fits, seconds, np.uint64(0)).astype(np.int64) + min(max(clock.offset, -(1 << 61)), 1 << 61)
        value, valid = from_epoch(whole, fraction.astype(np.int64))
        time[mine], timed[mine] = np.where(valid & fits, value, 0), valid & fits
    return time, timed
