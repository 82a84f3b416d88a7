"""A short run of the fuzzer's own checks over logs of our writer with a few things wrong; the long runs are `python -m tests.fuzz`."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.fuzz.checks import check
from tests.fuzz.mutation import mutated
from tests.fuzz.seeds import written_seeds


@pytest.fixture(scope="module")
def seeds():
    return written_seeds()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(min_size=4, max_size=120))
@example(bytes.fromhex("6b36a106b9ddb82dae9cc7e73c195b8e"))  # a definition written over in one chunk, whole in the next
def test_any_change_leaves_all_ways_of_reading_in_agreement(seeds, folder, choices):
    check(mutated(seeds, choices), folder)


def test_sound_logs_are_read_in_full(seeds, folder):
    for number in range(len(seeds)):
        assert len(check(mutated(seeds, bytes([0, number, 0, 1])), folder)) == len(seeds[number].records)
