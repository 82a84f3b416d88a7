"""`athar stats` and `case.stats`: on a small hostile case, on the demo, and what they say of nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys

import pandas as pd
import pyarrow.parquet as pq
import pytest

from forensics import fitting, open_case, terminal
from forensics.demo.scenario import SPRAY_ROUNDS, SPRAYED, TUNNEL_QUERIES
from forensics.sparkline import mark_width, sparkline
from timelines.statistics import all_statistics, statistic

LINES = (
    '192.0.2.1 - - [14/Jan/2026:08:00:01 +0000] "GET /a HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'
    '203.0.113.9 - =anna [14/Jan/2026:08:00:02 +0000] "GET /b HTTP/1.1" 404 7 "-" "=HYPERLINK(1)"\n'
    '203.0.113.9 - - [14/Jan/2026:09:00:03 +0000] "GET /c HTTP/1.1" 404 7 "-" "x\x1b[2J\u202ey"\n'
)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A case of three access-log lines, read but not analysed."""
    from forensics import api, pipeline

    folder = tmp_path_factory.mktemp("stats")
    (folder / "access.log").write_text(LINES, encoding="utf-8", newline="")
    pipeline.ingest(api.start(folder / "case", [folder / "access.log"], None), 1)
    return folder / "case"


@pytest.fixture
def screen(monkeypatch):
    """Standard output that says it is a terminal of so many columns."""

    def of(columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    return of


def rows(ran):
    assert (ran.code, ran.err) == (0, "")
    return list(csv.DictReader(io.StringIO(ran.out)))


def test_piped_a_table_is_csv_without_formulas_or_controls(case, athar):
    found = rows(athar("stats", case, "web", "--kind", "agent"))
    assert [(r["value"], r["rows"], r["refused"]) for r in found] == [
        ("'=HYPERLINK(1)", "1", "1"),
        ("Mozilla/5.0", "1", "0"),
        ("x⟨U+001B⟩[2J⟨U+202E⟩y", "1", "1"),
    ]
    assert list(found[0]) == [column.name for column in statistic("web").columns]
    (account,) = rows(athar("stats", case, "pivots", "--kind", "account"))
    assert account["value"] == "'=anna"


def test_filters_kinds_order_and_top(case, athar):
    def values(*options):
        return [(r["kind"], r["value"]) for r in rows(athar("stats", case, "web", *options))]

    assert values("--kind", "client") == [("client", "203.0.113.9"), ("client", "192.0.2.1")]
    assert values("--kind", "client", "--sort", "rows") == [("client", "192.0.2.1"), ("client", "203.0.113.9")]
    assert values("--kind", "client", "--kind", "status", "--top", 1) == [("client", "203.0.113.9"), ("status", "404")]
    assert values("--kind", "status", "--sort=-value") == [("status", "404"), ("status", "200")]
    assert values("--kind", "client", "--to", "2026-01-14T08:00:02") == [("client", "192.0.2.1")]
    assert values("--kind", "client", "--ip", "192.0.2.1") == [("client", "192.0.2.1")]
    assert values("--kind", "path", "--where", "outcome = 'failure'") == [("path", "/b"), ("path", "/c")]


def test_json_lines_and_parquet(case, athar, tmp_path):
    ran = athar("stats", case, "activity", "--json")
    assert [json.loads(line) for line in ran.out.splitlines()] == [
        {"hour": "2026-01-14 08:00:00Z", "family": "web/access", "rows": 2},
        {"hour": "2026-01-14 09:00:00Z", "family": "web/access", "rows": 1},
    ]
    assert athar("stats", case, "events", "-o", tmp_path / "events.parquet").code == 0
    assert pq.read_table(tmp_path / "events.parquet")["rows"].to_pylist() == [3]
    assert athar("stats", case, "web", "-o", tmp_path / "web.csv", "--columns", "kind,rows").code == 0
    assert (tmp_path / "web.csv").read_text().startswith("kind,rows\nagent,1\n")


def test_nothing_to_count_says_what_was_looked_at(case, athar):
    ran = athar("stats", case, "logons")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "account,domains,address,workstation,how,host,successes,failures,rows,reasons,targets,events,first,last"
    ]
    assert ran.err == (
        "athar: logons: needs rows of windows/security, windows/terminalservices; this case holds 3 rows of web/access\n"
    )
    ran = athar("stats", case, "web", "--host", "nowhere")
    assert ran.err == "athar: web: the filter takes no row of web/access\n"
    ran = athar("stats", case, "pivots", "--kind", "domain")
    assert ran.err == "athar: pivots: nothing to show; looked at 3 rows of web/access\n"
    assert athar("stats", case, "--host", "nowhere").out == "events: the filter takes no row of web/access\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("logon",), "no table 'logon'; did you mean 'logons'?"),
        (("web", "--sort", "size"), "no column 'size' in web; expected one of kind, value, rows"),
        (("web", "--columns", "kind,nothing"), "no column 'nothing' in web"),
        (("events", "--kind", "x"), "no column 'kind' in events"),
        (("events", "--family", "net/none"), "no family 'net/none'"),
        (("events", "--from", "yesterday"), "'yesterday' is not an instant"),
        (("events", "--where", "nothing = 1"), "nothing"),
        (("events", "--where", "1=1); drop view timeline; --"), ""),
        (("events", "--format", "parquet"), "needs -o FILE"),
        (("events", "--format", "table", "-o", "x.txt"), "--format table is for the terminal"),
        (("--sort", "rows"), "--sort needs a TABLE"),
    ],
)
def test_what_cannot_be_asked_is_one_line(case, athar, options, said):
    ran = athar("stats", case, *options)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert said in ran.err


