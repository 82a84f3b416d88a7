"""MQTT (Zeek's mqtt_connect.log, mqtt_publish.log and mqtt_subscribe.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS
from timelines.schema import Column, Family

_SOURCE = "Zeek mqtt logs"
FAMILIES = (
    Family(
        "net/mqtt",
        "One connection, publication or subscription by MQTT.",
        (
            *CONTACT,
            Column("proto_name", pa.string(), "Name of the protocol in CONNECT.", source=_SOURCE),
            Column("proto_version", pa.string(), "Its level: `4` is 3.1.1, `5` is 5.0.", source=_SOURCE),
            Column("client_id", pa.string(), "Id that the client gives itself.", source=_SOURCE),
            Column("connect_status", pa.string(), "Answer to CONNECT.", source=_SOURCE),
            Column("will_topic", pa.string(), "Topic of the last will.", source=_SOURCE),
            Column("will_payload", pa.string(), "Payload of the last will, at most 1,024 bytes.", source=_SOURCE),
            Column("from_client", pa.bool_(), "The client published it.", source=_SOURCE),
            Column("retain", pa.bool_(), "The server keeps it.", source=_SOURCE),
            Column("qos", pa.string(), "Quality of service.", source=_SOURCE),
            Column(
                "status", pa.string(), "`ok`, or `incomplete_qos` where the confirmation was not seen.", source=_SOURCE
            ),
            Column("topic", pa.string(), "Topic.", source=_SOURCE),
            Column("payload", pa.string(), "Payload, at most 1,024 bytes.", source=_SOURCE),
            Column("payload_len", pa.int64(), "Size of the payload.", "bytes", source=_SOURCE),
            Column("action", pa.string(), "`subscribe` or `unsubscribe`.", source=_SOURCE),
            Column("topics", pa.string(), "Topics asked for, joined by commas.", source=_SOURCE),
            Column("qos_levels", pa.string(), "Qualities asked for, joined by commas.", source=_SOURCE),
            Column("granted_qos_level", pa.int32(), "Quality granted, 128 and above for a refusal.", source=_SOURCE),
            Column("ack", pa.bool_(), "The server confirmed it.", source=_SOURCE),
            *PACKETS,
        ),
    ),
)
