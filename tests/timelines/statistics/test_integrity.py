"""The integrity table: each kind of thing, and what comes near it but must not appear."""

from __future__ import annotations

import pytest

from timelines.statistics import statistic

from .conftest import Rows, windows

DAY = 86_400.0


def log(numbers, seconds=None, **own) -> Rows:
    numbers = list(numbers)
    return windows(["4624"] * len(numbers), record=numbers, seconds=seconds or [10.0 * n for n in numbers], **own)


def seen(rows) -> list[tuple]:
    return [(r["kind"], r["record"], r["amount"], r["unit"]) for r in rows]


def test_every_threshold_has_a_unit_and_a_reason():
    for threshold in statistic("integrity").thresholds:
        assert threshold.unit
        assert threshold.reason.endswith(".")


def test_a_gap_leads_to_the_record_after_it(made, counted):
    timeline = made(log(n for n in range(1, 301) if n not in (100, 101, 102)))
    (row,) = counted("integrity", timeline)
    assert seen([row]) == [("gap", 103, 3.0, "records")]
    assert (row["host"], row["log"], row["exhibit"], row["file"]) == ("SRV02", "Security", "E001", "Security.evtx")
    assert row["message"] == "Between record 99 and record 103 of the log, 3 record numbers have no record"
    assert timeline.sql("select record from timeline where row_id = ?", [row["row_id"]]).to_pylist() == [
        {"record": 103}
    ]


def test_a_gap_in_a_file_that_an_export_numbered_anew_says_so(made, counted):
    """Its filter may have left them out; who looks at the log sees that they are not there."""
    numbers = [n for n in range(1, 301) if n not in (100, 101, 102)]
    timeline = made(log(numbers, flags=["id-differs"] * len(numbers)))
    for lang, word in (("en", "export"), ("fr", "exportation"), ("ar", "التصدير")):
        (row,) = counted("integrity", timeline, lang=lang)
        assert seen([row]) == [("gap", 103, 3.0, "records")]
        assert word in row["message"]


def test_records_that_stand_again_are_told_and_hide_no_gap(made, counted):
    """A chunk that a tool wrote twice, in place of another: a log of which a part is read twice and a part is missing."""
    numbers = [n for n in range(1, 301) if not 100 <= n <= 149] + list(range(150, 200))
    for lang, word in (("en", "stand in this file again"), ("fr", "de nouveau"), ("ar", "مرة أخرى")):
        gap, again = sorted(counted("integrity", made(log(numbers)), lang=lang), key=lambda row: row["kind"])
        assert seen([gap, again]) == [("gap", 150, 50.0, "records"), ("repeated", 150, 50.0, "records")]
        assert word in again["message"]
    timeline = made(log(numbers))
    gap, again = sorted(counted("integrity", timeline), key=lambda row: row["kind"])
    (place,) = timeline.sql('select record, "offset" from timeline where row_id = ?', [again["row_id"]]).to_pylist()
    others = timeline.sql('select "offset" from timeline where record = 150').column("offset").to_pylist()
    assert place == {"record": 150, "offset": max(others)}
    twice = made(log([*range(1, 301), *range(1, 301)]))
    assert seen(counted("integrity", twice)) == [("repeated", 1, 300.0, "records")]
    other_time = log([*range(1, 301), 150], [10.0 * n for n in range(1, 301)] + [9_000.0])
    assert [row["kind"] for row in counted("integrity", made(other_time))] == ["backwards", "numbering"]


def test_no_gap_in_a_whole_log_in_chosen_events_or_in_a_filtered_view(made, counted):
    assert counted("integrity", made(log(range(1, 301)))) == []
    assert counted("integrity", made(log(range(1, 900, 3)))) == []  # chosen events
    assert counted("integrity", made(log([7]))) == []
    every_other = "record % 2 = 0"  # a filter takes rows to show, it makes no gaps
    assert counted("integrity", made(log(range(1, 301))), where=every_other) == []


def test_records_between_two_files_of_one_log(made, counted):
    timeline = made(log(range(311, 400)), log(range(1, 301), file="old/Security.evtx"))
    (row,) = counted("integrity", timeline)
    assert seen([row]) == [("gap", 311, 10.0, "records")]
    assert row["message"].startswith(
        "E001/old/Security.evtx ends with record 300 of this log, this file begins with record 311;"
    )
    assert counted("integrity", made(log(range(301, 400)), log(range(1, 301), file="old/Security.evtx"))) == []


def test_time_that_runs_backwards_by_a_minute_or_more(made, counted):
    back = [10.0 * n - (600 if n > 150 else 0) for n in range(1, 301)]
    (row,) = counted("integrity", made(log(range(1, 301), back)))
    assert seen([row]) == [("backwards", 151, 590.0, "s")]
    swapped = [10.0 * n - (69 if n == 150 else 0) for n in range(1, 301)]  # 59 s earlier than the record before
    assert counted("integrity", made(log(range(1, 301), swapped))) == []


