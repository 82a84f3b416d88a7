"""A stretch without lines in an access log that its own rhythm makes implausible; with the requests that a capture shows in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, conclude, moment
from timelines.analyzers._silences import FILES, MINUTE, THRESHOLDS, Hole, holes
from timelines.clocks import SECOND, WITHIN_S, Offset, log_files, log_name, offsets
from timelines.detection.rules import About
from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline

CITED_REQUESTS = Threshold("CITED_REQUESTS", 500, "rows", "What a reader can go through; `why` gives the whole number.")

_TEXTS = {
    "en": {
        "title": "Web server log without lines for an implausible time",
        "shows": (
            "The log {log} (exhibit {exhibit}) has no line between {first} and {last}, by its own clock "
            "({minutes} minutes), though before and after it lines of many clients stand in at least {busy} of "
            "100 minutes. {capture}"
        ),
        "does_not_show": "That lines were removed, nor by whom; a server that does not run writes no lines.",
        "alternatives": (
            "The server, its logging or its network was stopped, or its clock was set forward; a disk was full; lines "
            "went to another file; a regular closing hour, a holiday or a planned maintenance."
        ),
        "would_change": (
            "A capture, or the log of a proxy or load balancer, with requests to this server in that time would "
            "strengthen it; the machine's own log showing that the server was stopped, or a log file that was not "
            "handed in, would overturn it."
        ),
    },
    "fr": {
        "title": "Journal de serveur web sans ligne pendant une durée invraisemblable",
        "shows": (
            "Le journal {log} (scellé {exhibit}) n'a aucune ligne entre {first} et {last}, d'après sa propre "
            "horloge ({minutes} minutes), alors qu'avant et après, des lignes de nombreux clients figurent dans "
            "au moins {busy} minutes sur 100. {capture}"
        ),
        "does_not_show": ("Que des lignes ont été supprimées, ni par qui ; un serveur arrêté n'écrit aucune ligne."),
        "alternatives": (
            "Le serveur, sa journalisation ou son réseau était arrêté, ou son horloge a été avancée ; un disque était "
            "plein ; les lignes ont été écrites dans un autre fichier ; une heure de fermeture habituelle, un jour "
            "férié ou une maintenance prévue."
        ),
        "would_change": (
            "Une capture, ou le journal d'un serveur mandataire ou d'un répartiteur de charge, contenant des requêtes"
            " vers ce serveur pendant ce temps la renforcerait ; le journal de la machine montrant que le serveur "
            "était arrêté, ou un fichier de journal non remis, la ferait tomber."
        ),
    },
    "ar": {
        "title": "سجل خادم ويب بلا أسطر مدة يبعد أن تكون طبيعية",
        "shows": (
            "لا يوجد في السجل {log} (المحجوز {exhibit}) أي سطر بين {first} و{last} بحسب ساعته ({minutes} دقيقة)، "
            "مع أن أسطر عملاء كثيرين ترد قبل ذلك وبعده في {busy} دقيقة من كل 100 على الأقل. {capture}"
        ),
        "does_not_show": "أن أسطرا حُذفت، ولا من حذفها؛ والخادم المتوقف لا يكتب أي سطر.",
        "alternatives": (
            "توقف الخادم أو تسجيله أو شبكته، أو تقديم ساعته؛ أو امتلاء قرص؛ أو كتابة الأسطر في ملف آخر؛ "
            "أو ساعة إغلاق معتادة أو عطلة أو صيانة مبرمجة."
        ),
        "would_change": (
            "حركة شبكة ملتقطة أو سجل خادم وسيط أو موزع أحمال يحوي طلبات إلى هذا الخادم في تلك المدة يقوّي المعاينة؛ "
            "وسجل الجهاز إذا بيّن أن الخادم كان متوقفا، أو ملف سجل لم يُسلَّم، ينقضها."
        ),
    },
}
CAPTURE = {
    "requests": {
        "en": "A network capture shows requests to the same server in that time: {requests}.",
        "fr": "Une capture réseau montre des requêtes vers ce même serveur pendant ce temps : {requests}.",
        "ar": "وتبين حركة شبكة ملتقطة طلبات إلى الخادم نفسه في تلك المدة، عددها: {requests}.",
    },
    "none": {
        "en": "A network capture of that time shows no readable request to the same server either.",
        "fr": "Une capture réseau de ce moment ne montre pas non plus de requête lisible vers ce serveur.",
        "ar": "ولا تبين حركة الشبكة الملتقطة في تلك المدة أي طلب مقروء إلى الخادم نفسه كذلك.",
    },
    "nothing": {
        "en": "",
        "fr": "",
        "ar": "",
    },
}


class WebLogHole:
    """Judges every silence of five minutes or more by the share of minutes that have lines beside it, and at the same hours of other
    days: with p the smallest of these shares, m empty minutes have the chance (1 - p)^m, times the minutes of the log as places where
    it could lie. Rotated files of one log are read as one."""

    name = "web_log_hole"
    about = About(
        "web_log_hole",
        _TEXTS["en"]["title"],
        "medium",
        "athar:web_log_hole.py",
        "web_log_hole",
        "A silence in an access log that the rhythm of its own lines makes implausible; high where a capture shows requests in it.",
        ("T1070",),
        ("The server was stopped", "Planned maintenance", "A full disk"),
        _TEXTS,
    )
    needs = ("web/access",)
    thresholds = (*THRESHOLDS, CITED_REQUESTS)
    words = {"hole": _TEXTS}  # noqa: RUF012 - never changed

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding a hole, in order of exhibit, log and time."""
        known: dict[tuple[str, str], list[Offset]] | None = None
        for hole in holes(timeline):
            if known is None:
                known = {}
                for offset in offsets(timeline):
                    known.setdefault((offset.exhibit, offset.series), []).append(offset)
            yield _finding(timeline, self.about, hole, known.get((hole.exhibit, hole.series), []))


