"""A stretch without lines in an access log that its own rhythm makes implausible; with the requests that a capture shows in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, conclude, moment, present
from timelines.clocks import SECOND, WITHIN_S, Offset, log_files, offsets
from timelines.detection.rules import About
from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline

Ints = npt.NDArray[np.int64]
MINUTE = 60 * SECOND
DAY = 1440  # minutes

SHORTEST = Threshold("SHORTEST", 5, "min", "A restart takes less; shorter silences are common on any server.")
LONGEST = Threshold(
    "LONGEST", 720, "min", "Longer silences are days without a log or without work, which a rate cannot judge."
)
LONGEST_ALONE = Threshold(
    "LONGEST_ALONE",
    120,
    "min",
    "Where the log covers no other day, nothing tells a night or a closing hour from a loss.",
)
BESIDE = Threshold(
    "BESIDE", 60, "min", "What counts as just before and just after: long enough for a rate, short enough for the hour."
)
CLIENTS = Threshold("CLIENTS", 10, "clients", "On either side; a few clients fall silent together, many do not.")
BUSY = Threshold(
    "BUSY",
    0.2,
    "of minutes",
    "Of the minutes beside it, those with lines; below one in five a silence says too little.",
)
IMPLAUSIBLE = Threshold(
    "IMPLAUSIBLE",
    9,
    "powers of ten",
    "One in a thousand million that chance leaves such a silence anywhere in the whole log.",
)
DAYS = Threshold("DAYS", 7, "days", "The same hours up to a week before and after; the quietest of them counts.")
CITED_REQUESTS = Threshold("CITED_REQUESTS", 100, "rows", "Enough to check by hand; `why` gives the whole number.")

_TEXTS = {
    "en": {
        "title": "Web server log without lines for an implausible time",
        "shows": "The log {log} (exhibit {exhibit}) has no line between {first} and {last}, by its own clock ({minutes} minutes), though "
        "before and after it lines of many clients stand in at least {busy} of 100 minutes. {capture_en}",
        "does_not_show": "That lines were removed, nor by whom; a server that does not run writes no lines.",
        "alternatives": "The server, its logging or its network was stopped; a disk was full; lines went to another file; a holiday or a "
        "planned maintenance.",
    },
    "fr": {
        "title": "Journal de serveur web sans ligne pendant une durée invraisemblable",
        "shows": "Le journal {log} (scellé {exhibit}) n'a aucune ligne entre {first} et {last}, d'après sa propre horloge ({minutes} "
        "minutes), alors qu'avant et après, des lignes de nombreux clients figurent dans au moins {busy} minutes sur 100. {capture_fr}",
        "does_not_show": "Que des lignes ont été supprimées, ni par qui ; un serveur arrêté n'écrit aucune ligne.",
        "alternatives": "Le serveur, sa journalisation ou son réseau était arrêté ; un disque était plein ; les lignes ont été écrites dans "
        "un autre fichier ; un jour férié ou une maintenance prévue.",
    },
    "ar": {
        "title": "سجل خادم ويب بلا أسطر مدة يبعد أن تكون طبيعية",
        "shows": "لا يوجد في السجل {log} (المحجوز {exhibit}) أي سطر بين {first} و{last} بحسب ساعته ({minutes} دقيقة)، مع أن أسطر عملاء "
        "كثيرين ترد قبل ذلك وبعده في {busy} دقيقة من كل 100 على الأقل. {capture_ar}",
        "does_not_show": "أن أسطرا حُذفت، ولا من حذفها؛ والخادم المتوقف لا يكتب أي سطر.",
        "alternatives": "توقف الخادم أو تسجيله أو شبكته؛ أو امتلاء قرص؛ أو كتابة الأسطر في ملف آخر؛ أو عطلة أو صيانة مبرمجة.",
    },
}
_CAPTURE = {  # by what the capture says: requests in the hole, none in it, nothing
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
    "nothing": {"en": "", "fr": "", "ar": ""},
}


@dataclass(frozen=True, slots=True)
class Hole:
    """A silence of one log: the last line before it and the first after it (UTC ns), whole minutes between them, the share of
    minutes beside it (or in the same hours of other days) that have lines, and how improbable it is, as a power of ten."""

    exhibit: str
    series: str
    first: int
    last: int
    minutes: int
    busy: float
    days: int
    power: float


@dataclass(frozen=True, slots=True)
class Activity:
    """Which client has lines in which minute of one log: (n,) minutes since 1970 ascending, (n,) client numbers."""

    minutes: Ints
    clients: Ints

    def busy(self, begin: int, end: int) -> tuple[int, int]:
        """Minutes of [begin, end) with lines of any client but the most present one, and how many clients have lines there.

        The most present one is left out since one program (a probe, a scanner) that stops is one event, not many.
        """
        at, to = np.searchsorted(self.minutes, (begin, end))
        if at == to:
            return 0, 0
        clients, numbers, counts = np.unique(self.clients[at:to], return_inverse=True, return_counts=True)
        others = self.minutes[at:to][numbers != int(np.argmax(counts))]
        return len(np.unique(others)), len(clients)


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
    thresholds = (SHORTEST, LONGEST, LONGEST_ALONE, BESIDE, CLIENTS, BUSY, IMPLAUSIBLE, DAYS, CITED_REQUESTS)

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding a hole, in order of exhibit, log and time."""
        known: dict[tuple[str, str], list[Offset]] | None = None
        for hole in holes(timeline):
            if known is None:
                known = {}
                for offset in offsets(timeline):
                    known.setdefault((offset.exhibit, offset.series), []).append(offset)
            yield _finding(timeline, self.about, hole, known.get((hole.exhibit, hole.series), []))


