"""The bag, opened by bagit and as a case."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.exchange import Options
from cases.exchange.delivery import Delivery, deliver

bagit = pytest.importorskip("bagit")
Export = Callable[..., Delivery]


def test_the_bag_is_valid_dated_and_opens_as_a_case(export: Export, hostile_case: Case) -> None:
    made = export("bag", "")
    bag = bagit.Bag(str(made.path))
    bag.validate()
    assert bag.info["Bagging-Date"] == "2026-03-06"
    assert bag.info["External-Identifier"] == "=2026-017"
    assert bag.info["Payload-Oxum"] == f"{made.counts['bytes']}.{made.counts['files']}"
    inside = Case.open(made.path / "data")
    assert inside.register.entries == hostile_case.register.entries
    assert len(inside.custody.entries()) == len(hostile_case.custody.entries()) - 1  # made before its own act


def test_a_changed_byte_of_the_same_size_is_seen(export: Export) -> None:
    path = export("bag", "").path
    target = path / "data" / "findings" / "findings.json"
    content = bytearray(target.read_bytes())
    content[40] ^= 1
    target.write_bytes(content)
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(path)).validate()


def test_a_bag_does_not_lie_in_the_case_it_holds(hostile_case: Case) -> None:
    with pytest.raises(CaseError, match="choose a place outside"):
        deliver(hostile_case, "bag", hostile_case.folder / "bag", Options("2026-03-06"))
    assert not (hostile_case.folder / "bag").exists()


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need rights on Windows")
def test_a_link_in_the_case_is_not_followed(hostile_case: Case, export: Export) -> None:
    (hostile_case.folder / "link").symlink_to(hostile_case.folder / "case.toml")
    with pytest.raises(CaseError, match="a link, which leads out"):
        export("bag", "")


def test_the_secret_behind_pseudonyms_stays_in_the_case(export: Export, hostile_case: Case) -> None:
    (hostile_case.folder / "redaction.key").write_text("secret")
    made = export("bag", "")
    assert not (made.path / "data" / "redaction.key").exists()
    assert (hostile_case.folder / "redaction.key").exists()
