"""Rows that begin at one packet are told apart, as many as there is room for."""

from __future__ import annotations

import numpy as np

from parsers.network import tables
from parsers.network.flows import build
from parsers.network.identities import identify
from parsers.network.ip_packets import RECORD, columns
from parsers.network.protocols import Record


def _sources(depths: list[int]) -> tables.Sources:
    records = np.zeros(len(depths), RECORD)
    records["proto"], records["version"], records["depth"] = 17, 4, depths
    packets = columns(records)
    return tables.Sources(packets, identify(packets, build(packets)))


def _indices(sources: tables.Sources, firsts: list[int]) -> list[int]:
    batch = tables.record_batch(sources, "net/weird", [Record(0, at, at, "weird", {"name": "x"}) for at in firsts])
    found: list[int] = batch.rows.column("index").to_pylist()
    return found


def test_rows_of_one_packet_get_numbers_also_from_one_batch_to_the_next() -> None:
    sources = _sources([0, 0])
    assert _indices(sources, [0, 0, 1]) == [0, 1, 0]
    assert _indices(sources, [0, 1]) == [2, 1]


def test_packets_inside_others_begin_at_the_same_record_but_count_apart() -> None:
    assert _indices(_sources([0, 1, 8]), [0, 1, 1, 2]) == [0, 32_768, 32_769, 61_440]


def test_rows_beyond_those_that_can_be_told_apart_are_left_out_and_told() -> None:
    sources = _sources([0, 1])
    assert len(_indices(sources, [1] * 4_100)) == 4_096
    assert max(_indices(sources, [0] * 40_000)) == 32_767
    assert sources.left_out == [(1, "net/weird", 4), (0, "net/weird", 7_232)]


def test_values_that_rows_share_stand_behind_their_own() -> None:
    sources = _sources([0, 0, 0, 0])
    asked: dict[str, object] = {"query": "a.example", "qtype": 1, "outcome": "success"}
    records = [
        Record(0, 0, 0, "dns.query", {"trans_id": 7}, (), None, asked),
        Record(0, 1, 1, "dns.query", {"trans_id": 8, "query": "own.example", "rtt": 5}, (), None, asked),
        Record(0, 2, 2, "dns.query", {"query": "alone.example"}),
        Record(0, 3, 3, "dns.query", {}, (), None, {"qtype": 28}),
    ]
    rows = tables.record_batch(sources, "net/dns", records).rows
    names = ("query", "qtype", "trans_id", "rtt", "outcome", "answers")
    assert [tuple(row[name] for name in names) for row in rows.select(names).to_pylist()] == [
        ("a.example", 1, 7, None, "success", None),
        ("own.example", 1, 8, 5, "success", None),
        ("alone.example", None, None, None, None, None),
        (None, 28, None, None, None, None),
    ]
    alone = [Record(one.flow, one.first, one.last, one.event, {**(one.common or {}), **one.values}) for one in records]
    assert rows.equals(tables.record_batch(_sources([0, 0, 0, 0]), "net/dns", alone).rows)
