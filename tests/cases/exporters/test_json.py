"""The JSON twin holds all of the summary, exactly, in one order."""

from __future__ import annotations

import json
from types import ModuleType

from cases.exporters import exporter
from cases.languages import language


def test_everything_is_there_exactly(synthetic: ModuleType) -> None:
    content = json.loads(exporter("json").render(synthetic.summary(), language("ar")))
    assert (content["schema"], content["language"], content["date"]) == (1, "ar", "2026-03-06")
    assert content["inferences"][2]["title"] == synthetic.HOSTILE
    assert content["inferences"][0]["first"] == "2026-03-03T21:14:05Z"
    assert content["inferences"][0]["first_ns"] == synthetic.START
    seen = content["inferences"][0]["observations"][2]
    assert (seen["time"], seen["time_ns"]) == ("2026-03-03T21:14:09.1234567Z", synthetic.START + 4_123_456_700)
    assert set(seen["sentences"]) == {"ar", "en", "fr"}
    assert content["case"]["legal_basis"] is None
    assert content["custody"]["head"] == {"seq": 6, "hash": "6f" * 32}


def test_keys_are_sorted_and_text_is_utf8(synthetic: ModuleType) -> None:
    data = exporter("json").render(synthetic.summary(), language("fr"))
    pairs = json.loads(data, object_pairs_hook=lambda found: found)
    assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
    assert "وكيل الملك".encode() in data
    assert data.endswith(b"}\n")


def test_text_that_is_no_unicode_survives(synthetic: ModuleType) -> None:
    data = exporter("json").render(synthetic.summary("caf\udce9"), language("en"))
    assert json.loads(data.decode("utf-8"))["inferences"][2]["title"] == "caf\udce9"


def test_no_invisible_character_stands_raw(synthetic: ModuleType) -> None:
    data = exporter("json").render(synthetic.summary("gpj.\u202eexe\x9b\U000e0041"), language("ar")).decode("utf-8")
    assert not any(character in data for character in "\u202e\u2066\u2069\x9b\U000e0041")
    assert json.loads(data)["inferences"][2]["title"] == "gpj.\u202eexe\x9b\U000e0041"
