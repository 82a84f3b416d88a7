"""HTTP in the shared real captures, as tshark reads it: requests, statuses, hosts, and the bytes of what was carried."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TSHARK = shutil.which("tshark")
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


def test_requests_and_statuses(path: Path, read_file: Callable[[Path], Any]) -> None:
    wanted = ("http.request.method", "http.request.uri", "http.host", "http.response.code")
    command = [
        str(TSHARK),
        "-n",
        "-r",
        str(path),
        "-Y",
        "http",
        "-T",
        "fields",
        "-E",
        "separator=|",
        "-E",
        "occurrence=f",
    ]
    shown = subprocess.run(
        command + [part for name in wanted for part in ("-e", name)], capture_output=True, text=True, check=True
    )
    lines = [line.split("|") for line in shown.stdout.splitlines()]
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
