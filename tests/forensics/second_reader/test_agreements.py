"""Each rule makes one what is one, and leaves apart what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.second_reader.agreements import ALL, agreement
from forensics.second_reader.comparison import NOT_COMPARED

DOCS = Path(__file__).parents[3] / "docs" / "verification.md"

ALIKE = {
    "no value": ("python-evtx", "", None),
    "form of times": ("python-evtx", "2026-01-21T19:20:37.002454300Z", "2026-01-21T19:20:37.0024543Z"),
    "hexadecimal form": ("python-evtx", "0x1898da", "0x00000000001898da"),
    "case of GUIDs": (
        "python-evtx",
        "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
        "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
    ),
    "truth values": ("python-evtx", "true", "True"),
    "binary as base64": ("python-evtx", "00FF10", "AP8Q"),
    "floating-point form": ("python-evtx", "0.1", "0.10000000149011612"),
    "name as asked": ("scapy", "portal.example", "Portal.Example."),
    "form of addresses": ("scapy", "2001:db8::1", "2001:0db8:0:0:0:0:0:1"),
}


@pytest.mark.parametrize(("name", "case"), ALIKE.items(), ids=list(ALIKE))
def test_a_rule_makes_one_what_is_one(name: str, case: tuple[str, str, str]) -> None:
    rule = agreement(*case)
    assert rule is not None
    assert rule.name == name


@pytest.mark.parametrize(
    ("tool", "ours", "theirs"),
    [
        ("python-evtx", "2026-01-21T19:20:37.002454300Z", "2026-01-21T19:20:37.0024544Z"),  # 100 ns apart
        ("python-evtx", "2026-01-21T19:20:37Z", "2026-01-21T20:20:37Z"),
        ("python-evtx", "0x1898da", "0x00000000001898db"),
        ("python-evtx", "0x10", "10"),  # ten is not sixteen
        ("python-evtx", "admin", "Admin"),
        ("python-evtx", "true", "False"),
        ("python-evtx", "00FF10", "AP8R"),
        ("python-evtx", "0.1", "0.11"),
        ("python-evtx", "", "x"),
        ("python-evtx", None, "x"),
        ("python-evtx", "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}", "{5770385f-c22a-43e0-bf4c-06f5698ffbd8}"),
        ("scapy", "portal.example", "portal.example.org."),
        ("scapy", "192.0.2.1", "192.0.2.10"),
        ("plain regular expressions", "0x10", "0x0010"),  # a rule is for the tool whose writing it undoes
        ("plain regular expressions", "GET", "get"),
    ],
)
def test_what_differs_stays_different(tool: str, ours: str | None, theirs: str) -> None:
    assert agreement(tool, ours, theirs) is None


def test_every_rule_and_reason_is_explained_in_the_documentation() -> None:
    page = DOCS.read_text("utf-8")
    assert sorted({rule.name for rule in ALL} - set(ALIKE)) == ["answer first"]
    assert [rule.name for rule in ALL if f"| {rule.name} |" not in page or rule.doc not in page] == []
    assert [reason for reason, _, _ in NOT_COMPARED if reason not in page] == []
