"""The whole of detection over a timeline on disk: matches, findings, outcomes, correlations across sources."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests import quick_yaml
from timelines.detection import Detection, RuleSet, detect, engine
from timelines.findings import MATCH_COLUMNS
from timelines.query import Timeline

Load = Callable[..., RuleSet]
MakeTimeline = Callable[..., Timeline]

LOGON = """
title: Failed logon
id: 10000000-0000-4000-8000-000000000001
name: failed
level: low
logsource: {product: windows, service: security}
detection: {selection: {EventID: 4625}, condition: selection}
"""
SUCCESS = """
title: Logon
id: 10000000-0000-4000-8000-000000000002
name: success
level: low
logsource: {product: windows, service: security}
detection: {selection: {EventID: 4624}, condition: selection}
"""
UPLOAD = """
title: Upload
id: 10000000-0000-4000-8000-000000000003
name: upload
level: medium
tags: [attack.initial-access, attack.t1190]
logsource: {category: webserver}
detection: {selection: {cs-method: POST, cs-uri-stem|endswith: .aspx}, condition: selection}
"""
SHELL = r"""
title: Web server starts a shell
id: 10000000-0000-4000-8000-000000000004
name: shell
level: high
tags: [attack.t1505.003]
logsource: {product: windows, category: process_creation}
detection: {selection: {ParentImage|endswith: '\w3wp.exe', Image|endswith: '\cmd.exe'}, condition: selection}
athar: {fr: {title: Un interpréteur}}
"""


def correlation(kind: str, rules: list[str], number: int = 9, **more: Any) -> str:

    block = {"type": kind, "rules": rules, "timespan": "1m", **more}
    rule_id = f"20000000-0000-4000-8000-{number:012d}"
    return quick_yaml.safe_dump(
        {"title": f"Correlation {number}", "id": rule_id, "level": "high", "correlation": block}
    )


def logon(time: float | None, event: int = 4625, user: str | None = "alice", **more: Any) -> dict[str, Any]:
    own = {"EventID": event, "Channel": "Security", "Computer": "DC1", "TargetUserName": user}
    return {"time": time, "host": "DC1", "user": user, **own, **more}


def found(detection: Detection) -> list[tuple[str, list[int]]]:
    """Titles of findings with the offsets at the end of their row ids."""
    return [(f.title, [int(row[-6:]) for row in f.rows]) for f in detection.findings]


def test_a_match_says_why_and_a_finding_lists_what_it_rests_on(load: Load, make_timeline: MakeTimeline) -> None:
    shell = {
        "Channel": "Security", "EventID": 4688, "ParentProcessName": r"C:\inetsrv\w3wp.exe", "NewProcessName": r"C:\x\CMD.exe",
        "time": 5, "host": "WEB1", "process": r"C:\x\CMD.exe", "user": "pool",
    }  # fmt: skip
    rows = [shell, {**shell, "time": 1, "NewProcessName": r"C:\x\notcmd.exe"}, {**shell, "time": 2}]
    result = detect(make_timeline(("windows/security", rows)), load(SHELL))
    assert tuple(result.matches.schema.names) == MATCH_COLUMNS
    assert result.matches.column("row_id").to_pylist() == ["windows/security-000002", "windows/security-000000"]
    assert result.matches.column("why")[0].as_py() == (
        r"ParentImage ends with '\w3wp.exe' (C:\inetsrv\w3wp.exe); Image ends with '\cmd.exe' (C:\x\CMD.exe)"
    )
    (finding,) = result.findings
    assert (finding.first, finding.last, finding.grade) == (2_000_000_000, 5_000_000_000, "supported")
    assert finding.attack == ("T1505.003",)
    assert finding.entities == {"hosts": ("WEB1",), "users": ("pool",), "processes": (r"C:\x\CMD.exe",)}
    assert finding.texts == {"fr": {"title": "Un interpréteur"}}


def test_every_rule_has_an_outcome(load: Load, make_timeline: MakeTimeline) -> None:
    odd = LOGON.replace("product: windows", "product: mainframe").replace("0001", "0007").replace("failed", "odd")
    rules = load(LOGON, SUCCESS, UPLOAD, odd, correlation("event_count", ["failed"], condition={"gte": 9}))
    result = detect(make_timeline(("windows/security", [logon(1), logon(2)])), rules)
    assert [(o.rule_id[-1], o.fate, o.rows_seen, o.matches) for o in result.outcomes] == [
        ("1", "matched", 2, 2),
        ("2", "silent", 2, 0),
        ("3", "no-data", 0, 0),
        ("9", "silent", 2, 0),
        ("7", "refused", 0, 0),  # its path has line and column behind it
    ]
    assert re.search(r"rules\.yml:\d+:\d+$", result.outcomes[4].path)
    assert result.outcomes[4].reason == "no family of Athar's holds the log source product mainframe, service security"


def test_rules_used_only_by_correlations_make_no_findings(load: Load, make_timeline: MakeTimeline) -> None:
    timeline = make_timeline(("windows/security", [logon(1), logon(2), logon(3)]))
    quiet = detect(timeline, load(LOGON, correlation("event_count", ["failed"], condition={"gte": 3})))
    assert found(quiet) == [("Correlation 9", [0, 1, 2])]
    assert set(quiet.matches.column("rule_title").to_pylist()) == {"Correlation 9"}
    assert set(quiet.matches.column("why").to_pylist()) == {
        "EventID is 4625; all rows together: 3 events within 60 s (at least 3 asked); 3 rows"
    }
    loud = detect(timeline, load(LOGON, correlation("event_count", ["failed"], condition={"gte": 3}, generate=True)))
    assert found(loud) == [("Correlation 9", [0, 1, 2]), ("Failed logon", [0, 1, 2])]


def test_reasons_made_late_are_those_made_at_once(load: Load, make_timeline: MakeTimeline) -> None:
    """Of rules that only correlations use just the cited rows are looked at for their reasons, a part at a time."""
    rows = [logon(at, 4625 if at % 3 else 4624, f"user{at % 4}", FailureReason=f"why {at}") for at in range(40)]
    timeline = make_timeline(*(("windows/security", rows[at : at + 7]) for at in (0, 7, 14, 21, 28)))
    failed = LOGON.replace("{EventID: 4625}", "{EventID: 4625, FailureReason|contains: why}")
    group = {"group-by": ["TargetUserName"], "generate": False, "timespan": "20s"}
    rules = [
        correlation("event_count", ["failed"], 1, condition={"gte": 4}, **group),
        correlation("temporal_ordered", ["20000000-0000-4000-8000-000000000001", "success"], 2, **group),
    ]
    quiet = detect(timeline, load(failed, SUCCESS, *rules)).matches
    loud = detect(
        timeline, load(failed, SUCCESS, *(text.replace("generate: false", "generate: true") for text in rules))
    )
    told = [row for row in loud.matches.to_pylist() if row["rule_title"] == "Correlation 2"]
    assert quiet.to_pylist() == told
    assert {row["why"].partition(";")[0] for row in told} == {"EventID is 4625", "EventID is 4624"}
    assert sum("FailureReason contains 'why' (why " in row["why"] for row in told) == 6


def test_groups_are_apart_and_rows_without_time_or_group_are_left_out(load: Load, make_timeline: MakeTimeline) -> None:
    rows = [
        *(logon(t) for t in (1, 2)),
        *(logon(t, user="BOB") for t in (1, 2)),
        logon(3, user="Bob"),  # the same account: case is ignored
        logon(None),
        logon(3, user=None),
        logon(3, user=""),
    ]
    rules = load(
        LOGON, correlation("event_count", ["failed"], condition={"gte": 3}, **{"group-by": ["TargetUserName"]})
    )
    result = detect(make_timeline(("windows/security", rows)), rules)
    assert found(result) == [("Correlation 9", [2, 3, 4])]
    assert "TargetUserName 'BOB': 3 events within 60 s (at least 3 asked)" in result.findings[0].why


def test_value_count_by_core_column(load: Load, make_timeline: MakeTimeline) -> None:
    spray = correlation(
        "value_count", ["failed"], condition={"gte": 3, "field": "TargetUserName"}, **{"group-by": ["src_ip"]}
    )
    rows = [logon(t, user=u, src_ip=ip) for t, u, ip in [(1, "a", "192.0.2.1"), (2, "A", "192.0.2.1"), (3, "b", "192.0.2.1"),
            (4, "c", "192.0.2.2"), (5, "c", "192.0.2.1")]]  # fmt: skip
    assert found(detect(make_timeline(("windows/security", rows)), load(LOGON, spray))) == [
        ("Correlation 9", [0, 1, 2, 4])
    ]


def test_order_across_sources_with_aliases(load: Load, make_timeline: MakeTimeline) -> None:
    """A request to a web server, then a shell on the machine of that name, the name under each source's own field."""
    chain = correlation(
        "temporal_ordered",
        ["upload", "shell"],
        **{"group-by": ["machine"]},
        aliases={"machine": {"upload": "s-computername", "shell": "Computer"}},
    )
    web = [
        {"time": t, "src_ip": "203.0.113.9", "cs_method": "POST", "cs_uri_stem": "/up/x.ASPX", "s_computername": name}
        for t, name in [(10, "WEB1"), (10, "WEB2"), (100, "WEB1")]
    ]
    start = {
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventID": 1,
        "Image": r"C:\cmd.exe",
        "ParentImage": r"C:\w3wp.exe",
    }
    windows = [{"time": t, "host": name, "Computer": name, **start} for t, name in [(40, "web1"), (9, "WEB2")]]
    result = detect(make_timeline(("web/access", web), ("windows/sysmon", windows)), load(UPLOAD, SHELL, chain))
    assert found(result) == [("Correlation 9", [0, 3])]
    (finding,) = result.findings
    assert finding.grade == "corroborated"
    assert finding.families == ("web/access", "windows/sysmon")
    assert finding.entities["ips"] == ("203.0.113.9",)


