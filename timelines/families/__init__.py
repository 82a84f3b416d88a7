"""Every family of rows, one file a group, found by walking this folder: each module declares `FAMILIES`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from timelines.schema import Family


@cache
def all_families() -> dict[str, Family]:
    """Every declared family by name, in name order."""
    found: dict[str, Family] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for family in module.FAMILIES:
            if family.name in found:
                raise ValueError(f"family {family.name!r} is declared twice")
            found[family.name] = family
    return dict(sorted(found.items()))
