"""A network logon over SMB 2 with NTLM, as it passes the wire: negotiate, challenge, answer, verdict.

[MS-SMB2] sections 2.2.1 to 2.2.6, [MS-NLMP] section 2.2.1.
"""

from __future__ import annotations

import struct

from forensics.demo.binxml_values import filetime
from forensics.demo.cast import DOMAIN, SRV02, WEB01
from forensics.demo.draw import Draw
from forensics.demo.wire import Part

NEGOTIATE, SESSION_SETUP = 0, 1
MORE_PROCESSING, LOGON_FAILURE = 0xC0000016, 0xC000006D
_UNICODE_NTLM = 0x8201  # negotiate flags: Unicode, NTLM, always sign
_SETUP_BODY = 88  # where the security buffer of a session setup request begins, from the SMB2 header


def _message(command: int, status: int | None, body: bytes, number: int) -> bytes:
    """An SMB2 message behind the 4 bytes of its transport: a question, or with a `status` the answer to question `number`."""
    answer = status is not None
    head = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ", 64, 1, status or 0, command, 31, answer, 0, number, 0xFEFF, 0, 0)
    return struct.pack("!I", len(head) + 16 + len(body)) + head + bytes(16) + body


def _setup(token: bytes) -> bytes:
    return struct.pack("<HBBIIHHQ", 25, 0, 1, 1, 0, _SETUP_BODY, len(token), 0) + token


def _setup_answer(token: bytes) -> bytes:
    return struct.pack("<HHHH", 9, 0, 72, len(token)) + token


def _fields(start: int, values: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    """Length, room and offset of each value, and the values end to end."""
    heads, at = b"", start
    for value in values:
        heads += struct.pack("<HHI", len(value), len(value), at)
        at += len(value)
    return heads, b"".join(values)


def _challenge(draw: Draw) -> bytes:
    target = DOMAIN.encode("utf-16-le")
    name, payload = _fields(48, (target, b""))
    return (
        b"NTLMSSP\0"
        + struct.pack("<I", 2)
        + name[:8]
        + struct.pack("<I", _UNICODE_NTLM)
        + draw.raw(8)
        + bytes(8)
        + name[8:]
        + payload
    )


def _authenticate(user: str, draw: Draw) -> bytes:
    names = tuple(text.encode("utf-16-le") for text in (DOMAIN, user, WEB01.name))
    heads, payload = _fields(64, (draw.raw(24), draw.raw(24), *names, b""))
    return b"NTLMSSP\0" + struct.pack("<I", 3) + heads + struct.pack("<I", _UNICODE_NTLM) + payload


def logon_parts(moment: int, user: str, status: int, draw: Draw) -> list[Part]:
    """What both sides send when `user` tries to log on to SRV02 and gets `status`."""
    offer = (
        struct.pack("<HHHHI", 36, 3, 1, 0, 0x7F) + draw.raw(16) + bytes(8) + struct.pack("<3H", 0x0210, 0x0300, 0x0302)
    )
    room = 8 << 20
    accept = struct.pack("<HHHH", 65, 1, 0x0302, 0) + draw.raw(16)
    accept += struct.pack("<IIIIQQHHI", 0x2F, room, room, room, filetime(SRV02.clock(moment)), 0, 128, 0, 0)
    hello = b"NTLMSSP\0" + struct.pack("<II", 1, _UNICODE_NTLM) + bytes(16)
    return [
        Part(True, _message(NEGOTIATE, None, offer, 0)),
        Part(False, _message(NEGOTIATE, 0, accept, 0), 400_000),
        Part(True, _message(SESSION_SETUP, None, _setup(hello), 1), 700_000),
        Part(False, _message(SESSION_SETUP, MORE_PROCESSING, _setup_answer(_challenge(draw)), 1), 500_000),
        Part(True, _message(SESSION_SETUP, None, _setup(_authenticate(user, draw)), 2), 900_000),
        Part(False, _message(SESSION_SETUP, status, _setup_answer(b""), 2), 3_000_000),
    ]
