"""Names of a container's members, as the archive gives them, made safe to list: relative, without `..`, visible, short and unique.

They are labels only: no file is ever written under them.
"""

from __future__ import annotations

import hashlib
import re

from timelines.visible import visible

_ESCAPED = re.compile("[\udc80-\udcff]")  # bytes that were not UTF-8, as they come out of decoding (PEP 383)
_DRIVE = re.compile(r"^[A-Za-z]:")


class Names:
    """The names of one container so far."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._taken: set[str] = set()

    def safe(self, raw: str) -> tuple[str, str]:
        """The name to list a member under, and a remark when it had to differ from what the archive says (else empty)."""
        slashed = raw.replace("\\", "/")
        bad = _ESCAPED.search(slashed) is not None
        slashed = _ESCAPED.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", slashed)
        parts = [part for part in _DRIVE.sub("", slashed).split("/") if part not in ("", ".")]
        kept = [part for part in parts if part != ".."]
        name = visible("/".join(kept)) or "unnamed"
        faults = ["is not valid UTF-8"] if bad else []
        if _DRIVE.match(slashed) or slashed.startswith("/"):
            faults.append("is absolute")
        if len(kept) < len(parts):
            faults.append("climbs out with `..`")
        if name != "/".join(kept):
            faults.append("has invisible characters" if kept else "is empty")
        if len(name) > self._longest:
            faults.append(f"has {len(name)} characters")
            digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:12]
            name = f"{name[: max(self._longest - 13, 1)]}~{digest}"
        unique = self._unique(name)
        if unique != name:
            faults.append("appears more than once")
        if not faults:
            return unique, ""
        return unique, f"the member name {_short(visible(slashed))!r} {', '.join(faults)}; listed as {_short(unique)!r}"

    def _unique(self, name: str) -> str:
        candidate, count = name, 1
        while candidate in self._taken:
            count += 1
            candidate = f"{name}~{count}"
        self._taken.add(candidate)
        return candidate


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"
