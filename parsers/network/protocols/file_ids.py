"""Ids of carried files, by which rows of other families name them (Zeek's fuid)."""

from __future__ import annotations

from hashlib import blake2b

_BYTES = 10  # of the digest: two files of a case have the same id by chance once in a million million cases of a million files


def file_id(uid: str, *place: object) -> str:
    """`F` and 20 hexadecimal digits of a digest of the connection's uid and of where in it the file lies (side, position, part …).

    The same connection gives the same ids in every capture that holds it.
    """
    key = f"{uid}\0{place[0]}\0{place[1]}" if len(place) == 2 else "\0".join((uid, *map(str, place)))
    return "F" + blake2b(key.encode("utf-8", "surrogatepass"), digest_size=_BYTES).hexdigest()
