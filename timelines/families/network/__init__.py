"""Network families under Zeek's log and field names (dots become `_`), filled from packet captures: one file a log.

Names and meanings follow Zeek's `base/protocols/*/main.zeek` log records; columns without a source are Athar's own. Found by walking
this folder: each module that declares `FAMILIES` adds to it.
"""

from __future__ import annotations

import importlib
import pkgutil

from timelines.schema import Family

FAMILIES: tuple[Family, ...] = tuple(
    family
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name)
    for family in getattr(importlib.import_module(f"{__name__}.{info.name}"), "FAMILIES", ())
)
