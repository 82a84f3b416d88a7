"""A script path that a site never answered before, then called with POST by very few clients: what a web shell looks like in a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, conclude, moment, present
from timelines.analyzers._silences import FILES
from timelines.clocks import SECOND, log_files, log_name
from timelines.detection.rules import About
from timelines.findings import Finding
from timelines.logs_once import lines_once

if TYPE_CHECKING:
    import pyarrow as pa

    from timelines.query import Timeline

KNOWN_FOR = Threshold(
    "KNOWN_FOR", 86_400, "s", "The log has to cover a day before it; a shorter one says nothing of what is new."
)
BEFORE = Threshold(
    "BEFORE", 100, "answered requests", "On the site before it; a site that is hardly used has no habits."
)
POSTS = Threshold("POSTS", 2, "requests", "With POST and status 200; one alone is a form tried, or a probe.")
CLIENTS = Threshold(
    "CLIENTS", 3, "clients", "A page of the site is called by more; a hidden one by those who know of it."
)
CITED_ROWS = Threshold("CITED_ROWS", 500, "rows", "What a reader can go through; `why` gives the whole number.")
SCRIPT = r"(?i)\.(?:php\d?|phtml|phar|aspx?|ashx|asmx|jspx?|cfm|cgi|pl)$"

_TEXTS = {
    "en": {
        "title": "New script of a site, called with data by few addresses only",
        "shows": (
            "The script {path} is answered for the first time at {first}, in a log ({log}, exhibit {exhibit}) that begins at {begin}. "
            "From then on it was sent data and answered with success {posts} times, by {clients} "
            "address(es) in all; the last at {last}. {linked}"
        ),
        "does_not_show": (
            "What the script does: the log keeps neither it nor what was sent to it. That it did not exist before: nobody had "
            "called it. An address does not identify a person."
        ),
        "alternatives": "A new function of the site, an update, or a page for its administrators only.",
        "would_change": (
            "The file itself on the server's disk, with its content and date, would show what it is; a delivery or an update "
            "by the site's makers at that time would overturn it."
        ),
    },
    "fr": {
        "title": "Nouveau script d'un site, appelé avec des données par peu d'adresses seulement",
        "shows": (
            "Le script {path} reçoit une réponse pour la première fois le {first}, dans un journal ({log}, scellé {exhibit}) "
            "qui commence le {begin}. Depuis, des données lui ont été envoyées avec succès {posts} fois, par {clients} "
            "adresse(s) en tout ; la dernière fois le {last}. {linked}"
        ),
        "does_not_show": (
            "Ce que fait le script : le journal ne garde ni celui-ci ni ce qui lui a été envoyé. Qu'il n'existait pas avant : "
            "personne ne l'avait appelé. Une adresse n'identifie pas une personne."
        ),
        "alternatives": "Une nouvelle fonction du site, une mise à jour, ou une page réservée à ses administrateurs.",
        "would_change": (
            "Le fichier lui-même sur le disque du serveur, avec son contenu et sa date, montrerait ce qu'il est ; une livraison ou "
            "une mise à jour par les responsables du site à ce moment la ferait tomber."
        ),
    },
    "ar": {
        "title": "برنامج نصي جديد في موقع تستدعيه بالبيانات عناوين قليلة فقط",
        "shows": (
            "أُجيب عن البرنامج النصي {path} أول مرة في {first}، في سجل ({log}، المحجوز {exhibit}) يبدأ في {begin}. "
            "ومنذ ذلك أُرسلت إليه بيانات بنجاح {posts} مرة، من عناوين عددها {clients}؛ آخرها في {last}. {linked}"
        ),
        "does_not_show": (
            "ما يفعله البرنامج النصي: فالسجل لا يحفظه ولا يحفظ ما أُرسل إليه. ولا أنه لم يكن موجودا من قبل: فلم يستدعه أحد. "
            "والعنوان الشبكي لا يحدد هوية شخص."
        ),
        "alternatives": "وظيفة جديدة في الموقع، أو تحديث، أو صفحة خاصة بمسؤوليه.",
        "would_change": (
            "الملف نفسه في قرص الخادم بمحتواه وتاريخه يبين ما هو؛ وتسليم أو تحديث قام به القائمون على الموقع حينها ينقض المعاينة."
        ),
    },
}
_LINKED = {
    "none": {
        "en": "None of these requests came from a page of the site, as far as they say.",
        "fr": "Aucune de ces requêtes ne venait d'une page du site, d'après ce qu'elles indiquent.",
        "ar": "ولم يأت أي من هذه الطلبات من صفحة في الموقع بحسب ما تذكره.",
    },
    "some": {
        "en": "{linked_rows} of these requests name the page that they came from.",
        "fr": "{linked_rows} de ces requêtes nomment la page d'où elles venaient.",
        "ar": "ومن هذه الطلبات {linked_rows} تذكر الصفحة التي جاءت منها.",
    },
}


class NewWebScript:
    """Compares each script's first successful answer with the begin of its log, rotated files read as one. A page of the site is linked
    from others and called by many; one that nobody called before, that takes data at once and from few, was put there for them."""

    name = "new_web_script"
    about = About(
        "new_web_script",
        _TEXTS["en"]["title"],
        "medium",
        "athar:new_web_script.py",
        "new_web_script",
        "A script that a site never answered before takes data from very few addresses.",
        ("T1505.003",),
        ("A new function of the site", "A page for administrators only"),
        _TEXTS,
    )
    needs = ("web/access",)
    thresholds = (KNOWN_FOR, BEFORE, POSTS, CLIENTS, CITED_ROWS)
    words = {"script": _TEXTS}  # noqa: RUF012 - never changed

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding a script, in order of exhibit, log and path."""
        columns = present(timeline, "web/access")
        if not columns >= {"cs_uri_stem", "cs_method", "sc_status", "src_ip"}:
            return
        log = _Log(*lines_once(timeline), "cs_referer" if "cs_referer" in columns else "null::varchar")
        posts = timeline.sql(f"select count(*) as n from web_access where {_POSTED}").column("n")[0].as_py()
        shares = max(-(-posts // SHARE), 1)
        found: list[dict[str, Any]] = []
        for share in range(shares):
            asked = [shares, share, SCRIPT, int(POSTS.value), int(CLIENTS.value), int(KNOWN_FOR.value) * SECOND]
            found += log.ask(timeline, _SCRIPTS, asked).to_pylist()
        for seen in sorted(found, key=lambda seen: (seen["exhibit"], seen["series"], seen["path"])):
            yield _finding(timeline, self.about, log, seen)


@dataclass(frozen=True, slots=True)
class _Log:
    """Requests that were answered, each line once: SQL for `lines` and its parameters, and for the page that a request came from."""

    lines: str
    parameters: list[list[Any]]
    referrer: str

    def ask(self, timeline: Timeline, query: str, values: Sequence[Any]) -> pa.Table:
        requests = _REQUESTS.format(lines=self.lines, referrer=self.referrer)
        return timeline.sql(requests + query, [*log_files(timeline), *self.parameters, *values])


SHARE = 500_000  # requests that sent data, of which the scripts are compared at a time: memory does not grow with their number
_POSTED = "cs_method = 'POST' and sc_status = 200"
_REQUESTS = f"""{FILES}, {{lines}},
requests as (select a.row_id, a.exhibit, series, epoch_ns(a.time) as t, a.cs_uri_stem as path, a.src_ip as client,
    try_cast(a.sc_status as integer) as status, a.cs_method as method, {{referrer}} as referrer
    from lines a join files using (exhibit, file) where a.time is not null and a.sc_status between 200 and 399)
"""
# Only scripts that were sent data are counted: of the paths of a site, and of those that a scanner makes up, they are few.
_SCRIPTS = f""",
began as (select exhibit, series, min(t) as begin, min(t, {int(BEFORE.value)}) as early from requests group by all),
sent as (select exhibit, series, path from requests
    where method = 'POST' and status = 200 and hash(path) % ? = ? and regexp_matches(path, ?) group by all having count(*) >= ?),
scripts as (select exhibit, series, path, min(t) as first, max(t) as last, count(*) as answered,
    count(*) filter (method = 'POST' and status = 200) as posts, count(distinct client) as clients,
    count(*) filter (referrer is not null) as linked
    from requests semi join sent using (exhibit, series, path) group by all)
select s.*, begin from scripts s join began using (exhibit, series)
where clients <= ? and first - begin >= ? and len(early) >= {int(BEFORE.value)} and list_max(early) < first
"""


def _finding(timeline: Timeline, about: About, requests: _Log, seen: dict[str, Any]) -> Finding:
    exhibit, path, log = seen["exhibit"], seen["path"], log_name(timeline, seen["exhibit"], seen["series"])
    query = f"select row_id from requests where exhibit = ? and series = ? and path = ? order by t, row_id limit {int(CITED_ROWS.value)}"
    rows = requests.ask(timeline, query, [exhibit, seen["series"], path]).column("row_id").to_pylist()
    values = {
        "path": path,
        "log": log,
        "exhibit": exhibit,
        "first": moment(seen["first"]),
        "last": moment(seen["last"]),
        "begin": moment(seen["begin"]),
        "posts": str(seen["posts"]),
        "clients": str(seen["clients"]),
        "linked_rows": str(seen["linked"]),
    }
    why = (
        f"{exhibit}/{log}: {path} first answered at {values['first']}, {(seen['first'] - seen['begin']) // SECOND} s after the log begins; "
        f"{seen['answered']} answers since (status 200 to 399), {seen['posts']} of them status 200 to POST, {seen['clients']} clients, "
        f"{seen['linked']} with a referrer"
    )
    key = f"{exhibit}\n{seen['series']}\n{path}"
    return conclude(
        timeline,
        about,
        Observed(key, ("web/access",), rows, why, values, {"linked": _LINKED["some" if seen["linked"] else "none"]}),
    )


ANALYZER = NewWebScript()
