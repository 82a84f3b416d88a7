"""The redactor of a case: its known values, its secret, its files under one profile; the same for every copy that is handed out."""

from __future__ import annotations

from cases.case import Case
from cases.errors import CaseError
from cases.redaction.known import known
from cases.redaction.profile import Profile
from cases.redaction.pseudonyms import KEY_FILE, Pseudonyms, case_key, key_name
from cases.redaction.redactor import Redactor
from cases.summary import Summary
from timelines.query import Timeline


def redactor_of(case: Case, summary: Summary, profile: Profile) -> Redactor:
    """What replaces values in this case under a profile: the same in its summaries, their annexes and its exports."""
    values = known(summary, Timeline(case.timeline_folder), profile)
    files = (entry.file for entry in case.register.entries)
    return Redactor(profile, values, Pseudonyms(_key(case)), files)


def _key(case: Case) -> bytes:
    """The secret, the one that custody names where a copy was redacted before."""
    acts = (entry.act.options for entry in reversed(case.custody.entries()))
    used = next((options["key"] for options in acts if "profile" in options and "key" in options), None)
    path = case.folder / KEY_FILE
    if used is not None and (not path.exists() or key_name(case_key(case.folder)) != used):
        raise CaseError(
            f"{path}: not the key that earlier redacted copies were made with: pseudonyms would change; restore it from a copy"
        )
    return case_key(case.folder)
