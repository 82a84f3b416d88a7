"""Attacks on web sites in every encoding that clients use are found by their rule; what only looks like one is left alone by all rules."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.our_rules import our_rules
from timelines.detection import detect

from .conftest import rows_of, timeline_of

HERE = Path(__file__).parent
BASE = {"family": "web/access", "c_ip": "203.0.113.66", "cs_method": "GET", "sc_status": 200}


def _percent(text: str) -> str:
    return quote(text, safe="")


def _units(text: str) -> str:
    return "".join(char if char.isalnum() else f"%u{ord(char):04x}" for char in text)


def _every(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _haproxy(text: str) -> str:
    return "".join(char if " " < char < "\x7f" and char not in '"#' else f"#{ord(char):02X}" for char in text)


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "percent": _percent,
    "every byte": _every,
    "twice": lambda text: _percent(_percent(text)),
    "%u": _units,
    "as sent, logged by HAProxy": lambda text: _haproxy(text.replace(" ", "+")),
    "as sent, logged by nginx": lambda text: "".join(
        f"\\x{ord(char):02X}" if char in '"\\' or char < " " else char for char in text.replace(" ", "+")
    ),
}


def _row(request: str) -> dict[str, object]:
    stem, mark, query = request.partition("?")
    return {"cs_uri": request, "cs_uri_stem": stem, **({"cs_uri_query": query} if mark else {})}


def _found(requests: list[str], folder: Path) -> list[set[str]]:
    """For each request the names of the rules that found it, and give results."""
    timeline = timeline_of([row for one in requests for row in rows_of(BASE, _row(one))], folder)
    detected = detect(timeline, our_rules())
    names = {rule.about.rule_id: Path(rule.about.path).stem for rule in our_rules().rules if rule.output}
    row_ids = timeline.sql("select row_id, cs_uri from web_access").to_pylist()
    asked = {row["row_id"]: row["cs_uri"] for row in row_ids}
    by_request = defaultdict[str, set[str]](set)
    for match in detected.matches.to_pylist():
        if match["rule_id"] in names:
            by_request[asked[match["row_id"]]].add(names[match["rule_id"]])
    return [by_request[request] for request in requests]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_attacks_are_found_however_they_are_encoded(encoding: str, tmp_path: Path) -> None:
    attacks = tomllib.loads((HERE / "web_attacks.toml").read_text("utf-8"))
    sent = [(names, value) for names, of_rule in attacks.items() for value in of_rule["values"]]
    requests = [f"/page?id={ENCODINGS[encoding](value)}" for _, value in sent]
    found = _found(requests, tmp_path)
    assert len(requests) > 180
    assert [one for one, names in zip(sent, found, strict=True) if not names.intersection(one[0].split("|"))] == []


def test_look_alikes_are_left_alone(tmp_path: Path) -> None:
    requests = tomllib.loads((HERE / "web_look_alikes.toml").read_text("utf-8"))["requests"]
    assert len(requests) > 80
    found = _found(requests, tmp_path)
    assert [(request, names) for request, names in zip(requests, found, strict=True) if names] == []