def test_temporal_takes_any_order_and_correlations_of_correlations(load: Load, make_timeline: MakeTimeline) -> None:
    group = {"group-by": ["Computer"]}
    burst = correlation("event_count", ["failed"], 1, condition={"gte": 2}, **group)
    after = correlation("temporal_ordered", ["20000000-0000-4000-8000-000000000001", "success"], 2, **group)
    either = correlation("temporal", ["failed", "success"], 3, **group)
    timeline = make_timeline(("windows/security", [logon(1), logon(2), logon(30, 4624), logon(200, 4624), logon(210)]))
    result = detect(timeline, load(LOGON, SUCCESS, burst, after, either))
    assert found(result) == [("Correlation 2", [0, 1, 2]), ("Correlation 3", [0, 1, 2, 3, 4])]


def test_damaged_rows_lower_the_grade(load: Load, make_timeline: MakeTimeline) -> None:
    rules = load(LOGON.replace("level: low", "level: high"))
    only = detect(make_timeline(("windows/security", [logon(1, flags="recovered")]), name="a"), rules)
    also = detect(make_timeline(("windows/security", [logon(1, flags="recovered"), logon(2)]), name="b"), rules)
    assert [f.grade for f in (*only.findings, *also.findings)] == ["inconclusive", "supported"]


