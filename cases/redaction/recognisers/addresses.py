"""IPv4, IPv6 and hardware addresses, in every spelling that `ipaddress` reads."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cases.redaction.record import Kind
from cases.redaction.spans import Span

_V4 = re.compile(r"(?<![0-9A-Za-z])(?<![0-9]\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z]|\.[0-9])")
_V6 = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f:]{2,45}(?:\.[0-9]{1,3}){0,3}(?:%[0-9A-Za-z_.-]{1,20})?(?![0-9A-Za-z])")
_HARDWARE = re.compile(r"(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![0-9A-Za-z:]|-[0-9A-Fa-f]{2})")
# A browser's version reads as an address: `Chrome/120.0.0.0`.
_PRODUCT = re.compile(r"(?:Chrome|Chromium|Edge?|EdgA|Firefox|OPR|Safari|Version|YaBrowser|Vivaldi)/$")


@dataclass(frozen=True, slots=True)
class Addresses:
    kind: Kind = "address"

    def spans(self, text: str) -> Iterator[Span]:
        if text.count(".") > 2:
            for found in _V4.finditer(text):
                canonical = _spelled(found[0])
                if canonical and not _PRODUCT.search(text, max(0, found.start() - 12), found.start()):
                    yield Span(found.start(), found.end(), self.kind, canonical)
        colons = text.count(":")
        if colons > 1:
            for found in _V6.finditer(text):
                yield from _sixth(found.start(), found[0])
        if colons + text.count("-") > 4:
            for found in _HARDWARE.finditer(text):
                yield Span(found.start(), found.end(), self.kind, found[0].lower().replace("-", ":"))


def address(text: str) -> str | None:
    """The one spelling of an address: IPv4 inside IPv6 is that IPv4, a zone is left off. None where it is none."""
    try:
        if "." in text and ":" not in text:
            text = ".".join(str(int(part)) for part in text.split("."))  # 192.000.002.001
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(found)


_spelled = lru_cache(4_096)(address)  # of what the patterns above find: texts of at most some eighty characters


def _sixth(start: int, text: str) -> Iterator[Span]:
    """An IPv6 address, without the colon of the sentence after it or the port that the brackets leave outside."""
    if text.count(":") < 2:
        return
    for taken in (text, text.rstrip(":"), text.lstrip(":"), text.strip(":")):
        canonical = _spelled(taken)
        if canonical:
            begin = start + text.index(taken)
            yield Span(begin, begin + len(taken), "address", canonical)
            return


RECOGNISER = Addresses()
