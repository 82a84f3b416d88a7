"""Ordinary visits: citizens on the portal, staff on the intranet, the monitoring probe. Day and night, no attack."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from urllib.parse import quote

from forensics.demo.cast import INTRANET, PORTAL, STAFF, STAFF_PCS, SUPERV01
from forensics.demo.draw import Draw
from forensics.demo.scenario import BEGIN, END, MINUTE, SECOND
from forensics.demo.web_requests import APACHE_OFFSET_S, Request

# Visits that begin in each hour of the local day; steady through the evening.
VISITS_PER_HOUR = (20, 14, 10, 9, 10, 16, 30, 54, 80, 94, 100, 98, 88, 84, 94, 100, 98, 96, 96, 98, 98, 94, 66, 38)
STAFF_VISITS_PER_HOUR = (0, 0, 0, 0, 0, 0, 0, 12, 78, 96, 104, 98, 60, 44, 92, 100, 88, 40, 8, 3, 2, 1, 0, 0)

AGENTS: tuple[tuple[str, int], ...] = (
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", 30),
    ("Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36", 34),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", 14),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
     "Mobile/15E148 Safari/604.1", 12),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", 4),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", 6),
)  # fmt: skip
CRAWLER = "Mozilla/5.0 (compatible; ExampleBot/2.1; +http://bot.example/info)"
PROBE = "sonde-http/3.2"

PAGES: tuple[tuple[str, int], ...] = tuple(
    (quote(path), weight)
    for path, weight in (
        ("/", 40), ("/services/", 20), ("/services/état-civil/", 22), ("/services/urbanisme/", 12),
        ("/services/taxes-locales/", 9), ("/services/légalisation/", 14), ("/actualités/", 12),
        ("/actualités/réunion-du-conseil-de-janvier", 8), ("/actualités/marché-hebdomadaire", 6),
        ("/actualités/travaux-route-de-la-vallée", 7), ("/appels-offres/", 9), ("/appels-offres/2026-03", 4),
        ("/contact", 8), ("/horaires", 11), ("/élus/", 4), ("/documents/", 7), ("/البلدية/", 10), ("/خدمات/", 18),
        ("/خدمات/الحالة-المدنية/", 20), ("/خدمات/رخص-البناء/", 9), ("/أخبار/", 10), ("/أخبار/دورة-المجلس", 6), ("/اتصل-بنا", 6),
        ("/مواعيد", 9),
    )
)  # fmt: skip
WORDS = tuple(
    quote(word)
    for word in (
        "acte de naissance", "extrait", "légalisation", "permis de construire", "horaires", "taxe", "marché", "eau potable",
        "carte", "عقد الازدياد", "رخصة", "مواعيد العمل", "شهادة السكنى", "المجلس", "موعد",
    )
)  # fmt: skip
FILES = (
    "budget-2026.pdf",
    "formulaire-etat-civil.pdf",
    "plan-communal.pdf",
    "deliberations-2025-12.pdf",
    "guide-citoyen.pdf",
)
ASSETS = (
    "/static/site.css",
    "/static/site.js",
    "/static/logo.svg",
    "/static/noto-arabic.woff2",
    "/static/bandeau.avif",
)
INTRANET_PAGES = tuple(
    quote(path)
    for path in (
        "/", "/annuaire/", "/conges/", "/notes-de-service/", "/notes-de-service/2026-01", "/parapheur/", "/parapheur/en-cours",
        "/agenda/", "/courrier/arrivée", "/courrier/départ", "/etat-civil/registre", "/etat-civil/recherche", "/الموارد/", "/aide",
    )
)  # fmt: skip
INTRANET_ASSETS = ("/content/app.css", "/content/app.js", "/content/blason.svg")
STAFF_AGENT = AGENTS[0][0] + " Edg/131.0.0.0"


def size_of(path: str, low: int, high: int) -> int:
    """A body size that belongs to the path, so that a page weighs the same each time it is read."""
    return low + zlib.crc32(path.encode()) % (high - low)


def citizens(draw: Draw) -> list[str]:
    """Client addresses of the portal's visitors, none of them an address of the story."""
    taken = {"198.51.100.23", "203.0.113.66"}
    pool = [f"198.51.100.{n}" for n in range(30, 250)] + [f"203.0.113.{n}" for n in range(2, 250) if n != 66]
    pool += [f"2001:db8:{draw.bits(12):x}:{draw.bits(12):x}::{draw.bits(16):x}" for _ in range(90)]
    return [address for address in pool if address not in taken]


