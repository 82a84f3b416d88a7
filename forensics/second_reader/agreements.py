"""When two readers say the same in different words. Every rule is declared here, named in results, and explained in docs/verification.md.

A rule never makes two values equal that mean different things: it undoes a way of writing.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_HEX = re.compile(r"0x[0-9A-Fa-f]{1,16}")
_DECIMAL = re.compile(r"\d{1,20}")


@dataclass(frozen=True, slots=True)
class Agreement:
    """A rule: `same(timeline, second)` says whether it makes the values one."""

    name: str
    tool: str  # the tool whose writing it undoes; empty for all
    doc: str
    same: Callable[[str, str], bool]


def _time(ours: str, theirs: str) -> bool:
    first, second = _ns(ours), _ns(theirs)
    return first is not None and first == second


def _ns(text: str) -> int | None:
    """ISO 8601, UTC where no offset stands, to ns since 1970."""
    whole, dot, rest = text.removesuffix("Z").removesuffix("+00:00").partition(".")
    try:
        moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    except ValueError:
        return None
    if dot and not (rest.isascii() and rest.isdigit()):
        return None
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000_000 + int(rest[:9].ljust(9, "0") or 0)


def _number(ours: str, theirs: str) -> bool:
    if not _HEX.fullmatch(ours):
        return False
    if _HEX.fullmatch(theirs):
        return int(ours, 16) == int(theirs, 16)
    return _DECIMAL.fullmatch(theirs) is not None and int(ours, 16) == int(theirs)


def _binary(ours: str, theirs: str) -> bool:
    try:
        return bytes.fromhex(ours) == base64.b64decode(theirs, validate=True)
    except (ValueError, binascii.Error):
        return False


def _real(ours: str, theirs: str) -> bool:
    try:
        first, second = float(ours), float(theirs)
        return first == second or struct.pack("<f", first) == struct.pack("<f", second)
    except (ValueError, OverflowError):
        return False


def _address(ours: str, theirs: str) -> bool:
    try:
        return ip_address(ours) == ip_address(theirs)
    except ValueError:
        return False


AGREEMENTS: tuple[Agreement, ...] = (
    Agreement(
        "form of times",
        "python-evtx",
        "Instants are written with nine decimals in the timeline's own columns, with as many as there are elsewhere. Equal when the "
        "instants are.",
        _time,
    ),
    Agreement(
        "hexadecimal form",
        "python-evtx",
        "python-evtx pads hexadecimal numbers with zeros and writes pointer sizes in decimal. Equal when the numbers are.",
        _number,
    ),
    Agreement(
        "case of GUIDs",
        "python-evtx",
        "Windows writes GUIDs in upper case, python-evtx in lower case.",
        lambda ours, theirs: _GUID.fullmatch(theirs) is not None and ours.upper() == theirs.upper(),
    ),
    Agreement(
        "truth values",
        "python-evtx",
        "`true` and `false` where python-evtx writes `True` and `False`.",
        lambda ours, theirs: theirs in ("True", "False") and ours == theirs.lower(),
    ),
    Agreement(
        "binary as base64",
        "python-evtx",
        "Bytes are hexadecimal in the timeline and base64 in python-evtx. Equal when the bytes are.",
        _binary,
    ),
    Agreement(
        "floating-point form",
        "python-evtx",
        "The timeline writes the shortest number that reads back equal, python-evtx all digits of a double.",
        _real,
    ),
    Agreement(
        "name as asked",
        "scapy",
        "Names in DNS are equal without regard to case (RFC 4343); scapy writes their last dot.",
        lambda ours, theirs: theirs.removesuffix(".").lower() == ours,
    ),
    Agreement(
        "form of addresses",
        "scapy",
        "One IPv6 address can be written in several ways (RFC 5952). Equal when the address is.",
        _address,
    ),
)
NO_VALUE = Agreement(
    "no value",
    "",
    "A value that is there and empty, and one that is absent: readers do not tell these apart alike.",
    lambda ours, theirs: not ours and not theirs,
)
ANSWER_FIRST = Agreement(
    "answer first",
    "scapy",
    "A row names the end that opened the contact first; the first packet captured may be the other end's.",
    lambda ours, theirs: False,
)
ALL = (NO_VALUE, *AGREEMENTS, ANSWER_FIRST)


def agreement(tool: str, ours: str | None, theirs: str | None) -> Agreement | None:
    """The rule by which two unequal values agree, or None: they differ."""
    if not ours and not theirs:
        return NO_VALUE
    if ours is None or theirs is None:
        return None
    return next((rule for rule in AGREEMENTS if rule.tool == tool and rule.same(ours, theirs)), None)
