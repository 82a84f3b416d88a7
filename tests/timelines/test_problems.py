"""The account of every byte: the sums are the file's size, and a reader that loses count is told."""

import random
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from timelines import problems as problems_of
from timelines.problems import KINDS, Account, Kind, LedgerPart, LedgerRow, Problem, account, balance, balanced

TWICE = "bytes claimed twice by the reader; counted once"
MISSED = "bytes not accounted for by the reader; counted as damaged"
OUTSIDE = "reader claims bytes outside [0, {size}); only those inside are counted"


def told(size: int, accounts: list[Account]) -> tuple[LedgerRow, list[tuple[int, int, str]]]:
    row, problems = balance("E001", "a.evtx", size, accounts)
    assert {(p.exhibit, p.file) for p in problems} <= {("E001", "a.evtx")}
    return row, [(p.offset, p.length, p.reason) for p in problems]


def test_a_file_that_is_tiled_exactly() -> None:
    accounts = [
        account("damaged", 90, 10),
        Account("read", np.array([0, 40]), np.array([20, 30])),
        account("free", 20, 20),
        account("unsupported", 70, 20),
    ]
    assert told(100, accounts) == (LedgerRow("E001", "a.evtx", 100, 50, 20, 20, 10), [])


def test_an_empty_file_and_an_empty_account() -> None:
    assert told(0, []) == (LedgerRow("E001", "a.evtx", 0, 0, 0, 0, 0), [])
    empty = Account("read", np.empty(0, np.int64), np.empty(0, np.int64))
    assert told(0, [empty, account("read", 0, 0)]) == (LedgerRow("E001", "a.evtx", 0, 0, 0, 0, 0), [])


def test_bytes_that_nobody_names_are_damaged_and_told() -> None:
    row, problems = told(100, [account("read", 10, 20), account("read", 50, 10)])
    assert (row.read, row.damaged) == (30, 70)
    assert problems == [(0, 10, MISSED), (30, 20, MISSED), (60, 40, MISSED)]
    assert told(5, [])[1] == [(0, 5, MISSED)]


def test_bytes_named_twice_count_for_the_first_that_begins_there() -> None:
    row, problems = told(100, [account("free", 40, 60), account("read", 0, 50)])
    assert (row.read, row.free) == (50, 50)
    assert problems == [(40, 10, TWICE)]


def test_a_range_inside_another() -> None:
    row, problems = told(100, [account("read", 0, 100), account("damaged", 20, 10)])
    assert (row.read, row.damaged) == (100, 0)
    assert problems == [(20, 10, TWICE)]


def test_ranges_outside_the_file_are_told_and_not_counted() -> None:
    row, problems = told(10, [account("read", 0, 10), account("read", 20, 5)])
    assert row == LedgerRow("E001", "a.evtx", 10, 10, 0, 0, 0)
    assert problems == [(20, 5, OUTSIDE.format(size=10))]
    assert told(10, [account("read", 0, 25)]) == (
        LedgerRow("E001", "a.evtx", 10, 10, 0, 0, 0),
        [(0, 25, OUTSIDE.format(size=10))],
    )
    row, problems = told(10, [account("read", -5, 8), account("free", 8, -3)])
    assert (row.read, row.damaged) == (3, 7)
    assert problems == [
        (-5, 8, OUTSIDE.format(size=10)),
        (8, -3, OUTSIDE.format(size=10)),
        (3, 5, MISSED),
        (8, 2, MISSED),
    ]


def test_a_slice_of_a_file_balances_by_itself() -> None:
    row, problems = balance("E001", "a.evtx", 50, [account("read", 100, 30), account("free", 130, 20)], start=100)
    assert (row.size, row.read, row.free, problems) == (50, 30, 20, [])
    _, problems = balance("E001", "a.evtx", 50, [account("read", 90, 60)], start=100)
    assert [(p.offset, p.length) for p in problems] == [(90, 60)]


RANGES = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(-10, 60), st.integers(-10, 60)), max_size=8)


@given(st.integers(0, 50), RANGES)
def test_the_sum_is_the_size_whatever_the_reader_says(size: int, ranges: list[tuple[Kind, int, int]]) -> None:
    row, problems = told(size, [account(*one) for one in ranges])
    assert row.read + row.free + row.unsupported + row.damaged == size
    painted: list[Kind | None] = [None] * size
    claimed = 0
    cut = [(max(start, 0), min(start + length, size), kind) for kind, start, length in ranges]
    for start, end, kind in sorted(cut, key=lambda one: one[:2]):
        claimed += max(end - start, 0)
        for at in range(start, end):
            painted[at] = painted[at] or kind
    if all(start >= 0 for _, start, _ in ranges) and len({one[:2] for one in cut}) == len(cut):
        assert row.read == painted.count("read")
        assert row.free == painted.count("free")
        assert row.unsupported == painted.count("unsupported")
        assert row.damaged == painted.count("damaged") + painted.count(None)
    assert sum(length for _, length, reason in problems if reason == MISSED) == painted.count(None)
    tiled = claimed == size and None not in painted
    inside = all(0 <= start <= size and 0 <= length <= size - start for _, start, length in ranges)
    assert (problems == []) == (tiled and inside)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 9), st.sampled_from("ab"))), st.randoms())
def test_few_ranges_and_many_add_up_alike(lengths: list[tuple[Kind, int, str]], dice: random.Random) -> None:
    at, accounts = 7, []
    for kind, length, part in lengths:
        accounts.append(Account(kind, np.array([at]), np.array([length]), part))
        at += length
    dice.shuffle(accounts)
    plain = balanced("E001", "a.evtx", at - 7, accounts, 7)
    with patch.object(problems_of, "FEW", -1):
        assert balanced("E001", "a.evtx", at - 7, accounts, 7) == plain
    assert [(p.offset, p.reason) for p in plain.faults] == []


def test_a_reason_is_one_short_line_whatever_it_quotes() -> None:
    hostile = "ends inside element \x1b[2J\n\u202e" + "A" * 70_000 + "; not read"
    reason = Problem("E001", "a.evtx", 0, 0, hostile).reason
    assert reason.startswith("ends inside element ⟨U+001B⟩[2J⟨U+000A⟩⟨U+202E⟩AAAA")
    assert reason.endswith("AAAA; not read")
    assert len(reason) < 1_000


def test_parts_of_a_kind_add_up_to_it() -> None:
    """Ranges of one part count once each; what nobody names is a part of the damage."""
    at = np.array([0, 10], np.int64)
    found = balanced(
        "E001",
        "f",
        40,
        [
            Account("read", at, np.array([4, 6], np.int64), "records"),
            Account("read", np.array([4], np.int64), np.array([6], np.int64), "headers"),
            Account("free", np.array([16], np.int64), np.array([20], np.int64)),
        ],
    )
    assert found.parts == (
        LedgerPart("E001", "f", "read", "headers", 6, 1),
        LedgerPart("E001", "f", "read", "records", 10, 2),
        LedgerPart("E001", "f", "free", "", 20, 1),
        LedgerPart("E001", "f", "damaged", "not accounted for", 4, 1),
    )
    assert (found.row.read, found.row.free, found.row.damaged) == (16, 20, 4)
