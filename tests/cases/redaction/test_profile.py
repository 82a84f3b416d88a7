"""Profiles are data, and say what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import CaseError
from cases.languages import codes
from cases.redaction.profile import names, profile
from cases.redaction.record import KINDS


def test_those_that_come_with_the_tool_are_whole() -> None:
    assert names() == ("court", "public")
    for name in names():
        found = profile(name)
        assert (set(found.replace), set(found.why)) == (set(KINDS), set(codes()))
    assert profile("court").replace["host"] == "never"
    assert set(profile("public").replace.values()) == {"always"}


def test_the_examiner_extends_one(tmp_path: Path) -> None:
    path = tmp_path / "minors.toml"
    path.write_text('extends = "court"\n[replace]\nhost = "always"\n[also]\nperson = ["Jane Doe"]\n', "utf-8")
    found = profile(str(path))
    assert (found.name, found.replace["host"], found.also["person"]) == ("minors", "always", ("Jane Doe",))
    assert "SYSTEM" in found.allow["account"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = ", "not valid TOML"),
        ('colour = "red"', "unknown 'colour'; there are extends"),
        ('extends = "mine"', "extends: expected one of court, public, found 'mine'"),
        ('[replace]\nhost = "often"', "host: expected never, outside-findings, always, found 'often'"),
        ("[replace]\nhost = 3", "host: expected text, found 3"),
        ('[also]\nperson = "Jane"', "person: expected a list of texts"),
        ('[also]\npeople = ["Jane"]', "unknown 'people'; there are account"),
        ('[also]\nperson = [" "]', "person: expected a list of texts"),
        ('acting_persons = "go"', "acting_persons: expected stay or replace, found 'go'"),
        ("why = 3", "expected a table, found 3"),
    ],
)
def test_a_wrong_one_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(CaseError, match=said) as caught:
        profile(str(path))
    assert "own.toml" in str(caught.value)


def test_names_are_checked(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="no redaction profile 'curt'; expected one of court, public, or a file"):
        profile("curt")
    for name in ("court.toml", "Own Profile.toml"):
        with pytest.raises(CaseError, match="named after its file"):
            profile(str(tmp_path / name))
    with pytest.raises(CaseError, match="cannot read"):
        profile(str(tmp_path / "absent.toml"))
