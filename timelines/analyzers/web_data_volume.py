"""A client that fetched far more bytes from a site than its other clients do: what a copy of data carried off looks like in a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, conclude, moment, number, present
from timelines.analyzers._silences import FILES
from timelines.clocks import log_files, log_name
from timelines.detection.rules import About
from timelines.findings import Finding
from timelines.logs_once import lines_once

if TYPE_CHECKING:
    import pyarrow as pa

    from timelines.query import Timeline

LEAST = Threshold("LEAST", 100_000_000, "bytes", "Below this any visit with a few pictures or a document is as large.")
CLIENTS = Threshold("CLIENTS", 20, "clients", "With fewer a log has no usual amount to compare with.")
TIMES = Threshold(
    "TIMES",
    100,
    "times",
    "Over what 95 of 100 clients stay below; search engines and readers of archives reach seventy times that.",
)
OTHERS = Threshold(
    "OTHERS", 2, "clients", "A path that more clients were given half as much of is offered to all, and is not counted."
)
CITED_ROWS = Threshold("CITED_ROWS", 200, "rows", "The largest answers; `why` gives the whole number.")

_TEXTS = {
    "en": {
        "title": "Far more data given to one address than to others",
        "shows": (
            "The log {log} (exhibit {exhibit}) has {megabytes} MB given to {client} alone, in {requests} requests between {first} and "
            "{last}; 95 of 100 of the {clients} addresses in it were given no more than {usual} MB each. Most of it, "
            "{part} MB, came from {path}."
        ),
        "does_not_show": (
            "What was in it, nor that it was not meant for that address. The server logs what it sent, not what arrived. An address "
            "does not identify a person."
        ),
        "alternatives": (
            "A search engine or an archive that reads the whole site; a proxy or an organisation with many people behind one "
            "address; a copy made for the owner; large files that are offered to all."
        ),
        "would_change": (
            "What lies at the path named, and whether it is open to all, would show what it means; a copy ordered by the owner "
            "would overturn it; the same data found elsewhere would strengthen it."
        ),
    },
    "fr": {
        "title": "Bien plus de données livrées à une adresse qu'aux autres",
        "shows": (
            "Le journal {log} (scellé {exhibit}) compte {megabytes} Mo livrés à {client} seule, en {requests} requêtes entre le {first} et "
            "le {last} ; 95 sur 100 des {clients} adresses qui y figurent n'ont pas reçu plus de {usual} Mo chacune. La plus "
            "grande part, {part} Mo, venait de {path}."
        ),
        "does_not_show": (
            "Ce que cela contenait, ni que ce n'était pas destiné à cette adresse. Le serveur note ce qu'il a envoyé, non ce qui est "
            "arrivé. Une adresse n'identifie pas une personne."
        ),
        "alternatives": (
            "Un moteur de recherche ou un archivage qui lit le site entier ; un serveur mandataire ou une organisation "
            "dont de nombreuses personnes partagent une adresse ; une copie faite pour le propriétaire ; de gros fichiers "
            "offerts à tous."
        ),
        "would_change": (
            "Ce qui se trouve au chemin nommé, et si c'est ouvert à tous, montrerait ce que cela signifie ; une copie commandée "
            "par le propriétaire la ferait tomber ; les mêmes données retrouvées ailleurs la renforceraient."
        ),
    },
    "ar": {
        "title": "بيانات سُلّمت لعنوان واحد أكثر بكثير مما سُلّم لغيره",
        "shows": (
            "في السجل {log} (المحجوز {exhibit}) سُلّم {megabytes} ميغابايت للعنوان {client} وحده في طلبات عددها {requests} بين {first} "
            "و{last}؛ ولم يتجاوز ما سُلّم لكل من 95 من كل 100 من العناوين الواردة فيه، وعددها {clients}، {usual} ميغابايت. "
            "وجاء معظمه، وهو {part} ميغابايت، من {path}."
        ),
        "does_not_show": (
            "ما كان فيه، ولا أنه لم يكن موجها لذلك العنوان. والخادم يسجل ما أرسله لا ما وصل. والعنوان الشبكي لا يحدد هوية شخص."
        ),
        "alternatives": (
            "محرك بحث أو أرشفة تقرأ الموقع كله؛ أو خادم وسيط أو مؤسسة يشترك أشخاص كثيرون فيها في عنوان واحد؛ "
            "أو نسخة أُعدت للمالك؛ أو ملفات كبيرة معروضة للجميع."
        ),
        "would_change": (
            "ما يوجد في المسار المذكور وهل هو مفتوح للجميع يبين معنى ذلك؛ ونسخة طلبها المالك تنقض المعاينة؛ والعثور على البيانات نفسها "
            "في مكان آخر يقوّيها."
        ),
    },
}


class WebDataVolume:
    """Adds up what each client was sent of paths that hardly anyone else fetched as much of, log by log (rotated files read as one), and
    compares it with what the log's clients are sent in all: the log's own distribution. Files offered to everyone do not count."""

    name = "web_data_volume"
    about = About(
        "web_data_volume",
        _TEXTS["en"]["title"],
        "low",
        "athar:web_data_volume.py",
        "web_data_volume",
        "One client was sent, of what others do not fetch, many times what the clients of the same log are usually sent.",
        ("T1213",),
        ("A search engine", "A copy made for the owner", "Many people behind one address"),
        _TEXTS,
    )
    needs = ("web/access",)
    thresholds = (LEAST, CLIENTS, TIMES, OTHERS, CITED_ROWS)
    words = {"volume": _TEXTS}  # noqa: RUF012 - never changed

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding a log and client, in order of exhibit, log and client."""
        if not present(timeline, "web/access") >= {"sc_bytes", "src_ip", "cs_uri_stem"}:
            return
        sent = _Sent(*lines_once(timeline))
        for seen in _volumes(timeline, sent):
            yield _finding(timeline, self.about, sent, seen)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What was sent, each line of a log once: SQL for `lines`, and its parameters."""

    lines: str
    parameters: list[list[Any]]

    def ask(self, timeline: Timeline, query: str, values: Sequence[Any]) -> pa.Table:
        return timeline.sql(_SENT.format(self.lines) + query, [*log_files(timeline), *self.parameters, *values])


SHARE = 500_000  # requests whose paths are compared at a time: memory does not grow with the number of paths
_CLIENT = ("exhibit", "series", "client")
_SENT = f"""{FILES}, {{0}},
sent as (select a.row_id, a.exhibit, series, epoch_ns(a.time) as t, a.src_ip as client,
    coalesce(a.cs_uri_stem, '') as path, a.sc_bytes as bytes
    from lines a join files using (exhibit, file) where a.src_ip is not null and a.sc_bytes > 0 and a.time is not null)
