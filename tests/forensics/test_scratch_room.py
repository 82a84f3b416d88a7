"""A capture that more room for temporary files would have read faster is named before it is read."""

from __future__ import annotations

import os
import shutil
import tempfile
from types import SimpleNamespace

import pytest

from forensics.scratch_room import advice
from parsers.network import capture, kept_payload, shared_passes
from timelines.inventory import FileEntry

GIB = 1 << 30


def entry(file="traffic.pcap", size=20 * GIB, status="evidence", parser="network/capture", on_disk=""):
    return FileEntry("E001", file, size, "00" * 32, status, parser, on_disk=on_disk)


@pytest.fixture
def machine(monkeypatch):
    """16 GiB of memory, four processors and 39 GiB free for temporary files."""
    room = SimpleNamespace(free=39 * GIB)
    monkeypatch.setattr(kept_payload, "memory_size", lambda: 16 * GIB)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: room)
    return room


def test_a_large_capture_is_named_with_what_it_takes(machine):
    (said,) = advice([entry()], 2)
    needed = "42.9 GB" if shared_passes.LOCKS else "171.8 GB"
    assert said.startswith("E001/traffic.pcap: 21.5 GB do not stay in this machine's memory")
    assert f"with more than {needed} free in {tempfile.gettempdir()}, or where TMPDIR says" in said


def test_one_worker_shares_with_nobody(machine):
    (said,) = advice([entry()], 1)
    assert "with more than 171.8 GB free" in said


def test_what_more_room_would_not_help_is_not_named(machine):
    others = [
        entry("small.pcap", 8 * GIB),
        entry("access.log", parser="web/log"),
        entry("same.pcap", status="duplicate"),
        entry("old.zip/traffic.pcap", on_disk="old.zip"),
    ]
    assert list(advice(others, 2)) == []


def test_a_capture_in_one_piece_is_read_once(machine, monkeypatch):
    monkeypatch.setattr(kept_payload, "memory_size", lambda: 1024)
    assert list(advice([entry(size=capture.ALONE_BYTES)], 2)) == []
    machine.free = 0
    assert len(list(advice([entry(size=capture.ALONE_BYTES + 1)], 2))) == 1


def test_what_is_said_is_what_is_done(machine, tmp_path):
    """As soon as nothing is said, payload is kept; where something is, it is not."""
    shares = tmp_path if shared_passes.LOCKS else None
    for free in (39 * GIB, 40 * GIB, 41 * GIB, 161 * GIB):
        machine.free = free
        for workers, folder in ((2, shares), (1, None)):
            lacking = capture.Capture().lacking(20 * GIB, workers)
            assert (lacking == 0) == kept_payload.worth_it(20 * GIB, folder)


def test_the_command_says_so_before_it_reads(athar, demo, tmp_path, machine, monkeypatch):
    monkeypatch.setattr(kept_payload, "memory_size", lambda: 1024)
    monkeypatch.setattr(capture, "ALONE_BYTES", 1024)
    machine.free = 0
    (pcap,) = demo.evidence.rglob("*.pcap*")
    ran = athar("run", pcap, "--case", tmp_path / "case", "--workers", 1, "--quiet")
    assert ran.code == 0
    assert ran.err.count("do not stay in this machine's memory") == 1
    again = athar("ingest", tmp_path / "case", "--workers", 1, "--quiet")
    assert again.code == 0
    assert again.err == ""
