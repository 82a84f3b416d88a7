"""The fields our sentences speak of are those that real event logs have, as an independent reader names them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from timelines.families.windows import COLUMNS, family_of
from timelines.meanings import meaning
from timelines.messages.placeholders import Placeholder, parts
from timelines.schema import CORE_NAMES

EVIDENCE = Path(__file__).resolve().parents[4] / "shared" / "evidence" / "windows"
# Older versions of these events lack a field that newer ones have, or number their strings without names.
OPTIONAL = {
    ("windows/dns", "150", "param2"),
    ("windows/system", "104", "Channel_"),  # stored beside the declared column Channel
    ("windows/system", "12", "Level_"),  # so is Level
    ("windows/bits", "3", "processPath"),
}


def records(path: Path) -> Iterator[dict[str, Any]]:
    reader = pytest.importorskip("evtx").PyEvtxParser(str(path)).records_json()
    while True:
        try:
            yield json.loads(next(reader)["data"])["Event"]
        except StopIteration:
            return
        except RuntimeError:  # one record that this reader cannot read
            continue


def names_of(event: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for part in ("EventData", "UserData"):
        content = event.get(part) or {}
        if part == "UserData" and isinstance(content, dict):
            content = next((v for k, v in content.items() if isinstance(v, dict)), {})
        found |= {name.strip() for name in content} if isinstance(content, dict) else set()
    return found


@pytest.mark.evidence
@pytest.mark.skipif(not EVIDENCE.exists(), reason="the shared evidence is not beside this checkout")
def test_sentences_speak_of_fields_that_real_logs_have() -> None:
    fields: dict[tuple[str, str, str], set[str]] = {}
    for path in sorted(EVIDENCE.rglob("*.evtx")):
        for event in records(path):
            system = event["System"]
            number = system["EventID"]["#text"] if isinstance(system["EventID"], dict) else system["EventID"]
            provider = system["Provider"]["#attributes"].get("Name", "")
            key = (family_of(system.get("Channel") or ""), provider, str(number))
            fields.setdefault(key, set()).update(names_of(event))
    declared = {column.name for column in COLUMNS} | set(CORE_NAMES)
    wrong = []
    for (family, provider, number), real in fields.items():
        for part in parts(meaning(family, provider, number).message["en"]):
            if isinstance(part, Placeholder) and part.name.partition("#")[0] not in real | declared:
                wrong.append((family, number, part.name))
    assert len(fields) > 100
    assert sorted(set(wrong) - OPTIONAL) == []
