"""The shared real captures, and mutations of them: no exception, a ledger that adds up, counts as others count."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parsers.network import pcap, pcapng
from parsers.registry import recognise
from tests.parsers.network.tshark import TSHARK, by_tshark

pytestmark = pytest.mark.evidence


def packet_count(path: Path) -> int:
    data = path.read_bytes()
    buffer = np.frombuffer(data, np.uint8)
    walk = pcapng.walk if pcapng.is_pcapng(data[:12]) else pcap.walk
    return len(walk(memoryview(data), buffer).packets)


def test_every_capture_is_read_to_its_last_byte(captures: list[Path], read_file: Callable[[Path], Any]) -> None:
    total: dict[str, int] = {}
    for path in captures:
        parser = recognise(path.read_bytes()[:65536], "no-hint")
        assert parser is not None, path.name
        assert parser.name == "network/capture", path.name
        result = read_file(path)
        assert result.ledger.damaged == 0, path.name
        for family, rows in result.rows.items():
            total[family] = total.get(family, 0) + len(rows)
        uids = {row["uid"] for row in result.conn}
        assert len(uids) == len(result.conn), path.name
        assert all(row["uid"] in uids for rows in result.rows.values() for row in rows if "uid" in row), path.name
    assert set(total) >= {"net/conn", "net/dns", "net/http", "net/ssl", "net/weird"}


def test_as_many_packets_as_dpkt_sees(captures: list[Path]) -> None:
    import dpkt

    for path in captures:
        with path.open("rb") as handle:
            expected = sum(1 for _ in dpkt.pcap.UniversalReader(handle))
        assert packet_count(path) == expected, path.name


@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_fields_as_tshark_reads_them(captures: list[Path], read_file: Callable[[Path], Any]) -> None:
    """Requests, server names and fingerprints of some captures without tunnels or proxies, value by value."""
    fields = ("http.request.method", "http.request.uri", "tls.handshake.extensions_server_name", "tls.handshake.ja3")
    fields += ("tls.handshake.ja3s", "dns.qry.name")
    wanted = ("tls__tls-cert-issuer", "ja4-rules-disabled", "ja4-tls", "lua-output-http", "cond-log-dns", "smb2-07")
    paths = [path for path in captures if path.name.startswith(wanted)]
    for path, packets in zip(paths, by_tshark(paths, ("icmp", "mdns", *fields)), strict=True):
        # ICMP quotes packets; mDNS asks several at once
        own = [[held[:1] for held in cells] for icmp, mdns, *cells in packets if not icmp and not mdns]
        cells = [["".join(held) for held in column] for column in zip(*own, strict=True)]
        method, uri, name, client, server, query = (sorted(v for v in column if v) for column in cells)
        result = read_file(path)
        assert sorted(row["method"] for row in result.http if "method" in row) == method, path.name
        assert sorted(row["uri"] for row in result.http if "uri" in row) == uri, path.name
        assert sorted(row["server_name"] for row in result.ssl if "server_name" in row) == name, path.name
        assert sorted(row["ja3"] for row in result.ssl if "ja3" in row) == client, path.name
        assert sorted(row["ja3s"] for row in result.ssl if "ja3s" in row) == server, path.name
        ours = {row["query"] for row in result.dns if row["id_resp_p"] not in (137, 5353)}
        assert ours == {value.lower() for value in query}, path.name


def test_mutated_captures(captures: list[Path], read: Callable[[bytes], Any]) -> None:
    """Flips, cuts, insertions and deletions anywhere, records' headers among them: `read` checks the ledger each time."""
    chance = random.Random(20260102)
    small = [path for path in captures if path.stat().st_size < 20_000]
    for _ in range(150):
        data = bytearray(chance.choice(small).read_bytes())
        kind, at = chance.random(), chance.randrange(4, len(data))
        if kind < 0.25:
            del data[at:]
        elif kind < 0.4:
            del data[at : at + chance.randrange(1, 200)]
        elif kind < 0.55:
            data[at:at] = chance.randbytes(chance.randrange(1, 200))
        else:
            for _ in range(chance.choice((1, 10, 100))):
                data[chance.randrange(4, len(data))] = chance.randrange(256)
        result = read(bytes(data))
        assert result.ledger.size == len(data)