def starts(per_hour: tuple[int, ...], draw: Draw) -> Iterator[int]:
    """True times at which visits begin: each minute its share of the hour's visits, at a drawn moment of the minute."""
    credit = 0
    for minute in range(BEGIN, END, MINUTE):
        local_hour = (minute // SECOND + APACHE_OFFSET_S) // 3600 % 24
        credit += per_hour[local_hour]
        while credit >= 60:
            credit -= 60
            yield minute + draw.below(MINUTE)


def portal_requests(seed: int) -> list[Request]:
    """Everything that visitors and the probe ask of the portal, in order of time."""
    draw = Draw(seed, "portal")
    clients = citizens(draw)
    out: list[Request] = []
    for number, start in enumerate(starts(VISITS_PER_HOUR, draw)):
        out += _visit(draw, start, draw.pick(clients), f"v{number}")
    moment = BEGIN + 17 * SECOND
    while moment < END:
        out.append(Request(moment, f"h{moment}", SUPERV01.ip, "GET", "/sante", 200, 15, PROBE, took_ms=3))
        moment += draw.between(25_000, 95_000) * 1_000_000
    return sorted((r for r in out if r.time_ns < END), key=lambda r: (r.time_ns, r.connection))


def _visit(draw: Draw, start: int, client: str, name: str) -> Iterator[Request]:
    if draw.chance(4):
        yield from _crawl(draw, start, client, name)
        return
    agent, returning = draw.weighted(AGENTS), draw.chance(45)
    referer, moment = "-" if draw.chance(55) else "https://recherche.example/", start
    for number in range(draw.weighted(((1, 30), (2, 30), (3, 22), (4, 12), (5, 6)))):
        page = draw.weighted(PAGES)
        connection = f"{name}.{number}"
        yield from _page(
            draw, Request(moment, connection, client, "GET", page, 200, 0, agent, referer), returning or number > 0
        )
        referer = f"http://{PORTAL}{page}"
        moment += draw.between(9, 48) * SECOND + draw.below(SECOND)
        if draw.chance(14):
            yield from _errand(draw, Request(moment, f"{name}.{number}e", client, "GET", "", 200, 0, agent, referer))
            moment += draw.between(20, 60) * SECOND


def _page(draw: Draw, page: Request, cached: bool) -> Iterator[Request]:
    """A page and the files it draws in; a browser that has been here before asks only for a few, and is told 304."""
    yield _sized(page, 1_900, 7_200, draw)
    delay = draw.between(180, 320) * 1_000_000  # once the page has arrived
    for asset in ASSETS:
        if cached and not draw.chance(22):
            continue
        status = 304 if cached else 200
        size = 0 if cached else size_of(asset, 900, 9_000)
        yield Request(
            page.time_ns + delay, page.connection, page.client, "GET", asset, status, size, page.agent,
            f"http://{PORTAL}{page.target}", took_ms=draw.between(1, 6),
        )  # fmt: skip
        delay += draw.between(140, 260) * 1_000_000


def _sized(request: Request, low: int, high: int, draw: Draw) -> Request:
    return Request(
        request.time_ns, request.connection, request.client, request.method, request.target, request.status,
        size_of(request.target, low, high), request.agent, request.referer, took_ms=draw.between(8, 90),
    )  # fmt: skip


def _errand(draw: Draw, frame: Request) -> Iterator[Request]:
    """What people come for: a search, a document, an appointment, a form with an attachment; now and then a dead link."""
    kind = draw.weighted((("search", 42), ("document", 34), ("appointment", 17), ("upload", 1), ("dead", 6)))
    low, high, steps = 1_200, 6_000, []
    if kind == "search":
        steps = [("GET", f"/recherche?q={draw.pick(WORDS)}", 200)]
    elif kind == "document":
        steps = [("GET", f"/documents/{draw.pick(FILES)}", 200)]
        low, high = 9_000, 30_000
    elif kind == "appointment":
        steps = [("GET", "/demandes/rendez-vous", 200), ("POST", "/demandes/rendez-vous", 302)]
        steps.append(("GET", f"/demandes/confirmation?ref={draw.hex(8)}", 200))
    elif kind == "upload":
        steps = [("GET", "/demandes/depot.php", 200), ("POST", "/demandes/upload.php", 200)]
        steps.append(("GET", f"/uploads/piece_{draw.hex(6)}.pdf", 200))
    else:
        steps = [("GET", quote(f"/ancien-site/page{draw.below(60)}.html"), 404)]
    moment = frame.time_ns
    for method, target, status in steps:
        sent = b"nom=anonyme&piece=1" if method == "POST" else b""
        size = 0 if status == 302 else size_of(target, low, high) if status == 200 else 1_245
        yield Request(
            moment, frame.connection, frame.client, method, target, status, size, frame.agent, frame.referer, sent=sent,
            took_ms=draw.between(10, 140),
        )  # fmt: skip
        moment += draw.between(2, 4) * SECOND + draw.below(SECOND)


def _crawl(draw: Draw, start: int, client: str, name: str) -> Iterator[Request]:
    yield Request(start, name, client, "GET", "/robots.txt", 200, 68, CRAWLER)
    moment = start
    for _ in range(draw.between(2, 7)):
        moment += draw.between(1, 4) * SECOND
        page = draw.weighted(PAGES)
        yield Request(
            moment, name, client, "GET", page, 200, size_of(page, 1_900, 7_200), CRAWLER, took_ms=draw.between(8, 60)
        )


def intranet_requests(seed: int) -> list[Request]:
    """What staff and the probe ask of the intranet site on SRV02, in order of time."""
    draw = Draw(seed, "intranet")
    out: list[Request] = []
    for number, start in enumerate(starts(STAFF_VISITS_PER_HOUR, draw)):
        who = draw.below(len(STAFF))
        out += _staff_visit(draw, start, who, f"s{number}")
    moment = BEGIN + 41 * SECOND
    while moment < END:
        out.append(Request(moment, f"h{moment}", SUPERV01.ip, "GET", "/sante", 200, 15, PROBE, took_ms=4))
        moment += draw.between(180, 420) * SECOND
    return sorted((r for r in out if r.time_ns < END), key=lambda r: (r.time_ns, r.connection))


def _staff_visit(draw: Draw, start: int, who: int, name: str) -> Iterator[Request]:
    user, client, moment = f"TAMRIRT\\{STAFF[who].name}", STAFF_PCS[who], start
    referer = "-"
    for number in range(draw.between(1, 4)):
        page = draw.pick(INTRANET_PAGES)
        target = page
        if page == "/etat-civil/recherche":
            target += f"?acte={draw.between(1200, 9800)}&annee={draw.between(1975, 2025)}"
        connection = f"{name}.{number}"
        yield Request(
            moment, connection, client, "GET", target, 200, size_of(page, 1_500, 6_500), STAFF_AGENT, referer, user,
            took_ms=draw.between(9, 220),
        )  # fmt: skip
        referer = f"http://{INTRANET}{page}"
        delay = draw.between(250, 400) * 1_000_000
        for asset in INTRANET_ASSETS:
            if number == 0 or draw.chance(15):
                status = 200 if draw.chance(20) else 304
                yield Request(
                    moment + delay, connection, client, "GET", asset, status,
                    size_of(asset, 800, 6_000) if status == 200 else 0, STAFF_AGENT, referer, user, took_ms=draw.between(1, 5),
                )  # fmt: skip
                delay += draw.between(140, 260) * 1_000_000
        moment += draw.between(6, 50) * SECOND + draw.below(SECOND)
