"""Many different long names under one domain, asked by one machine: as programs do that carry data in DNS questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, conclude, number, present
from timelines.detection.rules import About
from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline

NAMES = Threshold(
    "NAMES", 50, "names", "Different names under one domain by one machine; pages and mail ask for a few dozen."
)
LENGTH = Threshold(
    "LENGTH",
    24,
    "characters",
    "Mean length before the domain; names that people choose are shorter, and less would carry little.",
)
FRESH = Threshold(
    "FRESH",
    0.8,
    "of all queries",
    "Share of queries for a name not asked before; ordinary names are asked again and again.",
)
CARRYING = Threshold(
    "CARRYING",
    0.5,
    "of all queries",
    "Share of types whose answers carry much (TXT, NULL, CNAME, MX …); pages ask for addresses.",
)
CITED_QUERIES = Threshold("CITED_QUERIES", 200, "rows", "What a reader can go through; `why` gives the whole number.")
_CARRIERS = ("TXT", "NULL", "CNAME", "MX", "KEY", "SRV", "TYPE65399", "*")
# Second levels under which country domains register names; a list of all such suffixes is not kept.
_SECOND = ("ac", "co", "com", "edu", "gob", "gouv", "gov", "go", "mil", "ne", "net", "or", "org")

# A name's registered domain is taken to be its last two labels, three under `co.uk` and the like.
_QUERY = """
    with asked as (
        select row_id, exhibit, src_ip, qtype_name, query, string_split(query, '.') as labels, length(coalesce(answers, '')) as back
        from net_dns where event = 'dns.query' and query is not null and src_ip is not null
        and coalesce(dst_port, 53) not in (137, 5353, 5355) and query not like '%.arpa'
    ), named as (
        select *, array_to_string(list_slice(labels, len(labels) - (
            case when len(labels) > 3 and length(labels[-1]) = 2 and list_contains(?::varchar[], labels[-2]) then 3 else 2 end
        ) + 1, len(labels)), '.') as domain from asked where len(labels) > 2
    )
    select exhibit, src_ip, domain, count(*) as queries, count(distinct query) as names,
        avg(length(query) - length(domain) - 1) as length, avg(list_contains(?::varchar[], qtype_name)::int) as carrying,
        sum(length(query) - length(domain) - 1)::bigint as sent, sum(back)::bigint as back, list(row_id order by row_id) as row_ids
    from named group by all
    having names >= ? and length >= ? and names >= ? * queries
    order by exhibit, src_ip, domain
