"""Kerberos (Zeek's kerberos.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import TIME, Column, Family

FAMILIES = (
    Family(
        "net/kerberos",
        "One request for a Kerberos ticket with its answer, or one ticket that another protocol carried.",
        (
            *CONTACT,
            Column("request_type", pa.string(), "`AS`, `TGS`, or `AP` for a ticket that is used.", source=ZEEK),
            Column("client", pa.string(), "Client as `name/REALM`.", source=ZEEK),
            Column("service", pa.string(), "Service the ticket is for.", source=ZEEK),
            Column("success", pa.bool_(), "A ticket was given, or the one presented was accepted.", source=ZEEK),
            Column("error_msg", pa.string(), "Name of the error.", source=ZEEK),
            Column("from", TIME, "Ticket wanted from.", "ns", source=ZEEK),
            Column("till", TIME, "Ticket wanted till.", "ns", source=ZEEK),
            Column("cipher", pa.string(), "Encryption of the ticket.", source=ZEEK),
            Column("forwardable", pa.bool_(), "A forwardable ticket was asked for.", source=ZEEK),
            Column("renewable", pa.bool_(), "A renewable ticket was asked for.", source=ZEEK),
            Column(
                "client_cert_subject", pa.string(), "Subject of the certificate the client logs on with.", source=ZEEK
            ),
            Column("realm", pa.string(), "Realm that was asked.", source="Athar"),
            Column("error_code", pa.int32(), "Number of the error.", source="Athar"),
            Column(
                "etypes", pa.string(), "Encryptions the client offers, in its order, joined by commas.", source="Athar"
            ),
            Column("reply_cipher", pa.string(), "Encryption of the part of the answer for the client.", source="Athar"),
            Column("preauth", pa.string(), "Kinds of pre-authentication data, joined by commas.", source="Athar"),
            Column("for_user", pa.string(), "User on whose behalf the ticket is asked for (S4U2Self).", source="Athar"),
            Column("carrier", pa.string(), "Protocol that carried the ticket.", source="Athar"),
            *PACKETS,
        ),
    ),
)
