"""Exhibits change hands with giver, receiver, seal and hashes; what was said of an exhibit is changed in the open."""

from __future__ import annotations

import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.exhibits import computed_sha256
from cases.handover import Form, amend_exhibit, hand_over
from cases.summarise import summarise
from cases.verify import verify

DATE = "2026-03-06"


def test_hashes_of_both_sides_are_compared_with_the_computed_one(case: Case) -> None:
    own = computed_sha256(case.register, case.register.exhibit("E002"))
    form = Form("Clerk", "Analyst", "SC-02", own.upper(), f" {own} ", "2026-01-20T10:00+01:00")
    made = hand_over(case, "E002", form)
    assert (made.agreement, made.giver_sha256, made.receiver_sha256, made.computed) == ("same", own, own, own)
    assert (made.giver, made.receiver, made.seal, made.when) == ("Clerk", "Analyst", "SC-02", "2026-01-20T09:00:00Z")
    assert (made.who, made.time) == ("analyst.one", case.custody.entries()[-1].act.time)
    assert summarise(case, DATE).custody.hand_overs == (made,)
    assert verify(case).ok


@pytest.mark.parametrize("sides", [("0" * 64, None), (None, "0" * 64), ("own", "0" * 64)])
def test_a_hash_that_differs_is_recorded_as_it_is(case: Case, sides: tuple[str | None, str | None]) -> None:
    own = computed_sha256(case.register, case.register.exhibit("E001"))
    giver, receiver = (own if side == "own" else side for side in sides)
    made = hand_over(case, "E001", Form("Clerk", "Analyst", giver_sha256=giver, receiver_sha256=receiver))
    assert (made.agreement, made.giver_sha256, made.receiver_sha256) == ("different", giver, receiver)
    options = case.custody.entries()[-1].act.options
    assert (options["agreement"], options["computed"]) == ("different", own)


def test_hashes_that_nobody_stated_agree_with_nothing(case: Case) -> None:
    made = hand_over(case, "E001", Form("Clerk", "Analyst"))
    assert (made.agreement, made.seal, made.giver_sha256) == ("not-supplied", None, None)
    assert made.when[:16] == made.time[:16]


@pytest.mark.parametrize(
    ("number", "form", "said"),
    [
        ("E009", Form("a", "b"), "exhibit 'E009' is not in this case; it holds E001, E002"),
        ("E001", Form(" ", "b"), "--giver: empty"),
        ("E001", Form("a", "b\nc"), "--receiver: holds a line break"),
        ("E001", Form("a", "b", giver_sha256="12"), "expected 64 hexadecimal digits, found 2 characters"),
        ("E001", Form("a", "b", when="2026-01-20T10:00"), "names no time zone"),
        ("E001", Form("a", "b", when="yesterday"), "expected a date and time such as"),
    ],
)
def test_forms_that_cannot_be_are_refused(case: Case, number: str, form: Form, said: str) -> None:
    entries = len(case.custody.entries())
    with pytest.raises(CaseError, match=said):
        hand_over(case, number, form)
    assert len(case.custody.entries()) == entries


def test_what_is_said_of_an_exhibit_is_changed_with_old_and_new_in_custody(case: Case) -> None:
    amend_exhibit(case, "E001", {"seal": "SC-01", "clock_offset_s": 187.0, "clock_source": "NTP log"})
    amend_exhibit(case, "E001", {"seal": None, "supplied_sha256": "AB" * 32})
    changes = case.custody.entries()[-1].act.options["changes"]
    assert changes == {"seal": {"from": "SC-01", "to": None}, "supplied_sha256": {"from": None, "to": "ab" * 32}}
    exhibit = Case.open(case.folder).register.exhibit("E001")
    assert (exhibit.seal, exhibit.clock_offset_s, exhibit.clock_source) == (None, 187.0, "NTP log")
    assert verify(case).ok
    for changes in ({}, {"zone": "UTC"}, {"size": 1}):
        with pytest.raises(CaseError, match="E001: cannot change"):
            amend_exhibit(case, "E001", changes)
