"""Real logs counted as the Rust `evtx` package reads them, record by record, in a loop that shares nothing with the tables."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from forensics import open_case
from timelines.statistics import statistic

pytestmark = pytest.mark.evidence
LIVE = "not contains(flags, 'recovered')"  # the other reader does not look behind a chunk's last record
FOLDER = Path(__file__).resolve().parents[4] / "shared" / "evidence" / "windows"


@pytest.fixture(scope="module")
def case(windows_case):
    """Nothing writes to it: it answers the same question once, whatever the language that the answer is told in."""
    opened = open_case(windows_case)
    ask, answers = opened.query.sql, {}

    def once(query, parameters=()):
        asked = query, repr(parameters)
        if asked not in answers:
            answers[asked] = ask(query, parameters)
        return answers[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opened.query, "sql", once)
        yield opened


@pytest.fixture(scope="module")
def records(case) -> list[dict[str, Any]]:
    """System fields and data of every record of the files that the case reads, as plain text."""
    evtx = pytest.importorskip("evtx")
    entries = case.files()
    found = []
    for file in entries[entries["status"] == "evidence"]["file"]:
        for record in evtx.PyEvtxParser(str(FOLDER / file), number_of_threads=1).records_json():
            event = json.loads(record["data"])["Event"]
            system = event["System"]
            number = system["EventID"]
            found.append(
                {
                    "file": file,
                    "channel": system.get("Channel"),
                    "provider": system["Provider"]["#attributes"].get("Name"),
                    "event": str(number["#text"] if isinstance(number, dict) else number),
                    "computer": system.get("Computer"),
                    "record": int(system.get("EventRecordID", record["event_record_id"])),
                    "data": event.get("EventData") or {},
                }
            )
    return found


def test_events_are_counted_as_the_other_reader_counts_them(case, records):
    mine = case.stats("events", where=LIVE)
    named = (
        mine[["channel", "provider", "event"]]
        .astype(object)
        .where(mine[["channel", "provider", "event"]].notna(), None)
    )
    counted = dict(zip(named.itertuples(index=False, name=None), mine["rows"], strict=True))
    assert counted == Counter((r["channel"], r["provider"], r["event"]) for r in records)
    assert sum(counted.values()) == len(records) > 8_000


def test_logs_hold_the_numbers_that_the_other_reader_finds(case, records):
    numbers = defaultdict(list)
    for record in records:
        if record["channel"]:
            numbers[record["file"], record["channel"], record["computer"]].append(record["record"])
    expected = {
        key: (len(held), min(held), max(held), max(held) - min(held) + 1 - len(set(held)))
        for key, held in numbers.items()
    }
    mine = case.stats("logs")
    mine = mine[
        ~mine["log"].str.startswith("windows/") & mine["first_record"].notna()
    ]  # the others hold old records alone
    live = mine["rows"] - mine["recovered"]
    counted = zip(live, mine["first_record"], mine["last_record"], mine["missing"], strict=True)
    keys = zip(mine["file"], mine["log"], mine["host"], strict=True)
    assert dict(zip(keys, counted, strict=True)) == expected


def test_failed_logons_by_account_and_reason(case, records):
    meant = {"0xc000006a": "wrong password", "0xc0000064": "no such account", "0xc000006e": "account restriction"}
    loop = Counter()
    for record in records:
        if record["channel"] == "Security" and record["event"] == "4625":
            data = record["data"]
            code = data["SubStatus"] if int(data["SubStatus"], 16) else data["Status"]
            account = "" if data["TargetUserName"] == "-" else data["TargetUserName"].lower()
            loop[account, meant.get(code.lower(), code.lower())] += 1
    mine = Counter()
    for account, events, reasons in case.stats("logons", where=LIVE)[["account", "events", "reasons"]].itertuples(
        index=False
    ):
        if events in ("4625", "4624, 4625") and isinstance(reasons, str):
            for reason in reasons.split("), "):
                words, _, count = reason.rstrip(")").rpartition(" (")
                mine[account.lower() if isinstance(account, str) else "", words] += int(count)
    assert mine == loop
    assert sum(loop.values()) > 20


def test_successful_logons_by_account_and_address(case, records):
    loop = Counter(
        (r["data"]["TargetUserName"].lower(), int(r["data"]["LogonType"]))
        for r in records
        if r["channel"] == "Security" and r["event"] == "4624"
    )
    mine = Counter()
    table = case.stats("logons", where=f"event = '4624' and {LIVE}")
    for account, how, rows in table[["account", "how", "rows"]].itertuples(index=False):
        mine[account.lower(), int(how.rpartition("(")[2].rstrip(")"))] += rows
    assert mine == loop


def test_the_integrity_table_has_every_clearing_and_change(case, records):
    loop = Counter()
    for record in records:
        key = (record["channel"], record["provider"], record["event"])
        if key in (("Security", "Microsoft-Windows-Eventlog", "1102"), ("System", "Microsoft-Windows-Eventlog", "104")):
            loop["cleared"] += 1
        if key == ("Security", "Microsoft-Windows-Security-Auditing", "4719"):
            loop["audit-policy"] += 1
        if key == ("Security", "Microsoft-Windows-Security-Auditing", "4616"):
            before, after = (datetime.fromisoformat(record["data"][name]) for name in ("PreviousTime", "NewTime"))
            loop["clock"] += abs((after - before).total_seconds()) >= 1
    mine = case.stats("integrity", where=LIVE)
    assert mine["kind"].value_counts().to_dict() == dict(
        loop
    )  # files of chosen events: no gap, no step back, no end is told
    assert loop["cleared"] > 100
    assert mine["message"].str.len().min() > 30
    assert set(case.sql("select row_id from timeline")["row_id"]) >= set(mine["row_id"])


def test_pivots_hold_each_account_and_hash(case, records):
    hashes = Counter()
    for record in records:
        if isinstance(record["data"], dict) and isinstance(record["data"].get("Hashes"), str):
            hashes.update({text.lower() for text in record["data"]["Hashes"].split(",")})
    pivots = case.stats("pivots")
    mine = pivots[pivots["kind"] == "hash"]
    assert dict(zip(mine["value"].str.lower(), mine["rows"], strict=True)) == dict(hashes)
    assert len(hashes) > 20


def test_every_table_can_be_counted_in_each_language(case):
    for name in case.stats():
        for lang in ("en", "fr", "ar"):
            frame = case.stats(name, lang=lang)
            assert list(frame.columns) == [column.name for column in statistic(name).columns], (name, lang)
