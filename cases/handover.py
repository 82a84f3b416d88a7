"""Exhibits that change hands: giver, receiver, seal, and the hash that each side states, recorded in custody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cases.case import Case
from cases.custody import Entry, Subject
from cases.errors import CaseError
from cases.examiner import HandedOver, HandOver
from cases.exhibits import FILE, computed_sha256
from cases.notebook import one_line
from timelines.inventory import Exhibit

ACTION, AMENDED = "exhibit-handed-over", "exhibit-amended"
AMENDABLE = ("seal", "supplied_sha256", "clock_offset_s", "clock_source", "description")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Form:
    """What the hand-over form says. `when` names its zone (`2026-01-20T10:00+01:00`); None is now. A hash that is None was not stated."""

    giver: str
    receiver: str
    seal: str | None = None
    giver_sha256: str | None = None
    receiver_sha256: str | None = None
    when: str | None = None


def hand_over(case: Case, number: str, form: Form) -> HandOver:
    """Record that an exhibit went from `giver` to `receiver`. Hashes that differ, from each other or from the one that the case
    computed, are recorded as they are: `agreement` is then `different`."""
    exhibit = case.register.exhibit(number)
    stated = [_hash(text) for text in (form.giver_sha256, form.receiver_sha256)]
    computed = computed_sha256(case.register, exhibit)
    values = {
        "exhibit": number,
        "giver": one_line("--giver", form.giver),
        "receiver": one_line("--receiver", form.receiver),
        "seal": one_line("--seal", form.seal) if form.seal is not None else None,
        "when": _instant(form.when) if form.when is not None else case.hand.now(),
        "giver_sha256": stated[0],
        "receiver_sha256": stated[1],
        "computed": computed,
        "agreement": _agreement(stated, computed),
    }
    return _read(case.log(ACTION, values, subjects=[Subject(number, computed)]))


def hand_overs(entries: Sequence[Entry]) -> tuple[HandOver, ...]:
    """Every hand-over that custody records, in the order in which they were recorded."""
    return tuple(_read(entry) for entry in entries if entry.act.action == ACTION)


def amend_exhibit(case: Case, number: str, changes: dict[str, Any]) -> Exhibit:
    """Change what was said of an exhibit: `AMENDABLE`. Custody keeps the old value beside the new one; None: not supplied."""
    unknown = sorted(set(changes) - set(AMENDABLE))
    if unknown or not changes:
        raise CaseError(
            f"{number}: cannot change {', '.join(unknown) or 'nothing'}; give one of {', '.join(AMENDABLE)}"
        )
    if changes.get("supplied_sha256") is not None:
        changes = {**changes, "supplied_sha256": _hash(changes["supplied_sha256"])}
    before = case.register.exhibit(number)
    after = case.register.register(replace(before, **changes))
    case.register.save()
    told = {name: {"from": getattr(before, name), "to": getattr(after, name)} for name in sorted(changes)}
    case.log(AMENDED, {"exhibit": number, "changes": told}, [FILE])
    return after


def _hash(text: str | None) -> str | None:
    if text is None:
        return None
    found = text.strip().lower()
    if not _HASH.fullmatch(found):
        raise CaseError(f"SHA-256 {text!r}: expected 64 hexadecimal digits, found {len(found)} characters")
    return found


def _agreement(stated: Sequence[str | None], computed: str) -> HandedOver:
    given = {value for value in stated if value is not None}
    if not given:
        return "not-supplied"
    return "same" if given == {computed} else "different"


def _instant(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise CaseError(f"--when {text!r}: expected a date and time such as 2026-01-20T10:00+01:00") from error
    if moment.tzinfo is None:
        raise CaseError(f"--when {text!r}: names no time zone; expected 2026-01-20T10:00+01:00, or Z for UTC")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(entry: Entry) -> HandOver:
    """The hand-over that a custody entry holds; what is not text in it, as in an edited journal, counts as not stated."""
    held = {name: value for name, value in entry.act.options.items() if isinstance(value, str)}
    agreement: HandedOver = "not-supplied"
    if held.get("agreement") == "same":
        agreement = "same"
    elif held.get("agreement") == "different":
        agreement = "different"
    return HandOver(
        exhibit=held.get("exhibit", ""),
        giver=held.get("giver", ""),
        receiver=held.get("receiver", ""),
        seal=held.get("seal"),
        when=held.get("when", ""),
        giver_sha256=held.get("giver_sha256"),
        receiver_sha256=held.get("receiver_sha256"),
        computed=held.get("computed", ""),
        agreement=agreement,
        time=entry.act.time,
        who=entry.act.who,
    )
