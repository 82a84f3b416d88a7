"""Idle times of flows: what an examiner may write, and that the same times are always written alike."""

from __future__ import annotations

import pytest

from timelines.flow_timeouts import FlowTimeouts, flow_timeouts, seconds, written

SECOND = 1_000_000_000


def test_times_are_named_with_their_unit() -> None:
    found = flow_timeouts(["tcp=1h", "udp=1.5min", "icmp=250ms"])
    assert found == FlowTimeouts(3_600 * SECOND, 90 * SECOND, SECOND // 4)
    assert flow_timeouts([]) == FlowTimeouts(300 * SECOND, 60 * SECOND, 60 * SECOND)  # Zeek's init-bare.zeek


def test_the_same_times_are_written_alike() -> None:
    assert written(flow_timeouts(["tcp=90min"])) == written(flow_timeouts(["tcp=5400s"])) == ("tcp=5400s",)
    assert written(flow_timeouts(["udp=0.25s", "tcp=5min"])) == ("udp=0.25s",)  # the default is not written
    assert flow_timeouts(written(flow_timeouts(["icmp=1ms"]))).icmp == 1_000_000
    assert (seconds(300 * SECOND), seconds(SECOND // 2)) == ("300", "0.5")


@pytest.mark.parametrize(
    "given", ["tcp", "tcp=5", "tcp=-1s", "tcp=0s", "sctp=1s", "tcp=1 s", "tcp=٣s", "udp=99999d", "tcp=1e3s"]
)
def test_what_says_no_time_is_refused_with_what_was_expected(given: str) -> None:
    with pytest.raises(ValueError, match=r"flow time-out .* expected "):
        flow_timeouts([given])


def test_a_protocol_is_given_once() -> None:
    with pytest.raises(ValueError, match="tcp is given twice"):
        flow_timeouts(["tcp=1h", "tcp=2h"])
