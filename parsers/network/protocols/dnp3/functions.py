"""DNP3 application messages: function names (Zeek's spelling) and the objects they speak of."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

FUNCTIONS = {
    0x00: "CONFIRM", 0x01: "READ", 0x02: "WRITE", 0x03: "SELECT", 0x04: "OPERATE", 0x05: "DIRECT_OPERATE",
    0x06: "DIRECT_OPERATE_NR", 0x07: "IMMED_FREEZE", 0x08: "IMMED_FREEZE_NR", 0x09: "FREEZE_CLEAR",
    0x0A: "FREEZE_CLEAR_NR", 0x0B: "FREEZE_AT_TIME", 0x0C: "FREEZE_AT_TIME_NR", 0x0D: "COLD_RESTART",
    0x0E: "WARM_RESTART", 0x0F: "INITIALIZE_DATA", 0x10: "INITIALIZE_APPL", 0x11: "START_APPL", 0x12: "STOP_APPL",
    0x13: "SAVE_CONFIG", 0x14: "ENABLE_UNSOLICITED", 0x15: "DISABLE_UNSOLICITED", 0x16: "ASSIGN_CLASS",
    0x17: "DELAY_MEASURE", 0x18: "RECORD_CURRENT_TIME", 0x19: "OPEN_FILE", 0x1A: "CLOSE_FILE", 0x1B: "DELETE_FILE",
    0x1C: "GET_FILE_INFO", 0x1D: "AUTHENTICATE_FILE", 0x1E: "ABORT_FILE", 0x1F: "ACTIVATE_CONFIG",
    0x20: "AUTHENTICATE_REQ", 0x21: "AUTHENTICATE_ERR", 0x81: "RESPONSE", 0x82: "UNSOLICITED_RESPONSE",
    0x83: "AUTHENTICATE_RESP",
}  # fmt: skip
CONFIRM, UNSOLICITED = 0x00, 0x82
OBJECTS = 64  # object headers read of one message
ONLY_HEADERS = frozenset((0x01, 0x07, 0x08, 0x09, 0x0A, 0x14, 0x15, 0x16))  # their objects bring no data along
# Bytes of the range by its specifier; after others (free format) data follows.
_RANGES = {0x00: 2, 0x01: 4, 0x02: 8, 0x03: 2, 0x04: 4, 0x05: 8, 0x06: 0, 0x07: 1, 0x08: 2, 0x09: 4}


class Application(NamedTuple):
    """One application message: sequence number, function, internal indications of a response, objects as `group.variation`."""

    sequence: int
    function: int
    indications: int | None
    objects: tuple[str, ...]

    @property
    def response(self) -> bool:
        return self.function & 0x80 != 0


def application(data: bytes) -> Application:
    """One message. Raises ValueError for what is shorter than its header."""
    if len(data) < 2 or (data[1] & 0x80 and len(data) < 4):
        raise ValueError("shorter than its header")
    function = data[1]
    indications = data[2] << 8 | data[3] if function & 0x80 else None
    begin = 4 if function & 0x80 else 2
    return Application(data[0] & 0x0F, function, indications, _objects(data, begin, function in ONLY_HEADERS))


def _objects(data: bytes, at: int, all_: bool) -> tuple[str, ...]:
    """Group and variation of all object headers where no data stands between them, else of the first."""
    out: list[str] = []
    while at + 3 <= len(data) and len(out) < OBJECTS:
        out.append(f"{data[at]}.{data[at + 1]}")
        width = _RANGES.get(data[at + 2] & 0x0F)
        if not all_ or width is None:
            break
        at += 3 + width
    return tuple(out)


@lru_cache(maxsize=1 << 10)
def objects_text(data: bytes, all_: bool) -> str | None:
    """The objects of a message, by its bytes behind the header; masters ask for the same again and again."""
    return ",".join(_objects(data, 0, all_)) or None


def name(code: int) -> str:
    return FUNCTIONS.get(code, f"unknown-{code}")