"""
_COLUMNS = {"query", "qtype_name", "answers"}

_TEXTS = {
    "en": {
        "title": "Many different long names asked under one domain",
        "shows": (
            "The machine {client} asked for {names} different names under the domain {domain} in {queries} DNS queries; "
            "before the domain they are {length} characters long on average, {sent} characters in all. {share} of 100 "
            "queries asked for types whose answers can carry much."
        ),
        "does_not_show": "What the names or answers carried, nor which program asked. An address does not identify a person.",
        "alternatives": (
            "A security product or block list that looks up files or addresses by name; a content network or measurement "
            "service that makes a new name for each visit."
        ),
        "would_change": (
            "Names and answers that decode to data of the machine would strengthen it; the owner of the domain, if it is "
            "a product in use there, would overturn it. The machine's own log would tell which program asked."
        ),
    },
    "fr": {
        "title": "Nombreux noms longs différents demandés sous un même domaine",
        "shows": (
            "La machine {client} a demandé {names} noms différents sous le domaine {domain} en {queries} requêtes DNS ; avant "
            "le domaine, ils comptent {length} caractères en moyenne, {sent} caractères en tout. {share} requêtes sur 100 "
            "portaient sur des types dont les réponses peuvent transporter beaucoup."
        ),
        "does_not_show": (
            "Ce que les noms ou les réponses transportaient, ni quel programme a interrogé. Une adresse n'identifie pas une personne."
        ),
        "alternatives": (
            "Un produit de sécurité ou une liste de blocage qui vérifie des fichiers ou des adresses par leur nom ; un réseau de "
            "diffusion ou un service de mesure qui crée un nom à chaque visite."
        ),
        "would_change": (
            "Des noms et des réponses dont le décodage donne des données de la machine la renforceraient ; le titulaire du "
            "domaine, s'il s'agit d'un produit utilisé sur place, la ferait tomber. Le journal de la machine dirait quel "
            "programme a interrogé."
        ),
    },
    "ar": {
        "title": "أسماء طويلة مختلفة وكثيرة طُلبت تحت نطاق واحد",
        "shows": (
            "استعلم الجهاز {client} عن أسماء مختلفة عددها {names} تحت النطاق {domain}، وعدد استعلامات DNS {queries}؛ ويبلغ متوسط "
            "طولها قبل النطاق {length} حرفا، ومجموعها {sent} حرف. ومن كل 100 استعلام طلب {share} أنواعا يمكن أن تحمل أجوبتها الكثير."
        ),
        "does_not_show": "ما كانت تحمله الأسماء أو الأجوبة، ولا أي برنامج استعلم. والعنوان الشبكي لا يحدد هوية شخص.",
        "alternatives": (
            "برنامج حماية أو قائمة حظر يتحقق من الملفات أو العناوين عبر الأسماء؛ أو شبكة توزيع محتوى أو خدمة قياس تنشئ اسما لكل زيارة."
        ),
        "would_change": (
            "أسماء وأجوبة يعطي فك ترميزها معطيات من الجهاز تقوّي المعاينة؛ وصاحب النطاق إذا كان برنامجا مستعملا هناك ينقضها. "
            "ويبين سجل الجهاز أي برنامج استعلم."
        ),
    },
}


class DnsTunnelling:
    """Counts, for each machine and registered domain, how many different names it asked for, how long they are before the domain, and how
    often a name came again. Reverse lookups and names of the local network are left out. High where most queries ask for types whose
    answers carry much."""

    name = "dns_tunnelling"
    about = About(
        "dns_tunnelling",
        _TEXTS["en"]["title"],
        "medium",
        "athar:dns_tunnelling.py",
        "dns_tunnelling",
        "One machine asks for many different long names under one domain, hardly any of them twice.",
        ("T1071.004", "T1048.003"),
        ("Security products that look up hashes by DNS", "Content networks with a name for each visit"),
        _TEXTS,
    )
    needs = ("net/dns",)
    thresholds = (NAMES, LENGTH, FRESH, CARRYING, CITED_QUERIES)
    words = {"tunnel": _TEXTS}  # noqa: RUF012 - never changed

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding a machine and domain, in order of exhibit, address and domain."""
        if not present(timeline, "net/dns") >= _COLUMNS:
            return
        parameters = [list(_SECOND), list(_CARRIERS), NAMES.value, LENGTH.value, FRESH.value]
        for row in timeline.sql(_QUERY, parameters).to_pylist():
            yield _finding(timeline, self.about, row)


def _finding(timeline: Timeline, about: About, row: dict[str, Any]) -> Finding:
    ids = row["row_ids"]
    places = np.unique(np.linspace(0, len(ids) - 1, int(CITED_QUERIES.value)).round().astype(int)).tolist()
    share = round(100 * row["carrying"])
    return conclude(
        timeline,
        replace(about, level="high") if row["carrying"] >= CARRYING.value else about,
        Observed(
            f"{row['src_ip']}\n{row['domain']}\n{ids[0]}",
            ("net/dns",),
            [ids[at] for at in places],
            f"{row['src_ip']} sent {row['queries']} DNS queries for {row['names']} different names under {row['domain']}: mean length "
            f"before the domain {row['length']:.1f} characters, {row['sent']} characters in all; {share} % of types that carry much; "
            f"answers of {row['back']} characters; {len(places)} queries cited",
            {
                "client": row["src_ip"],
                "domain": row["domain"],
                "names": str(row["names"]),
                "queries": str(row["queries"]),
                "sent": str(row["sent"]),
                "share": str(share),
            },
            {"length": number(round(row["length"], 1))},
            {"ips": [row["src_ip"]]},
        ),
    )


ANALYZER = DnsTunnelling()
