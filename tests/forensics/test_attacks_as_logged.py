"""Attacks as servers log them, after the requests that were published for each weakness: from the log to the finding, and what merely looks
like them is left alone."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from random import Random

import pytest

import forensics

EXPRESSION, TOGETHER = "Attempt to make the site evaluate an expression", "Two requests run together"
WEAKNESS = "Request for a path known from a published weakness"
FAILING = "Nearly all logins to a site failing, from many addresses that tried a few times each"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0"
# https://cwiki.apache.org/confluence/display/WW/S2-045 (here in an agent: content types are not logged)
S2_045 = "%{(#nike='multipart/form-data').(#dm=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS).(#_memberAccess?(#_memberAccess=#dm):1)}"
REQUESTS = {  # by file: request, status, finding
    # https://cwiki.apache.org/confluence/display/WW/S2-016, S2-019, S2-032, S2-057
    "s2-016": (
        "GET /index.action?redirect:%24%7B%23a%3D%28new%20java.lang.ProcessBuilder%28new%20java.lang.String%5B%5D%7B%27id%27%7D%29%29%7D",
        200,
        EXPRESSION,
    ),
    "s2-019": (
        "GET /h.action?debug=command&expression=%23a%3D%28new%20java.lang.ProcessBuilder%28%27id%27%29%29.start%28%29",
        200,
        EXPRESSION,
    ),
    "s2-032": (
        "GET /m.action?method:%23_memberAccess%3d@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS,1?%23xx:%23request.toString",
        200,
        EXPRESSION,
    ),
    "s2-057": (
        "GET /show/%24%7B%28%23dm%3D%40ognl.OgnlContext%40DEFAULT_MEMBER_ACCESS%29%7D/actionChain1.action",
        302,
        EXPRESSION,
    ),
    "s2-057-probe": ("GET /show/%24%7B%28111%2B111%29%7D/actionChain1.action", 302, EXPRESSION),
    # https://confluence.atlassian.com/doc/confluence-security-advisory-2022-06-02-1130377146.html
    "cve-2022-26134": (
        "GET /%24%7B%28%23a%3D%40java.lang.Runtime%40getRuntime%28%29.exec%28%22id%22%29%29%7D/",
        302,
        EXPRESSION,
    ),
    "cve-2022-26134-class": (
        "GET /%24%7BClass.forName%28%22com.opensymphony.webwork.ServletActionContext%22%29%7D/",
        302,
        EXPRESSION,
    ),
    "cve-2021-26084": ("POST /pages/createpage-entervariables.action?SpaceKey=x", 200, WEAKNESS),
    "cve-2023-22527": ("POST /template/aui/text-inline.vm", 200, WEAKNESS),
    # https://portswigger.net/web-security/request-smuggling: what is left of a body begins the next request
    "smuggled-method": ("GPOST /", 405, TOGETHER),
    "smuggled-form": ("foo=bar&x=POST /login", 400, TOGETHER),
    "smuggled-chunk": ("0", 400, TOGETHER),
    "smuggled-size": ("5c", 400, TOGETHER),
}
BENIGN = (
    ("GET /docs/ognl-guide.html", 200),
    ("GET /search?q=ognl.OgnlContext", 200),
    ("GET /img/$%7Bitem.image%7D.png", 404),
    ("GET /api/items/%7Bid%7D", 404),
    ("GET /price?min=$%7B10%7D", 200),
    ("GET /javadoc/java.lang.ProcessBuilder.html", 200),
    ("PROPFIND /dav/", 207),
    ("OUTPUT /x", 501),
    ("GET /faq?q=what+is+HTTP/1.1", 200),
    ("-", 408),
    ("get /", 400),
    ("POST /x=1GET", 404),
    ("GET /pages/createpage-entervariables.action", 200),
)


def line(second: int, client: str, request: str, status: int, agent: str = AGENT) -> str:
    clock = f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    request += " HTTP/1.1" if " " in request else ""
    return f'{client} - - [{1 + second // 86_400:02d}/Mar/2026:{clock} +0000] "{request}" {status} 512 "-" "{agent}"\n'


def ordinary(second: int) -> str:
    return line(second, "192.0.2.9", f"GET /p{second}.html", 200)


def logins(path: str, bad: int, good: int, share: float) -> str:
    """900 logins within ten hours, each by one of 250 addresses; `share` of them bad."""
    random = Random(3)
    return "".join(
        line(
            40 * n,
            f"203.0.113.{random.randrange(1, 251)}",
            f"POST {path}",
            bad if random.random() < share else good,
        )
        for n in range(900)
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Titles of findings by log."""
    root: Path = tmp_path_factory.mktemp("logged")
    (root / "logs").mkdir()
    texts = {name: line(400, "203.0.113.66", request, status) for name, (request, status, _) in REQUESTS.items()}
    texts["s2-045"] = line(400, "203.0.113.66", "GET /showcase.action", 200, S2_045)
    texts["benign"] = "".join(
        line(400 + n, f"192.0.2.{n}", request, status) for n, (request, status) in enumerate(BENIGN)
    )
    texts = {name: "".join(map(ordinary, range(0, 300, 60))) + text for name, text in texts.items()}
    texts["stuffed"] = logins("/api/v1/auth/login", 401, 200, 0.99)
    texts["stuffed-form"] = logins("/wp-login.php", 200, 302, 0.99)
    texts["people"] = logins("/login", 401, 302, 0.08)
    for name, text in texts.items():
        (root / "logs" / f"{name}.log").write_text(text)
    case = forensics.run([root / "logs"], case=root / "case", rules=[], workers=1)
    rows = case.sql(
        "select f.title, w.file from (select title, unnest(rows) as row_id from findings) f join web_access w using (row_id)"
    )
    found = defaultdict(set)
    for title, file in rows.itertuples(index=False):
        found[file.removesuffix(".log")].add(title)
    return found


def test_attacks_are_found_in_the_logs_that_hold_them(told: dict[str, set[str]]) -> None:
    expected = {name: {title} for name, (_, _, title) in REQUESTS.items()} | {"s2-045": {EXPRESSION}}
    assert told == expected | {"stuffed": {FAILING}, "stuffed-form": {FAILING}}