def test_numbering_that_begins_anew(made, counted):
    numbers = [*range(5_001, 5_301), *range(1, 301)]
    times = [float(n) for n in range(300)] + [90_000.0 + n for n in range(300)]
    (row,) = counted("integrity", made(log(numbers, times)))
    assert seen([row]) == [("numbering", 5_001, None, None)]


def test_cleared_logs_are_shown_with_the_log_that_was_cleared(made, counted):
    writer = ["Microsoft-Windows-Eventlog"]
    timeline = made(
        windows(["1102"], Provider_Name=writer, SubjectUserName=["anna"], SubjectDomainName=["LAB"]),
        windows(
            ["104"],
            "System",
            file="System.evtx",
            Provider_Name=writer,
            Channel_=["Application"],
            object=["Application"],
        ),
        # Near misses: the same numbers of other providers and channels.
        windows(["1102", "104"], "Microsoft-Windows-TerminalServices-RDPClient/Operational", file="c.evtx"),
        windows(["104", "1102"], "System", file="d.evtx", Provider_Name=["Other"] * 2),
    )
    rows = counted("integrity", timeline)
    assert [(r["kind"], r["log"], r["file"]) for r in rows] == [
        ("cleared", "Application", "System.evtx"),
        ("cleared", "Security", "Security.evtx"),
    ]
    assert rows[1]["message"] == "The Security log of SRV02 was cleared; the account named is LAB\\anna"
    assert counted("integrity", timeline, "fr")[1]["message"].startswith("Le journal de sécurité de SRV02 a été effacé")


def test_changes_of_the_audit_policy(made, counted):
    timeline = made(windows(["4719", "4718"], SubcategoryGuid=["{0CCE9215-69AE-11D9-BED3-505054503030}"] * 2))
    assert [r["kind"] for r in counted("integrity", timeline)] == ["audit-policy"]


def test_clock_changes_of_a_second_or_more_and_those_without_readable_times(made, counted):
    timeline = made(
        windows(
            ["4616"] * 4,
            PreviousTime=["2026-01-01T10:00:00.0000000Z"] * 3 + ["\u200e2008\u200e-07-16"],
            NewTime=[
                "2026-01-01T08:00:00.5000000Z",
                "2026-01-01T10:00:00.9999999Z",
                "2026-01-01T10:00:01.0000000Z",
                "10:00",
            ],
        )
    )
    rows = counted("integrity", timeline)
    assert [(r["kind"], r["record"], r["amount"]) for r in rows] == [
        ("clock", 1, -7_199.5),
        ("clock", 3, 1.0),
        ("clock", 4, None),
    ]


