"""How flows begin, and how they go on in another protocol: what dissectors are asked to recognise."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from parsers.network.protocols import OPENING, Conversation, Openings
from parsers.network.records import Bytes, Int64s


def with_payload(openings: Openings) -> tuple[Int64s, Openings]:
    """The flows that have any payload, and how they begin: most of a scan or a flood has none.

    First bytes lie column by column: dissectors look at one byte of all flows after the other, which takes two thirds of the time so.
    """
    rows = np.flatnonzero((openings.orig_size > 0) | (openings.resp_size > 0))
    columns: list[Any] = [getattr(openings, field.name) for field in fields(Openings)]
    taken: list[Any] = [_rows(column, rows) if column.ndim == 2 else column[rows] for column in columns]
    return rows, Openings(*taken)


def _rows(first: Bytes, rows: Int64s) -> Bytes:
    """Some rows of first bytes, column by column. Rows are taken as items, ten times as fast as rows of bytes."""
    whole = np.ascontiguousarray(first).view(f"V{first.shape[1]}").reshape(-1)
    return np.asfortranarray(whole[rows].view(np.uint8).reshape(-1, first.shape[1]))


def going_on(talks: list[Conversation]) -> Openings:
    """How flows begin where they go on."""
    raw = np.zeros((2, len(talks), OPENING), np.uint8)
    sizes = np.zeros((2, len(talks)), np.int64)
    for number, talk in enumerate(talks):
        for side, stream in enumerate((talk.orig, talk.resp)):
            begin = stream.read(stream.begin, OPENING) if stream is not None else b""
            raw[side, number, : len(begin)] = np.frombuffer(begin, np.uint8)
            sizes[side, number] = len(begin)
    tcp = np.full(len(talks), 6, np.int16)
    port, peer = (np.array([talk.ends[side] for talk in talks], np.int32) for side in (1, 3))
    return Openings(tcp, port, peer, raw[0], sizes[0], raw[1], sizes[1])
