"""A capture larger than memory keeps payload beside its packets: the same rows, problems and ledger, and the capture is not read again."""

from __future__ import annotations

import errno
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parsers import memory_size as sizes_of_memory
from parsers.network import capture, gathered_payload, kept_payload, pcap, pcapng, spill, survey
from parsers.network.ip_packets import FRAME, RECORD
from parsers.network.kept_payload import KeptPayload, sizes
from parsers.network.partitions import Partition
from parsers.network.space import Space
from parsers.network.spill import Spill
from tests.parsers.network.test_large_captures import _as_pcapng, _known, _mixed
from timelines.compiled import load


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory holds nothing of a capture; windows, portions and what is written at a time are small."""
    load()
    monkeypatch.setattr(kept_payload, "memory_size", lambda: 0)
    monkeypatch.setattr(kept_payload, "AT_ONCE", 3_000)
    monkeypatch.setattr(spill, "PORTION", 100)
    monkeypatch.setattr(spill, "AT_ONCE", 32)
    monkeypatch.setattr(survey, "PARTITION_PACKETS", 150)
    for module in (pcap, pcapng):
        monkeypatch.setattr(module, "WINDOW_BYTES", 8_000)


@pytest.fixture
def partitions(monkeypatch: pytest.MonkeyPatch) -> list[Partition]:
    """Those that are read from now on."""
    seen: list[Partition] = []
    taken = survey.Survey.partitions

    def watched(self: Any, *asked: int) -> Any:
        for part in taken(self, *asked):
            seen.append(part)
            yield part

    monkeypatch.setattr(survey.Survey, "partitions", watched)
    return seen


@pytest.mark.parametrize("gathers", [False, True], ids=["read where it is laid", "gathered by flow"])
@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_rows_are_those_of_the_capture(
    form: str,
    gathers: bool,
    read: Any,
    wire: Any,
    small: None,
    partitions: list[Partition],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packets = _mixed(wire)
    data = wire.pcap(packets) if form == "pcap" else _as_pcapng(wire, packets)
    whole = read(data)
    assert all(part.laid is None for part in partitions), "a capture of one slice needs none"
    partitions.clear()
    monkeypatch.setattr(capture, "SLICE_BYTES", len(data) // 7)
    monkeypatch.setattr(gathered_payload, "at_hand", lambda: gathers)
    sliced = read(data)
    assert len(partitions) > 3
    assert all(part.laid is not None for part in partitions)
    assert any((part.packets.at >= part.space.size).any() for part in partitions), (
        "none was put together from fragments"
    )
    assert _known(sliced) == _known(whole)
    assert any(row.get("orig_l2_addr") for row in sliced.conn)


def test_a_pair_of_hosts_with_too_many_packets_is_divided_with_its_payload(
    read: Any, wire: Any, small: None, partitions: list[Partition], monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = [
        wire.session([("c", b"GET /%d HTTP/1.1\r\nHost: www.example.org\r\n\r\n" % at)], sport=40_000 + at)
        for at in range(90)
    ]
    data = wire.pcap([packet for flow in flows for packet in flow])
    whole = read(data)
    partitions.clear()
    monkeypatch.setattr(survey, "TOGETHER", 1)
    monkeypatch.setattr(capture, "SLICE_BYTES", len(data) // 3)
    assert _known(read(data)) == _known(whole)
    assert len(partitions) > 2
    assert all(part.laid is not None for part in partitions)


def test_what_is_too_much_or_lacks_room_is_read_from_the_capture(
    read: Any, wire: Any, small: None, partitions: list[Partition], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = wire.pcap(_mixed(wire))
    whole = read(data)
    monkeypatch.setattr(capture, "SLICE_BYTES", len(data) // 3)
    ways = {
        "too much at a time": (survey, "MOST", 10),
        "no room from the first": (kept_payload, "ROOM", 1 << 40),
        "no room at last": (KeptPayload, "add", _full_after(2)),
    }
    for way, (where, name, value) in ways.items():
        partitions.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(where, name, value)
            assert _known(read(data)) == _known(whole), way
        assert partitions, way
        assert all(part.laid is None for part in partitions), way


def _full_after(times: int) -> Any:
    written = KeptPayload.add
    left = iter(range(times))

    def add(self: KeptPayload, records: Any) -> int:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(self, records)

    return add


def _spilled(data: bytes, path: Path | None = None) -> Spill:
    """Six packets in three groups: the fourth lies behind the file, the fifth has no payload, the last ends with the file."""
    records = np.zeros(6, RECORD)
    records["record"], records["frame"] = [0, 40, 80, 120, 160, len(data) - 30], 16
    records["at"] = records["record"] + 30
    records["captured"] = [10, 9, 8, 20, 0, 0]
    records["at"][3] = len(data) + 5
    records["at"][5] = len(data)
    held = Spill(3, path=path)
    held.keep_payload(Space(memoryview(data)))
    held.add(records, np.array([2, 0, 2, 0, 1, 0], np.int64))
    return held


@pytest.mark.parametrize("pickled", [False, True])
def test_each_frame_s_head_is_followed_by_its_payload(pickled: bool, tmp_path: Path) -> None:
    data = bytes(range(200))
    held = _spilled(data, tmp_path / "a.packets")
    spilled = pickle.loads(pickle.dumps(held)) if pickled else held
    assert spilled.keeps
    for groups in ([0], [0, 2], [0, 1, 2]):
        records = spilled.take(groups)
        size = sizes(records, len(data))
        room = np.zeros(int(size.sum()), np.uint8)
        assert spilled.lay(groups, room)
        begin = 0
        for one, many in zip(records, size.tolist(), strict=True):
            frame = int(one["record"]) + int(one["frame"])
            there = int(one["at"]) + int(one["captured"]) <= len(data)
            payload = data[one["at"] : one["at"] + one["captured"]] if there else b""
            assert room[begin : begin + many].tobytes() == data[frame : frame + FRAME].ljust(FRAME, b"\0") + payload
            begin += many


def test_payload_that_is_gone_is_an_error(tmp_path: Path) -> None:
    held = pickle.loads(pickle.dumps(_spilled(bytes(200), tmp_path / "a.packets")))
    records = held.take([0])
    (tmp_path / "a.payload").write_bytes(b"")
    with pytest.raises(OSError, match=r"a\.payload: payload that was set aside is no longer there"):
        held.lay([0], np.zeros(int(sizes(records, 200).sum()), np.uint8))


def test_a_container_may_have_less_memory_than_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = sizes_of_memory.memory_size.__wrapped__
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(sizes_of_memory, "_LIMITS", (str(limit), str(tmp_path / "none")))
    whole = machine()
    limit.write_text("max\n")
    assert machine() == whole > 1 << 20
    limit.write_text("1048576\n")
    assert machine() == 1 << 20
