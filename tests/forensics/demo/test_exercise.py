"""The exercise: its answers are those that athar finds on the same evidence, and the evidence holds none of them."""

from __future__ import annotations

import re
import shlex

import pandas as pd
import pytest

from forensics import open_case
from forensics.demo import cast, exercise
from forensics.demo import scenario as story
from forensics.demo.exercise_facts import facts

LANGUAGES = ("en", "fr", "ar")
QUESTIONS = [name for part in exercise.PARTS.values() for name in part]
AHEAD = pd.Timedelta(seconds=cast.WEB01.clock_ahead_s)  # as the key has it


@pytest.fixture(scope="module")
def known():
    return facts(1)


@pytest.fixture(scope="module")
def known_of_made():
    return facts(7)


@pytest.fixture(scope="module")
def case(demo):
    return open_case(demo.case)


def seconds(times: pd.Series) -> list[str]:
    return [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in times]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_command_of_the_key_runs_and_shows_rows(demo, athar, known, question):
    """Only the question on missing lines has a command whose answer is: no row."""
    shown = []
    for line in exercise.commands(question, known):
        program, *arguments = shlex.split(line)
        ran = athar(*(str(demo.case) if word == "CASE" else word for word in arguments))
        assert (program, ran.code) == ("athar", 0), ran.err
        shown.append(len(ran.out.splitlines()) - 1)
    assert [n == 0 for n in shown] == [question == "missing" and n == 0 for n in range(len(shown))]


def test_the_scan_is_as_the_key_says(case, known):
    seen = case.sql(
        "select time, user_agent from net_http where src_ip = '{attacker}' and "
        "regexp_matches(user_agent, 'Nikto|gobuster|sqlmap') order by time".format(**known)
    )
    tools = [re.search(r"(?:Nikto|gobuster|sqlmap)/[\d.]+", agent)[0] for agent in seen["user_agent"]]
    assert ", ".join(dict.fromkeys(tools)) == known["scan_tools"]
    assert len(seen) == known["scan_requests"]
    assert [seconds(seen["time"])[at] for at in (0, -1)] == [known["scan_first"], known["scan_last"]]


def test_the_clock_of_web01_and_the_upload_are_as_the_key_says(case, known):
    (logged,) = case.sql(
        "select time from web_access where cs_uri_stem = '/demandes/upload.php' and c_ip = '203.0.113.66'"
    )["time"]
    (seen,) = case.sql("select time from net_http where uri = '/demandes/upload.php' and src_ip = '203.0.113.66'")[
        "time"
    ]
    assert (logged - seen).total_seconds() == known["clock_ahead"]
    assert seconds([seen, logged]) == [known["upload"], known["web01_upload"]]
    written = case.sql("select TargetFilename from windows_sysmon where event = '11' and process like '%httpd.exe'")
    assert written["TargetFilename"].str.replace("\\", "/").str.endswith(known["shell_page"]).all()


def test_commands_program_and_calls_are_as_the_key_says(case, known):
    run = case.sql(
        "select time, CommandLine, User_ from windows_sysmon where event = '1' and ParentImage like '%httpd.exe' order by time"
    )
    assert len(run) == known["commands"]
    assert known["first_command"] in run["CommandLine"][0]
    assert seconds(run["time"] - AHEAD)[0] == known["first_command_time"]
    assert set(run["User_"]) == {known["web_account"]}
    asked = case.sql("select uri from net_http where uri like '%.php?cmd=%'")
    assert len(asked) == known["commands"]
    (written,) = case.sql(
        "select time from windows_sysmon where event = '11' and TargetFilename = '{implant}'".format(**known)
    )["time"]
    assert seconds([written - AHEAD]) == [known["implant_time"]]
    calls = case.sql(
        "select time, DestinationIp from windows_sysmon where event = '3' and process = '{implant}' order by time".format(
            **known
        )
    )
    assert len(calls) == known["calls"]
    assert set(calls["DestinationIp"]) == {known["control"]}
    assert [seconds(calls["time"] - AHEAD)[at] for at in (0, -1)] == [known["calls_first"], known["calls_last"]]
    assert round(calls["time"].diff().dt.total_seconds().median()) == known["calls_every"]


def test_the_second_server_is_as_the_key_says(case, known):
    read = case.sql(
        "select time, cs_uri from web_access where c_ip = '{web01_ip}' and s_ip = '{srv02_ip}' order by time".format(
            **known
        )
    )
    assert len(read) == known["intranet_pages"]
    tried = case.sql(
        "select time, user from windows_security where event = '4625' and src_ip = '{web01_ip}' order by time".format(
            **known
        )
    )
    assert (len(tried), tried["user"].nunique()) == (known["tries"], known["tried_accounts"])
    assert [seconds(tried["time"])[at] for at in (0, -1)] == [known["tries_first"], known["tries_last"]]
    after = case.sql(
        "select time, user from windows_security where event = '4624' and src_ip = '{web01_ip}' order by time".format(
            **known
        )
    )
    assert (seconds(after["time"])[0], after["user"][0]) == (known["account_time"], known["account"])
    session = case.sql(
        "select time, event from windows_terminalservices where user = '{account}' order by time".format(**known)
    )
    moments = {event: seconds([time])[0] for time, event in zip(session["time"], session["event"], strict=True)}
    assert (moments["24"], moments["25"]) == (known["rdp_left"], known["rdp_again"])
    (installed,) = case.sql(
        "select time from windows_system where event = '7045' and object = '{service}'".format(**known)
    )["time"]
    assert seconds([installed]) == [known["service_time"]]


