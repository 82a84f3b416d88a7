"""Every text of a summary is searched unless it is on the list of what stays, whatever dataclass a later version adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import pytest

from cases import summary as tree
from cases.exporters import exporter
from cases.languages import codes, language
from cases.redaction.fields import BY_CLASS, STAYS, meaning
from cases.redaction.known import known
from cases.redaction.profile import profile
from cases.redaction.pseudonyms import Pseudonyms
from cases.redaction.redactor import Redactor
from cases.redaction.tree import redacted

from .. import synthetic
from .redacting import KEY

SECRET = "Jane.Doe@mail.example"
PLACED = f"{SECRET}, AB123456, +212 612 345 678, 192.0.2.77, C:\\Users\\portal\\x"


def under(summary: tree.Summary, name: str) -> tuple[tree.Summary, Redactor]:
    found = profile(name)
    redactor = Redactor(found, known(summary, None, found), Pseudonyms(KEY))
    return redacted(summary, redactor, {}), redactor


def texts(value: Any, owner: str = "", name: str = "") -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str):
        yield owner, name, value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from texts(getattr(value, field.name), type(value).__name__, field.name)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(key, owner, f"{name} key")
            yield from texts(item, owner, name)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from texts(item, owner, name)


@pytest.mark.parametrize("name", ["court", "public"])
def test_hostile_text_leaves_no_value_anywhere(name: str) -> None:
    changed, redactor = under(synthetic.summary(PLACED), name)
    left = [(owner, field) for owner, field, text in texts(changed) if "Doe@" in text or "AB123456" in text]
    assert left == []
    assert {"email", "national-id", "phone"} <= set(redactor.pseudonyms.counts())
    assert all("612 345 678" not in text and "192.0.2.77" not in text for _, _, text in texts(changed))


@pytest.mark.parametrize("code", codes())
@pytest.mark.parametrize("form", ["html", "json"])
def test_no_value_is_left_in_what_is_rendered(code: str, form: str) -> None:
    changed, redactor = under(synthetic.summary(PLACED), "public")
    page = exporter(form).render(changed, language(code)).decode()
    for value in (SECRET, "AB123456", "198.51.100.23", "2001:db8::1", "portal.example", "Analyst One", "analyst.one"):
        assert value in redactor.replaced
        assert value not in page


def test_what_can_be_checked_stays() -> None:
    before = synthetic.summary(PLACED)
    after, _ = under(before, "public")
    stays = {(owner, field) for owner, field, _ in texts(before) if meaning(owner, field) == "stays"}
    assert ("FileLine", "sha256") in stays
    kept = [entry for entry in texts(before) if (entry[0], entry[1]) in stays]
    assert kept == [entry for entry in texts(after) if (entry[0], entry[1]) in stays]
    numbers = [(s.offset, s.length, s.record, s.row_id) for f in before.inferences for s in f.observations]
    assert numbers == [(s.offset, s.length, s.record, s.row_id) for f in after.inferences for s in f.observations]


def test_a_summary_without_values_is_left_as_it_is() -> None:
    bare = replace(
        synthetic.summary("plain"),
        inferences=(),
        case=tree.CaseInfo(number="2026-017"),
        custody=replace(synthetic.summary().custody, lines=()),
        opinions=(),
    )
    assert under(bare, "public")[0] == bare


def test_a_field_that_nobody_named_is_searched() -> None:
    @dataclass(frozen=True)
    class Later:
        remark: str
        nested: tuple[dict[str, str], ...]

    later = Later(PLACED, ({"x": PLACED, PLACED: "x"},))
    found = profile("public")
    redactor = Redactor(found, known(synthetic.summary("x"), None, found), Pseudonyms(KEY))
    changed: Any = redacted(later, redactor, {})  # type: ignore[arg-type]
    assert "Doe@" not in f"{changed}"
    assert f"{changed}".count("email-") == 3


def test_the_list_of_what_stays_names_fields_that_exist() -> None:
    names: set[str] = set()
    owners: dict[str, set[str]] = {}
    seen = [tree.Summary, *(kind for kind in vars(tree).values() if isinstance(kind, type) and is_dataclass(kind))]
    for kind in seen:
        owners[kind.__name__] = {field.name for field in fields(kind)}
        names |= owners[kind.__name__]
    assert {f"{owner}.{name}" for owner, name in BY_CLASS if name not in owners.get(owner, {name})} == set()
    assert STAYS - names - {"id"} == set()  # `Question.id`
