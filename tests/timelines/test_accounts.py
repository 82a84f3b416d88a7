"""The accounts of many files add up to what those of each do."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from timelines.accounts import Accounts, balances
from timelines.problems import KINDS, Account, Kind, Label, LedgerPart, LedgerRow, balanced, ordered

Ranges = list[tuple[Kind, str, int, int]]


def whole(files: list[Ranges]) -> Accounts:
    told = []
    for number, ranges in enumerate(files):
        for kind, part, offset, length in ranges:
            told.append(((kind, part), np.array([number]), np.array([offset]), np.array([length])))
    return Accounts.of(told)


def alone(ranges: Ranges) -> list[Account]:
    """The accounts of one file, as its ledger would tell them."""
    held: dict[Label, list[tuple[int, int]]] = {}
    for kind, part, offset, length in ranges:
        held.setdefault((kind, part), []).append((offset, length))
    columns = {label: np.array(held[label], np.int64).T for label in ordered(held)}
    return [Account(kind, offsets, lengths, part) for (kind, part), (offsets, lengths) in columns.items()]


PIECES = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("ab"), st.integers(0, 9)), max_size=8)


@given(st.lists(PIECES, max_size=5), st.integers(0, 3), st.randoms())
def test_files_at_once_add_up_to_what_each_does(files: list[Ranges], faults: int, dice: random.Random) -> None:
    told: list[Ranges] = []
    whose = []
    for number, pieces in enumerate(files):
        at, ranges = 0, []
        for kind, part, length in pieces:
            ranges.append((kind, part, at, length))
            at += length
        told.append(ranges)
        whose.append(("E001", f"{number}.evtx", at))
    for _ in range(faults):  # bytes that nobody names, that two name, and that are not there
        ranges = dice.choice(told) if told else []
        if ranges:
            which = dice.randrange(len(ranges))
            kind, part, offset, length = ranges[which]
            ranges[which] = kind, part, offset + dice.choice((-2, 0, 1)), length + dice.choice((-1, 0, 2))
    for ranges in told:
        dice.shuffle(ranges)
    assert balances(whose, whole(told)) == [
        balanced(*who, alone(ranges)) for who, ranges in zip(whose, told, strict=True)
    ]


def test_a_file_whose_ranges_do_not_tile_it_costs_the_others_nothing() -> None:
    files: list[Ranges] = [
        [("read", "header", 0, 4), ("free", "", 4, 6)],
        [("read", "header", 0, 4), ("free", "", 5, 5)],
        [],
    ]
    sound, odd, silent = balances([("E001", name, 10) for name in "abc"], whole(files))
    assert sound.row == LedgerRow("E001", "a", 10, 4, 6, 0, 0)
    assert sound.parts == (LedgerPart("E001", "a", "read", "header", 4, 1), LedgerPart("E001", "a", "free", "", 6, 1))
    assert sound.faults == []
    assert odd.row == LedgerRow("E001", "b", 10, 4, 5, 0, 1)
    assert [(fault.file, fault.offset, fault.length) for fault in odd.faults] == [("b", 4, 1)]
    assert silent.row == LedgerRow("E001", "c", 10, 0, 0, 0, 10)
    assert len(silent.faults) == 1


def test_no_file_has_no_ledger() -> None:
    assert balances([], Accounts.of([])) == []
