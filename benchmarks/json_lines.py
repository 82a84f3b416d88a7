"""JSON lines of nginx and Caddy to committed Parquet, against as many combined lines. Caddy's header fields change order on each line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.weblogs import write_log

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


def _write(path: Path, line: Callable[[Random], dict[str, object]]) -> None:
    random = Random(7)
    with path.open("w", encoding="utf-8") as out:
        for _ in range(LINES):
            out.write(json.dumps(line(random), separators=(",", ":")) + "\n")


def measure(repeat: int = 3) -> list[dict[str, object]]:
    """The best of `repeat` runs for each format; `ratio` is the combined lines' CPU seconds over its own."""
    with tempfile.TemporaryDirectory() as folder:
        logs = {name: Path(folder) / f"{name}.log" for name in ("combined", "nginx JSON", "caddy")}
        write_log(logs["combined"], LINES)
        _write(logs["nginx JSON"], _nginx)
        _write(logs["caddy"], _caddy)
        best = {
            name: min((_run(log) for _ in range(repeat)), key=lambda run: run["cpu_s"]) for name, log in logs.items()
        }
        sizes = {name: log.stat().st_size for name, log in logs.items()}
    base = best["combined"]["cpu_s"]
    return [
        {
            "work": "JSON lines",
            "tool": f"athar to Parquet, {name}",
            "bytes": sizes[name],
            **run,
            "ratio": base / run["cpu_s"],
        }
        for name, run in best.items()
    ]


def _run(log: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.weblogs", "athar to Parquet", str(log)]
    root = Path(__file__).resolve().parent.parent
    answer = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    measured: dict[str, float] = json.loads(answer)
    return measured
