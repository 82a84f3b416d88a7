"""The event logs of one machine while the scenario is played: events go in by true time and come out as the machine saw them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from forensics.demo.cast import Machine
from forensics.demo.draw import Draw
from forensics.demo.event_shapes import SHAPES, SYSMON, Log, fields_of
from forensics.demo.evtx_writer import Event, UserData
from forensics.demo.scenario import SECOND
from forensics.demo.web_requests import civil


@dataclass(frozen=True, slots=True)
class Process:
    """A running program, as Security (by number) and Sysmon (by GUID) name it."""

    image: str
    command: str
    pid: int
    guid: str
    user: str

    @property
    def name(self) -> str:
        return self.image.rsplit("\\", 1)[-1]


def utc_text(time_ns: int) -> str:
    """Sysmon's UtcTime: `2026-01-21 19:26:40.123`."""
    year, month, day, hour, minute, second = civil(time_ns)
    return f"{year}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}.{time_ns % SECOND // 1_000_000:03d}"


class Journal:
    """Collects a machine's events. Every time given is true time; the machine's own clock is what is written."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self.machine = machine
        self.draw = Draw(seed, f"journal {machine.name}")
        self._events: dict[str, list[tuple[int, int, Event]]] = {}
        self._firsts: dict[str, int] = {}

    def put(self, log: Log, true_ns: int, event_id: int, values: Mapping[str, object], sid: str | None = None) -> None:
        """Record an event; fields that `values` does not name hold what Windows writes when there is nothing to say.

        `sid` is the account in the System element, where it is not the log's own.
        """
        shape = SHAPES[log.channel, event_id]
        # Less than a millisecond of noise: real events do not fall on whole milliseconds.
        moment = self.machine.clock(true_ns) // 100 * 100 + self.draw.below(9_000) * 100
        fields = fields_of(log.channel, event_id)
        unknown = values.keys() - {name for name, _, _ in fields}
        if unknown:
            raise KeyError(f"{log.channel} {event_id} has no field {sorted(unknown)}")
        if log is SYSMON:
            values = {"UtcTime": utc_text(moment), **values}
        data = tuple((name, kind, values.get(name, default)) for name, kind, default in fields)
        provider, guid = shape.provider or (log.provider, log.guid)
        event = Event(
            provider, guid, event_id, moment, 0, self.machine.fqdn, version=shape.version, level=shape.level, task=shape.task,
            opcode=shape.opcode, keywords=shape.keywords, pid=log.pid, tid=4 * self.draw.between(300, 2_000),
            user_sid=sid or log.sid, qualifiers=shape.qualifiers, nested=shape.nested,
            data=() if shape.user_data else data, user_data=UserData(*shape.user_data, data) if shape.user_data else None,
        )  # fmt: skip
        kept = self._events.setdefault(log.channel, [])
        kept.append((moment, len(kept), event))

    def events(self, log: Log) -> list[Event]:
        """The log's events in order of time, numbered from where the log stood when the scenario begins."""
        kept = sorted(self._events.get(log.channel, []), key=lambda item: item[:2])
        if log.channel not in self._firsts:
            self._firsts[log.channel] = Draw(len(log.channel), self.machine.name).between(20_000, 900_000)
        first = self._firsts[log.channel]
        return [replace(event, record_id=first + number) for number, (_, _, event) in enumerate(kept)]

    def new_process(self, image: str, command: str, user: str) -> Process:
        return Process(image, command, 4 * self.draw.between(300, 4_000), self.draw.guid(), user)