def silent(last: float, others: float, step: float = 600.0, **own) -> list[Rows]:
    """A Security log with a record every ten minutes until `last` (s), beside a System log that goes on until `others`, every `step` s."""
    mine = range(1, int(last // 600) + 1)
    theirs = range(1, int(others // step) + 1)
    return [
        log(mine, [600.0 * n for n in mine]),
        windows(["7036"] * len(theirs), "System", file="System.evtx", seconds=[step * n for n in theirs], **own),
    ]


def test_a_log_that_stops_while_the_others_go_on(made, counted):
    rows = counted("integrity", made(*silent(2 * DAY, 3 * DAY)))
    assert seen(rows) == [("stopped", 288, DAY, "s")]
    assert rows[0]["message"] == (
        "The log ends here, while 144 records of other logs of the machine follow, until 86400 s later"
    )


@pytest.mark.parametrize(
    "given",
    [
        silent(2 * DAY, 2 * DAY + 3_590, 10.0),  # less than an hour
        silent(2 * DAY, 2 * DAY + 7_200),  # twelve records follow: too few
        silent(2 * DAY, 3 * DAY, host="WEB01"),  # another machine's log goes on
        silent(0.4 * DAY, 3 * DAY),  # it covers ten hours: no rhythm to judge by
        [
            log(range(1, 101), [*(600.0 * n for n in range(1, 51)), *(2 * DAY + 600.0 * n for n in range(1, 51))]),
            silent(0, 4 * DAY)[1],
        ],
        [*silent(2 * DAY, 3 * DAY), log(range(289, 433), [600.0 * n for n in range(289, 433)], file="later.evtx")],
    ],
    ids=["under an hour", "few records", "another machine", "short log", "silent before", "a later file goes on"],
)
def test_ends_that_are_no_stop(made, counted, given):
    assert counted("integrity", made(*given)) == []


def test_another_exhibit_ends_at_another_time(made, counted):
    mine, theirs = silent(2 * DAY, 3 * DAY)
    elsewhere = Rows(theirs.family, theirs.file, theirs.seconds, theirs.columns, "E002")
    assert counted("integrity", made(mine, elsewhere)) == []


def test_a_filter_takes_the_rows_to_go_to(made, counted):
    timeline = made(
        log(n for n in range(1, 301) if n not in (100, 200)),
        log((n for n in range(1, 301) if n != 50), host="WEB01", file="b.evtx"),
    )
    assert [r["record"] for r in counted("integrity", timeline)] == [51, 101, 201]
    assert [r["record"] for r in counted("integrity", timeline, hosts=("web01",))] == [51]
    start = 1_767_225_600 * 10**9 + 1_500 * 10**9
    assert [r["record"] for r in counted("integrity", timeline, start=start)] == [201]


def quiet(hours: float, days: float = 2, step: float = 600.0, pause: float = 0.0, **own) -> list[Rows]:
    """A Security log over so many days, a record every ten minutes, but for so many hours in the middle and a `pause` of hours later;
    beside a System log with a record every `step` s."""
    middle, later = days * DAY / 2, days * DAY * 0.9
    moments = [600.0 * n for n in range(1, int(days * DAY / 600))]
    kept = [s for s in moments if not middle < s < middle + hours * 3_600 and not later < s < later + pause * 3_600]
    theirs = [step * n + 1 for n in range(1, int(days * DAY / step))]
    return [
        log(range(1, len(kept) + 1), kept),
        windows(["7036"] * len(theirs), "System", file="System.evtx", seconds=theirs, **own),
    ]


def test_a_log_that_is_silent_in_the_middle_while_the_others_go_on(made, counted):
    timeline = made(*quiet(10))
    rows = counted("integrity", timeline)
    assert seen(rows) == [("silent", 145, 36_000.0, "s")]
    assert rows[0]["message"] == (
        "Before this record the log is silent for 36000 s, unlike ever else, while 60 records of other logs of the machine fall in that "
        "time"
    )
    assert timeline.sql("select record, file from timeline where row_id = ?", [rows[0]["row_id"]]).to_pylist() == [
        {"record": 145, "file": "Security.evtx"}
    ]
    for lang in ("fr", "ar"):
        assert "36000" in counted("integrity", timeline, lang=lang)[0]["message"]


def test_a_silence_of_days_is_judged_by_weeks(made, counted):
    assert seen(counted("integrity", made(*quiet(48, 18, 1_800.0)))) == [("silent", 1297, 2 * DAY, "s")]


@pytest.mark.parametrize(
    "given",
    [
        quiet(0.9),  # less than an hour
        quiet(10, pause=4),  # it was silent for four hours another time: that is its rhythm
        quiet(10, step=3_600.0),  # ten records of others: the machine slept
        quiet(10, host="WEB01"),  # another machine
        quiet(14),  # a night and more, of a log of two days
        quiet(48, 12),  # a weekend, of a log of less than two weeks
        quiet(10, 1.6),  # most of what it covers
    ],
    ids=["under an hour", "its rhythm", "machine asleep", "another machine", "a night", "a weekend", "little besides"],
)
def test_silences_that_are_not_implausible(made, counted, given):
    assert counted("integrity", made(*given)) == []


def access(seconds, file="access.log", flags=None) -> Rows:
    count = len(seconds)
    columns = {
        "src_ip": [f"198.51.100.{n % 40}" for n in range(count)],
        "c_ip": [f"198.51.100.{n % 40}" for n in range(count)],
        "cs_uri": [f"/{s}" for s in seconds],
        "cs_uri_stem": [f"/{s}" for s in seconds],
        "flags": flags or [""] * count,
        "record": list(range(1, count + 1)),
    }
    return Rows("web/access", file, seconds, columns)


def test_web_logs_stand_beside_windows_logs(made, counted):
    """A clock set back after line 300; lines behind a hole; a copy of the begin; half an hour of silence."""
    steady = [20.0 * n for n in range(300)]
    later = [4000 + 20.0 * n for n in range(300)]
    flags = ["hole-before" if n in (20, 30) else "" for n in range(600)]
    timeline = made(
        access([*steady, *later], flags=flags),
        access(steady[:100], "old/access.log"),
        log(n for n in range(1, 301) if n != 100),
    )
    rows = counted("integrity", timeline)
    assert [(r["kind"], r["log"], r["file"], r["record"], r["amount"], r["unit"]) for r in rows] == [
        ("repeated", "web/access", "old/access.log", 1, 100.0, "lines"),
        ("damaged", "web/access", "access.log", 21, 2.0, "lines"),
        ("gap", "Security", "Security.evtx", 101, 1.0, "records"),
        ("backwards", "web/access", "access.log", 301, 1980.0, "s"),
    ]
    assert rows[3]["message"] == "Time goes back in a web server log, which goes on from there"
    arabic = counted("integrity", timeline, lang="ar")
    assert arabic[3]["message"] == "رجوع الوقت إلى الوراء في سجل خادم ويب يستمر من هناك"
    only = counted("integrity", timeline, where="file = 'old/access.log'")
    assert [row["kind"] for row in only] == ["repeated"]


def test_a_silence_of_a_web_log_leads_to_the_line_after_it(made, counted):
    seconds = [20.0 * n for n in range(4320) if not 36_000 <= 20 * n < 38_000]
    (row,) = counted("integrity", made(access(seconds)))
    assert (row["kind"], row["amount"], row["unit"]) == ("silent", 2020.0, "s")
    assert row["record"] == 1801
