"""What rules could not see: true for each machine, from what the timeline holds."""

from __future__ import annotations

from collections.abc import Callable

from tests.our_rules import our_rules
from timelines.detection import RuleSet
from timelines.detection.coverage import _ASKED, Coverage, coverage, statement
from timelines.detection.expressions import fields_of
from timelines.detection.logsources import entries

SYSMON = "Microsoft-Windows-Sysmon/Operational"
ROWS = [
    {"host": "PC1", "time": 10, "Channel": "Security", "EventID": 4688},
    {"host": "pc1", "time": 20, "Channel": "Security", "EventID": 4688},
    {"host": "PC2", "time": 5, "Channel": "Security", "EventID": 4624},
    {"host": "PC2", "time": 6, "Channel": "Security", "EventID": 4624},
    {"host": "PC3", "time": None, "Channel": SYSMON, "EventID": 12, "EventType": "CreateKey"},
    {"host": None, "time": 1, "Channel": SYSMON, "EventID": 1},
]


def rules(load: Callable[..., RuleSet], rule: Callable[..., str]) -> RuleSet:
    def of(number: int, **source: str) -> str:
        return rule({"selection": {"F": "x"}}, id=f"00000000-0000-4000-8000-0000000000{number:02}", logsource=source)

    created = {"product": "windows", "category": "process_creation"}
    return load(
        of(1, **created),
        of(2, **created),
        of(3, product="windows", category="registry_add"),
        of(4, category="webserver"),
        of(5, product="windows", service="security"),
    )


def judged(found: tuple[Coverage, ...]) -> dict[tuple[str, str], tuple[str, int, int, int]]:
    return {(c.host, c.logsource): (c.state, c.rules, c.rows, c.log_rows) for c in found}


def test_each_machine_is_judged_by_its_own_rows(load, rule, make_timeline) -> None:
    found = coverage(make_timeline(("windows/security", ROWS[:4]), ("windows/sysmon", ROWS[4:])), rules(load, rule))
    assert judged(found) == {
        ("", "webserver"): ("no-log", 1, 0, 0),
        ("PC1", "windows/process_creation"): ("seen", 2, 2, 2),
        ("PC1", "windows/registry_add"): ("no-log", 1, 0, 0),
        ("PC1", "windows/security"): ("seen", 1, 2, 2),
        ("PC2", "windows/process_creation"): ("no-such-records", 2, 0, 2),
        ("PC2", "windows/registry_add"): ("no-log", 1, 0, 0),
        ("PC2", "windows/security"): ("seen", 1, 2, 2),
        ("PC3", "windows/process_creation"): ("no-such-records", 2, 0, 1),
        ("PC3", "windows/registry_add"): ("seen", 1, 1, 1),
        ("PC3", "windows/security"): ("no-log", 1, 0, 0),
    }
    (first,) = [c for c in found if (c.host, c.logsource) == ("PC1", "windows/process_creation")]
    assert (first.first, first.last) == (10_000_000_000, 20_000_000_000)
    assert first.logs == (SYSMON, "Security")
    assert [c.host for c in found] == sorted(c.host for c in found)


def test_the_statement_names_machine_log_and_number_of_rules(load, rule, make_timeline) -> None:
    found = coverage(make_timeline(("windows/security", ROWS[:4])), rules(load, rule))
    said = {(c.host, c.logsource): statement(c) for c in found}
    assert said["PC2", "windows/process_creation"] == (
        f"windows/process_creation was not recorded on PC2: 2 rows of {SYSMON} and Security are here, none of this kind: "
        "2 rules could not see anything"
    )
    assert said["PC1", "windows/process_creation"] == ""
    assert said["PC1", "windows/registry_add"] == (
        f"windows/registry_add: no record on PC1 ({SYSMON}): 1 rule could not see anything"
    )
    assert said["", "webserver"].startswith("webserver: no record in this case (web/access, web/audit): 1 rule")


def test_without_windows_rows_the_case_is_judged_as_a_whole(load, rule, make_timeline) -> None:
    web = [{"time": 1, "cs_method": "GET", "host": "www"}]
    found = judged(coverage(make_timeline(("web/access", web)), rules(load, rule)))
    assert found["", "windows/process_creation"] == ("no-log", 2, 0, 0)
    assert found["", "webserver"] == ("seen", 1, 1, 1)


def test_it_does_not_hang_on_how_rows_are_cut(load, rule, make_timeline) -> None:
    whole = coverage(make_timeline(("windows/security", ROWS[:4]), ("windows/sysmon", ROWS[4:])), rules(load, rule))
    apart = coverage(
        make_timeline(
            *(("windows/security" if n < 4 else "windows/sysmon", [row]) for n, row in enumerate(ROWS)), name="b"
        ),
        rules(load, rule),
    )
    assert whole == apart


def test_our_own_rules_are_counted_each_once(make_timeline) -> None:
    ours = our_rules()
    found = coverage(make_timeline(("windows/security", ROWS[:1])), ours)
    assert sum(c.rules for c in found) == len(ours.rules)


def test_lines_of_modsecurity_in_an_error_log_are_seen(load, rule, make_timeline) -> None:
    rows = [
        {"error_text": text, "time": 7} for text in ("ModSecurity: Access denied", "MODSECURITY: x", "File not found")
    ]
    asked = load(rule({"selection": ["Access denied"]}, logsource={"product": "modsecurity"}))
    (found,) = coverage(make_timeline(("web/error", rows)), asked)
    assert (found.state, found.rows) == ("seen", 2)
    (none,) = coverage(make_timeline(("web/error", rows[2:])), asked)
    assert (none.state, none.rows) == ("no-log", 0)


def test_every_column_that_a_log_source_asks_is_among_those_told_apart() -> None:
    asked = {name for entry in entries() for name in fields_of(entry.source.condition)}
    assert asked <= set(_ASKED)
