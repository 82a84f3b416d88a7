"""Headers of all packets as columns: a worklist of packets, peeled chunk by chunk, tunnels and fragments included.

Layers are peeled as masked passes over arrays: each pass takes the rows whose next header is of one kind and moves them on.
What lies inside a packet becomes work of its own, so only packets with a tunnel pay for one.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from parsers.network.fragments import Fragments, Tally
from parsers.network.frames import Work, joined_work, outer
from parsers.network.headers import ACK, FIN, ICMP, ICMPV6, RST, SYN, TCP, UDP, Headers, joined
from parsers.network.layers import inside, peel
from parsers.network.records import Bytes, Int64s, Packets
from parsers.network.space import Space

CHUNK = 1 << 17  # packets decoded at a time; 128 bytes each stay in a fast cache's reach
WIRE_LIMIT = 1 << 30  # bytes; more than a packet can have


class Decoder:
    """Reads the packets of a capture window by window; fragments wait for their rest from one window to the next.

    `late`: notes of fragments that became known only after their window, PART or REST_MISSING, by captured packet (0-based) and depth.
    Those that keep the note FRAGMENT and are not among them at the end were never completed.
    """

    __slots__ = ("_fragments", "_joins", "_rows", "late", "space")

    def __init__(self, space: Space, first_row: int = 0, joins: bool = True) -> None:
        """Rows are numbered from `first_row` on. Without `joins` fragments are not taken: their rows keep the note FRAGMENT."""
        self.space = space
        self._fragments = Fragments(space)
        self._rows, self._joins = first_row, joins
        self.late: dict[tuple[int, int], int] = {}

    @property
    def tally(self) -> Tally:
        """What became of fragments."""
        return self._fragments.tally

    def window(self, packets: Packets, first: int | Int64s = 0) -> Headers:
        """The rows of consecutive packets, the first of which is number `first` (0-based) of the file, or of packets with these numbers,
        which ascend.

        There is a row for each, in order, then those of packets inside them, and of datagrams that they complete.
        """
        caplen, wire = packets.caplen.astype(np.int32), np.minimum(packets.origlen, WIRE_LIMIT).astype(np.int32)
        number = np.arange(first, first + len(packets), dtype=np.int64) if isinstance(first, int) else first
        return self._peeled(outer(number, packets.data, caplen, wire, packets.link), packets.time, number)

    def waiting(self) -> Int64s:
        """The captured packets, ascending, whose fragments wait for the rest of their datagram."""
        return self._fragments.waiting()

    def carriers(self) -> Int64s:
        """The rows of tunnel packets inside which fragments wait for the rest of their datagram."""
        return self._fragments.carriers()

    def finish(self) -> Headers:
        """The rows that only the end of the capture settles: first fragments whose rest never came."""
        self._fragments.close()
        work = self._fragments.ready()
        return self._peeled(work, np.zeros(0, np.int64), np.zeros(0, np.int64)) if work is not None else joined([])

    def _peeled(self, work: Work, time: Int64s, numbers: Int64s) -> Headers:
        begin, parts = self._rows, []
        queue = deque([work])
        while queue:
            work = queue.popleft()
            following: list[Work] = []
            for start in range(0, len(work), CHUNK):
                piece = work.take(slice(start, start + CHUNK))
                rows, inner, fragments = peel(self.space, piece, self._joins)
                parts.append(rows)
                following += inside(piece, rows, inner, self._rows)
                for found in fragments if self._joins else ():
                    number = piece.packet[found.rows]
                    when = time[np.searchsorted(numbers, number)] if len(time) else number * 0
                    self._fragments.add(found, piece, rows, self._rows, when)
                self._rows += len(rows)
            if following:
                queue.append(joined_work(following))
            if not queue and (complete := self._fragments.ready()) is not None:
                queue.append(complete)
        out = joined(parts)
        self._settle(out, begin)
        return out

    def _settle(self, out: Headers, begin: int) -> None:
        """Write the fate of fragments that became known: on this window's rows, or for those before it into `late`."""
        for row, packet, depth, note in self._fragments.settled:
            if row >= begin:
                out.note[row - begin] = note
            else:
                self.late[packet, depth] = note
        self._fragments.settled.clear()


def decode(space: Space | Bytes, packets: Packets) -> Headers:
    """The headers of every packet of a file at once."""
    return decode_all(Decoder(space if isinstance(space, Space) else Space(space.data)), packets)


def decode_all(decoder: Decoder, packets: Packets) -> Headers:
    """The headers of every packet of a file: a row for each packet, then the others. The decoder knows more afterwards."""
    out = joined([decoder.window(packets), decoder.finish()])
    for (packet, depth), note in decoder.late.items():
        if depth == 0:  # there is one window, so a packet's number is that of its row
            out.note[packet] = note
    return out


__all__ = ["ACK", "FIN", "ICMP", "ICMPV6", "RST", "SYN", "TCP", "UDP", "Decoder", "Headers", "decode", "decode_all"]
