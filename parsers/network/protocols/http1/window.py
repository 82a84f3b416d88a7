"""Looking along a stream in small steps without asking it for each."""

from __future__ import annotations

from parsers.network.streams import Stream

AHEAD = 2_048  # bytes fetched at once: one or two heads


class Window:
    """The bytes of a stream around the place being looked at. What is fetched is kept until another place is asked for."""

    __slots__ = ("_at", "_raw", "_to", "stream")

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._at, self._to, self._raw = 0, 0, b""

    def peek(self, at: int, count: int) -> bytes:
        """Up to `count` bytes from `at` on, fewer at a gap or the end."""
        skip = at - self._at
        if skip < 0 or at + count > self._to or skip > len(self._raw):
            wanted = count if count > AHEAD else AHEAD
            self._at, self._to, self._raw = at, at + wanted, self.stream.read(at, wanted)
            return self._raw if count == wanted else self._raw[:count]
        return self._raw[skip : skip + count]
