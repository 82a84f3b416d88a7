"""Small files that a reader takes at once, their bytes end to end: a container's members have no path for long."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import FileIO
from itertools import accumulate

import numpy as np

from parsers.base import Evidence, Joiner
from parsers.gather import Bytes


@dataclass(slots=True)
class Joined:
    """Files held for `reader`. Only what is filled of the buffer takes memory."""

    reader: Joiner
    buffer: Bytes
    files: list[Evidence] = field(default_factory=list)
    size: int = 0

    @classmethod
    def of(cls, reader: Joiner, room: int) -> Joined:
        """Room for so many bytes."""
        return cls(reader, np.empty(room + 1, np.uint8))  # one more, which a file that has grown would fill

    def has_room(self, evidence: Evidence) -> bool:
        return self.size + evidence.size < len(self.buffer)

    def take(self, evidence: Evidence) -> bool:
        """Hold a file. False where its bytes do not stand there as they were listed: it is to be read on its own, and told of."""
        view = self.buffer.data[self.size : self.size + evidence.size + 1]
        got = 0
        try:
            with FileIO(evidence.path) as handle:
                while got < len(view) and (count := handle.readinto(view[got:])):
                    got += count
        except OSError:
            return False
        if got != evidence.size:
            return False
        self.files.append(evidence)
        self.size += evidence.size
        return True

    def content(self) -> Bytes:
        return self.buffer[: self.size]

    def apart(self) -> list[Joined]:
        """Each file by itself."""
        stops = accumulate(evidence.size for evidence in self.files)
        return [
            Joined(self.reader, self.buffer[stop - evidence.size : stop], [evidence], evidence.size)
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
            self.held[reader.name] = Joined.of(reader, max(self.room, evidence.size))
        return self.held[reader.name].take(evidence)

    def rest(self) -> list[Joined]:
        return [held for held in self.held.values() if held.files]
