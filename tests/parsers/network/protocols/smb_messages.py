"""SMB 2 messages by hand, the fields spelled out (MS-SMB2 section 2.2)."""

from __future__ import annotations

import struct
from typing import Any

FILE_ID = bytes(range(16))
TICKS = 0x01DC7B9B_00000000  # a FILETIME
TICKS_NS = (TICKS - 116_444_736_000_000_000) * 100
CONTENT = b"MZ" + bytes(range(200))


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def framed(message: bytes) -> bytes:
    return struct.pack(">I", len(message)) + message  # session message, 24 bits of length


def header(
    command: int, number: int, flags: int = 0, status: int = 0, *, tree: int = 7, session: int = 9, following: int = 0
) -> bytes:
    # identifier, header size, credit charge, status, command, credits, flags, next command, message id, reserved, tree, session, signature
    return struct.pack(
        "<4sHHIHHIIQIIQ16s",
        b"\xfeSMB",
        64,
        0,
        status,
        command,
        1,
        flags,
        following,
        number,
        0,
        tree,
        session,
        bytes(16),
    )


def tree_connect(number: int, path: str) -> tuple[bytes, bytes]:
    name = wide(path)
    ask = header(3, number, tree=0) + struct.pack("<HHHH", 9, 0, 72, len(name)) + name
    # size 16, share type 1: disk, reserved, share flags, capabilities, access
    return ask, header(3, number, 1) + struct.pack("<HBBIII", 16, 1, 0, 0, 0, 0x1F01FF)


def create_request(number: int, name: str, options: int = 0, **more: int) -> bytes:
    raw = wide(name)
    # size 57, security, oplock, impersonation, flags, reserved, access, attributes, share, disposition, options, name at 120, contexts
    body = struct.pack("<HBBIQQIIIIIHHII", 57, 0, 0, 2, 0, 0, 1, 0, 7, 1, options, 120, len(raw), 0, 0)
    return header(5, number, **more) + body + raw


def create_answer(number: int, size: int, **more: int) -> bytes:
    # size 89, oplock, flags, action 1: opened, four times, allocation, end of file, attributes, reserved, file id, contexts
    body = struct.pack(
        "<HBBI4QQQII16sII", 89, 0, 0, 1, *(TICKS + n for n in range(4)), 4096, size, 0x20, 0, FILE_ID, 0, 0
    )
    return header(5, number, 1, **more) + body


def read_pair(number: int, offset: int, data: bytes) -> tuple[bytes, bytes]:
    # size 49, padding, flags, length, offset, file id, minimum, channel, remaining, channel info
    ask = (
        header(8, number) + struct.pack("<HBBIQ16sIIIHH", 49, 80, 0, len(data), offset, FILE_ID, 0, 0, 0, 0, 0) + b"\0"
    )
    # size 17, data at 80, reserved, length, remaining, flags
    return ask, header(8, number, 1) + struct.pack("<HBBIII", 17, 80, 0, len(data), 0, 0) + data


def write_pair(number: int, offset: int, data: bytes) -> tuple[bytes, bytes]:
    # size 49, data at 112, length, offset, file id, channel, remaining, channel info, flags
    ask = header(9, number) + struct.pack("<HHIQ16sIIHHI", 49, 112, len(data), offset, FILE_ID, 0, 0, 0, 0, 0) + data
    return ask, header(9, number, 1) + struct.pack("<HHIIHH", 17, 0, len(data), 0, 0, 0)


def close_pair(number: int) -> tuple[bytes, bytes]:
    ask = header(6, number) + struct.pack("<HHI16s", 24, 0, 0, FILE_ID)
    return ask, header(6, number, 1) + struct.pack("<HHI", 60, 0, 0) + bytes(52)


def set_info_pair(number: int, level: int, data: bytes) -> tuple[bytes, bytes]:
    # size 33, kind 1: file, level, length, buffer at 96, reserved, additional, file id
    ask = header(17, number) + struct.pack("<HBBIHHI16s", 33, 1, level, len(data), 96, 0, 0, FILE_ID) + data
    return ask, header(17, number, 1) + struct.pack("<H", 2)


def conversation(wire: Any, pairs: list[tuple[bytes, bytes]], port: int = 445) -> list[bytes]:
    sent = [part for ask, told in pairs for part in (("c", framed(ask)), ("s", framed(told)))]
    packets: list[bytes] = wire.session(sent, port)
    return packets
