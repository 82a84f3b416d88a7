"""The second reader of JSON and wrapped lines says what our own says, on the samples of every format."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from parsers.base import Batch, Evidence
from parsers.second.reading import Place, Reading, Unread
from parsers.second.web_json import read_json
from parsers.second.web_lines import WebLines
from parsers.second.web_wrapped import unwrapped
from parsers.web.log import PARSER

SAMPLES = Path(__file__).resolve().parents[1] / "web" / "samples"
FOLDERS = (
    "nginx-json",
    "caddy",
    "traefik-json",
    "cloudflare",
    "azure-application-gateway",
    "modsecurity-json",
    "modsecurity-json-2",
)
COMBINED = b'192.0.2.7 - ana [28/Nov/2026:10:00:01 +0100] "GET /a?b=1 HTTP/1.1" 200 512 "-" "Agent/1.0"'


def _rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    data = path.read_bytes()
    evidence = Evidence("E001", path.name, path, len(data), hashlib.sha256(data).hexdigest(), None)
    outputs = (item for piece in PARSER.slices(evidence) for item in PARSER.parse(evidence, piece))
    return [(item.family, row) for item in outputs if isinstance(item, Batch) for row in item.rows.to_pylist()]


@pytest.mark.parametrize("folder", FOLDERS)
def test_both_readers_agree(folder: str) -> None:
    path = SAMPLES / folder / "default.log"
    second = WebLines(memoryview(path.read_bytes()))
    rows = _rows(path)
    assert rows
    for family, row in rows:
        reading = second.read(Place("", family, row["offset"], row["length"]))
        assert isinstance(reading, Reading)
        assert len(reading.values) >= 2
        for column, value in reading.values.items():
            assert (None if row.get(column) is None else str(row[column])) == value


@pytest.mark.parametrize(
    "wrapped",
    [
        b"Nov 28 10:00:02 web1 nginx[812]: " + COMBINED,
        b'<165>1 2026-11-28T09:00:02Z web1 nginx 812 - [a b="c\\"]d"] ' + COMBINED,
        b"2026-11-28T09:00:02.1Z stdout F " + COMBINED,
        b'{"log":"' + COMBINED.replace(b'"', b'\\"') + b'\\n","stream":"stdout","time":"2026-11-28T09:00:02Z"}',
        COMBINED,
    ],
)
def test_lines_come_out_of_their_wrappers(wrapped: bytes) -> None:
    assert unwrapped(wrapped) == COMBINED


@pytest.mark.parametrize(
    "line", [b'{"remote_addr":"\xff"}', b'{"status":1,"status":2}', b'{"a":1}', b"{", b"[" * 100_000]
)
def test_what_it_cannot_speak_of_is_unread(line: bytes) -> None:
    assert isinstance(read_json(line), Unread)
