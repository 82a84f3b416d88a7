"""TLS records of a stream (RFC 8446 section 5.1, RFC 5246 section 6.2.1), and SSL 2 records before them, to handshake messages."""

from __future__ import annotations

from parsers.network.protocols.ssl.sides import CLIENT_HELLO, SERVER_HELLO, Message, Side
from parsers.network.protocols.ssl.version2 import read_version2
from parsers.network.streams import Stream

STREAM_LIMIT = 65_536  # bytes of each side in which a handshake is looked for
_WINDOW = 8_192  # bytes read at once
CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION, HEARTBEAT = 20, 21, 22, 23, 24


class _Window:
    """The begin of a stream in one piece, and what lies behind it when asked for."""

    __slots__ = ("begin", "stream")

    def __init__(self, stream: Stream) -> None:
        self.stream, self.begin = stream, stream.read(0, _WINDOW)

    def take(self, at: int, size: int) -> bytes:
        piece = self.begin[at : at + size]
        return piece if len(piece) == size else self.stream.read(at, size)


def side(stream: Stream) -> Side:
    """What one side sent in clear, up to its first encrypted record. A record with missing bytes ends the reading of messages."""
    out = Side()
    window, pending, begun, lost = _Window(stream), b"", 0, False
    at = read_version2(stream, out) if window.begin and window.begin[0] & 0x80 else 0
    while at < STREAM_LIMIT:
        head = window.take(at, 5)
        if len(head) < 5 or not CHANGE_CIPHER <= head[0] <= HEARTBEAT or head[1] != 3:
            out.cut |= 0 < len(head) < 5
            break
        size = head[3] << 8 | head[4]
        body = window.take(at + 5, size) if head[0] != APPLICATION else b""
        if head[0] == APPLICATION or (out.changed and not _clear_again(out, head[0], body)):
            out.seal(size)
            break
        if len(body) < size:
            out.cut = lost = True
            if stream.end <= at + 5 + size:
                break
        last = stream.packet(at + 4 + len(body))
        if head[0] == HANDSHAKE and not lost:
            if not pending:
                begun = stream.packet(at)
            pending = handshake_messages(out, pending + body, (begun, last))
        elif head[0] == ALERT:
            out.alerted(body, last)
        elif head[0] == CHANGE_CIPHER:
            out.changes(last)
        elif head[0] == HEARTBEAT:
            out.letter("b", last)
        at += 5 + size
    out.cut |= bool(pending)
    return out


def _clear_again(out: Side, kind: int, body: bytes) -> bool:
    """After ChangeCipherSpec all is encrypted, but in TLS 1.3 it means nothing: another hello may follow (RFC 8446 section D.4)."""
    if kind == CHANGE_CIPHER:
        return True
    hello = body[:1] in (bytes((CLIENT_HELLO,)), bytes((SERVER_HELLO,)))
    return kind == HANDSHAKE and hello and int.from_bytes(body[1:4], "big") == len(body) - 4


def handshake_messages(out: Side, data: bytes, packets: tuple[int, int]) -> bytes:
    """Take whole handshake messages off `data`; what is left begins the next one."""
    at, end = 0, len(data)
    first, last = packets
    while at + 4 <= end:
        stop = at + 4 + (data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3])
        if end < stop:
            break
        out.took(Message(data[at], data[at + 4 : stop], first, last))
        at = stop
    return data[at:]
