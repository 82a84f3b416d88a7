"""What readers of many flows at a time are held to: the same flows read one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from parsers.network.protocols.tabular import Tabulated


def rows_of(result: Any) -> list[Any]:
    """All that a capture gave but for its name, in an order of its own."""
    rows = [(family, sorted(repr({**row, "file": ""}) for row in found)) for family, found in result.rows.items()]
    return [sorted(rows), sorted(f"{problem.offset} {problem.reason}" for problem in result.problems)]


def one_by_one(*_: Any) -> Tabulated:
    """In place of what reads many at a time: none was read."""
    return Tabulated((), [], np.zeros(0, np.int64))
