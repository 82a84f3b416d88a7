"""What tshark reads in a capture: the fields that are compared, packet by packet."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.parsers.network.tshark import TSHARK, by_tshark

FIELDS = (
    "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "udp.srcport",
    "udp.dstport",
    "dns.flags.response", "dns.qry.name", "dns.flags.rcode", "dns.a", "dns.aaaa", "nbns.flags.response",
    "http.request.method", "http.host", "http.request.uri", "http.response.code",
    "http2.headers.method", "http2.headers.authority", "http2.headers.path", "http2.headers.status",
    "tls.handshake.type", "tls.handshake.extensions_server_name", "tls.handshake.ja3", "tls.handshake.ja3s", "tls.handshake.version",
    "tls.handshake.extensions.supported_version", "tls.handshake.ciphersuite", "dtls.handshake.type",
    "smb.cmd", "smb.flags.response", "smb2.cmd", "smb2.flags.response", "smb2.filename", "smb.file",
    "kerberos.msg_type", "kerberos.CNameString", "kerberos.error_code",
    "ssh.protocol", "smtp.req.command", "ftp.request.command",
)  # fmt: skip
_BETWEEN = "\x1e"  # of the values of one field: no text on the wire is likely to hold it
Packet = dict[str, list[str]]


def packets(path: Path) -> Iterator[Packet]:
    """Each packet's fields that have a value. tshark's complaints about a cut file are left aside, as it reads what is there."""
    asked = [part for name in FIELDS for part in ("-e", name)]
    command = [
        str(TSHARK),
        "-n",
        "-r",
        str(path),
        "-T",
        "fields",
        "-E",
        "occurrence=a",
        "-E",
        f"aggregator={_BETWEEN}",
        *asked,
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="backslashreplace"
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            cells = line.rstrip("\n").split("\t")
            yield {name: cell.split(_BETWEEN) for name, cell in zip(FIELDS, cells, strict=True) if cell}


def packets_of_each(paths: Sequence[Path]) -> Iterator[list[Packet]]:
    """The same of several captures, with fewer starts of tshark."""
    for found in by_tshark(paths, FIELDS):
        yield [{name: values for name, values in zip(FIELDS, packet, strict=True) if values} for packet in found]
