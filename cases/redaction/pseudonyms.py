"""Names that stand for a value: the same throughout a case, another in each case, not to be turned back without its secret."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cases.errors import CaseError
from cases.redaction.record import Kind

KEY_FILE = "redaction.key"  # in the case folder; whoever holds it can test a guess, so it is never handed out
KEY_BYTES = 32
DIGITS = 10  # 40 bits: two of 10,000 values share them once in 20,000 cases, and then the second gets more
_LONGER = 24


def case_key(folder: Path) -> bytes:
    """The secret of the case, made once at random. Raises CaseError when it can't be written or is not one."""
    path = folder / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise CaseError(
            f"{path}: cannot write: {error.strerror or error}; pseudonyms need a case you can write to"
        ) from error
    with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise CaseError(
            f"{path}: cannot read: {error.strerror or error}; restore it from a copy of the case"
        ) from error
    except ValueError as error:
        raise CaseError(f"{path}: not a key: expected {2 * KEY_BYTES} hex digits; restore it from a copy") from error
    if len(key) != KEY_BYTES:
        raise CaseError(f"{path}: a key of {len(key)} bytes, expected {KEY_BYTES}; restore it from a copy of the case")
    return key


def key_name(key: bytes) -> str:
    """Names a key without giving it away: two copies with the same name use the same pseudonyms."""
    return hmac.new(key, b"name of this key", hashlib.sha256).hexdigest()[:16]


class Pseudonyms:
    """The pseudonyms of one case, by kind and canonical value."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.key_name = key_name(key)
        self._given: dict[tuple[Kind, str], str] = {}
        self._taken: dict[str, tuple[Kind, str]] = {}

    def of(self, kind: Kind, canonical: str) -> str:
        """`account-7f3a91c2d0` for this value in this case."""
        asked = (kind, canonical)
        if asked not in self._given:
            text = f"{kind}\0{canonical}".encode("utf-8", "surrogatepass")
            digest = hmac.new(self._key, text, hashlib.sha256).hexdigest()
            name = f"{kind}-{digest[:DIGITS]}"
            if self._taken.setdefault(name, asked) != asked:
                name = f"{kind}-{digest[:_LONGER]}"
            self._given[asked] = name
        return self._given[asked]

    def counts(self) -> dict[Kind, int]:
        """How many different values of each kind were given a name."""
        found: dict[Kind, int] = {}
        for kind, _ in sorted(self._given):
            found[kind] = found.get(kind, 0) + 1
        return found
