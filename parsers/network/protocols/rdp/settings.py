"""The settings that client and server exchange in clear when RDP's own security is chosen (MS-RDPBCGR sections 2.2.1.3 and 2.2.1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from locale import windows_locale

CLIENT_KEY, SERVER_KEY = b"Duca", b"McDn"  # before the data blocks in the conference's user data (T.124 section 8.7)
_CORE, _NETWORK, _SERVER_SECURITY = 0xC001, 0xC003, 0x0C02
CHANNELS = 31  # MS-RDPBCGR section 2.2.1.3.4
_BUILDS = {
    419: "RDP 4.0", 2195: "RDP 5.0", 2221: "RDP 5.0", 2600: "RDP 5.1", 3790: "RDP 5.2", 6000: "RDP 6.0", 6001: "RDP 6.1",
    6002: "RDP 6.2", 7600: "RDP 7.0", 7601: "RDP 7.1", 9200: "RDP 8.0", 9600: "RDP 8.1",
}  # fmt: skip
_WANTS_32_BITS = 0x0002  # early capability flag
_RESULTS = (
    "Success",
    "User rejected",
    "Resources not available",
    "Rejected for symmetry breaking",
    "Locked conference",
)
_METHODS = {0: "None", 1: "40bit", 2: "128bit", 8: "56bit", 16: "FIPS"}
_LEVELS = ("None", "Low", "Client compatible", "High", "FIPS")
_TEMPORARY = 0x80000000
CERTIFICATES = 16  # certificates of a chain that are read


def _number(data: bytes, at: int, size: int = 2) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _blocks(data: bytes, key: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of the data blocks after `key`. Raises ValueError for one that is longer than what is there."""
    at = data.find(key)
    if at < 0:
        return
    at += len(key)
    at += 2 if data[at : at + 1] >= b"\x80" else 1  # length in PER: two bytes from 128 on
    while at + 4 <= len(data):
        size = _number(data, at + 2)
        if size < 4 or at + size > len(data):
            raise ValueError(f"block {_number(data, at):#06x} says {size} bytes, {len(data) - at} are there")
        yield _number(data, at), data[at + 4 : at + size]
        at += size


def client_values(data: bytes) -> dict[str, object]:
    """What the client tells of itself. Raises ValueError when it is malformed."""
    values: dict[str, object] = {}
    for kind, block in _blocks(data, CLIENT_KEY):
        if kind == _CORE and len(block) >= 128:
            values |= _core(block)
        elif kind == _NETWORK:
            count = min(_number(block, 0, 4), CHANNELS)
            names = (block[4 + 12 * at : 12 + 12 * at].partition(b"\0")[0] for at in range(count))
            values["client_channels"] = (
                ",".join(name.decode("ascii", "backslashreplace") for name in names if name) or None
            )
    return values


def _core(block: bytes) -> dict[str, object]:
    """Client Core Data, MS-RDPBCGR section 2.2.1.3.2."""
    build = _number(block, 16, 4)
    values: dict[str, object] = {
        "desktop_width": _number(block, 4),
        "desktop_height": _number(block, 6),
        "keyboard_layout": _layout(_number(block, 12, 4)),
        "client_build": _BUILDS.get(build, f"client_build-{build}"),
        "client_name": _wide(block[20:52]),
    }
    if len(block) >= 142:
        depth = _number(block, 136)
        values["requested_color_depth"] = "32bit" if _number(block, 140) & _WANTS_32_BITS else f"{depth}bit"
    if len(block) >= 206:
        values["client_dig_product_id"] = _wide(block[142:206])
    return values


def _wide(raw: bytes) -> str | None:
    """UTF-16 text up to its first null."""
    return raw.decode("utf-16-le", "replace").partition("\0")[0] or None


def _layout(number: int) -> str:
    """A keyboard layout by the language of its low half (MS-LCID); the number stands beside it where the layout is not the usual one."""
    name = windows_locale.get(number & 0xFFFF)
    if name is None:
        return f"keyboard-{number}"
    return name if number < 0x10000 else f"{name} ({number:#010x})"


def server_values(data: bytes) -> tuple[dict[str, object], tuple[bytes, ...]]:
    """Result and encryption, and the server's X.509 certificates, its own first. Raises ValueError when they are malformed."""
    values: dict[str, object] = {}
    chain: tuple[bytes, ...] = ()
    at = data.find(SERVER_KEY)
    if at >= 4:  # before the key: result, number of sets, kind of key, its size (T.124, aligned PER)
        number = data[at - 4] >> 4 & 7
        values["result"] = _RESULTS[number] if number < len(_RESULTS) else f"result-{number}"
    for kind, block in _blocks(data, SERVER_KEY):
        if kind == _SERVER_SECURITY and len(block) >= 8:
            method, level = _number(block, 0, 4), _number(block, 4, 4)
            values["encryption_method"] = _METHODS.get(method, f"encryption_method-{method}")
            values["encryption_level"] = _LEVELS[level] if level < len(_LEVELS) else f"encryption_level-{level}"
            more, chain = _certificates(block)
            values |= more
    return values, chain


def _certificates(block: bytes) -> tuple[dict[str, object], tuple[bytes, ...]]:
    """Server certificate, MS-RDPBCGR section 2.2.1.4.3; a chain comes with the root first (MS-RDPELE section 2.2.1.4.2)."""
    begin = 16 + _number(block, 8, 4)
    certificate = block[begin : begin + _number(block, 12, 4)]
    if len(block) < 16 or len(certificate) < 8:
        return {}, ()
    version = _number(certificate, 0, 4)
    values: dict[str, object] = {"cert_permanent": not version & _TEMPORARY}
    if version & ~_TEMPORARY == 1:
        return values | {"cert_type": "RSA", "cert_count": 1}, ()
    found: list[bytes] = []
    at = 8
    for _ in range(min(_number(certificate, 4, 4), CERTIFICATES)):
        size = _number(certificate, at, 4)
        if not size or at + 4 + size > len(certificate):
            raise ValueError(f"certificate says {size} bytes, {max(len(certificate) - at - 4, 0)} are there")
        found.append(certificate[at + 4 : at + 4 + size])
        at += 4 + size
    return values | {"cert_type": "X.509", "cert_count": len(found)}, tuple(found[::-1])
