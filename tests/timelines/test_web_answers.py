"""Did an attempt work: what answers and what followed say of it, in words that claim no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.our_rules import our_rules
from timelines.detection import detect, samples
from timelines.detection.samples import timeline_of
from timelines.findings import Finding
from timelines.visible import visible
from timelines.web_answer_words import WORDS
from timelines.web_answers import with_answers

Tell = Callable[..., Finding]
RULES = our_rules()
ATTEMPT = "q=1%27%20union%20select%20name%20from%20users"


def row(
    at: float, ip: str, path: str, query: str = "", status: int = 200, size: int = 1_000, **more: Any
) -> dict[str, Any]:
    target = f"{path}?{query}" if query else path
    line = {
        "family": "web/access",
        "at": at,
        "c_ip": ip,
        "cs_method": "GET",
        "cs_uri": target,
        "cs_uri_stem": path,
    }
    return {**line, "cs_uri_query": query or None, "sc_status": status, "sc_bytes": size, **more}


def rows_of(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return samples.rows_of({}, lines)


USUAL = [row(n, f"198.51.100.{n}", "/list.php", f"q={n}", size=1_000 + n) for n in range(1, 9)]


@pytest.fixture
def told(tmp_path: Path) -> Tell:
    def tell(*lines: dict[str, Any]) -> Finding:
        timeline = timeline_of(rows_of([*USUAL, *lines]), tmp_path)
        (found,) = [f for f in with_answers(timeline, detect(timeline, RULES).findings) if "database" in f.title]
        return found

    return tell


def test_a_size_unlike_the_ordinary_ones_is_told(told: Tell) -> None:
    found = told(row(100, "203.0.113.7", "/list.php", ATTEMPT, size=90_000))
    shows = found.texts["en"]["shows"]
    assert "the server answered 1 with success" in shows
    assert (
        "1 of 1 successful answers have a size that no ordinary answer of the same path has: 90000 bytes for /list.php"
        in shows
    )
    assert "8 ordinary answers have 1001 to 1008 bytes, half of them no more than 1004" in shows
    assert "no script unknown before" in shows
    assert found.why.endswith(
        "answers: 1 2xx, 0 3xx, 0 4xx, 0 5xx; 1 of 1 comparable sizes unlike the path's ordinary answers"
    )
    assert "\u206690000\u2069" in found.texts["ar"]["shows"]


@pytest.mark.parametrize("size", [1_000, 1_005, 1_100])
def test_a_size_near_the_ordinary_ones_is_no_sign(told: Tell, size: int) -> None:
    shows = told(row(100, "203.0.113.7", "/list.php", ATTEMPT, size=size)).texts["en"]["shows"]
    assert "nothing in their size points to a success" in shows


def test_without_ordinary_answers_nothing_is_compared(told: Tell) -> None:
    shows = told(row(100, "203.0.113.7", "/other.php", ATTEMPT, size=90_000)).texts["en"]["shows"]
    assert "too few ordinary answers" in shows


def test_refusals_are_counted(told: Tell) -> None:
    lines = [row(100 + n, "203.0.113.7", "/list.php", ATTEMPT, status) for n, status in enumerate((403, 403, 500, 302))]
    shows = told(*lines).texts["en"]["shows"]
    assert (
        "none of these 4 requests with success: 1 with a redirection, 2 with a refusal (400 to 499), 1 with a fault"
        in shows
    )
    assert "size" not in shows


def test_a_new_script_and_a_new_account_afterwards_are_told(told: Tell) -> None:
    found = told(
        row(100, "203.0.113.7", "/list.php", ATTEMPT),
        row(150, "203.0.113.7", "/list.php", "q=2"),  # known before
        row(160, "198.51.100.1", "/seen/x.php"),  # another address
        row(200, "203.0.113.7", "/upload/x.php"),
        row(210, "203.0.113.7", "/private/", cs_username="editor"),
        row(9_000, "203.0.113.7", "/late.php"),
    )
    shows = found.texts["en"]["shows"]
    assert "203.0.113.7 was answered by /upload/x.php, a script that nobody had been given before" in shows
    assert "203.0.113.7 was served under the account editor" in shows
    assert "late" not in shows


def test_the_rows_that_followed_are_among_the_rows_and_marked(tmp_path: Path) -> None:
    lines = [
        row(100, "203.0.113.7", "/list.php", ATTEMPT),
        row(160, "203.0.113.7", "/upload/x.php"),
        row(200, "203.0.113.7", "/list.php", ATTEMPT),
        row(210, "203.0.113.7", "/private/", cs_username="editor"),
    ]
    timeline = timeline_of(rows_of([*USUAL, *lines]), tmp_path)
    (before,) = [f for f in detect(timeline, RULES).findings if "database" in f.title]
    (found,) = with_answers(timeline, [before])
    paths = dict(
        zip(*timeline.sql("select row_id, cs_uri_stem as path from web_access").to_pydict().values(), strict=True)
    )
    assert [paths[one] for one in found.rows] == ["/list.php", "/upload/x.php", "/list.php", "/private/"]
    assert {kind: [paths[one] for one in rows] for kind, rows in found.followed.items()} == {
        "account": ["/private/"],
        "script": ["/upload/x.php"],
    }
    assert (found.first, found.last) == (before.first, before.last)
    assert set(before.rows) == set(found.rows) - {one for rows in found.followed.values() for one in rows}


def test_each_finding_has_what_followed_it_alone(tmp_path: Path) -> None:
    first, second = "203.0.113.7", "203.0.113.8"
    lines = [
        row(100, first, "/list.php", ATTEMPT),
        row(110, second, "/other/b.php"),  # before it asked; known from then on
        row(120, second, "/list.php", "q=../../../../etc/passwd"),
        row(130, second, "/upload/a.php"),
        row(140, first, "/other/b.php"),
        row(150, first, "/upload/a.php"),
        row(160, second, "/other/b.php"),
    ]
    timeline = timeline_of(rows_of([*USUAL, *lines]), tmp_path)
    found = [f for f in with_answers(timeline, detect(timeline, RULES).findings) if f.followed]
    at = dict(
        zip(*timeline.sql("select row_id, cs_uri_stem || c_ip from web_access").to_pydict().values(), strict=True)
    )
    assert sorted([at[one] for one in (*f.rows, *f.followed["script"])] for f in found) == [
        [f"/list.php{first}", f"/other/b.php{first}", f"/other/b.php{first}"],
        [f"/list.php{second}", f"/upload/a.php{second}", f"/upload/a.php{second}"],
    ]


def test_without_anything_that_followed_the_rows_are_those_of_the_rule(told: Tell) -> None:
    found = told(row(100, "203.0.113.7", "/list.php", ATTEMPT))
    assert (len(found.rows), dict(found.followed)) == (1, {})


def test_what_a_path_holds_is_made_visible(told: Tell) -> None:
    hostile = "/list\u202e{size}.php"
    lines = [row(n, f"198.51.100.{n}", hostile, f"q={n}") for n in range(20, 28)]
    shows = told(*lines, row(100, "203.0.113.7", hostile, ATTEMPT, size=90_000)).texts["en"]["shows"]
    assert visible(hostile) in shows


def login(at: float, status: int, ip: str = "203.0.113.7", path: str = "/login") -> dict[str, Any]:
    return row(at, ip, path, status=status, cs_method="POST")


@pytest.fixture
def guessed(tmp_path: Path) -> Tell:
    def tell(*lines: dict[str, Any]) -> tuple[Finding, list[int]]:
        """The finding of refused logins, and the seconds of those of its rows that followed."""
        timeline = timeline_of(rows_of(list(lines)), tmp_path)
        (found,) = [
            f
            for f in with_answers(timeline, detect(timeline, RULES).findings)
            if f.title == "Many refused logins to the site"
        ]
        marked = timeline.sql(
            "select epoch_ns(time) // 1000000000 - min(epoch_ns(time) // 1000000000) over () as at, row_id from web_access"
        )
        at = dict(zip(marked.column("row_id").to_pylist(), marked.column("at").to_pylist(), strict=True))
        return found, [at[one] for rows in found.followed.values() for one in rows]

    return tell


REFUSED = [login(n, 403) for n in range(40)]


def test_a_login_answered_otherwise_is_told_and_marked(guessed: Tell) -> None:
    found, followed = guessed(*REFUSED, login(100, 302), login(200, 200))
    shows = found.texts["en"]["shows"]
    assert "The address 203.0.113.7 was answered with status 302 at /login" in shows
    assert "otherwise than its 40 other attempts there, which were answered with status 403" in shows
    assert (list(found.followed), followed, len(found.rows)) == (["login"], [100], 41)
    assert "answered otherwise than 40 attempts (status 403): status 302 at" in found.why
    assert "\u2066302\u2069" in found.texts["ar"]["shows"]


@pytest.mark.parametrize(
    "more",
    [
        [],
        [login(100, 403)],
        [login(100, 500)],  # a fault is no success
        [login(100, 302, ip="198.51.100.1")],
        [login(100, 302, path="/other")],
        [row(100, "203.0.113.7", "/login")],  # the page itself, by GET
        [login(39 + 3_601, 302)],
    ],
)
def test_other_answers_point_to_no_login(guessed: Tell, more: list[dict[str, Any]]) -> None:
    found, followed = guessed(*REFUSED, *more)
    assert "the statuses do not point to a password that was found" in found.texts["en"]["shows"]
    assert followed == []


def test_a_success_among_the_attempts_is_told_without_being_what_followed(tmp_path: Path) -> None:
    lines = [login(n, 302 if n == 35 else 200) for n in range(40)]
    timeline = timeline_of(rows_of(lines), tmp_path)
    found = with_answers(timeline, detect(timeline, RULES).findings)
    (many,) = [f for f in found if f.title == "Many logins to the site attempted from one address"]
    assert "answered with status 302 at /login" in many.texts["en"]["shows"]
    assert (dict(many.followed), len(many.rows)) == ({}, 40)


def test_sentences_hold_the_same_values_in_each_language() -> None:
    for key, text in WORDS["en"].items():
        for language in ("fr", "ar"):
            assert sorted(re.findall(r"\{\w+\}", WORDS[language][key])) == sorted(re.findall(r"\{\w+\}", text))
    assert {tuple(words) for words in WORDS.values()} == {tuple(WORDS["en"])}
