"""One side of an HTTP/2 connection: what it sent on each stream."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.network.protocols import Trouble
from parsers.network.protocols.http1.window import Window
from parsers.network.protocols.http2 import frames as wire
from parsers.network.protocols.http2.frames import Frame
from parsers.network.protocols.http2.hpack import ENTRY, Decoder, Entry, HpackError

STREAMS = 20_000  # streams read of one connection
BLOCK_LIMIT = 262_144  # bytes of one header block with its continuations
LISTS_LIMIT = 64 << 20  # bytes of all header lists of one side, decoded
INTERIM = 8  # interim responses kept of one stream, the last ones
SPANS = 4_000_000  # data frames whose places are kept of one side


@dataclass(slots=True)
class Sent:
    """What one side sent on one stream: its header list, interim ones before it, its data as (begin, stop) pairs, its packets."""

    first: int
    last: int
    headers: list[Entry] | None = None
    interim: tuple[list[Entry], ...] = ()
    spans: array[int] | None = None
    ended: bool = False


class Half:
    """All streams of one side, by number. `pushed` are the requests that the server promised to answer."""

    def __init__(self, window: Window, at: int) -> None:
        self.streams: dict[int, Sent] = {}
        self.pushed: dict[int, Sent] = {}
        self.troubles: list[Trouble] = []
        self._stream, self._window, self._decoder = window.stream, window, Decoder()
        self._total, self._spans = 0, 0
        self._read(wire.frames(self._window, at))

    def _read(self, following: Iterator[Frame]) -> None:
        for frame in following:
            if frame.kind == wire.DATA:
                self._data(frame)
            elif frame.kind in (wire.HEADERS, wire.PUSH_PROMISE):
                if not self._block(frame, following):
                    return
            elif frame.kind == wire.CONTINUATION:
                self._trouble(frame, "a continuation follows no header block", "http2_odd_continuation")
                return
            if len(self.streams) > STREAMS or self._spans > SPANS:
                self._trouble(frame, "more streams or data frames than are read", "http2_too_many_streams")
                return

    def _of(self, frame: Frame, number: int) -> Sent:
        known = self.streams.get(number)
        if known is None:
            packet = self._stream.packet(frame.begin)
            known = self.streams[number] = Sent(packet, packet)
        return known

    def _data(self, frame: Frame) -> None:
        sent = self._of(frame, frame.stream)
        place = wire.content(self._window, frame)
        if place is None:
            self.troubles.append(self._told(frame, "padding is longer than its frame", "http2_bad_padding"))
            return
        if place[1]:
            if sent.spans is None:
                sent.spans = array("q")
            sent.spans.extend((place[0], sum(place)))
            self._spans += 1
        sent.ended |= bool(frame.flags & wire.END_STREAM)
        self._touch(sent, frame)

    def _touch(self, sent: Sent, frame: Frame) -> None:
        end = min(frame.at + frame.size, self._stream.end) - 1
        sent.last = max(sent.last, self._stream.packet(max(end, frame.begin)))

    def _block(self, frame: Frame, following: Iterator[Frame]) -> bool:
        """A header block with its continuations (RFC 9113 sections 6.2, 6.6 and 6.10). False when nothing after it can be read."""
        place = wire.content(self._window, frame)
        lead = (5 if frame.flags & wire.PRIORITY else 0) if frame.kind == wire.HEADERS else 4
        if place is None or place[1] < lead:
            self._trouble(frame, "a header frame is shorter than its fields", "http2_bad_frame_size")
            return False
        number = frame.stream
        if frame.kind == wire.PUSH_PROMISE:
            number = int.from_bytes(self._window.peek(place[0], 4), "big") & 0x7FFFFFFF
        begin, size = place[0] + lead, place[1] - lead
        parts, last, total = [self._window.peek(begin, min(size, BLOCK_LIMIT))], frame, size
        while not last.flags & wire.END_HEADERS:
            last = next(following, None) or last
            if last is frame or last.kind != wire.CONTINUATION or last.stream != frame.stream:
                self._trouble(last, "a header block breaks off", "http2_header_block_cut")
                return False
            total += last.size
            if total > BLOCK_LIMIT:
                break
            parts.append(self._window.peek(last.at, last.size))
        if total > BLOCK_LIMIT:
            self._trouble(last, f"a header block is longer than {BLOCK_LIMIT >> 10} KiB", "http2_continuation_flood")
            return False
        return self._list(frame, number, b"".join(parts), total, last)

    def _list(self, frame: Frame, number: int, block: bytes, size: int, last: Frame) -> bool:
        if len(block) < size:
            self._trouble(frame, "a header block is not all there", "http2_header_block_cut")
            return False
        try:
            headers = self._decoder.decode(block)
        except HpackError as error:
            name = "http2_header_bomb" if "grow" in str(error) else "http2_bad_header_block"
            self._trouble(frame, f"a header block cannot be decoded: {error}", name)
            return False
        self._total += sum([entry.size for entry in headers]) - ENTRY * len(headers)
        if self._total > LISTS_LIMIT:
            self._trouble(frame, f"header lists of more than {LISTS_LIMIT >> 20} MiB", "http2_header_bomb")
            return False
        if frame.kind == wire.PUSH_PROMISE:
            packet = self._stream.packet(frame.begin)
            self.pushed.setdefault(number, Sent(packet, packet, headers, ended=True))
            return True
        sent = self._of(frame, number)
        if sent.headers is None:  # later lists are trailers
            if next((entry.value for entry in headers if entry.name == ":status"), "")[:1] == "1":
                sent.interim = (*sent.interim, headers)[-INTERIM:]
            else:
                sent.headers = headers
        sent.ended |= bool(frame.flags & wire.END_STREAM)
        self._touch(sent, last)
        return True

    def _told(self, frame: Frame, reason: str, name: str) -> Trouble:
        return Trouble(self._stream.packet(frame.begin), "HTTP/2 connection: " + reason, name)

    def _trouble(self, frame: Frame, reason: str, name: str) -> None:
        self.troubles.append(self._told(frame, reason + "; this side is not read further", name))
