"""What else a value of the Security log is looked at as: under the names that Sysmon, and so rules, write for the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

INTEGRITY = {  # [MS-DTYP] 2.4.2.4: well-known SIDs of mandatory labels, under the names that Sysmon writes
    "S-1-16-0": "Untrusted",
    "S-1-16-4096": "Low",
    "S-1-16-8192": "Medium",
    "S-1-16-12288": "High",
    "S-1-16-16384": "System",
}
INITIATED = {"%%14592": "false", "%%14593": "true"}  # inbound, outbound: Sysmon says whether this machine began it
PROTOCOL = {"6": "tcp", "17": "udp"}  # IANA numbers; Sysmon logs these two alone
EVENT_TYPE = {"%%1904": "SetValue", "%%1905": "SetValue", "%%1906": "DeleteValue"}  # a value made, changed, deleted
START_TYPE = {"0": "boot start", "1": "system start", "2": "auto start", "3": "demand start", "4": "disabled"}
SERVICE_TYPE = {
    "0x1": "kernel mode driver",
    "0x2": "file system driver",
    "0x10": "user mode service",
    "0x20": "user mode service",
}
_TEXT = ("%%1873", "%%1874", "%%1879")  # REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ
_BINARY, _DWORD, _QWORD = "%%1875", "%%1876", "%%1883"
_CONTROL_SET = re.compile(r"(?i)^(HKLM\\SYSTEM)\\ControlSet\d{3}(?=\\|$)")
_HIVES = ((r"\REGISTRY\MACHINE", "HKLM"), (r"\REGISTRY\USER", "HKU"))


def named(names: Mapping[str, str]) -> Callable[[str], tuple[str, ...]]:
    """A value also under its name."""
    return lambda text: (names[text],) if text in names else ()


def registry_path(text: str) -> tuple[str, ...]:
    """A key of the kernel's object tree also as Sysmon abbreviates it (Sysmon, "Events: Event ID 12", abbreviations)."""
    for hive, short in _HIVES:
        if text.upper().startswith(hive) and text[len(hive) : len(hive) + 1] in ("", "\\"):
            return (_CONTROL_SET.sub(r"\1\\CurrentControlSet", short + text[len(hive) :]),)
    return ()


def registry_value(text: str) -> tuple[str, ...]:
    """Type and value of 4657, joined by a space, as Sysmon's `Details` has them."""
    kind, _, value = text.partition(" ")
    if kind in _TEXT:
        return (value,)
    if kind == _BINARY:
        return ("Binary Data",)
    number = _number(value)
    if number is None:
        return ()
    if kind == _DWORD:
        return (f"DWORD (0x{number:08x})",)
    return (f"QWORD (0x{number >> 32:08x}-0x{number & 0xFFFFFFFF:08x})",) if kind == _QWORD else ()


def _number(text: str) -> int | None:
    base = 16 if text[:2].lower() == "0x" else 10
    digits = text[2:] if base == 16 else text
    return int(digits, base) if re.fullmatch(r"[0-9a-fA-F]{1,16}" if base == 16 else r"[0-9]{1,20}", digits) else None
