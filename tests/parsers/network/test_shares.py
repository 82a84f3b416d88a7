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


def test_a_heavy_portion_leaves_the_others_even():
    given = shared([30, *[3] * 20], 4)
    assert given[0] == [0]
    assert sorted(len(one) for one in given[1:]) == [6, 7, 7]


def test_nothing_is_lost_where_slices_are_many():
    given = shared([7, 1, 1, 9, 2], 9)
    assert [group for one in given for group in one] == [0, 1, 2, 3, 4]
