"""Handshakes of the shared real captures as tshark reads them, value by value: names, fingerprints, serial numbers, SSH, Remote Desktop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.tshark import TSHARK, Packet, by_tshark

pytestmark = pytest.mark.evidence
# Captures whose handshakes lie in tunnels or behind a proxy, which other readers peel; and two where tshark counts otherwise:
# a stapled OCSP answer brings a certificate of its own, and a second hello in one connection is told in net/weird.
LEFT_OUT = ("bug-2769", "bug-5633-gre-02", "vxlan-decoder-03", "tls-alpn-log-detect-02", "tls-duplicate-hello")
READ = ("tls", "ja4", "quic", "ssh", "sslv2", "rdp", "bug-7264", "bypass-ssh")
FIELDS = {
    "server_name": "tls.handshake.extensions_server_name",
    "ja3": "tls.handshake.ja3",
    "ja3s": "tls.handshake.ja3s",
    "serial": "x509af.serialNumber",
    "hassh": "ssh.kex.hassh",
    "hasshServer": "ssh.kex.hasshserver",
    "client_name": "rdp.client.name",
}


def theirs(packets: list[Packet]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {name: Counter() for name in FIELDS}
    for packet in packets:
        for name, held in zip(FIELDS, packet, strict=True):
            values = [value for value in held if value]
            found[name].update(_serial(value.replace(":", "")) if name == "serial" else value for value in values)
    return found


def _serial(digits: str) -> str:
    return digits.upper().lstrip("0")


def ours(result: Any) -> dict[str, Counter[str]]:
    found = {name: Counter(row[name] for row in result.ssl if name in row) for name in ("server_name", "ja3", "ja3s")}
    found["serial"] = Counter(_serial(row["certificate_serial"]) for row in result.x509 if "certificate_serial" in row)
    found |= {name: Counter(row[name] for row in result.ssh if name in row) for name in ("hassh", "hasshServer")}
    return found | {"client_name": Counter(row["client_name"] for row in result.rdp if "client_name" in row)}


@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_values_as_tshark_reads_them(captures: list[Path], read_file: Callable[[Path], Any]) -> None:
    seen: Counter[str] = Counter()
    paths = [path for path in captures if not path.name.startswith(LEFT_OUT) and path.name.startswith(READ)]
    for path, packets in zip(paths, by_tshark(paths, tuple(FIELDS.values())), strict=True):
        expected, found = theirs(packets), ours(read_file(path))
        assert found == expected, path.name
        seen.update({name: sum(values.values()) for name, values in found.items()})
    assert {name: seen[name] > 0 for name in FIELDS} == dict.fromkeys(FIELDS, True)
