"""SSH connections (Zeek's ssh.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

HASSH = "HASSH"

FAMILIES = (
    Family(
        "net/ssh",
        "One SSH connection: what both sides said before they went on encrypted. Whether a login succeeded is inferred from sizes.",
        (
            *CONTACT,
            Column("version", pa.int32(), "Major version both sides can speak.", source=ZEEK),
            Column(
                "auth_success",
                pa.bool_(),
                "A login was accepted: inferred from the sizes of sealed messages, not read. Empty where no attempt could be made out.",
                source=ZEEK,
            ),
            Column("auth_attempts", pa.int32(), "Attempts to log in, inferred in the same way.", source=ZEEK),
            Column("client", pa.string(), "Version line of the client.", source=ZEEK),
            Column("server", pa.string(), "Version line of the server.", source=ZEEK),
            Column("cipher_alg", pa.string(), "Encryption agreed on.", source=ZEEK),
            Column("mac_alg", pa.string(), "Message authentication agreed on.", source=ZEEK),
            Column("compression_alg", pa.string(), "Compression agreed on.", source=ZEEK),
            Column("kex_alg", pa.string(), "Key exchange agreed on.", source=ZEEK),
            Column("host_key_alg", pa.string(), "Algorithm of the host key agreed on.", source=ZEEK),
            Column("host_key", pa.string(), "MD5 of the server's host key, in colons.", source=ZEEK),
            Column(
                "host_key_sha256",
                pa.string(),
                "SHA-256 of the server's host key, as OpenSSH writes it.",
                source="OpenSSH",
            ),
            Column("encrypted", pa.bool_(), "Both sides went on encrypted.", source="Athar"),
            Column("hassh", pa.string(), "HASSH of the client's algorithms.", source=HASSH),
            Column("hasshServer", pa.string(), "HASSH of the server's algorithms.", source=HASSH),
            Column("hasshAlgorithms", pa.string(), "The lists that `hassh` digests.", source=HASSH),
            Column("hasshServerAlgorithms", pa.string(), "The lists that `hasshServer` digests.", source=HASSH),
            *PACKETS,
        ),
    ),
)
