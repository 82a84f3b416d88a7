"""Ids of carried files, by which rows of other families name them (Zeek's fuid)."""

from __future__ import annotations

import hashlib

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 17  # base-62 digits: 101 bits of the digest


def file_id(uid: str, *place: object) -> str:
    """`F` and 17 base-62 digits of a digest of the connection's uid and of where in it the file lies (side, position, part …).

    The same connection gives the same ids in every capture that holds it.
    """
    key = "\0".join((uid, *map(str, place))).encode("utf-8", "surrogatepass")
    number = int.from_bytes(hashlib.blake2b(key, digest_size=16).digest(), "big")
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "F" + "".join(digits)
