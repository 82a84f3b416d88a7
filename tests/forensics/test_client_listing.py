"""`athar timeline --client` on a terminal, in pipes and files."""

from __future__ import annotations

import csv
import io
import json
import re
import sys

import pytest

from forensics import open_case

ESCAPE = "\x1b[31m"
LINES = [
    '203.0.113.7 - - [02/Jan/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 10 "-" "=HYPERLINK(1)"',
    '203.0.113.7 - - [02/Jan/2026:10:00:01 +0000] "GET /b\x1b[31m HTTP/1.1" 404 10 "-" "=HYPERLINK(1)"',
    '198.51.100.1 - - [02/Jan/2026:10:00:02 +0000] "GET /?q=1%27%20union%20select%20a%20from%20b HTTP/1.1" 200 10 "-" "B"',
]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    from forensics import api

    folder = tmp_path_factory.mktemp("client")
    (folder / "access.log").write_text("\n".join(LINES) + "\n", encoding="utf-8", newline="")
    api.run([folder / "access.log"], folder / "case", workers=1)
    return folder / "case"


def test_into_a_pipe_it_is_csv_with_all_columns(athar, case):
    ran = athar("timeline", case, "--client", "203.0.113.7")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert (ran.code, [row["object"] for row in rows]) == (0, ["/a", "/b⟨U+001B⟩[31m"])
    assert {row["stance"] for row in rows} == {"seen"}
    assert [row["visit"] for row in rows] == ["1", "1"]
    assert rows[0]["agent"].startswith("'=")
    assert ESCAPE not in ran.out


def test_json_lines_columns_and_limit(athar, case):
    ran = athar("timeline", case, "--client", "198.51.100.1", "--json", "--columns", "status,rules", "--limit", "1")
    (line,) = ran.out.splitlines()
    told = json.loads(line)
    assert list(told) == ["status", "rules"]
    assert told["status"] == 200
    assert "high: " in told["rules"] or "medium: " in told["rules"]


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_a_terminal_gets_what_fits_it(athar, case, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    ran = athar("timeline", case, "--client", "203.0.113.7")
    assert "203.0.113.7: 2 rows (2 web/access); seen in 2" in " ".join(ran.out.split())
    assert "Web visits" in ran.out
    assert ESCAPE not in ran.out
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in ran.out.splitlines()) <= columns


def test_an_address_without_rows_says_what_was_looked_at(athar, case):
    ran = athar("timeline", case, "--client", "203.0.113.9\x1b[31m", "--format", "table")
    assert ran.code == 0
    assert "looked at 3 rows of web/access" in ran.out
    assert ESCAPE not in ran.out


def test_grep_and_filters_take_some_rows(athar, case):
    assert len(athar("timeline", case, "--client", "203.0.113.7", "--grep", "hyperlink").out.splitlines()) == 3
    assert (
        len(athar("timeline", case, "--client", "203.0.113.7", "--grep", "/a", "--columns", "object").out.splitlines())
        == 2
    )
    assert (
        len(athar("timeline", case, "--client", "203.0.113.7", "--from", "2026-01-02T10:00:01").out.splitlines()) == 2
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--client", " "), "--client needs an address"), (("--client", "a", "--columns", "x"), "no column 'x'")],
)
def test_wrong_use_is_one_line(athar, case, options, said):
    ran = athar("timeline", case, *options)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert said in ran.err


def test_the_python_face_gives_a_frame(case):
    opened = open_case(case)
    frame = opened.client("203.0.113.7", columns=["time", "stance", "visit", "status", "message"])
    assert frame["status"].tolist() == [200, 404]
    assert str(frame["visit"].dtype) == "int64[pyarrow]"
    assert opened.client("192.0.2.99").empty
    assert list(opened.client("192.0.2.99")) == list(opened.client("203.0.113.7"))
