"""Small files that a reader takes at once, their bytes end to end: a container's members have no path for long."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

from forensics.laid_files import Laid
from parsers.base import Evidence, Joiner
from parsers.gather import Bytes


@dataclass(slots=True)
class Joined:
    """Files held for `reader`, end to end."""

    reader: Joiner
    held: Laid
    begin: int = 0
    files: list[Evidence] = field(default_factory=list)
    size: int = 0

    def has_room(self, evidence: Evidence) -> bool:
        return self.size + evidence.size <= len(self.held.bytes)

    def take(self, evidence: Evidence) -> bool:
        """Hold a file. False where its bytes do not stand there as they were listed: it is to be read on its own, and told of."""
        try:
            if not self.held.lay(evidence.path, self.size, evidence.size):
                return False
        except OSError:
            return False
        self.files.append(evidence)
        self.size += evidence.size
        return True

    def content(self) -> Bytes:
        return self.held.bytes[self.begin : self.begin + self.size]

    def apart(self) -> list[Joined]:
        """Each file by itself."""
        stops = accumulate(evidence.size for evidence in self.files)
        return [
            Joined(self.reader, self.held, stop - evidence.size, [evidence], evidence.size)
            for evidence, stop in zip(self.files, stops, strict=True)
        ]


@dataclass(slots=True)
class Waiting:
    """The files of a task that wait for company, by reader; each reader's have `room` bytes."""

    room: int
    held: dict[str, Joined] = field(default_factory=dict)

    def full(self, reader: Joiner, evidence: Evidence) -> Joined | None:
        """What has to be read before there is room for this file."""
        held = self.held.get(reader.name)
        return None if held is None or held.has_room(evidence) else self.held.pop(reader.name)

    def take(self, reader: Joiner, evidence: Evidence) -> bool:
        """Let a file wait; see `Joined.take`."""
        if reader.name not in self.held:
            self.held[reader.name] = Joined(reader, Laid(max(self.room, evidence.size, 1)))
        return self.held[reader.name].take(evidence)

    def rest(self) -> list[Joined]:
        return [held for held in self.held.values() if held.files]
