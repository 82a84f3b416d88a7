"""What slices of a capture read: about the same weight each, also where some packets belong together."""

from __future__ import annotations

import pytest

from parsers.network.survey import Portion, Shares


def shared(weights, slices):
    shares = Shares(slices, sum(weights))
    for group, weight in enumerate(weights):
        shares.give(Portion((group,), 0, 1), weight)
    return [[portion.groups[0] for portion in given] for given in shares.given]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([], [[], []]),
        ([5], [[0], []]),
        ([5, 5, 5, 5], [[0, 1], [2, 3]]),
        ([1, 1, 1, 1, 8], [[0, 1, 2, 3], [4]]),
        ([9, 1, 1, 1], [[0], [1, 2, 3]]),
    ],
)
def test_two_slices(weights, expected):
    assert shared(weights, 2) == expected


def test_of_four_slices_the_later_are_smaller():
    assert [len(one) for one in shared([1] * 100, 4)] == [30, 30, 20, 20]


def test_a_heavy_portion_leaves_the_others_even():
    given = shared([60, *[1] * 70], 4)
    assert given[0] == [0]
    assert [len(one) for one in given[1:]] == [30, 20, 20]


def test_nothing_is_lost_where_slices_are_many():
    given = shared([7, 1, 1, 9, 2], 9)
    assert [group for one in given for group in one] == [0, 1, 2, 3, 4]
