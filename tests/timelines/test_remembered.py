"""What a process remembers never weighs more than it may."""

from __future__ import annotations

from timelines.remembered import Remembered


def test_what_is_one_too_many_makes_room_by_forgetting_all():
    held = Remembered[str, int](10)
    assert [held.put(name, number, 4) for number, name in enumerate("abc")] == [0, 1, 2]
    assert (held.held, held.weight) == ({"c": 2}, 4)


def test_what_alone_is_too_heavy_is_given_back_and_not_kept():
    held = Remembered[str, int](10)
    assert held.put("a", 1, 11) == 1
    assert (held.held, held.weight) == ({}, 0)


def test_a_value_that_grows():
    held = Remembered[str, list[int]](10)
    known = held.put("a", [1], 6)
    assert held.add(4)
    known.append(2)
    assert held.weight == 10
    assert not held.add(1)
    assert (held.held, held.weight) == ({}, 0)
