"""How far a record that is read without its template may differ from the same record read with it.

A piece that is read alone lacks the template definitions of other chunks, by which the whole log reads an old record whose own were written
over. Then the piece knows less: values have no names (`Data`, `Data_2` …) or those of another place, System's may be missing, and
what follows from names (family, id, account, machine …) is missing or other. Values that a template does not show may be there in
addition. But whatever both say of System must be the same, and the values themselves must be the same in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from timelines.families import windows
from timelines.schema import CORE_NAMES

Row = Mapping[str, Any]
Rows = Mapping[str, dict[str, Any]]  # by row id

_SYSTEM = tuple(column.name for column in windows.COLUMNS)
_OWN = frozenset((*CORE_NAMES, *_SYSTEM))  # what is no value of the event's own data
_PLACE = ("exhibit", "file", "offset", "length", "record")
_BOTH = ("time", "event", *_SYSTEM)  # to be the same where both have them
_FROM_SYSTEM = frozenset(("no-time", "time-differs", "id-differs"))  # flags that follow from System


def completed(piece: Rows, whole: Rows) -> dict[str, dict[str, Any]]:
    """The rows of `piece`, where incomplete ones that agree with those of `whole` are made like them."""
    places = {row["offset"]: row_id for row_id, row in whole.items()}
    out = {}
    for row_id, row in piece.items():
        other = places.get(row["offset"])
        if other is not None and less(row, whole[other]):
            out[other] = whole[other]
        else:
            out[row_id] = row
    return out


def less(piece: Row, whole: Row) -> bool:
    """Whether a row can be what is known of `whole` without its template."""
    said, known = _flags(piece), _flags(whole)
    return (
        "incomplete" in said & known
        and said - _FROM_SYSTEM == known - _FROM_SYSTEM
        and all(piece[name] == whole[name] for name in _PLACE)
        and all(piece[name] == whole[name] for name in _BOTH if name in piece and name in whole)
        and (_in_order(_values(piece), _values(whole)) or _in_order(_values(whole), _values(piece)))
    )


def _flags(row: Row) -> set[str]:
    return set(str(row.get("flags", "")).split(","))


def _values(row: Row) -> list[str]:
    """The values of the event's own data, in their order."""
    return [str(value) for name, value in row.items() if name not in _OWN]


def _in_order(few: Iterable[str], many: Iterable[str]) -> bool:
    """Whether all of `few` are in `many`, in their order."""
    rest: Iterator[str] = iter(many)
    return all(value in rest for value in few)
