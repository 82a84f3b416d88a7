"""Groups that are linked share a root, whatever the order in which that is told."""

from __future__ import annotations

import numpy as np

from parsers.network.linked import Linked


def test_links_carry_on() -> None:
    linked = Linked(8)
    linked.link(np.array([5, 1, 5]), np.array([3, 1, 3]))
    assert linked.root.tolist() == [0, 1, 2, 3, 4, 3, 6, 7]
    linked.link(np.array([7, 2]), np.array([5, 7]))
    assert linked.root.tolist() == [0, 1, 2, 2, 4, 2, 6, 2]
    linked.link(np.zeros(0, np.int64), np.zeros(0, np.int64))
    linked.link(np.array([4, 6, 4]), np.array([6, 0, 2]))
    assert linked.root.tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