def holes(timeline: Timeline) -> Iterator[Hole]:
    """The implausible silences of every log, in order."""
    if "src_ip" not in present(timeline, "web/access"):
        return
    files = log_files(timeline)
    silences = timeline.sql(_SILENCES, [*files, int(SHORTEST.value) * MINUTE, int(LONGEST.value + 2) * MINUTE])
    logs = dict.fromkeys(
        zip(silences.column("exhibit").to_pylist(), silences.column("series").to_pylist(), strict=True)
    )
    for exhibit, series in logs:
        table = timeline.sql(_ACTIVITY, [*files, exhibit, series])
        clients = table.column("client").combine_chunks().dictionary_encode().indices
        activity = Activity(table.column("minute").to_numpy(), clients.to_numpy(zero_copy_only=False).astype(np.int64))
        import pyarrow.compute as pc

        mine = silences.filter(pc.and_(pc.equal(silences["exhibit"], exhibit), pc.equal(silences["series"], series)))
        for first, last in _likely(activity, mine):
            found = _judged(activity, first, last)
            if found is not None:
                yield replace(found, exhibit=exhibit, series=series)


_FILES = "with files as (select unnest(?) as exhibit, unnest(?) as file, unnest(?) as series)"
_SILENCES = f"""{_FILES},
seconds as (select distinct exhibit, series, epoch_ns(time) as t from web_access join files using (exhibit, file) where time is not null),
steps as (select exhibit, series, t, lead(t) over (partition by exhibit, series order by t) as next from seconds)
select * from steps where next - t >= ? and next - t <= ? order by exhibit, series, t
"""
_ACTIVITY = f"""{_FILES}
select distinct epoch_ns(time) // {MINUTE} as minute, coalesce(src_ip, '') as client from web_access join files using (exhibit, file)
where time is not null and exhibit = ? and series = ? order by minute, client
"""


def _likely(activity: Activity, silences: pa.Table) -> list[tuple[int, int]]:
    """The silences that have enough busy minutes on both sides, by one search for all of them."""
    first, last = silences.column("t").to_numpy(), silences.column("next").to_numpy()
    minutes = np.unique(activity.minutes)
    before, after = first // MINUTE, last // MINUTE
    width = int(BESIDE.value)
    left = np.searchsorted(minutes, before, "right") - np.searchsorted(minutes, before - width + 1)
    right = np.searchsorted(minutes, after + width) - np.searchsorted(minutes, after)
    enough = np.minimum(left, right) >= BUSY.value * width
    return list(zip(first[enough].tolist(), last[enough].tolist(), strict=True))


def _judged(activity: Activity, first: int, last: int) -> Hole | None:
    """The silence as a hole, if it is implausible."""
    width, begin, end = int(BESIDE.value), first // MINUTE + 1, last // MINUTE
    minutes = end - begin
    sides = [activity.busy(begin - width, begin), activity.busy(end, end + width)]
    if min(clients for _, clients in sides) < CLIENTS.value or minutes < 1:
        return None
    shares = [busy / (width + 1) for busy, _ in sides]
    start, stop = int(activity.minutes[0]), int(activity.minutes[-1]) + 1
    shifts = [
        k * DAY
        for k in range(-int(DAYS.value), int(DAYS.value) + 1)
        if k and start <= begin + k * DAY and end + k * DAY <= stop
    ]
    shares += [activity.busy(begin + shift, end + shift)[0] / (minutes + 1) for shift in shifts]
    share = min(shares)
    if share < BUSY.value or (not shifts and minutes > LONGEST_ALONE.value):
        return None
    power = -minutes * float(np.log10(1 - share)) - float(np.log10(stop - start))
    if power < IMPLAUSIBLE.value:
        return None
    return Hole("", "", first, last, minutes, share, len(shifts), round(power, 1))


def _finding(timeline: Timeline, about: About, hole: Hole, known: list[Offset]) -> Finding:
    rows, names = _bounds(timeline, hole), ", ".join(sorted({o.capture for o in known}))
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
    texts: Mapping[str, Mapping[str, str]] = {
        lang: {word: text.replace(f"{{capture_{lang}}}", _CAPTURE[seen][lang]).strip() for word, text in words.items()}
        for lang, words in about.texts.items()
    }
    level = {"requests": "high", "none": "low", "nothing": about.level}[seen]
    cited = requests[: int(CITED_REQUESTS.value)]
    return conclude(
        timeline,
        replace(about, level=level, texts=texts),
        Observed(
            f"{hole.exhibit}\n{hole.series}\n{hole.first}\n{hole.last}",
            ("web/access", "net/http") if cited else ("web/access",),
            [*rows, *(row for row, _ in cited)],
            f"{hole.exhibit}/{hole.series}: no line from {moment(hole.first)} to {moment(hole.last)} ({hole.minutes} whole minutes); at least "
            f"{hole.busy:.2f} of minutes have lines of other than the most present client in the hour before, the hour after and "
            f"{rhythm}; chance of such a silence anywhere in the log below 1 in 10^{int(hole.power)}{said}",
            {
                "log": hole.series,
                "exhibit": hole.exhibit,
                "first": moment(hole.first),
                "last": moment(hole.last),
                "minutes": str(hole.minutes),
                "busy": str(int(100 * hole.busy)),
                "requests": str(len(requests)),
            },
            {"ips": sorted({*(ip for _, ip in requests), *(ip for o in known for ip in o.servers)})},
        ),
    )


def _bounds(timeline: Timeline, hole: Hole) -> list[str]:
    """The last line before and the first after: of lines of the same second, the last and the first by place."""
    query = f"""{_FILES}
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
