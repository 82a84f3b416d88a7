"""Rows of the checklist on custody: who did what and why, chained, issued once, handed over.

The docstring of each test is its row; `docs/validation/README.md` is made from them. A row that does not hold has no test here.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil

import pytest

from cases.custody import JOURNAL
from forensics import open_case

from .sample import DAY, entries, failed


def test_row_04_every_action_is_logged_with_who_what_when_why_and_how(copy, athar):
    """Log who/what/when/why/how + tool, per action."""
    finding = open_case(copy).findings()["finding_id"][0]
    for missing in (("--who", "A. Analyst"), ("--why", "our own scan")):
        assert athar("findings", "reject", copy, finding, *missing).code == 2
    assert athar("findings", "reject", copy, finding, "--who", "A. Analyst", "--why", "our own scan").code == 0
    for entry in entries(copy):
        assert all(entry[name] for name in ("who", "action", "time", "tool", "version", "subjects")), entry
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["time"])
    assert entries(copy)[-1]["who"] == "A. Analyst"
    assert "our own scan" in json.dumps(entries(copy)[-1])


def _cut(lines: list[str]) -> list[str]:
    return lines[:-1]


def _delete(lines: list[str]) -> list[str]:
    return lines[:2] + lines[3:]


def _swap(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def _edit(lines: list[str]) -> list[str]:
    return [*lines[:2], lines[2].replace('"tool":"athar"', '"tool":"other"'), *lines[3:]]


@pytest.mark.parametrize(("tamper", "named"), [(_edit, "3"), (_delete, "3"), (_swap, "2"), (_cut, None)])
def test_row_05_custody_that_was_edited_names_its_first_bad_entry(copy, athar, tamper, named):
    """Chain entries; `verify` names first bad entry; head anchored outside (signature, RFC 3161, paper)."""
    held = (copy / JOURNAL).read_text("utf-8").splitlines()
    (copy / JOURNAL).write_text("\n".join(tamper(held)) + "\n", encoding="utf-8", newline="")
    ran = athar("verify", copy, "--json", "--quiet")
    told = [line for line in failed(ran) if "entr" in line or "head" in line]
    assert ran.code == 1
    assert told
    assert named is None or named in re.findall(r"\d+", told[0])


def test_row_05_the_head_is_printed_and_a_signature_outside_shows_a_cut_tail(copy, tmp_path, athar, issued):
    """Chain entries; `verify` names first bad entry; head anchored outside (signature, RFC 3161, paper)."""
    head = entries(copy)[-1]
    assert head["hash"] in issued(copy, form="html")
    key, safe = tmp_path / "laboratory", tmp_path / "safe"
    ran = athar("case", "keygen", key)
    assert ran.code == 0, ran.err
    private = next(p for p in tmp_path.glob("laboratory*") if "PRIVATE" in p.read_text("utf-8"))
    public = next(p for p in tmp_path.glob("laboratory*") if "PUBLIC" in p.read_text("utf-8"))
    before = (copy / JOURNAL).read_bytes(), (copy / "custody.head").read_bytes()
    assert athar("case", "note", copy, "Seen.", "--who", "A. Analyst").code == 0
    ran = athar("case", "sign", copy, "--key", private)
    assert ran.code == 0, ran.err
    shutil.move(copy / "signatures", safe)
    (copy / JOURNAL).write_bytes(before[0])
    (copy / "custody.head").write_bytes(before[1])
    (signature,) = safe.glob("*.sig")
    ran = athar("verify", copy, "--public-key", public, "--signed", signature, "--json", "--quiet")
    assert ran.code == 1
    assert any("sig" in line or "entr" in line for line in failed(ran))


def test_row_16_an_issued_summary_is_never_edited(copy, athar, issued):
    """Issued report never edited: new version, reason, predecessor hash."""
    issued(copy)
    (first,) = (copy / "reports").glob("*.json")
    before = first.read_bytes()
    assert athar("case", "note", copy, "Seen.", "--who", "A. Analyst").code == 0
    refused = athar("report", copy, "--lang", "en", "--format", "json", *DAY)
    assert refused.code == 2
    assert "--reason" in refused.err
    second = issued(copy, "en", "json", "--reason", "a note was added")
    digest = hashlib.sha256(before).hexdigest()
    assert second["issue"] == {"version": 2, "reason": "a note was added", "predecessor": digest}
    assert first.read_bytes() == before


def test_row_22_a_handover_keeps_giver_receiver_seal_and_both_hashes(copy, athar, issued):
    """Transfers: giver, receiver, seal no., hash both sides."""
    hashes = ("--sha256", "a" * 64, "--received-sha256", "b" * 64)
    named = ("--giver", "Clerk of the court", "--receiver", "A. Analyst", "--seal", "SC-02", "--who", "A. Analyst")
    assert (
        athar("case", "handover", copy, "E001", *named, *hashes, "--when", "2026-01-20T10:00+01:00").code == 1
    )  # they differ
    (over,) = issued(copy)["custody"]["hand_overs"]
    text = json.dumps(over)
    assert all(
        value in text
        for value in ("Clerk of the court", "A. Analyst", "SC-02", "a" * 64, "b" * 64, "2026-01-20T09:00:00Z")
    )
