"""Names of DCE/RPC interfaces and their operations, from `operations.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NEGOTIATION = "6cb71c2c-9812-4540"  # bind time feature negotiation (MS-RPCE section 2.2.2.14): no interface to call


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface: its name, and its operations by number."""

    name: str
    operations: dict[int, str]


@cache
def _known() -> dict[str, Interface]:
    """Interfaces by identifier."""
    listed = tomllib.loads((files(__package__) / "operations.toml").read_text("utf-8"))["interface"]
    found: dict[str, Interface] = {}
    for entry in listed:
        names = enumerate(entry.get("operations", "").split(), entry.get("from", 0))
        interface = Interface(entry["name"], {number: name for number, name in names if name != "-"})
        found |= dict.fromkeys(entry["uuids"], interface)
    return found


def interface_name(uuid: str) -> str:
    known = _known().get(uuid)
    return known.name if known else f"unknown-{uuid}"


def operation_name(uuid: str, number: int) -> str:
    known = _known().get(uuid)
    return known.operations.get(number, f"unknown-{number}") if known else f"unknown-{number}"


@cache
def of_pipe(name: str) -> str | None:
    """The interface that a pipe of this name always serves; None where it may be another."""
    own = {"srvsvc", "svcctl", "winreg", "wkssvc", "spoolss", "eventlog", "netdfs"}
    if name.lower() not in own:
        return None
    return next(uuid for uuid, interface in _known().items() if interface.name == name.lower())
