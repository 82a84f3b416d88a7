"""MQTT: connections, what is published and what is subscribed to (MQTT 3.1, 3.1.1 and 5.0)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, Yield, text
from parsers.network.protocols.sasl import credentials
from parsers.network.records import Bools
from parsers.network.streams import Stream

PACKETS = 200_000  # of one side
BODY_LIMIT = 65_536  # bytes of one packet that are read
PAYLOAD_LIMIT = 1_024  # bytes of a payload that are kept
TOPICS = 256  # of one subscription
CONNECT, CONNACK, PUBLISH, PUBACK, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 1, 2, 3, 4, 7, 8, 9, 10, 11
_ANSWERS = frozenset((CONNACK, PUBACK, PUBCOMP, SUBACK, UNSUBACK))
PORTS = (1883,)
# MQTT 3.1.1 section 3.2.2.3
_STATUS = (
    "accepted", "unacceptable protocol version", "identifier rejected", "server unavailable", "bad user name or password",
    "not authorized",
)  # fmt: skip


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Packet:
    """A control packet: type, flags, body (its begin where it is long), positions of its first byte and of its end."""

    kind: int
    flags: int
    body: bytes
    size: int
    begin: int
    end: int

    @property
    def number(self) -> int:
        return int.from_bytes(self.body[:2], "big")


class Cut(Exception):
    """A packet ends before what it announces."""


@dataclass(slots=True)
class Fields:
    """The fields of a body, one after the other."""

    raw: bytes
    at: int = 0

    def take(self, count: int) -> bytes:
        piece = self.raw[self.at : self.at + count]
        if len(piece) < count:
            raise Cut
        self.at += count
        return piece

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def string(self) -> bytes:
        return self.take(self.number(2))

    def properties(self) -> None:
        size, shift = 0, 0
        for _ in range(4):
            byte = self.number(1)
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        self.take(size)


@dataclass(slots=True)
class Side:
    """The packets of one side, and where they stop to be such."""

    stream: Stream
    packets: list[Packet] = field(default_factory=list)
    answers: dict[tuple[int, int], Packet] = field(default_factory=dict)
    broken: int | None = None

    def read(self) -> None:
        at, read = self.stream.begin, self.stream.read
        for _ in range(PACKETS):
            head = read(at, 5)
            if len(head) < 2:
                return
            size, used = head[1], 1
            if size >= 128:
                size = 0
                for used, byte in enumerate(head[1:5], 1):
                    size |= (byte & 127) << 7 * (used - 1)
                    if byte < 128:
                        break
            begin, kind = at + 1 + used, head[0] >> 4
            if kind == 0:
                self.broken = at
                return
            body = read(begin, min(size, BODY_LIMIT))
            packet = Packet(kind, head[0] & 15, body, size, at, begin + size)
            self.packets.append(packet)
            if kind in _ANSWERS:
                self.answers.setdefault((kind, 0 if kind == CONNACK else packet.number), packet)
            at = begin + size

    def first(self, packet: Packet) -> int:
        return self.stream.packet(packet.begin)

    def last(self, packet: Packet) -> int:
        end = min(packet.end, max(self.stream.end, packet.begin + 1))
        return max(self.stream.packet(end - 1), self.first(packet))


@dataclass(frozen=True, slots=True)
class Mqtt:
    """The dissector."""

    service: str = "mqtt"
    family: str = "net/mqtt"

    def recognise(self, openings: Openings) -> Bools:
        """CONNECT with the name of the protocol."""
        found = (openings.orig[:, 0] == 0x10) & (openings.proto == 6)
        for row in np.flatnonzero(found).tolist():
            start = openings.orig[row].tobytes()
            found[row] = b"\x00\x04MQTT" in start[2:12] or b"\x00\x06MQIsdp" in start[2:14]
        return np.asarray(found)

    def guess(self, openings: Openings) -> Bools:
        """The port, and a packet of either side that may be one."""
        kinds = [openings.orig[:, 0] >> 4, openings.resp[:, 0] >> 4]
        return np.asarray(((kinds[0] > 0) | (kinds[1] > 0)) & openings.on_port(*PORTS) & (openings.proto == 6))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        if talk.orig is None or talk.resp is None:
            return
        client, server = Side(talk.orig), Side(talk.resp)
        client.read()
        server.read()
        version = 4
        for side, other in ((client, server), (server, client)):
            for packet in side.packets:
                try:
                    if packet.kind == CONNECT:
                        version = packet.body[2 + packet.number] if len(packet.body) > 2 + packet.number else 4
                        yield from _connect(talk.flow, side, other, packet)
                    elif packet.kind == PUBLISH:
                        yield _publish(talk.flow, side, other, packet, version, side is client)
                    elif packet.kind in (SUBSCRIBE, UNSUBSCRIBE):
                        yield _subscribe(talk.flow, side, other, packet, version)
                except Cut:
                    yield Trouble(side.first(packet), "MQTT packet that ends too early", "mqtt_malformed_packet")
            if side.broken is not None:
                yield Trouble(
                    side.stream.packet(side.broken),
                    "MQTT connection: no packet where one should begin",
                    "mqtt_invalid_packet",
                )


def _connect(flow: int, side: Side, other: Side, packet: Packet) -> Iterator[Yield]:
    fields = Fields(packet.body)
    name, version, flags = text(fields.string()), fields.number(1), fields.number(1)
    fields.take(2)  # keep alive
    if version == 5:
        fields.properties()
    values: dict[str, object] = {"proto_name": name, "proto_version": str(version), "client_id": text(fields.string())}
    if flags & 4:
        if version == 5:
            fields.properties()
        values["will_topic"], values["will_payload"] = text(fields.string()), text(fields.string()[:PAYLOAD_LIMIT])
    user = text(fields.string()) if flags & 0x80 else None
    secret = fields.string() if flags & 0x40 else None
    reply = other.answers.get((CONNACK, 0))
    code = reply.body[1] if reply is not None and len(reply.body) > 1 else None
    first, last = side.first(packet), side.last(packet)
    if reply is not None:
        last = max(last, other.first(reply))
    taken = None if code is None else code == 0
    if code is not None:
        values["connect_status"] = _STATUS[code] if code < len(_STATUS) else f"reason {code}"
    values |= {
        "user": user,
        "outcome": None if taken is None else ("failure", "success")[taken],
        "object": values["client_id"] or None,
    }
    if user is not None or secret is not None:
        found: dict[str, object] = {
            "scheme": "plain",
            "username": user,
            "secret": None if secret is None else text(secret),
        }
        yield credentials(flow, first, last, "mqtt", found, taken)
    yield Record(flow, first, last, "mqtt.connect", values)


def _publish(flow: int, side: Side, other: Side, packet: Packet, version: int, from_client: bool) -> Record:
    fields = Fields(packet.body)
    topic = text(fields.string())
    qos = packet.flags >> 1 & 3
    number = fields.number(2) if qos else None
    if version == 5:
        fields.properties()
    done = qos == 0 or (PUBACK if qos == 1 else PUBCOMP, number) in other.answers
    payload = packet.body[fields.at :]
    values: dict[str, object] = {
        "from_client": from_client,
        "retain": bool(packet.flags & 1),
        "qos": f"qos {qos}",
        "status": "ok" if done else "incomplete_qos",
        "topic": topic,
        "payload": text(payload[:PAYLOAD_LIMIT]),
        "payload_len": packet.size - fields.at,
        "object": topic,
    }
    whole = side.stream.held(packet.begin, packet.end) == packet.end - packet.begin
    return Record(flow, side.first(packet), side.last(packet), "mqtt.publish", values, () if whole else ("truncated",))


def _subscribe(flow: int, side: Side, other: Side, packet: Packet, version: int) -> Record:
    fields = Fields(packet.body)
    number = fields.number(2)
    if version == 5:
        fields.properties()
    wanted = packet.kind == SUBSCRIBE
    topics: list[str] = []
    levels: list[str] = []
    while fields.at < len(fields.raw) and len(topics) < TOPICS:
        topics.append(text(fields.string()))
        if wanted:
            levels.append(str(fields.number(1) & 3))
    reply = other.answers.get((SUBACK if wanted else UNSUBACK, number))
    granted = reply.body[-1] if reply is not None and wanted and len(reply.body) > 2 else None
    last = max(side.last(packet), other.first(reply) if reply is not None else 0)
    values: dict[str, object] = {
        "action": "subscribe" if wanted else "unsubscribe",
        "topics": ",".join(topics),
        "qos_levels": ",".join(levels) or None,
        "granted_qos_level": granted,
        "ack": reply is not None,
        "object": ",".join(topics),
    }
    return Record(flow, side.first(packet), last, "mqtt.subscribe", values)


DISSECTOR = Mqtt()
