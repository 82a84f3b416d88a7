"""JSON lines of nginx, Caddy and Traefik, against as many combined lines in the same run: read only, and to committed Parquet.

Caddy's header fields change order on each line.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.weblogs import LOADED, run, write_log

LINES = 200_000
_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


def _nginx(random: Random) -> dict[str, object]:
    return {
        "time_local": f"28/Nov/2026:10:{random.randrange(60):02d}:{random.randrange(60):02d} +0100",
        "remote_addr": f"198.51.100.{random.randrange(256)}",
        "remote_user": "",
        "request": f"GET /section/{random.randrange(40)}/page.html?item={random.randrange(10**6)} HTTP/1.1",
        "status": str(random.choice((200, 200, 404))),
        "body_bytes_sent": str(random.randrange(90_000)),
        "request_time": f"{random.random():.3f}",
        "http_referrer": f"https://www.example.org/page-{random.randrange(3000)}",
        "http_user_agent": _AGENT,
    }


def _caddy(random: Random) -> dict[str, object]:
    headers = [
        ("User-Agent", [_AGENT]),
        ("Accept", ["*/*"]),
        ("Accept-Encoding", ["gzip, deflate, br"]),
        ("Accept-Language", ["en"]),
        ("Referer", [f"https://www.example.org/page-{random.randrange(3000)}"]),
    ]
    random.shuffle(headers)
    request = {
        "remote_ip": f"198.51.100.{random.randrange(256)}",
        "remote_port": str(random.randrange(65_536)),
        "proto": "HTTP/2.0",
        "method": "GET",
        "host": "www.example.org",
        "uri": f"/section/{random.randrange(40)}?item={random.randrange(10**6)}",
        "headers": dict(headers),
        "tls": {
            "resumed": False,
            "version": 772,
            "cipher_suite": 4865,
            "proto": "h2",
            "server_name": "www.example.org",
        },
    }
    return {
        "level": "info",
        "ts": 1_796_000_000 + random.random() * 10**6,
        "logger": "http.log.access.log0",
        "msg": "handled request",
        "request": request,
        "bytes_read": 0,
        "user_id": "",
        "duration": random.random() / 1000,
        "size": random.randrange(90_000),
        "status": random.choice((200, 404)),
        "resp_headers": {
            "Server": ["Caddy"],
            "Content-Type": ["text/html; charset=utf-8"],
            "Vary": ["Accept-Encoding"],
        },
    }


def _traefik(random: Random) -> dict[str, object]:
    second = f"{random.randrange(60):02d}:{random.randrange(60):02d}.{random.randrange(10**9):09d}"
    client, port = f"198.51.100.{random.randrange(256)}", str(random.randrange(65_536))
    took, status, size = random.randrange(10**8), random.choice((200, 404)), random.randrange(90_000)
    return {
        "ClientAddr": f"{client}:{port}",
        "ClientHost": client,
        "ClientPort": port,
        "ClientUsername": "-",
        "DownstreamContentSize": size,
        "DownstreamStatus": status,
        "Duration": took,
        "OriginContentSize": size,
        "OriginDuration": took - took // 9,
        "OriginStatus": status,
        "Overhead": took // 9,
        "RequestAddr": "www.example.org",
        "RequestContentSize": 0,
        "RequestCount": random.randrange(10**6),
        "RequestHost": "www.example.org",
        "RequestMethod": "GET",
        "RequestPath": f"/section/{random.randrange(40)}?item={random.randrange(10**6)}",
        "RequestPort": "-",
        "RequestProtocol": "HTTP/2.0",
        "RequestScheme": "https",
        "RetryAttempts": 0,
        "RouterName": "web@docker",
        "ServiceAddr": "192.0.2.5:80",
        "ServiceName": "web@docker",
        "ServiceURL": "http://192.0.2.5:80",
        "StartLocal": f"2026-11-28T11:{second}+01:00",
        "StartUTC": f"2026-11-28T10:{second}Z",
        "entryPointName": "websecure",
        "level": "info",
        "msg": "",
        "request_User-Agent": _AGENT,
        "time": f"2026-11-28T11:{second[:5]}+01:00",
    }


def _write(path: Path, line: Callable[[Random], dict[str, object]]) -> None:
    random = Random(7)
    with path.open("w", encoding="utf-8") as out:
        for _ in range(LINES):
            out.write(json.dumps(line(random), separators=(",", ":")) + "\n")


_LINES: dict[str, Callable[[Random], dict[str, object]]] = {"nginx": _nginx, "Caddy": _caddy, "Traefik": _traefik}
_TOOLS = ("athar, parser only", LOADED)


def measure(repeat: int = 3) -> list[dict[str, object]]:
    """The best of `repeat` runs for each format, taken in turn; `ratio` is the combined lines' CPU seconds over its own."""
    with tempfile.TemporaryDirectory() as folder:
        logs = {name: Path(folder) / f"{name}.log" for name in ("combined", *_LINES)}
        write_log(logs["combined"], LINES)
        for name, line in _LINES.items():
            _write(logs[name], line)
        runs: dict[tuple[str, str], list[dict[str, float]]] = {(tool, name): [] for tool in _TOOLS for name in logs}
        for _ in range(repeat):
            for (tool, name), found in runs.items():
                found.append(run(tool, logs[name]))
        sizes = {name: log.stat().st_size for name, log in logs.items()}
    best = {key: min(found, key=lambda once: once["cpu_s"]) for key, found in runs.items()}
    return [
        {
            "work": "JSON lines",
            "tool": f"{tool}, {name}",
            "bytes": sizes[name],
            **once,
            "ratio": best[tool, "combined"]["cpu_s"] / once["cpu_s"],
        }
        for (tool, name), once in best.items()
    ]