def test_a_glance_as_data(demo, athar):
    told = json.loads(athar("stats", demo.case, "--json").out)
    assert told["integrity"] == {"cleared": 2, "gap": 1, "silent": 1}
    assert set(told["tables"]) == set(all_statistics())
    assert sum(told["families"].values()) == told["rows"]


@pytest.mark.usefixtures("counted_once")
@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_no_line_is_wider_than_it(demo, athar, screen, columns):
    screen(columns)
    shown = {}
    for table in ("", *all_statistics()):
        ran = athar("stats", demo.case, *([table] if table else []))
        assert (ran.code, ran.err) == (0, "")
        assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", ran.out).splitlines())) <= columns, table
        shown[table] = ran.out
    glance = shown[""]
    assert "windows/security" in glance
    assert any("█" in line for line in glance.splitlines())
    assert all(
        title in glance for title in ("Events by kind", "Logons", "Web server logs", "Network captures", "Integrity")
    )


def test_a_terminal_shows_hostile_text_made_visible(case, athar, screen):
    screen(100)
    ran = athar("stats", case, "web")
    assert "\x1b[2J" not in ran.out
    assert "\u202e" not in ran.out
    assert "⟨U+001B⟩[2J⟨U+202E⟩y" in ran.out


def test_frames_in_python(demo):
    case = open_case(demo.case)
    assert case.stats() == {name: counting.title for name, counting in all_statistics().items()}
    events = case.stats("events")
    assert int(events["rows"].sum()) == len(case.timeline(columns=["row_id"]))
    assert isinstance(events["rows"].dtype, pd.ArrowDtype)
    assert str(events["first"].dtype) == "datetime64[ns, UTC]"
    hosts = case.stats("hosts", hosts="srv02.TAMRIRT.example", families="windows", where="event = '4625'")
    assert hosts["host"].tolist() == ["SRV02.tamrirt.example"]
    with pytest.raises(ValueError, match="no table 'nothing'"):
        case.stats("nothing")


def test_the_demo_logons_are_those_of_its_story(demo):
    """Seven accounts tried eight times each from WEB01's address, then one that is let in."""
    logons = open_case(demo.case).stats("logons")
    spray = logons[(logons["address"] == "192.0.2.20") & (logons["failures"] > 0)]
    assert set(spray["account"]) == set(SPRAYED)
    assert set(spray["failures"]) == {SPRAY_ROUNDS}
    assert spray.loc[spray["successes"] > 0, "account"].tolist() == ["svc_sauvegarde"]