def _finding(timeline: Timeline, about: About, hole: Hole, known: list[Offset]) -> Finding:
    rows, names = bounds(timeline, hole), ", ".join(sorted({o.capture for o in known}))
    log = log_name(timeline, hole.exhibit, hole.series)
    asked = [_asked(timeline, hole, offset) for offset in known]
    requests = [row for found in asked if found is not None for row in found]
    covered = any(found is not None for found in asked)
    seen = "requests" if requests else "none" if covered else "nothing"
    said = {
        "requests": f"; {names} shows {len(requests)} requests to the same server in it, clocks compared",
        "none": f"; {names} covers it and shows no request in clear either",
        "nothing": "",
    }[seen]
    rhythm = f"the same hours of {hole.days} other days" if hole.days else "no other day to compare with"
    level = {"requests": "high", "none": "low", "nothing": about.level}[seen]
    cited = requests[: int(CITED_REQUESTS.value)]
    return conclude(
        timeline,
        replace(about, level=level),
        Observed(
            "\n".join(rows),
            ("web/access", "net/http") if cited else ("web/access",),
            [*rows, *(row for row, _ in cited)],
            f"{hole.exhibit}/{log}: no line from {moment(hole.first)} to {moment(hole.last)} ({hole.minutes} whole minutes); "
            f"at least {hole.busy:.2f} of minutes have lines of other than the most present client in the hour before, the hour "
            f"after and {rhythm}; if minutes were independent, the chance of such a silence anywhere in the log would be below "
            f"1 in 10^{int(hole.power)}{said}",
            {
                "log": log,
                "exhibit": hole.exhibit,
                "first": moment(hole.first),
                "last": moment(hole.last),
                "minutes": str((hole.last - hole.first) // MINUTE),
                "busy": str(int(100 * hole.busy)),
                "requests": str(len(requests)),
            },
            {"capture": CAPTURE[seen]},
            {"ips": sorted({*(ip for _, ip in requests), *(ip for o in known for ip in o.servers)})},
        ),
    )


def bounds(timeline: Timeline, hole: Hole) -> list[str]:
    """The last line before and the first after: of lines of the same second, the last and the first by place."""
    query = f"""{FILES}
        select row_id from web_access join files using (exhibit, file)
        where exhibit = ? and series = ? and epoch_ns(time) = ? order by file {{0}}, "offset" {{0}}, row_id {{0}} limit 1"""
    out = []
    for instant, order in ((hole.first, "desc"), (hole.last, "asc")):
        parameters = [*log_files(timeline), hole.exhibit, hole.series, instant]
        out += timeline.sql(query.format(order), parameters).column("row_id").to_pylist()
    return out


def _asked(timeline: Timeline, hole: Hole, offset: Offset) -> list[tuple[str, str]] | None:
    """Requests that a capture shows in the hole, to the servers of this log: row id and client. None where it does not cover the hole."""
    shift, margin = int(offset.seconds * SECOND), 2 * WITHIN_S * SECOND
    first, last = hole.first - shift + margin, hole.last - shift - margin
    span = timeline.sql(
        "select min(epoch_ns(time)) as a, max(epoch_ns(time)) as b from net_http where exhibit = ?", [offset.capture]
    )
    begin, end = span.column("a")[0].as_py(), span.column("b")[0].as_py()
    found = timeline.sql(
        "select row_id, coalesce(src_ip, '') as client from net_http where exhibit = ? and epoch_ns(time) > ? and epoch_ns(time) < ? "
        'and dst_ip in (select unnest(?)) order by time, file, "offset", row_id',
        [offset.capture, first, last, list(offset.servers)],
    )
    rows = list(zip(found.column("row_id").to_pylist(), found.column("client").to_pylist(), strict=True))
    return rows if rows or (begin <= first and last <= end) else None


ANALYZER = WebLogHole()
OF_LOGS = True
