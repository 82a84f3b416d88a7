"""Connections from one machine to one service at even intervals and of even size: as programs do that report at a fixed pace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from timelines.analyzers import Threshold
from timelines.analyzers._conclude import Observed, conclude, moment, number, present
from timelines.detection.rules import About
from timelines.findings import Finding

if TYPE_CHECKING:
    from timelines.query import Timeline

SECOND = 1_000_000_000
CONTACTS = Threshold("CONTACTS", 20, "connections", "Fewer can be even by accident.")
SHORTEST = Threshold("SHORTEST", 5, "s", "Median interval; shorter ones are the rhythm of one page or program at work.")
JITTER = Threshold(
    "JITTER", 0.3, "of the median interval", "Programs that report vary their pace, most by less than this."
)
EVEN = Threshold(
    "EVEN",
    0.8,
    "of all intervals",
    "Share within JITTER; of 19 independent intervals so many agree less than once in ten million cases.",
)
SIZE = Threshold(
    "SIZE", 0.1, "of the median", "How far the bytes sent may be from their median; 64 bytes are always allowed."
)
ALIKE = Threshold("ALIKE", 0.8, "of all connections", "Share of connections of even size; people send what differs.")
COMMON = Threshold(
    "COMMON",
    4,
    "clients",
    "A service that so many machines contact is an ordinary one, as far as the evidence goes: level low.",
)
CITED_CONTACTS = Threshold("CITED_CONTACTS", 100, "rows", "What a reader can go through; `why` gives the whole number.")
# Services whose clients keep a pace by their nature, and name services, which every program uses.
_PACED = ("ntp", "dhcp", "dns", "snmp", "stun")
_INSIDE = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
    )
)

_QUERY = """
    with clients as (select dst_ip, dst_port, proto, count(distinct src_ip) as clients from net_conn group by dst_ip, dst_port, proto)
    select n.*, clients.clients from (select exhibit, src_ip, dst_ip, dst_port, proto, list(epoch_ns(time) order by time, row_id) as times,
        list(coalesce(orig_bytes, 0) order by time, row_id) as sizes, list(row_id order by time, row_id) as row_ids,
        string_agg(distinct service, ', ' order by service) as service
    from net_conn where time is not null and src_ip is not null and dst_ip is not null and proto in ('tcp', 'udp')
    group by exhibit, src_ip, dst_ip, dst_port, proto
    having count(*) >= ?) as n
    left join clients on n.dst_ip = clients.dst_ip and n.proto = clients.proto and n.dst_port is not distinct from clients.dst_port
    order by exhibit, src_ip, n.dst_ip, n.dst_port, n.proto
