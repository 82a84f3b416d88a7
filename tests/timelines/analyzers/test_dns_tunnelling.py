"""Names that carry data are found; names that people, pages and networks ask for are left alone."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from timelines.analyzers.dns_tunnelling import ANALYZER

from .conftest import Rows


def token(number: int, length: int = 40) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:length]


def asked(names: list[str], kind: str = "TXT", client: str = "192.0.2.10", port: int = 53, **more: Any) -> Rows:
    count = len(names)
    columns = {
        "event": ["dns.query"] * count,
        "src_ip": [client] * count,
        "dst_port": [port] * count,
        "query": names,
        "qtype_name": [kind] * count,
        "answers": ["TXT 3 abc"] * count,
        **more,
    }
    return Rows("net/dns", "capture.pcap", [float(at) for at in range(count)], columns)


TUNNEL = [f"{token(n)}.t.example.com" for n in range(60)]


def test_a_tunnel_is_found_and_worded(made):
    (finding,) = ANALYZER.find(made(asked(TUNNEL)))
    assert (finding.level, finding.grade, finding.attack) == ("high", "supported", ("T1071.004", "T1048.003"))
    assert len(finding.rows) == 60
    shows = finding.texts["en"]["shows"]
    assert "192.0.2.10 asked for 60 different names under the domain example.com in 60 DNS queries" in shows
    assert "42 characters long on average, 2520 characters in all. 100 of 100" in shows  # 40, a dot and `t`
    assert finding.entities["ips"] == ("192.0.2.10",)


def test_addresses_asked_for_weigh_less_and_country_domains_have_three_labels(made):
    names = [f"{token(n)}.example.co.uk" for n in range(60)]
    (finding,) = ANALYZER.find(made(asked(names, "A")))
    assert finding.level == "medium"
    assert "under the domain example.co.uk" in finding.texts["en"]["shows"]


def test_order_and_parts_change_nothing(made):
    straight = list(ANALYZER.find(made(asked(TUNNEL))))
    assert list(ANALYZER.find(made(asked(TUNNEL), slices=7, turned=True))) == straight


def test_many_queries_are_cited_in_part(made):
    (finding,) = ANALYZER.find(made(asked([f"{token(n)}.example.com" for n in range(1000)])))
    assert len(finding.rows) == 200
    assert "1000 DNS queries" in finding.why


@pytest.mark.parametrize(
    "rows",
    [
        asked([]),
        asked(TUNNEL[:40]),  # few
        asked([f"www{n}.example.com" for n in range(200)]),  # short
        asked(TUNNEL * 3),  # asked again and again
        asked([f"{token(n)}.d{n}.example" for n in range(200)]),  # each under a domain of its own
        asked([f"{n % 256}.{n}.2.0.192.in-addr.arpa.more.labels.here.ip6.arpa" for n in range(200)], "PTR"),
        asked([f"{token(n)}._tcp.device.local" for n in range(200)], port=5353),  # names of the local network
        asked([n for at in range(60) for n in [TUNNEL[at]]], client=None),  # no asker known
    ],
    ids=["none", "few", "short", "again", "domains", "reverse", "local", "nobody"],
)
def test_ordinary_names(made, rows):
    assert list(ANALYZER.find(made(rows))) == []


def test_each_machine_by_itself(made):
    columns = {"src_ip": ["192.0.2.10" if n % 2 else "192.0.2.11" for n in range(60)]}
    assert list(ANALYZER.find(made(asked(TUNNEL, **columns)))) == []  # thirty names each