def test_the_demo_integrity_and_names_are_those_of_its_story(demo):
    case = open_case(demo.case)
    integrity = case.stats("integrity")
    web = integrity["log"] == "web/access"
    windows = integrity[~web]
    assert list(zip(windows["kind"], windows["log"], strict=True)) == [
        ("cleared", "Application"),
        ("cleared", "Security"),
        ("gap", "Security"),
    ]
    assert set(windows["host"]) == {"SRV02.tamrirt.example"}
    assert list(integrity[web]["kind"]) == ["silent"]
    names = case.stats("network")
    tunnel = names[(names["kind"] == "name") & names["value"].str.endswith(".s1.ns-relay.example")]
    assert int(tunnel["rows"].sum()) == TUNNEL_QUERIES


def test_counts_agree_with_a_loop_over_the_frames(demo):
    case = open_case(demo.case)
    frame = case.timeline(columns=["family", "event", "host", "user", "time"])
    events = case.stats("events").groupby(["family", "event"])["rows"].sum()
    assert events.to_dict() == frame.groupby(["family", "event"]).size().to_dict()
    accounts = case.stats("pivots", where='"user" is not null').query("kind == 'account'")
    loop = frame["user"].dropna().str.lower().value_counts()
    assert dict(zip(accounts["value"].str.lower(), accounts["rows"], strict=True)) == loop.to_dict()
    security = case.events("windows/security")
    failed = security[security["event"] == "4625"].groupby("TargetUserName").size()
    counted = case.stats("logons").groupby("account")["failures"].sum()
    assert counted[counted > 0].to_dict() == failed.to_dict()


def test_help_of_the_command_is_quick_to_import():
    """Nothing heavy is loaded before the command is asked for something."""
    code = "import sys, forensics.commands.stats; print([m for m in ('pyarrow', 'duckdb', 'pandas', 'numpy') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=True)
    assert ran.stdout == "[]\n"


def test_the_help_names_every_table(athar):
    assert ", ".join(all_statistics()) in " ".join(athar("stats", "--help").out.split())


def test_sparklines():
    assert sparkline([0, 1, 4, 8]) == " ▁▄█"
    assert sparkline([1, 1_000_000]) == "▁█"
    assert sparkline([0, 0]) == "  "
    assert sparkline([]) == ""


@pytest.mark.parametrize("seconds", [0, 59, 3_600, 86_400 * 2, 86_400 * 3_000, 86_400 * 365 * 8_000])
@pytest.mark.parametrize("marks", [20, 60])
def test_a_mark_is_wide_enough_for_the_whole_span(seconds, marks):
    width = mark_width(seconds, marks)
    assert seconds // width + 2 <= marks + 1  # a span may begin in the middle of a mark


def test_spans_in_words():
    assert [fitting.span(s) for s in (0, 59, 60, 7_265, 90_000, 86_400 * 400 + 60)] == [
        "0 s", "59 s", "1 min", "2 h 1 min", "1 d 1 h", "400 d",
    ]  # fmt: skip


def test_a_remark_piped_is_plain(capsys):
    terminal.remark("our words")
    assert capsys.readouterr().out == "our words\n"


def test_rates_are_drawn_over_the_hours(athar, tmp_path, screen):
    from forensics import api, pipeline

    line = '192.0.2.1 - - [02/Jan/2026:{:02}:00:00 +0000] "GET /{} HTTP/1.1" {} 10 "-" "A"'
    lines = [
        line.format(hour, n, 200 if hour < 9 else 404) for hour, times in ((3, 1), (5, 2), (9, 4)) for n in range(times)
    ]
    (tmp_path / "access.log").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    case = api.start(tmp_path / "case", [tmp_path / "access.log"], None)
    pipeline.ingest(case, 1, None, None)
    screen(100)
    for options in ((), ("--sort=-requests", "--top", "1")):
        out = athar("stats", tmp_path / "case", "web_hours", *options).out
        drawn = {words[0]: words[1:] for words in map(str.split, out.splitlines()) if len(words) > 2}
        assert (drawn["requests"][0], drawn["refused"][0]) == ("7", "4")
        (requests,) = [text for text in out.splitlines() if text.startswith("requests ")]
        assert requests.rstrip().endswith("▂ ▄   █")
    assert "█" not in athar("stats", tmp_path / "case", "web_hours", "--format", "csv").out
