"""How logging in over SSH went, inferred from the sizes of sealed messages as Zeek does: what they say cannot be read.

The server's answers are told apart by their lengths (RFC 4252 sections 5.1 and 6, RFC 4253 section 10): whatever the cipher, the
message that accepts a login is 16 bytes shorter than the one that accepts the service, since 1 byte of content stands for 17 and padding
rounds to 8 or 16. Refusals have the length of the first answer, which refuses the request by which clients ask for the ways to log in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.network.streams import Stream

ANSWERS = 100  # sealed segments of the server that are looked at; servers cut a client off after six refusals
SHORTER = 16  # bytes by which the answer to a good login is shorter than the one before it all
BANNER = 256  # bytes beyond the service's answer: what is longer is a text for the user, not a refusal
COMPRESSED = "zlib"  # with it, also in either direction alone, sizes tell nothing


class Login(NamedTuple):
    """Whether a login was accepted (None: no attempt was made out), and attempts; the first, without a password or key, is none."""

    accepted: bool | None
    attempts: int


def login(client: Stream, server: Stream, sealed: tuple[int, int], packet_time: npt.NDArray[np.int64]) -> Login:
    """By the sizes of what the server answers. sealed: where each side's stream goes on encrypted."""
    service = refusal = attempts = 0
    banner = False
    for size in _answers(client, server, sealed, packet_time):
        if not service:
            service = size
        elif size + SHORTER == service:
            return Login(True, attempts + 1)
        elif not refusal:
            if not banner and size - service > BANNER:
                banner = True
            else:
                refusal = size
        elif size == refusal:
            attempts += 1
    return Login(False if attempts else None, attempts)


def _answers(
    client: Stream, server: Stream, sealed: tuple[int, int], packet_time: npt.NDArray[np.int64]
) -> Iterator[int]:
    """Sizes of the server's sealed segments from when the client sent its first, up to a gap."""
    asked = next(client.segments(sealed[0]), None)
    if asked is None or asked.start != sealed[0]:
        return
    at, count = sealed[1], 0
    for start, size, packet in server.segments(sealed[1]):
        if start != at or count >= ANSWERS:
            return
        at += size
        if packet_time[packet] >= packet_time[asked.packet]:
            count += 1
            yield size