def test_what_left_and_what_was_cleared_are_as_the_key_says(case, known):
    packed = case.sql("select time, CommandLine from windows_sysmon where event = '1' and Image like '%rar.exe'")
    assert seconds(packed["time"]) == [known["packed_time"]]
    assert all(str(known[name]) in packed["CommandLine"][0] for name in ("archive", "packed", "password"))
    (sent,) = case.sql(
        "select orig_bytes from net_conn where src_ip = '{srv02_ip}' and dst_ip = '{control}'".format(**known)
    )["orig_bytes"]
    assert known["drop_bytes"] <= sent < known["drop_bytes"] * 1.001  # besides: the TLS hello and record heads
    asked = case.sql("select count(*) as n from net_dns where object like '%.{zone}'".format(**known))
    assert asked["n"][0] == known["queries"]
    cleared = case.sql(
        "select time, object from timeline where event in ('104', '1102') and host like 'SRV02%' order by time"
    )
    assert (", ".join(cleared["object"]), seconds(cleared["time"])[-1]) == (known["cleared_logs"], known["cleared"])
    begin, end = known["exported"], known["cleared"]
    lost = case.timeline(begin, end, "host like 'SRV02%'", "windows/security")
    assert len(lost) == 0


def test_the_missing_lines_are_as_the_key_says(case, known):
    left = case.timeline(known["web01_hole_begin"], known["web01_hole_end"], "file = 'apache/access.log'", "web/access")
    assert len(left) == 0
    seen = case.timeline(known["hole_begin"], known["hole_end"], "object like '{portal}/%'".format(**known), "net/http")
    assert (len(seen), (seen["src_ip"] == known["attacker"]).sum()) == (known["hole_requests"], known["hole_attacker"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_asks_and_answers_every_question_with_the_same_values(lang):
    said, english = exercise.words(lang), exercise.words("en")
    assert set(said) == set(english)
    assert {name for name, held in said.items() if isinstance(held, dict)} == set(QUESTIONS)
    for name in QUESTIONS:
        fields = {key: sorted(set(re.findall(r"\{\w+\}", said[name][key]))) for key in ("question", "answer")}
        assert fields == {key: sorted(set(re.findall(r"\{\w+\}", english[name][key]))) for key in fields}, name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_another_seed_has_a_key_that_fits_it_in_every_language(made, known, known_of_made, lang):
    key = (made / "answers" / f"answers-{lang}.html").read_text("utf-8")
    shown = known_of_made
    assert shown != known
    for name in ("calls_last", "hole_requests", "tries_first", "scan_last"):
        assert f">{shown[name]}</bdi>" in key
    lines = (made / "evidence" / story.ACCESS_LOG).read_text().splitlines()
    sent = [line for line in lines if re.search(r"Nikto|gobuster|sqlmap", line)]
    assert len(sent) == shown["scan_requests"]


def test_evidence_and_question_sheets_hold_nothing_of_the_key(made, known_of_made, demo):
    assert {path.name for path in (made / "evidence").iterdir()} == {"WEB01", "SRV02", "capture"}
    assert {path.name for path in made.iterdir()} == {"evidence", "questions", "answers"}
    answers = [exercise.words(lang)[name]["answer"].split("{")[0] for lang in LANGUAGES for name in QUESTIONS]
    sentences = [text for text in answers if len(text) > 12]
    secret = [
        str(known_of_made[name])
        for name in ("attacker", "control", "implant", "service", "account", "calls_last", "shell_page")
    ]
    assert sentences
    for page in (made / "questions").iterdir():
        text = page.read_text("utf-8")
        assert not [piece for piece in (*sentences, *secret) if piece in text], page.name
    below = [
        {path.relative_to(root).as_posix() for path in root.rglob("*")} for root in (made / "evidence", demo.evidence)
    ]
    assert below[0] == below[1]  # what the plain demo writes, and no file more


def test_the_sheets_isolate_values_and_keep_their_direction(made):
    page = (made / "answers" / "answers-ar.html").read_text("utf-8")
    assert '<html lang="ar" dir="rtl">' in page
    assert '<bdi dir="ltr" class="short">203.0.113.66</bdi>' in page


def test_the_command_refuses_a_folder_that_holds_answers_and_makes_no_case(tmp_path, athar):
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "kept.txt").write_text("mine")
    ran = athar("demo", tmp_path, "--exercise", "--quiet")
    assert ran.code == 2
    assert "answers: is not empty" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["answers"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_are_written_as_the_language_writes_them(lang):
    """Labels bring their own colon, sentences end as sentences; French has no bare space before a mark, and no straight apostrophe."""
    said = exercise.words(lang)
    assert all(said[label].endswith(":") for label in ("seen", "answer", "name", "date"))
    for question in QUESTIONS:
        assert said[question]["question"].endswith(("?", "؟"))
        assert said[question]["answer"].endswith(".")
    texts = [text for value in said.values() for text in (value.values() if isinstance(value, dict) else [value])]
    assert not any("'" in text for text in texts)
    if lang == "fr":
        assert not any(re.search(r" [:;?!»]|« |[^\s][:;?!]", text.replace("{", "")) for text in texts)


@pytest.mark.parametrize(("lang", "shown"), [("en", "4,200,000"), ("fr", "4\u202f200\u202f000"), ("ar", "4,200,000")])
def test_large_numbers_are_grouped_as_the_reader_writes_them(known, lang, shown):
    page = exercise.sheet(lang, 1, known, True)
    assert f">{shown}</bdi>" in page
    assert "4200000" not in page
