"""SSL 2.0 messages, and the hello in its form with which clients offer later versions too.

Sources: the SSL 2.0 protocol (Netscape, 1995) sections 1.1 and 1.2; RFC 5246 appendix E.2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.network.protocols.hellos import Hello
from parsers.network.protocols.ssl.sides import CERTIFICATE, CLIENT_HELLO, SERVER_HELLO, Message, Side
from parsers.network.records import Bools, Bytes
from parsers.network.streams import Stream

VERSION2 = 0x0002
_MASTER_KEY, _SERVER_HELLO = 2, 4
_CIPHERS = {
    0x010080: "SSLv20_CK_RC4_128_WITH_MD5", 0x020080: "SSLv20_CK_RC4_128_EXPORT40_WITH_MD5",
    0x030080: "SSLv20_CK_RC2_128_CBC_WITH_MD5", 0x040080: "SSLv20_CK_RC2_128_CBC_EXPORT40_WITH_MD5",
    0x050080: "SSLv20_CK_IDEA_128_CBC_WITH_MD5", 0x060040: "SSLv20_CK_DES_64_CBC_WITH_MD5",
    0x0700C0: "SSLv20_CK_DES_192_EDE3_CBC_WITH_MD5",
}  # fmt: skip


def recognise(side: Bytes, size: npt.NDArray[np.int64]) -> Bools:
    """Which openings, (f, OPENING), are hellos of this form: a record whose own lengths add up."""
    wide = side.astype(np.int64)

    def number(at: int) -> npt.NDArray[np.int64]:
        return np.asarray(wide[:, at] << 8 | wide[:, at + 1])

    length = number(0) & 0x7FFF
    heads = (side[:, 0] & 0x80 != 0) & (size >= 11)
    version = number(3)
    client = (side[:, 2] == CLIENT_HELLO) & ((version == VERSION2) | (version >> 8 == 3))
    client &= (number(5) % 3 == 0) & (length == 9 + number(5) + number(7) + number(9))
    version = number(5)
    server = (side[:, 2] == _SERVER_HELLO) & (side[:, 3] <= 1) & (version == VERSION2) & (size >= 13)
    server &= length == 11 + number(7) + number(9) + number(11)
    return np.asarray(heads & (client | server))


def read_version2(stream: Stream, out: Side) -> int:
    """Take the hello of this form off the begin of a side, and note the master key message after it.

    Returns where the hello ends, 0 where there is none."""
    body = _message(stream, 0)
    hello = _client(body) if body[:1] == b"\x01" else _server(body) if body[:1] == b"\x04" else None
    if hello is None:
        return 0
    after = 2 + len(body)
    packets = stream.packet(0), stream.packet(after - 1)
    out.old, out.old_packets = hello, packets
    out.kinds.add(CLIENT_HELLO if body[0] == 1 else SERVER_HELLO)
    out.letter("c" if body[0] == 1 else "s", packets[1])
    if body[0] == _SERVER_HELLO:
        size, begin = int.from_bytes(body[5:7], "big"), 11
        chain = size.to_bytes(3, "big") + body[begin : begin + size]
        out.messages.append(Message(CERTIFICATE, len(chain).to_bytes(3, "big") + chain, *packets))
    key = _message(stream, after)
    if key[:1] == bytes((_MASTER_KEY,)) and len(key) >= 4:
        out.chosen = int.from_bytes(key[1:4], "big")
        out.letter("g", stream.packet(after))
    if hello.version == VERSION2 and stream.read(after, 1):
        out.seal(0)
    return after


def _message(stream: Stream, at: int) -> bytes:
    """The message in the record with a two-byte header at `at`, empty where there is none or some of it is missing."""
    head = stream.read(at, 2)
    if len(head) < 2 or not head[0] & 0x80:
        return b""
    size = (head[0] & 0x7F) << 8 | head[1]
    body = stream.read(at + 2, size)
    return body if len(body) == size else b""


def _client(body: bytes) -> Hello | None:
    """CLIENT-HELLO: version, sizes of cipher specs, session id and challenge, and these."""
    version, *sizes = (int.from_bytes(body[at : at + 2], "big") for at in (1, 3, 5, 7))
    if sum(sizes) + 9 != len(body) or (version != VERSION2 and version >> 8 != 3):
        return None
    return Hello(version, body[9 + sizes[0] : 9 + sizes[0] + sizes[1]], _specs(body[9 : 9 + sizes[0]]), ())


def _server(body: bytes) -> Hello | None:
    """SERVER-HELLO: whether the session is an old one, certificate type, version, sizes, certificate, cipher specs, connection id."""
    version, *sizes = (int.from_bytes(body[at : at + 2], "big") for at in (3, 5, 7, 9))
    if sum(sizes) + 11 != len(body) or version != VERSION2:
        return None
    return Hello(version, b"", _specs(body[11 + sizes[0] : 11 + sizes[0] + sizes[1]]), ())


def _specs(raw: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(raw[at : at + 3], "big") for at in range(0, len(raw) - 2, 3))


def cipher_name2(cipher: int) -> str:
    return _CIPHERS.get(cipher, f"unknown-{cipher}")
