"""Modbus over TCP: one row a request and one a response, as in Zeek, with the addresses and values that were read or written."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import OPENING, Conversation, Openings, Record, Trouble
from parsers.network.protocols.modbus.functions import EXCEPTIONS, FUNCTIONS, Said, answered, asked, name
from parsers.network.records import Bools, Bytes, Int64s, one_of
from parsers.network.streams import Stream

PORT = 502
MESSAGES = 100_000  # messages of each side of one flow; at ten a second, three hours of polling
_NOTHING: Said = (None, None, None)
BLOCK = 4_096  # bytes read at a time
LONGEST = 254  # bytes after the length field: unit and 253 of function and data
_HEADER = struct.Struct(
    ">HHHB"
)  # transaction, protocol 0, length, unit (MODBUS Messaging on TCP/IP V1.0b, section 3.1.3)


class Message(NamedTuple):
    """One message: its packets (0-based), transaction, unit, and function with its data."""

    first: int
    last: int
    number: int
    unit: int
    pdu: bytes


@dataclass(frozen=True, slots=True)
class Modbus:
    """The dissector."""

    service: str = "modbus"
    family: str = "net/modbus"

    def recognise(self, openings: Openings) -> Bools:
        """Each side that speaks begins with a header that fits and a function that exists."""
        found: Bools = (openings.proto == 6) & ((openings.orig_size > 0) | (openings.resp_size > 0))
        for raw, size in ((openings.orig, openings.orig_size), (openings.resp, openings.resp_size)):
            if found.any():
                found &= (size == 0) | _whole(raw, size)
        return found

    def guess(self, openings: Openings) -> Bools:
        """By port, where a side begins with protocol 0 and a length that can be."""
        begins = _begins(openings.orig, openings.orig_size) | _begins(openings.resp, openings.resp_size)
        found: Bools = (openings.proto == 6) & openings.on_port(PORT) & begins
        return found

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        if talk.orig is None or talk.resp is None:
            return
        found: list[tuple[bool, Message]] = []
        for stream, response in ((talk.orig, False), (talk.resp, True)):
            for item in _messages(stream):
                if isinstance(item, Trouble):
                    yield item
                else:
                    found.append((response or item.pdu[0] >= 0x80, item))  # a refusal is a response, whoever sends it
        found.sort(key=lambda each: (packet_time.item(each[1].last), each[1].last))
        waiting: dict[
            tuple[int, int, int], Said
        ] = {}  # the last request of each kind: many masters number none of theirs
        for response, note in found:
            request = waiting.pop(_key(note), _NOTHING) if response else _NOTHING
            said, flags = _said(note, request, response)
            if not response:
                waiting[_key(note)] = said
            yield _row(talk.flow, note, response, said, flags)


def _begins(raw: Bytes, size: Int64s) -> Bools:
    length = raw[:, 4].astype(np.int64) << 8 | raw[:, 5]
    found: Bools = (size >= 8) & (raw[:, 2] == 0) & (raw[:, 3] == 0) & (length >= 2) & (length <= LONGEST)
    return found


def _whole(raw: Bytes, size: Int64s) -> Bools:
    """Whether a known function fills what is seen, or another message follows it."""
    begins = _begins(raw, size)
    if not begins.any():
        return begins
    end = (raw[:, 4].astype(np.int64) << 8 | raw[:, 5]) + 6
    next_protocol = np.minimum(end + 2, OPENING - 2)
    rows = np.arange(len(raw))
    follows = (
        (end + 4 <= np.minimum(size, OPENING)) & (raw[rows, next_protocol] == 0) & (raw[rows, next_protocol + 1] == 0)
    )
    found: Bools = begins & one_of(raw[:, 7] & 0x7F, *FUNCTIONS) & ((end == size) | follows)
    return found


def _messages(stream: Stream) -> Iterator[Message | Trouble]:
    """Messages of one side. After bytes that the capture lacks, they go on where a header stands."""
    at: int | None = stream.begin
    raw, base = b"", stream.begin  # what is at hand
    for _ in range(MESSAGES):
        if at is None:
            return
        begin = at - base + _HEADER.size
        if begin > len(raw):
            raw, base, begin = stream.read(at, BLOCK), at, _HEADER.size
        head = raw[begin - _HEADER.size : begin]
        number, protocol, length, unit = _HEADER.unpack(head) if len(head) == _HEADER.size else (0, 0, 0, 0)
        if len(head) == _HEADER.size and (protocol or not 2 <= length <= LONGEST):
            yield Trouble(
                stream.packet(at),
                f"bytes are no Modbus header: protocol {protocol}, length {length}",
                "modbus_bad_header",
            )
            at = stream.next_start(at)
            continue
        stop = begin + length - 1
        pdu = raw[begin:stop] if stop <= len(raw) else stream.read(at + _HEADER.size, max(length - 1, 0))
        if pdu and len(pdu) == length - 1:
            end = at + _HEADER.size + len(pdu)
            yield Message(stream.packet(at), stream.packet(end - 1), number, unit, pdu)
            at = end
        elif not head and stream.next_start(at) is None:
            return
        else:
            yield Trouble(
                stream.packet(at), "Modbus message is cut by a gap or the end of the capture", "truncated_modbus"
            )
            at = stream.next_start(at)
    if at is not None and stream.read(at, 1):
        yield Trouble(
            stream.packet(at), f"flow holds more Modbus messages than are read: {MESSAGES}", "modbus_too_many_messages"
        )


def _key(item: Message) -> tuple[int, int, int]:
    return item.number, item.unit, item.pdu[0] & 0x7F


def _said(item: Message, request: Said, response: bool) -> tuple[Said, tuple[str, ...]]:
    if item.pdu[0] & 0x80:
        return (request[0], request[1], None), ()
    try:
        return (answered(item.pdu, request) if response else asked(item.pdu)), ()
    except struct.error:
        return request, ("truncated",)


def _row(flow: int, item: Message, response: bool, said: Said, flags: tuple[str, ...]) -> Record:
    code, kind = item.pdu[0], "RESP" if response else "REQ"
    values: dict[str, object] = {"tid": item.number, "unit": item.unit, "func": name(code), "pdu_type": kind}
    values["address"], values["quantity"], values["values"] = said
    if response:
        values["outcome"] = "failure" if code & 0x80 else "success"
        if code & 0x80 and len(item.pdu) > 1:
            values["exception"] = EXCEPTIONS.get(item.pdu[1], f"unknown-{item.pdu[1]}")
    return Record(flow, item.first, item.last, "modbus.response" if response else "modbus.request", values, flags)


DISSECTOR = Modbus()
