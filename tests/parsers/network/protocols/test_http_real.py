"""HTTP in the shared real captures, as tshark reads it: requests, statuses, hosts, and the bytes of what was carried."""

from __future__ import annotations

import hashlib
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.tshark import TSHARK, Packet, by_tshark

pytestmark = [pytest.mark.evidence, pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")]
# Captures with HTTP over TCP that both read whole. Others hold HTTP in tunnels and quoted packets, or form uploads, of which tshark
# exports the body and we the parts.
NAMES = (
    "bug-2511__response_identity_identity_gzip_identity_gzip_gzip.pcap",
    "bug-3616-urldecode.pcap",
    "bug-7199__TLPW-curl-http-suricata.pcap",
    "dcerpc-request-http-response.pcap",
    "filemagic-flowbits__pdf-dl.pcap",
    "filemd5__target.pcap",
    "filestore-filecontainer-http__filecontainer-http.pcap",
    "lua-output-http.pcap",
    "websocket__basic_websockets.pcap",
)


@pytest.fixture(params=NAMES)
def path(request: Any, captures: list[Path]) -> Path:
    found = next((capture for capture in captures if capture.name == request.param), None)
    if found is None:
        pytest.skip(f"{request.param} is not among the shared captures")
    return found


@pytest.fixture(scope="module")
def shown(captures: list[Path]) -> dict[Path, list[Packet]]:
    wanted = ("http", "http.request.method", "http.request.uri", "http.host", "http.response.code")
    paths = [path for path in captures if path.name in NAMES]
    return dict(zip(paths, by_tshark(paths, wanted), strict=True))


def test_requests_and_statuses(path: Path, shown: dict[Path, list[Packet]], read_file: Callable[[Path], Any]) -> None:
    lines = [["".join(values[:1]) for values in own] for http, *own in shown[path] if http]
    rows = read_file(path).http
    asked = Counter((row["method"], row["uri"], row.get("host_", "")) for row in rows if "method" in row)
    assert asked == Counter(tuple(line[:3]) for line in lines if line[0])
    assert Counter(row["status_code"] for row in rows if "status_code" in row) == Counter(
        int(line[3]) for line in lines if line[3]
    )


def test_bytes_of_what_was_carried(path: Path, tmp_path: Path, read_file: Callable[[Path], Any]) -> None:
    command = [str(TSHARK), "-n", "-q", "-r", str(path), "--export-objects", f"http,{tmp_path}"]
    subprocess.run(command, capture_output=True, check=True)
    theirs = Counter(
        hashlib.sha256(file.read_bytes()).hexdigest() for file in tmp_path.iterdir() if file.stat().st_size
    )
    ours = Counter(row["sha256"] for row in read_file(path).files if row["complete"])
    assert not theirs - ours
