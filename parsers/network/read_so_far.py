"""What was read from the flows of a capture so far: rows that wait to be taken, troubles, and the services of each flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.network.protocols import Carried, Conversation, Expected, Record, Trouble
from parsers.network.protocols.tabular import Rows
from parsers.network.records import Int64s

WEIRD_ROWS = 1_000  # rows of net/weird for one kind of trouble; the problem tells how many there were
WEIRD_KINDS = 1_000  # kinds of trouble told apart; a capture may quote itself in any number of reasons
_SILENT, _SEVERAL = -1, -2  # no service is known of a flow; more than one may be


@dataclass(slots=True)
class Reading:
    """What was read from the flows of a capture: rows by family until they are taken, tables of those that wait for other flows, troubles
    by kind (the first one in the file, and how many), and the services of each flow. `waiting`: what goes on in flows in a protocol to be
    recognised, and how many it spoke before. `packet`: the captured packet of each packet that dissectors number; `alone`: the number of
    each flow's service among `names` where it is the only one, else _SILENT, or _SEVERAL where `services` has it; `tap` is given the files
    instead of their becoming rows."""

    packet: Int64s
    alone: npt.NDArray[np.int16]
    tap: Callable[[Carried], None] | None = None
    records: dict[str, list[Record]] = field(default_factory=dict)
    tables: dict[str, list[Rows]] = field(default_factory=dict)
    troubles: dict[str, tuple[Trouble, int]] = field(default_factory=dict)
    services: dict[int, list[str]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    waiting: list[tuple[Conversation, int]] = field(default_factory=list)
    pending: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)  # of names

    def add(self, record: Record, family: str) -> None:
        name = record.family or family
        if name in self.records:
            self.records[name].append(record)
        else:
            self.records[name] = [record]
        self.pending += 1

    def waits(self, name: str) -> int:
        """How many rows wait under this name for those of other flows."""
        return len(self.records.get(name, ())) + sum(len(table.flow) for table in self.tables.get(name, ()))

    def speaks(self, flow: int, service: str) -> None:
        first = self.alone.item(flow)
        if first == _SILENT:
            self.alone[flow] = self._number(service)
        elif first == _SEVERAL:
            if service not in self.services[flow]:
                self.services[flow].append(service)
        elif self.names[first] != service:
            self.services[flow] = [self.names[first], service]
            self.alone[flow] = _SEVERAL

    def _number(self, service: str) -> int:
        number = self._numbers.get(service)
        if number is None:
            number = self._numbers[service] = len(self.names)
            self.names.append(service)
        return number

    def speak(self, flows: Int64s, service: str) -> None:
        """The same of several flows."""
        known = self.alone[flows] != _SILENT
        self.alone[flows[~known]] = self._number(service)
        for flow in flows[known].tolist():
            self.speaks(flow, service)

    def silent(self, flow: int) -> bool:
        """Whether a flow speaks no service that is known."""
        return self.alone.item(flow) == _SILENT

    def trouble(self, item: Trouble, flow: int, service: str) -> None:
        """Keep a trouble, and its row of net/weird while there are not too many of its kind."""
        kind = item.reason.partition(":")[0]
        if kind not in self.troubles and len(self.troubles) >= WEIRD_KINDS:
            kind = "payload that breaks its protocol in further ways"
        first, count = self.troubles.get(kind, (item, 0))
        if (self.packet[item.packet], item.reason) < (self.packet[first.packet], first.reason):
            first = item
        self.troubles[kind] = first, count + 1
        if count < WEIRD_ROWS:
            values: dict[str, object] = {"name": item.name, "addl": item.reason, "source": service, "object": item.name}
            self.add(Record(flow, item.packet, item.packet, "weird", values), "net/weird")

    def taken(self, but: frozenset[str] = frozenset()) -> list[tuple[str, list[Record]]]:
        """The rows that wait, by family in name order; but for some families they wait no longer."""
        found = sorted((family, records) for family, records in self.records.items() if family not in but)
        for family, _ in found:
            del self.records[family]
        self.pending = 0
        return found


def services(reading: Reading) -> pa.StringArray:
    """The services of each flow, joined by commas as in Zeek. Most flows of a scan have none, and cost nothing here."""
    names = {name: number for number, name in enumerate(reading.names)}
    which = np.maximum(reading.alone, -1).astype(np.int32)
    for flow, spoken in reading.services.items():
        which[flow] = names.setdefault(",".join(spoken), len(names))
    return pa.array(list(names), pa.string()).take(pa.array(which, mask=which < 0))
