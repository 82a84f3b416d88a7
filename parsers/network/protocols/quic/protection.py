"""Initial packets opened with the keys that anyone can derive from the first connection id (RFC 9001 section 5, RFC 9369 section 3.3)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from parsers.network.protocols.quic.headers import VERSION_2, Packet

_SALT_1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")  # RFC 9001 section 5.2, from draft 33 on
_SALT_2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")  # RFC 9369 section 3.3.1
_SALT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")  # drafts 29 to 32
_SALT_23 = bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502")  # drafts 23 to 28
_SAMPLE, _TAG = 16, 16
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_ECB = ECB()


class Keys(NamedTuple):
    """One side's keys for Initial packets."""

    key: bytes
    iv: bytes
    mask: bytes


@dataclass(slots=True)  # made for every connection: frozen costs three times as much
class _Openers:
    """The same, ready: what opens packets, the number that theirs are added to, what masks headers."""

    aead: AESGCM
    iv: int
    mask: CipherContext


def _salt(version: int) -> bytes:
    draft = version & 0xFF if version >> 8 == 0xFF0000 else 33
    if version == VERSION_2:
        return _SALT_2
    return _SALT_1 if draft >= 33 else _SALT_29 if draft >= 29 else _SALT_23


def _label(name: bytes, size: int) -> bytes:
    """What HKDF-Expand-Label of RFC 8446 section 7.1 hashes for up to one block."""
    return size.to_bytes(2, "big") + bytes((6 + len(name),)) + b"tls13 " + name + b"\0\1"


_SIDES = _label(b"client in", 32), _label(b"server in", 32)
_NAMES, _NAMES_2 = (
    tuple(_label(prefix + name, size) for name, size in ((b"key", 16), (b"iv", 12), (b"hp", 16)))
    for prefix in (b"quic ", b"quicv2 ")
)


def _digests(key: bytes, texts: tuple[bytes, ...]) -> list[bytes]:
    """HMAC-SHA-256 of each text (RFC 2104): the key, of 64 bytes at most, is laid out once, which `hmac` does for each."""
    laid = key.ljust(64, b"\0")
    inner, outer = laid.translate(_INNER), laid.translate(_OUTER)
    return [sha256(outer + sha256(inner + text).digest()).digest() for text in texts]


@lru_cache(maxsize=64)
def _secrets(version: int, dcid: bytes) -> list[bytes]:
    """Those of the client and of the server."""
    return _digests(hmac.digest(_salt(version), dcid, "sha256"), _SIDES)


def initial_keys(version: int, dcid: bytes, server: bool) -> Keys:
    """The keys that the client or the server of a connection uses."""
    key, iv, mask = _digests(_secrets(version, dcid)[server], _NAMES_2 if version == VERSION_2 else _NAMES)
    return Keys(key[:16], iv[:12], mask[:16])


@lru_cache(maxsize=256)
def _openers(version: int, dcid: bytes, server: bool) -> _Openers:
    keys = initial_keys(version, dcid, server)
    # ECB takes one block after the other: what was masked before changes nothing
    return _Openers(AESGCM(keys.key), int.from_bytes(keys.iv, "big"), Cipher(AES(keys.mask), _ECB).encryptor())


def opened(data: bytes, packet: Packet, origin: bytes, server: bool) -> bytes | None:
    """The frames of an Initial packet from the client or the server of the connection that began with the id `origin`; None where its keys
    do not fit, or it is cut."""
    at = packet.number_at
    sample = data[at + 4 : at + 4 + _SAMPLE]
    if len(sample) < _SAMPLE or packet.end - at < 4 + _TAG:
        return None
    keys = _openers(packet.version, origin, server)
    mask = keys.mask.update(sample)
    first = data[packet.begin] ^ (mask[0] & 0x0F)
    size = (first & 3) + 1
    number = (int.from_bytes(data[at : at + size], "big") ^ int.from_bytes(mask[1 : 1 + size], "big")).to_bytes(
        size, "big"
    )
    header = bytes((first,)) + data[packet.begin + 1 : at] + number
    nonce = keys.iv ^ int.from_bytes(number, "big")
    try:
        return keys.aead.decrypt(nonce.to_bytes(12, "big"), data[at + size : packet.end], header)
    except InvalidTag:
        return None
