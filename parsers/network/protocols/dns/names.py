"""Names in DNS messages: labels, compression pointers, and NetBIOS names in their half-ASCII."""

from __future__ import annotations

import re
from functools import lru_cache

HOPS = 32  # compression pointers that follow one another in one name; honest names need a few
NAME_LIMIT = 4 * 255  # characters of a name as it is written: each of its 255 bytes may take four
_NETBIOS = re.compile("[a-p]{32}")  # the letters that spell the 16 bytes of a NetBIOS name
_HEX = str.maketrans("abcdefghijklmnop", "0123456789abcdef")
_PLAIN = re.compile(rb"[ -~]*")  # what is written as it is


class Malformed(ValueError):
    """Bytes that are no DNS, with Zeek's name for what is wrong with them."""

    def __init__(self, weird: str, reason: str) -> None:
        super().__init__(reason)
        self.weird = weird


def name_at(data: bytes, at: int, known: dict[int, str], hops: int = 0) -> tuple[str, int]:
    """The name at `at` and where the bytes after it begin (RFC 1035 section 4.1.4). Raises Malformed for what is no name.

    Bytes other than printable ASCII, and dots inside labels, are written as `\\xHH`. `known` keeps the names that pointers led to, so
    that a message full of pointers costs no more than its size.
    """
    labels: list[str] = []
    total, end = 0, len(data)
    while True:
        if at >= end:
            raise Malformed("DNS_label_len_gt_pkt", "name runs beyond the message")
        size = data[at]
        if size == 0:
            return ".".join(labels), at + 1
        if size & 0xC0 == 0xC0:
            rest = _pointed(data, at, known, hops)
            if total + len(rest) > NAME_LIMIT:
                raise Malformed("DNS_NAME_too_long", "name is longer than 255 bytes")
            return ".".join([*labels, rest] if rest else labels), at + 2
        if size & 0xC0:
            raise Malformed("DNS_label_too_long", f"label type {size >> 6} is not known")
        at += 1
        label = data[at : at + size]
        total += size + 1
        if len(label) < size:
            raise Malformed("DNS_label_len_gt_pkt", "label runs beyond the message")
        if total > 255:
            raise Malformed("DNS_NAME_too_long", "name is longer than 255 bytes")
        labels.append(_label(label))
        at += size


def _pointed(data: bytes, at: int, known: dict[int, str], hops: int) -> str:
    """The name that the pointer at `at` leads to, read once a message."""
    if at + 1 >= len(data):
        raise Malformed("DNS_label_len_gt_pkt", "compression pointer runs beyond the message")
    target = (data[at] & 0x3F) << 8 | data[at + 1]
    if target >= at:
        raise Malformed("DNS_label_forward_compress_offset", "compression pointer does not point back")
    if target not in known:
        if hops == HOPS:
            raise Malformed("DNS_label_forward_compress_offset", "compression pointers follow one another without end")
        known[target] = name_at(data, target, known, hops + 1)[0]
    return known[target]


def after_name(data: bytes, at: int) -> int:
    """Where the bytes after the name at `at` begin; the name itself is not read. Raises Malformed where it runs out."""
    while at < len(data):
        size = data[at]
        if size & 0xC0:
            return at + 2
        at += 1 + size
        if size == 0:
            return at
    raise Malformed("DNS_truncated_ans_too_short", "name runs beyond the message")


@lru_cache(maxsize=1 << 16)
def plain_question(raw: bytes) -> tuple[tuple[str, int, int]] | None:
    """Name, type and class of a question, alone in a tuple, that is `raw` from end to end and uses no pointer; None for any other."""
    at = 0
    while at < len(raw) and 0 < raw[at] < 64:
        at += 1 + raw[at]
    if at + 5 != len(raw) or raw[at] or at > 254:
        return None
    return ((name_at(raw, 0, {})[0], raw[-4] << 8 | raw[-3], raw[-2] << 8 | raw[-1]),)


@lru_cache(maxsize=1 << 16)
def _label(raw: bytes) -> str:
    plain = raw.decode("ascii", "replace")
    if plain.isprintable() and "." not in plain and "\ufffd" not in plain:
        return plain.lower()
    return "".join(chr(b).lower() if 0x21 <= b < 0x7F and b != 0x2E else f"\\x{b:02x}" for b in raw)


def netbios(name: str) -> tuple[str, str | None]:
    """A NetBIOS name and its type, two hex digits (RFC 1001 section 14.1); a name that is none comes back as it is.

    Each of its 16 bytes is spelt by two letters from A on; the last byte is the type, spaces fill up. A scope may follow.
    """
    letters, dot, scope = name.partition(".")
    if _NETBIOS.fullmatch(letters) is None:
        return name, None
    raw = bytes.fromhex(letters.translate(_HEX))
    return netbios_text(raw[:15]) + dot + scope, f"{raw[15]:02x}"


def netbios_text(raw: bytes) -> str:
    """The 15 bytes of a NetBIOS name as text, without the fill; `*` for the name that stands for all."""
    text = raw.rstrip(b" \0")
    if _PLAIN.fullmatch(text) is not None:
        return text.decode("ascii")
    return "".join(chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}" for b in text)
