"""Session setups of SMB 1, with a security blob or with plain responses (MS-CIFS section 2.2.4.53, MS-SMB section 2.2.4.6)."""

from __future__ import annotations

import struct

from parsers.network.protocols import ntlm
from parsers.network.protocols.smb.logons import Logons
from parsers.network.protocols.smb.shares import Exchange
from parsers.network.protocols.smb.smb1_messages import Part


def challenge(told: Part, packet: int) -> ntlm.Challenge | None:
    """The challenge of a negotiation without extended security."""
    if len(told.words) != 34 or told.words[33] != 8 or len(told.raw) < 8:
        return None
    return ntlm.Challenge(packet, told.raw[:8])


def setup(logons: Logons, halves: tuple[Part, Part | None], users: tuple[int, int], exchange: Exchange) -> None:
    """A session setup. Raises struct.error where it is cut."""
    asked, told = halves
    if len(asked.words) == 24:
        size = struct.unpack_from("<H", asked.words, 14)[0]
        blobs = (asked.raw[:size], b"")
        if told is not None and len(told.words) == 8:
            blobs = (blobs[0], told.raw[: struct.unpack_from("<H", told.words, 6)[0]])
        logons.setup(blobs, users, exchange)
    elif len(asked.words) == 26:
        lm, nt = struct.unpack_from("<HH", asked.words, 14)
        names = [*asked.strings(asked.begin + lm + nt), "", ""]
        responses = asked.raw[:lm], asked.raw[lm : lm + nt]
        answer = ntlm.Authenticate(exchange.first, names[0], names[1], "", *responses)
        logons.answered(answer, logons.nonce, users[1], exchange)
