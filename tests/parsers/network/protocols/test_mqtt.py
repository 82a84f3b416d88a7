"""MQTT by hand and by scapy: connections, publications, subscriptions, what is cut or none."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import bear_session, by_scapy


def packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    assert len(body) < 128
    return bytes([kind << 4 | flags, len(body)]) + body


def string(raw: bytes) -> bytes:
    return len(raw).to_bytes(2, "big") + raw


# name, level 4, flags: user, password, will; keep alive; client id, will topic and message, user, password
CONNECT = packet(
    1, string(b"MQTT") + b"\x04\xc4\x00\x3c" + b"".join(map(string, (b"sensor1", b"gone", b"bye", b"bob", b"pw 1")))
)
SENT = [
    ("c", CONNECT), ("s", packet(2, b"\x00\x00")),
    ("c", packet(8, b"\x00\x01" + string(b"home/#") + b"\x01", 2)), ("s", packet(9, b"\x00\x01\x01")),
    ("c", packet(3, string(b"home/door") + b"open")),
    ("c", packet(3, string(b"home/a") + b"\x00\x07" + b"1", 2)), ("s", packet(4, b"\x00\x07")),  # QoS 1, confirmed
    ("c", packet(3, string(b"home/b") + b"\x00\x08" + b"2", 3)),  # QoS 1, retained, not confirmed
    ("s", packet(3, string(b"home/c") + b"3")), ("c", packet(10, b"\x00\x02" + string(b"home/#"), 2)), ("s", packet(11, b"\x00\x02")),
]  # fmt: skip


def test_a_session(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=1883)))
    connect = result.mqtt[0]
    assert (connect["event"], connect["proto_name"], connect["proto_version"]) == ("mqtt.connect", "MQTT", "4")
    assert (connect["client_id"], connect["will_topic"], connect["will_payload"]) == ("sensor1", "gone", "bye")
    assert (connect["connect_status"], connect["user"], connect["outcome"]) == ("accepted", "bob", "success")
    told = [
        (r["topic"], r["payload"], r["payload_len"], r["qos"], r["status"], r["retain"], r["from_client"])
        for r in result.mqtt
        if r["event"] == "mqtt.publish"
    ]
    assert sorted(told) == [
        ("home/a", "1", 1, "qos 1", "ok", False, True),
        ("home/b", "2", 1, "qos 1", "incomplete_qos", True, True),
        ("home/c", "3", 1, "qos 0", "ok", False, False),
        ("home/door", "open", 4, "qos 0", "ok", False, True),
    ]
    subscribed = [
        (r["action"], r["topics"], r.get("qos_levels"), r.get("granted_qos_level"), r["ack"])
        for r in result.mqtt
        if r["event"] == "mqtt.subscribe"
    ]
    assert subscribed == [("subscribe", "home/#", "1", 1, True), ("unsubscribe", "home/#", None, None, True)]
    (login,) = result.credentials
    assert (login["username"], login["secret"], login["accepted"]) == ("bob", "pw 1", True)
    assert (result.conn[0]["service"], result.problems) == ("mqtt", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 1883, "mqtt", "credentials")


def test_version_5_and_a_refusal(read: Any, wire: Any) -> None:
    # level 5, flags: user; keep alive; 3 bytes of properties (receive maximum 10)
    connect = packet(1, string(b"MQTT") + b"\x05\x80\x00\x3c\x03\x21\x00\x0a" + string(b"c5") + string(b"eve"))
    publish = packet(3, string(b"t") + b"\x02\x01\x00" + b"x")  # 2 bytes of properties
    result = read(wire.pcap(wire.session([("c", connect + publish), ("s", packet(2, b"\x00\x87\x00"))], port=1884)))
    assert [(r.get("connect_status"), r.get("payload")) for r in result.mqtt] == [("reason 135", None), (None, "x")]
    assert result.credentials[0]["accepted"] is False


def test_what_is_cut_or_none_is_told(read: Any, wire: Any) -> None:
    talk = [SENT[0], SENT[1], ("c", packet(3, b"\x00\x50short")), ("c", b"\x00\x00\x00")]
    result = read(wire.pcap(wire.session(talk, port=1883)))
    assert sorted(row["name"] for row in result.weird) == ["mqtt_invalid_packet", "mqtt_malformed_packet"]
    assert len(result.mqtt) == 1


def test_made_by_scapy(read: Any, tmp_path: Path) -> None:
    from scapy.contrib.mqtt import MQTT, MQTTConnect, MQTTPublish

    connect = bytes(MQTT() / MQTTConnect(protoname="MQTT", protolevel=4, clientId="s1", clientIdlen=2))
    publish = bytes(MQTT(QOS=0) / MQTTPublish(topic="a/b", value="hello"))
    data = by_scapy(tmp_path, [("c", connect), ("c", publish)], 1883)
    rows = read(data).mqtt
    assert [(row.get("client_id"), row.get("topic"), row.get("payload")) for row in rows] == [
        ("s1", None, None),
        (None, "a/b", "hello"),
    ]
    assert read(data[:-4]).mqtt[0]["client_id"] == "s1"


@pytest.mark.evidence
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_real_publications_as_tshark_reads_them(read_file: Any, captures: list[Path]) -> None:
    for path in [path for path in captures if path.name.startswith("mqtt-connect")]:
        command = ["tshark", "-r", str(path), "-Y", "mqtt.topic", "-T", "fields", "-e", "mqtt.topic"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        ours = [row["topic"] for row in read_file(path).mqtt if row["event"] == "mqtt.publish"]
        assert ours == done.stdout.split(), path.name
