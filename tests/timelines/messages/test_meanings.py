"""Meanings are data: every file is complete in three languages and speaks only of fields and codes that exist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from timelines.families import all_families
from timelines.filters import filtered
from timelines.meanings import sources
from timelines.messages.codes import table
from timelines.messages.placeholders import Placeholder, columns_spoken_of, parts
from timelines.messages.sentences import LANGUAGES
from timelines.schema import CORE_NAMES

FOLDER = Path(str(files("timelines") / "messages"))
FILES = sorted(path.name for path in FOLDER.glob("*.toml"))
CODES = sorted(path.stem for path in (FOLDER / "codes").glob("*.toml"))
KNOWN = Path(__file__).parent / "known_fields.toml"
ARABIC = re.compile("[\u0600-\u06ff]")
# Words that would say who did it. An account or an address is not a person.
IDENTITY = re.compile(r"(?i)\b(?:attacker|hacker|intruder|suspect|pirate|attaquant|intrus)\b|مهاجم|مخترق|قرصان|المشتبه")
ASKED = {
    "windows/security": (
        "4624 4625 4634 4647 4648 4672 4768 4769 4771 4776 4688 4689 4697 4698 4699 4700 4701 4702 4720 4722 4723 4724 4725 4726"
        " 4728 4732 4735 4738 4740 4756 4767 4781 1102 4719 4663 4656 4657 4670 5140 5145 5156 5157 4946 4950"
    ),
    "windows/system": "7045 7036 7040 7034 104 6005 6006 6008 1074 41",
    "windows/taskscheduler": "106 140 141 200 201",
    "windows/powershell": "400 403 600 800 4103 4104",
    "windows/terminalservices": "21 22 23 24 25 39 40 1149 131",
    "windows/sysmon": " ".join(map(str, range(1, 30))),
    "windows/defender": "1116 1117 5001 5007",
    "windows/wmi": "5857 5858 5859 5860 5861",
    "windows/bits": "3 59 60",
}


def events_of(name: str) -> Mapping[str, Mapping[str, Any]]:
    content = tomllib.loads((FOLDER / name).read_text("utf-8"))
    return {"default": content, **content.get("event", {})}


def windows_files() -> list[str]:
    return [name for name in FILES if name.startswith("windows")]


@pytest.mark.parametrize("name", FILES)
def test_every_event_has_a_title_and_a_sentence_in_every_language(name: str) -> None:
    lacking = [
        (event, part, language)
        for event, content in events_of(name).items()
        for part in ("title", "message")
        for language in LANGUAGES
        if (event != "default" or part in content) and not content.get(part, {}).get(language)
    ]
    assert lacking == []


@pytest.mark.parametrize("name", FILES)
def test_languages_say_the_same_fields_and_arabic_is_arabic(name: str) -> None:
    for event, content in events_of(name).items():
        spoken = {
            language: sorted(str(part) for part in parts(text) if isinstance(part, Placeholder))
            for language, text in content.get("message", {}).items()
        }
        assert spoken.get("fr") == spoken.get("en"), event
        assert spoken.get("ar") == spoken.get("en"), event
        for part in ("title", "message"):
            if part in content:
                assert ARABIC.search(content[part]["ar"]), event
                assert not ARABIC.search(content[part]["en"] + content[part]["fr"]), event


@pytest.mark.parametrize("name", FILES)
def test_no_place_of_a_value_is_left_as_text(name: str) -> None:
    for event, content in events_of(name).items():
        for text in content.get("message", {}).values():
            plain = "".join(part for part in parts(text) if isinstance(part, str))
            assert not set(plain) & set("{}"), f"{event}: {plain}"


@pytest.mark.parametrize("name", FILES)
def test_no_sentence_says_who_did_it(name: str) -> None:
    said = [
        text
        for content in events_of(name).values()
        for p in ("title", "message")
        for text in content.get(p, {}).values()
    ]
    assert [text for text in said if IDENTITY.search(text)] == []


@pytest.mark.parametrize("name", windows_files())
def test_only_known_fields_filters_and_code_tables_are_used(name: str) -> None:
    known = tomllib.loads(KNOWN.read_text("utf-8"))
    family = tomllib.loads((FOLDER / name).read_text("utf-8"))["family"]
    declared = {column.name for column in all_families()["windows/security"].columns}
    probe = pa.array(["x"])
    for event, content in events_of(name).items():
        fields = declared | set(known.get(family, {}).get(event, ()))
        for specs in content.get("core", {}).values():
            for spec in [specs] if isinstance(specs, str) else specs:
                if spec.startswith("="):
                    continue
                column, _, filter_name = spec.partition("|")
                assert event == "default" or column in fields, f"{event}: {column}"
                if filter_name:
                    assert len(filtered(probe, filter_name)) == 1
        for text in content.get("message", {}).values():
            for part in parts(text):
                if isinstance(part, Placeholder):
                    assert part.name in fields or part.name in CORE_NAMES, f"{event}: {part.name}"
                    assert not part.filter or len(filtered(probe, part.filter)) == 1
                    assert not part.codes or table(part.codes)


@pytest.mark.parametrize("name", CODES)
def test_every_code_is_said_in_every_language(name: str) -> None:
    assert all(set(said) == set(LANGUAGES) and all(said.values()) for said in table(name).values())


def test_the_events_investigators_ask_for_are_there() -> None:
    told: dict[str, set[str]] = {}
    for source in sources():
        told.setdefault(source.family, set()).update(source.events)
    assert {family: sorted(set(events.split()) - told[family]) for family, events in ASKED.items()} == {
        family: [] for family in ASKED
    }


def test_families_of_meanings_are_declared() -> None:
    declared = {*all_families(), "windows/*"}
    assert [source.family for source in sources() if source.family not in declared] == []


def test_a_query_reads_the_columns_that_sentences_need() -> None:
    stored = {"Image", "User_", "CommandLine", "Hashes", "Computer", "ParentImage"}
    assert columns_spoken_of("windows/sysmon", stored) == stored - {"Hashes"}
    assert columns_spoken_of("web/access", {"Data", "Data_2"}) == set()
    unnamed = {"Data", "Data_2", "Data_20"}  # told of events whose names are lost
    assert columns_spoken_of("windows/exchange", {*unnamed, "Data_21"}) == unnamed
