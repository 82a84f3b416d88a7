"""A short run of the fuzzer's checks over captures, and what its long runs (`python -m tests.fuzz atheris --of captures`) have found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network.protocols import all_dissectors
from tests.fuzz.capture_checks import check
from tests.fuzz.capture_mutation import Seeds, first, mutated
from tests.fuzz.relay import Tally
from tests.fuzz.wires import Said, capture_of, capture_of_all

SERVICES = tuple(dissector.service for dissector in all_dissectors())
HELLO = Said(
    "http",
    True,
    (40_000, 80),
    ((True, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), (False, b"HTTP/1.1 200 OK\r\n\r\n")),
)
QUERY = Said(
    "dns", False, (40_000, 53), ((True, b"\0\1\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1"),)
)  # www.example.com, A
SEEDS = Seeds((capture_of(HELLO), capture_of(QUERY)), {"http": [HELLO], "dns": [QUERY]}, SERVICES)

WORDS = (b"\0", b"\x05\x01\0", b"\x30\x84\xff\xff\xff\xff", b"220 hello\r\n", bytes(64))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(min_size=4, max_size=120))
def test_any_change_is_read(folder: Path, choices: bytes) -> None:
    made = mutated(SEEDS, choices)
    check(made.data, folder, made.service)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("tcp", [True, False])
def test_one_side_alone_given_to_any_reader(folder: Path, service: str, tcp: bool) -> None:
    """Found: a SOCKS reader that was handed a flow in which just the server speaks looked for the packet of a byte that is not there."""
    for forward in (True, False):
        for first_words in (WORDS[:1], WORDS):  # what one says alone, and all of them: each in a flow of its own
            talks = [Said(service, tcp, (40_000 + n, 80), ((forward, word),)) for n, word in enumerate(first_words)]
            rows, _ = check(capture_of_all(talks), folder, service)
            assert rows["net/conn"] == len(talks)


def test_sound_seeds_are_read_in_full(folder: Path) -> None:
    assert check(capture_of(HELLO), folder)[0] == {"net/conn": 1, "net/http": 1}
    assert check(capture_of(QUERY), folder, "dns")[0] == {"net/conn": 1, "net/dns": 1}


def test_fuzzing_begins_with_every_reader() -> None:
    assert {mutated(SEEDS, choices).service for choices in first(SEEDS)} == {"", *SERVICES}


def test_what_processes_leave_behind_adds_up(tmp_path: Path) -> None:
    left, tally = tmp_path / Tally.NAME, Tally()
    assert not tally.take(left)
    for inputs, broken in ((5, {}), (7, {"IndexError dns.py:3": 2})):
        left.write_text(json.dumps([inputs, 0.5, broken, {".dns.pcap": inputs}]))
        assert tally.take(left)
    assert not left.exists()
    assert (tally.inputs, tally.broken, tally.given) == (12, {"IndexError dns.py:3": 2}, {".dns.pcap": 12})
    assert tally.told() == (
        "12 inputs in 2 processes, 1 kinds of 12 to 12 each, slowest 0.5 s, broken: {'IndexError dns.py:3': 2}"
    )
