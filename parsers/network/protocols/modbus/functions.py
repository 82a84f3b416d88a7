"""Modbus functions: names as Zeek writes them, and what requests and responses say (MODBUS Application Protocol V1.1b3, section 6)."""

from __future__ import annotations

import struct

FUNCTIONS = {
    0x01: "READ_COILS", 0x02: "READ_DISCRETE_INPUTS", 0x03: "READ_HOLDING_REGISTERS", 0x04: "READ_INPUT_REGISTERS",
    0x05: "WRITE_SINGLE_COIL", 0x06: "WRITE_SINGLE_REGISTER", 0x07: "READ_EXCEPTION_STATUS", 0x08: "DIAGNOSTICS",
    0x09: "PROGRAM_484", 0x0A: "POLL_484", 0x0B: "GET_COMM_EVENT_COUNTER", 0x0C: "GET_COMM_EVENT_LOG",
    0x0D: "PROGRAM_584_984", 0x0E: "POLL_584_984", 0x0F: "WRITE_MULTIPLE_COILS", 0x10: "WRITE_MULTIPLE_REGISTERS",
    0x11: "REPORT_SLAVE_ID", 0x12: "PROGRAM_884_U84", 0x13: "RESET_COMM_LINK_884_U84", 0x14: "READ_FILE_RECORD",
    0x15: "WRITE_FILE_RECORD", 0x16: "MASK_WRITE_REGISTER", 0x17: "READ_WRITE_MULTIPLE_REGISTERS",
    0x18: "READ_FIFO_QUEUE", 0x28: "PROGRAM_CONCEPT", 0x29: "MULTIPLE_FUNCTION_CODES",
    0x2B: "ENCAP_INTERFACE_TRANSPORT", 0x5A: "PROGRAM_UNITY", 0x5B: "OBJECT_MESSAGING", 0x7D: "FIRMWARE_REPLACEMENT",
    0x7E: "PROGRAM_584_984_2", 0x7F: "REPORT_LOCAL_ADDRESS",
}  # fmt: skip
EXCEPTIONS = {
    0x01: "ILLEGAL_FUNCTION", 0x02: "ILLEGAL_DATA_ADDRESS", 0x03: "ILLEGAL_DATA_VALUE", 0x04: "SLAVE_DEVICE_FAILURE",
    0x05: "ACKNOWLEDGE", 0x06: "SLAVE_DEVICE_BUSY", 0x08: "MEMORY_PARITY_ERROR", 0x0A: "GATEWAY_PATH_UNAVAILABLE",
    0x0B: "GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND",
}  # fmt: skip
_READ_BITS, _READ_WORDS = (0x01, 0x02), (0x03, 0x04)
_IDENTIFY = b"\x2b\x0e"  # read device identification (section 6.21)
Said = tuple[int | None, int | None, str | None]  # address, quantity, values joined by commas


def name(code: int) -> str:
    """A function's name as Zeek writes it; an exception is its function's with `_EXCEPTION`."""
    if code in FUNCTIONS or code & 0x7F not in FUNCTIONS:
        return FUNCTIONS.get(code, f"unknown-{code}")
    return FUNCTIONS[code & 0x7F] + "_EXCEPTION"


def asked(pdu: bytes) -> Said:
    """Address, quantity and values of a request. Raises struct.error where it is cut."""
    code = pdu[0]
    if code in (*_READ_BITS, *_READ_WORDS):
        address, quantity = struct.unpack_from(">HH", pdu, 1)
        return address, quantity, None
    if code in (0x05, 0x06, 0x08):
        address, value = struct.unpack_from(">HH", pdu, 1)
        return address, 1 if code != 0x08 else None, _coil(value) if code == 0x05 else str(value)
    if code in (0x0F, 0x10):
        address, quantity, size = struct.unpack_from(">HHB", pdu, 1)
        held = pdu[6 : 6 + size]
        return address, quantity, _bits(held, quantity) if code == 0x0F else _words(held)
    if code == 0x16:
        address, both, either = struct.unpack_from(">HHH", pdu, 1)
        return address, 1, f"{both},{either}"
    if code == 0x17:  # what it writes; what it reads stands before
        address, quantity, size = struct.unpack_from(">HHB", pdu, 5)
        return address, quantity, _words(pdu[10 : 10 + size])
    return None, None, None


def answered(pdu: bytes, request: Said) -> Said:
    """The same of a response; what it does not repeat comes from its request. Raises struct.error where it is cut."""
    code = pdu[0]
    address, quantity, _ = request
    if code in _READ_BITS:
        held = pdu[2 : 2 + _size(pdu)]
        return address, quantity, _bits(held, len(held) * 8 if quantity is None else quantity)
    if code in (*_READ_WORDS, 0x17):
        return address, quantity, _words(pdu[2 : 2 + _size(pdu)])
    if code in (0x05, 0x06, 0x08, 0x16):
        return asked(pdu)
    if code in (0x0F, 0x10):
        address, quantity = struct.unpack_from(">HH", pdu, 1)
        return address, quantity, None
    return None, None, _identity(pdu) if pdu[:2] == _IDENTIFY else None


def _size(pdu: bytes) -> int:
    return int(struct.unpack_from(">B", pdu, 1)[0])


def _coil(value: int) -> str:
    return {0xFF00: "1", 0: "0"}.get(value, str(value))


def _bits(raw: bytes, quantity: int) -> str:
    """Coils from the lowest bit of the first byte on."""
    return ",".join(str(raw[at // 8] >> at % 8 & 1) for at in range(min(quantity, 8 * len(raw))))


def _words(raw: bytes) -> str:
    count = len(raw) // 2
    return ",".join(map(str, struct.unpack_from(f">{count}H", raw)))


def _identity(pdu: bytes) -> str | None:
    """Names that a device gives itself: object number and text."""
    out, at = [], 7
    while at + 2 <= len(pdu) and at + 2 + pdu[at + 1] <= len(pdu):
        out.append(f"{pdu[at]}={pdu[at + 2 : at + 2 + pdu[at + 1]].decode('utf-8', 'backslashreplace')}")
        at += 2 + pdu[at + 1]
    return ",".join(out) or None