"""
# Only clients that were sent enough in all can have been sent enough of what others were not: they are few.
_CLIENTS = """,
totals as (select exhibit, series, client, sum(bytes)::bigint as bytes, count(*) as asked from sent group by all),
logs as (select exhibit, series, count(*) as clients, quantile_disc(bytes, 0.95) as usual from totals group by all)
select exhibit, series, client, asked, clients, usual from totals join logs using (exhibit, series)
where clients >= ? and bytes >= ? and bytes >= ? * usual order by exhibit, series, client
"""
# Of a share of the paths: what each of these clients was sent of those that hardly anyone else was sent as much of.
_OWN = """,
large as (select unnest(?) as exhibit, unnest(?) as series, unnest(?) as client),
paths as (select *, hash(path) % ? as share from sent),
parts as (select exhibit, series, client, path, sum(bytes)::bigint as part, count(*) as asked, min(t) as first, max(t) as last
    from paths semi join large using (exhibit, series, client) where share = ? group by all),
others as (select exhibit, series, client, path, sum(bytes)::bigint as part
    from paths semi join parts using (exhibit, series, path) where share = ? group by all),
shared as (select exhibit, series, path, list_min(most) as third
    from (select exhibit, series, path, max(part, ?) as most from others group by all) where len(most) = ?)
select exhibit, series, client, sum(part)::bigint as bytes, sum(asked)::bigint as requests, min(first) as first, max(last) as last,
    arg_max(path, (part, path)) as path, max(part) as part
from parts left join shared using (exhibit, series, path) where third is null or part >= 2 * third group by exhibit, series, client
"""


def _volumes(timeline: Timeline, sent: _Sent) -> list[dict[str, Any]]:
    """What each client was sent alone, where that is too much, in order of exhibit, log and client."""
    limits = [int(CLIENTS.value), int(LEAST.value), int(TIMES.value)]
    clients = sent.ask(timeline, _CLIENTS, limits).to_pylist()
    large = [[one[name] for one in clients] for name in _CLIENT]
    shares = max(-(-sum(one["asked"] for one in clients) // SHARE), 1)
    most = int(OTHERS.value) + 1
    own: dict[tuple[str, ...], dict[str, Any]] = {}
    for share in range(shares if clients else 0):
        for one in sent.ask(timeline, _OWN, [*large, shares, share, share, most, most]).to_pylist():
            key = tuple(one[name] for name in _CLIENT)
            own[key] = _both(own[key], one) if key in own else one
    usual = {
        tuple(one[name] for name in _CLIENT): {name: one[name] for name in ("clients", "usual")} for one in clients
    }
    volumes = [own[key] | beside for key, beside in usual.items() if key in own]
    return [one for one in volumes if one["bytes"] >= max(LEAST.value, TIMES.value * one["usual"])]


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What a client was sent of two shares of the paths; `path` is the one of which it was sent most."""
    sums = {name: one[name] + other[name] for name in ("bytes", "requests")}
    times = {"first": min(one["first"], other["first"]), "last": max(one["last"], other["last"])}
    return max(one, other, key=lambda share: (share["part"], share["path"])) | sums | times


def _finding(timeline: Timeline, about: About, sent: _Sent, seen: dict[str, Any]) -> Finding:
    exhibit, client, log = seen["exhibit"], seen["client"], log_name(timeline, seen["exhibit"], seen["series"])
    query = f"""select row_id from sent where exhibit = ? and series = ? and client = ?
        order by bytes desc, t, row_id limit {int(CITED_ROWS.value)}"""
    found = sent.ask(timeline, query, [exhibit, seen["series"], client])
    values = {
        "log": log,
        "exhibit": exhibit,
        "client": client,
        "path": seen["path"],
        "requests": str(seen["requests"]),
        "clients": str(seen["clients"]),
        "first": moment(seen["first"]),
        "last": moment(seen["last"]),
    }
    why = (
        f"{exhibit}/{log}: {seen['bytes']} bytes to {client} of paths that hardly anyone else fetched, in {seen['requests']} requests; "
        f"of {seen['clients']} clients, 95 of 100 were sent at most {seen['usual']} bytes each; "
        f"{seen['part']} bytes of it from {seen['path']}"
    )
    amounts = {"megabytes": seen["bytes"], "usual": seen["usual"], "part": seen["part"]}
    said = {name: number(round(amount / 1e6, 1 if amount >= 1e5 else 3)) for name, amount in amounts.items()}
    key = f"{exhibit}\n{seen['series']}\n{client}"
    return conclude(
        timeline, about, Observed(key, ("web/access",), found.column("row_id").to_pylist(), why, values, said)
    )


ANALYZER = WebDataVolume()
