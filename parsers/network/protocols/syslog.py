"""Syslog messages (RFC 3164, 5424 to 5426, 6587)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Yield, text
from parsers.network.protocols.lines import Lines
from parsers.network.records import Bools
from parsers.network.streams import Stream

MESSAGES = 1_000_000  # of one connection
MESSAGE_LIMIT = 65_536  # bytes of one message that are kept
FACILITIES = (
    "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP", "NTP", "AUDIT", "ALERT",
    "CLOCK", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7",
)  # fmt: skip
SEVERITIES = ("EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG")
_PRIORITY = re.compile(rb"<(\d{1,3})>")
_COUNTED = re.compile(rb"(\d{1,6}) (?=<\d{1,3}>)")


@dataclass(frozen=True, slots=True)
class Syslog:
    """The dissector."""

    service: str = "syslog"
    family: str = "net/syslog"

    def recognise(self, openings: Openings) -> Bools:
        """A priority up to 191 in angle brackets begins the first datagram; over TCP only on a port of syslog."""
        likely = (openings.orig[:, 0] == 60) & ((openings.proto == 17) | openings.on_port(514, 601, 1514, 6514))
        likely |= (
            openings.on_port(514, 601, 1514, 6514)
            & (openings.proto == 6)
            & (openings.orig[:, 0] > 48)
            & (openings.orig[:, 0] < 58)
        )
        found = np.zeros(len(likely), np.bool_)
        for row in np.flatnonzero(likely).tolist():
            start = openings.orig[row].tobytes()
            counted = _COUNTED.match(start)
            match = _PRIORITY.match(start, counted.end() if counted else 0)
            found[row] = match is not None and int(match[1]) <= 191
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        if talk.tcp:
            if talk.orig is not None:
                yield from (_row(talk.flow, raw, packet) for raw, packet in _framed(talk.orig))
            return
        for gram in talk.datagrams:
            if gram.forward:
                yield _row(talk.flow, talk.payload(gram), gram.packet)


def _framed(stream: Stream) -> Iterator[tuple[bytes, int]]:
    """RFC 6587: each message follows its size, or ends with a line feed."""
    lines = Lines(stream)
    for _ in range(MESSAGES):
        at = lines.at
        counted = _COUNTED.match(stream.read(at, 16))
        if counted and int(counted[1]):
            raw = stream.read(at + counted.end(), int(counted[1]))
            lines.at = at + counted.end() + int(counted[1])
            yield raw, stream.packet(at)
            continue
        line = lines.next()
        if line is None:
            return
        if line.raw:
            yield line.raw, stream.packet(line.begin)


def _row(flow: int, raw: bytes, packet: int) -> Record:
    found = _PRIORITY.match(raw)
    values: dict[str, object] = {"message_": text(raw[found.end() if found else 0 :][:MESSAGE_LIMIT].rstrip(b"\r\n\0"))}
    if found:
        facility, severity = divmod(int(found[1]), 8)
        values["facility"] = FACILITIES[facility] if facility < len(FACILITIES) else f"UNSPECIFIED-{facility}"
        values["severity"] = SEVERITIES[severity]
    return Record(flow, packet, packet, "syslog.message", values)


DISSECTOR = Syslog()
