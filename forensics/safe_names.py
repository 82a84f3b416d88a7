"""Names for files made from names in evidence: one plain part, no path, nothing that a system gives a meaning."""

from __future__ import annotations

import re
import unicodedata

from timelines.visible import visible

LONGEST = 120  # bytes in UTF-8; most file systems allow 255, and endings are added
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f$`!&;\'{}\[\]()\s~#%]+')


def safe_name(name: str | None, otherwise: str) -> str:
    """The last part of `name` as a file name for any system; `otherwise`, which is safe already, where nothing is left of it."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name or ""))[-1]
    plain = _FORBIDDEN.sub("_", "".join(letter if visible(letter) == letter else "_" for letter in last))
    plain = plain.strip("._- ")
    while len(plain.encode("utf-8", "replace")) > LONGEST:
        stem, dot, ending = plain.rpartition(".")
        plain = stem[:-1] + dot + ending if dot and stem and len(ending) < 12 else plain[:-1]
    if not plain:
        return otherwise
    return "_" + plain if _DEVICES.match(plain) else plain