"""
_COLUMNS = {"proto", "orig_bytes", "service"}

_TEXTS = {
    "en": {
        "title": "Contact with one service at even intervals",
        "shows": (
            "The machine {client} opened {contacts} connections to {server}, port {port} ({service}), between {first} and {last}: {even} "
            "of 100 intervals lie near {interval} seconds, and in {alike} of 100 connections it sent about {size} bytes."
        ),
        "does_not_show": (
            "What was exchanged, nor which program opened the connections. A machine, not a person, keeps such a pace; an address "
            "does not identify a person."
        ),
        "alternatives": "An update, mail, backup or monitoring agent; a page or device that refreshes itself.",
        "would_change": (
            "A record on the machine of the program that opened the connections: a known agent would explain them, a program that "
            "nobody can account for would make them weigh more; so would a change of pace when somebody worked at the other end."
        ),
    },
    "fr": {
        "title": "Contacts avec un même service à intervalles réguliers",
        "shows": (
            "La machine {client} a ouvert {contacts} connexions vers {server}, port {port} ({service}), entre {first} et {last} : {even} "
            "intervalles sur 100 sont proches de {interval} secondes, et dans {alike} connexions sur 100 elle a envoyé environ {size} "
            "octets."
        ),
        "does_not_show": (
            "Ce qui a été échangé, ni quel programme a ouvert les connexions. C'est une machine, non une personne, qui tient un tel "
            "rythme ; une adresse n'identifie pas une personne."
        ),
        "alternatives": (
            "Un agent de mise à jour, de messagerie, de sauvegarde ou de supervision ; une page ou un appareil qui s'actualise."
        ),
        "would_change": (
            "Une trace, sur la machine, du programme qui a ouvert les connexions : un agent connu les expliquerait, un programme que "
            "personne ne reconnaît leur donnerait plus de poids ; de même un changement de rythme quand quelqu'un travaillait à "
            "l'autre bout."
        ),
    },
    "ar": {
        "title": "اتصال بخدمة واحدة على فترات منتظمة",
        "shows": (
            "فتح الجهاز {client} اتصالات عددها {contacts} بالعنوان {server} على المنفذ {port} ({service}) بين {first} و{last}: ومن كل 100 "
            "فترة تقارب {even} منها {interval} ثانية، ومن كل 100 اتصال أرسل في {alike} منها نحو {size} بايت."
        ),
        "does_not_show": (
            "ما تم تبادله، ولا أي برنامج فتح الاتصالات. ومثل هذه الوتيرة تصدر عن جهاز لا عن شخص؛ والعنوان الشبكي لا يحدد هوية شخص."
        ),
        "alternatives": "برنامج تحديث أو بريد أو نسخ احتياطي أو مراقبة؛ أو صفحة أو جهاز يتجدد تلقائيا.",
        "would_change": (
            "أثر في الجهاز للبرنامج الذي فتح الاتصالات: فبرنامج معروف يفسرها، وبرنامج لا يعرفه أحد يزيدها وزنا؛ وكذلك تغير الوتيرة حين "
            "كان أحد يعمل في الطرف الآخر."
        ),
    },
}


@dataclass(frozen=True, slots=True)
class _Pace:
    """What the connections of one pair have in common: median interval (s) and size (bytes), and the shares near them."""

    interval: float
    even: float
    size: int
    alike: float


class Beaconing:
    """Looks at the connections of each machine to each service (address, port, protocol): whether most intervals lie near their median, and
    most sizes near theirs. Clock, name and address services are left out, and what goes to many at once. Low where the other end lies in
    the local network."""

    name = "beaconing"
    about = About(
        "beaconing",
        _TEXTS["en"]["title"],
        "medium",
        "athar:beaconing.py",
        "beaconing",
        "One machine opens connections to one service at even intervals and of even size.",
        ("T1071", "T1573"),
        ("Update and monitoring agents", "Mail programs", "Pages and devices that refresh themselves"),
        _TEXTS,
    )
    needs = ("net/conn",)
    thresholds = (CONTACTS, SHORTEST, JITTER, EVEN, SIZE, ALIKE, COMMON, CITED_CONTACTS)
    words = {"beacon": _TEXTS}  # noqa: RUF012 - never changed

    def find(self, timeline: Timeline) -> Iterator[Finding]:
        """One finding a machine and service, in order of exhibit, addresses and port."""
        if not present(timeline, "net/conn") >= _COLUMNS:
            return
        for batch in timeline.sql(_QUERY, [int(CONTACTS.value)]).to_batches(max_chunksize=1_000):
            for row in batch.to_pylist():
                if _excluded(row):
                    continue
                pace = _pace(np.array(row["times"], np.int64), np.array(row["sizes"], np.int64))
                if pace is not None:
                    yield _finding(timeline, self.about, row, pace)


def _excluded(row: dict[str, Any]) -> bool:
    services = (row["service"] or "").replace(",", " ").split()
    to = ip_address(row["dst_ip"].partition("%")[0])
    return any(service in _PACED for service in services) or to.is_multicast or row["dst_ip"].endswith(".255")


def _pace(times: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> _Pace | None:
    """The pace of connections in time order; None where there is none."""
    intervals = np.diff(times) / SECOND
    interval = float(np.median(intervals))
    if interval < SHORTEST.value:
        return None
    even = float(np.mean(np.abs(intervals - interval) <= JITTER.value * interval))
    size = float(np.median(sizes))
    alike = float(np.mean(np.abs(sizes - size) <= max(SIZE.value * size, 64)))
    return _Pace(interval, even, int(size), alike) if even >= EVEN.value and alike >= ALIKE.value else None


def _finding(timeline: Timeline, about: About, row: dict[str, Any], pace: _Pace) -> Finding:
    ids, times = row["row_ids"], row["times"]
    places = np.unique(np.linspace(0, len(ids) - 1, int(CITED_CONTACTS.value)).round().astype(int)).tolist()
    server, port = row["dst_ip"], "" if row["dst_port"] is None else str(row["dst_port"])
    local = any(ip_address(server.partition("%")[0]) in network for network in _INSIDE)
    even, alike = round(100 * pace.even), round(100 * pace.alike)
    return conclude(
        timeline,
        replace(about, level="low") if local or row["clients"] >= COMMON.value else about,
        Observed(
            f"{row['src_ip']}\n{server}\n{port}\n{row['proto']}\n{ids[0]}",
            ("net/conn",),
            [ids[at] for at in places],
            f"{row['src_ip']} opened {len(ids)} connections to {server} port {port}/{row['proto']} from {moment(times[0])} to "
            f"{moment(times[-1])}: median interval {pace.interval:.1f} s, {even} % within {100 * JITTER.value:g} % of it; median of bytes "
            f"sent {pace.size}, {alike} % near it; {len(places)} connections cited",
            {
                "client": row["src_ip"],
                "server": server,
                "port": port,
                "service": row["service"] or row["proto"],
                "contacts": str(len(ids)),
                "first": moment(times[0]),
                "last": moment(times[-1]),
                "even": str(even),
                "alike": str(alike),
                "size": str(pace.size),
            },
            {"interval": number(round(pace.interval, 1))},
            {"ips": [row["src_ip"], server]},
        ),
    )


ANALYZER = Beaconing()
