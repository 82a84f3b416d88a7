"""Text columns of a page, as places in a dictionary as long as their texts repeat."""

from __future__ import annotations

from typing import cast

import pyarrow as pa

from parsers.copied import column_of, copied
from parsers.gather import Bytes, Int64s
from parsers.web.formats import Page
from timelines.coded import CODED

FEW = 1_024  # texts that tell whether a column's repeat
WORTH = 2  # rows that share a text on average; below, plain text is cheaper to make and to write
_STATE = "texts that do not repeat"


def text_column(page: Page, name: str, data: Bytes, starts: Int64s, ends: Int64s) -> pa.Array:
    """The texts at [start, end) of `data`, null where a start is negative: plain once those of a column of this name did not repeat."""
    unlike = cast("set[str]", page.state.setdefault(_STATE, set()))
    if name in unlike:
        return copied(data, starts, ends)
    found = column_of(data, starts, ends)
    if len(found) >= FEW and (found.type != CODED or WORTH * len(found.dictionary) > len(found)):
        unlike.add(name)
    return found