def test_hostile_values_are_made_visible_and_cut(load: Load, make_timeline: MakeTimeline) -> None:
    rule = LOGON.replace("{EventID: 4625}", "{TargetUserName|contains: evil}")
    rows = [logon(1, user="evil\x1b[2J\u202e" + "x" * 5000)]
    (why,) = detect(make_timeline(("windows/security", rows)), load(rule)).matches.column("why").to_pylist()
    assert "\x1b" not in why
    assert "⟨U+202E⟩" in why
    assert len(why) < 400


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_parts_and_order_do_not_matter(load: Load, make_timeline: MakeTimeline, seed: int) -> None:
    rows = [
        logon(t / 3, event, user) | {"row_id": f"{t:06d}"}
        for t in range(60)
        for event, user in [((4624, 4625)[t % 2], "abc"[t % 3])]
    ]
    group = {"group-by": ["TargetUserName"]}
    rules = load(
        LOGON,
        SUCCESS,
        correlation("event_count", ["failed"], 1, condition={"gte": 4}, generate=True, **group),
        correlation("temporal_ordered", ["failed", "success"], 2, generate=True, **group),
    )
    whole = detect(make_timeline(("windows/security", rows), name="whole"), rules)
    chance = random.Random(seed)
    chance.shuffle(rows)
    cuts = sorted(chance.sample(range(1, 60), 3))
    pieces = [rows[a:b] for a, b in zip([0, *cuts], [*cuts, 60], strict=True)]
    cut = detect(make_timeline(*[("windows/security", piece) for piece in pieces], name="cut"), rules)
    assert len(whole.matches) > 60
    assert cut.matches.equals(whole.matches)
    assert cut.findings == whole.findings
    assert cut.outcomes == whole.outcomes


def test_plans_of_many_shapes_are_forgotten_and_findings_stay(
    load: Load, make_timeline: MakeTimeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "title: Word\nid: 10000000-0000-4000-8000-000000000007\nlevel: low\nlogsource: {product: windows}\n"
    rules = load(LOGON, SUCCESS, words + "detection: {keywords: [value 3], condition: keywords}")
    pieces = [[logon(n, 4624 + n % 2, **{f"Field{n}": f"value {n}"})] for n in range(12)]
    timeline = make_timeline(*[("windows/security", piece) for piece in pieces])
    kept = detect(timeline, rules)
    assert len(kept.matches) == 13
    width = len(timeline.parts("windows/security")[0].schema)
    monkeypatch.setattr(engine, "KEPT_COLUMNS", 3 * width)
    assert detect(timeline, rules).matches.equals(kept.matches)
    one = engine.Engine(rules.rules)
    held = []
    for part in timeline.parts("windows/security"):
        one.questions(one.plans(part.family, part.schema))
        held.append((len(one._plans), len(one._asked)))
    assert held == [(1, 1), (2, 2), (3, 3)] * 4
