"""Remote Desktop connections (Zeek's rdp.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

FAMILIES = (
    Family(
        "net/rdp",
        "One Remote Desktop connection: how it began. What follows is encrypted; whether a login succeeded is not told.",
        (
            *CONTACT,
            Column(
                "cookie",
                pa.string(),
                "Name the client sent to be routed by (`mstshash`): often the user's, cut to nine characters; anyone may send any.",
                source=ZEEK,
            ),
            Column("routing_token", pa.string(), "Token by which a load balancer routes.", source="Athar"),
            Column(
                "requested_protocols",
                pa.string(),
                "Security protocols the client offers, joined by commas.",
                source="Athar",
            ),
            Column("security_protocol", pa.string(), "Security protocol the server chose.", source=ZEEK),
            Column(
                "result",
                pa.string(),
                "Why the server refused, `encrypted` where TLS follows, or the result of creating the conference.",
                source=ZEEK,
            ),
            Column("client_channels", pa.string(), "Channels the client asks for, joined by commas.", source=ZEEK),
            Column("keyboard_layout", pa.string(), "Keyboard layout of the client, by its language.", source=ZEEK),
            Column("client_build", pa.string(), "Version of the client.", source=ZEEK),
            Column("client_name", pa.string(), "Name of the client machine.", source=ZEEK),
            Column("client_dig_product_id", pa.string(), "Product id of the client machine.", source=ZEEK),
            Column("desktop_width", pa.int32(), "Width of the desktop.", "pixels", source=ZEEK),
            Column("desktop_height", pa.int32(), "Height of the desktop.", "pixels", source=ZEEK),
            Column("requested_color_depth", pa.string(), "Colour depth the client asks for.", source=ZEEK),
            Column("cert_type", pa.string(), "Certificate of RDP's own encryption: `RSA` or `X.509`.", source=ZEEK),
            Column("cert_count", pa.int32(), "Certificates the server showed.", source=ZEEK),
            Column("cert_permanent", pa.bool_(), "The certificate is permanent.", source=ZEEK),
            Column("encryption_level", pa.string(), "Level of RDP's own encryption.", source=ZEEK),
            Column("encryption_method", pa.string(), "Method of RDP's own encryption.", source=ZEEK),
            *PACKETS,
        ),
    ),
)
