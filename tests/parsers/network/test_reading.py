"""What dissectors yield becomes rows: files with digests, services that follow one another, flows foretold, troubles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from parsers.network import reading
from parsers.network.protocols import Carried, Conversation, Expected, Openings, Record, Trouble, Upgrade, Yield
from parsers.network.records import Bools


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A protocol made up for these tests: it begins with its name, and does what the test says."""

    service: str
    family: str
    items: tuple[Any, ...]

    def recognise(self, openings: Openings) -> Bools:
        return np.asarray(openings.orig[:, 0] == ord(self.service[0]))

    def read(self, talk: Conversation, packet_time: Any) -> Iterator[Yield]:
        assert talk.orig is not None
        yield Record(
            talk.flow, 0, 0, self.service, {"addl": talk.orig.read(0, 9).decode(), "source": str(dict(talk.told))}
        )
        for item in self.items:
            yield item(talk) if callable(item) else item


def _file(talk: Conversation) -> Carried:
    return Carried(talk.flow, 0, 1, True, lambda: iter((b"%PDF-1.", b"4 x")), name="a.pdf", size=20, missing=10)


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(*dissectors: _Spoken) -> None:
        monkeypatch.setattr(reading, "all_dissectors", lambda: dissectors)

    return install


def test_a_carried_file_gets_its_digests_and_tells_what_is_missing(speak: Any, read: Any, wire: Any) -> None:
    speak(_Spoken("alpha", "net/weird", (_file,)))
    result = read(wire.pcap(wire.session([("c", b"alpha one")], port=9)))
    (row,) = result.files
    content = b"%PDF-1.4 x"
    assert (row["seen_bytes"], row["total_bytes"], row["missing_bytes"], row["complete"]) == (10, 20, 10, False)
    assert row["sha256"] == hashlib.sha256(content).hexdigest()
    assert row["md5"] == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert (row["mime_type"], row["source"], row["flags"]) == ("application/pdf", "alpha", "truncated")
    assert row["uid"] == result.conn[0]["uid"]


def test_an_upgrade_is_read_from_where_it_begins(speak: Any, read: Any, wire: Any) -> None:
    speak(_Spoken("alpha", "net/weird", (Upgrade("beta", 6, 0),)), _Spoken("beta", "net/weird", ()))
    result = read(wire.pcap(wire.session([("c", b"alpha "), ("c", b"beta goes on")], port=9)))
    assert [(row["event"], row["addl"]) for row in result.weird] == [("alpha", "alpha bet"), ("beta", "beta goes")]
    assert result.conn[0]["service"] == "alpha,beta"


@pytest.mark.parametrize("together", [1, 256])
def test_flows_that_go_on_are_recognised_together(
    speak: Any, read: Any, wire: Any, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WAITING", together)
    speak(
        _Spoken("alpha", "net/weird", (Upgrade("", 6, 0),)),
        _Spoken("beta", "net/weird", ()),
        _Spoken("gamma", "net/weird", ()),
    )
    follows = (b"beta goes on", b"gamma too", b"nobody reads this", b"alpha beta")
    flows = [
        wire.session([("c", b"alpha "), ("c", said)], port=9, sport=40_000 + at) for at, said in enumerate(follows)
    ]
    result = read(wire.pcap([packet for flow in flows for packet in flow]))
    read_after = {(row["src_port"], row["event"]) for row in result.weird if row["addl"][:5] != "alpha"}
    assert read_after == {(40_000, "beta"), (40_001, "gamma"), (40_003, "beta")}
    services = {row["src_port"]: row["service"] for row in result.conn}
    assert services == {40_000: "alpha,beta", 40_001: "alpha,gamma", 40_002: "alpha", 40_003: "alpha,beta"}


def test_services_that_call_for_each_other_without_end_are_stopped(speak: Any, read: Any, wire: Any) -> None:
    speak(_Spoken("alpha", "net/weird", (Upgrade("alpha", 0, 0),)))
    result = read(wire.pcap(wire.session([("c", b"alpha one")], port=9)))
    assert len(result.weird) == reading.UPGRADES + 1


def test_a_flow_foretold_is_read_with_what_was_told(speak: Any, read: Any, wire: Any) -> None:
    told = Expected("data", wire.server, 2020, wire.client, 0, {"name": "x.txt"})
    speak(_Spoken("alpha", "net/weird", (told,)), _Spoken("data", "net/weird", ()))
    control = wire.session([("c", b"alpha one")], port=9)
    data = wire.session([("c", b"some text")], port=2020, sport=40001)
    result = read(wire.pcap([*control, *data]))
    assert {row["id_resp_p"]: row.get("service") for row in result.conn} == {9: "alpha", 2020: "data"}
    assert [row["source"] for row in result.weird] == ["{}", "{'name': 'x.txt'}"]


def test_trouble_is_a_problem_and_a_row_of_weird(speak: Any, read: Any, wire: Any) -> None:
    speak(_Spoken("alpha", "net/weird", (Trouble(3, "alpha is odd: very", "alpha_odd"),) * 3))
    result = read(wire.pcap(wire.session([("c", b"alpha one")], port=9)))
    odd = [row for row in result.weird if row["event"] == "weird"]
    assert [(row["name"], row["addl"], row["record"]) for row in odd] == [("alpha_odd", "alpha is odd: very", 4)] * 3
    assert [reason for reason in result.reasons if "odd" in reason] == [
        "alpha is odd: very; 3 times, first in packet 4"
    ]


def test_a_file_without_an_id_gets_one_that_no_order_of_packets_changes(speak: Any, read: Any, wire: Any) -> None:
    def last(talk: Conversation) -> Carried:
        assert talk.orig is not None
        return replace(_file(talk), last=talk.orig.packet(0))

    speak(_Spoken("alpha", "net/weird", (last,)))
    packets = wire.session([("c", b"alpha one")], port=9)
    other = wire.udp((wire.client, 5, wire.server, 6), b"x")
    first, second = (read(wire.pcap(sent)).files[0]["fuid"] for sent in (packets, [packets[0], other, *packets[1:]]))
    assert first == second
    assert first.startswith("F")
