"""JA3, JA3S (Salesforce, BSD-3) and JA4 for TLS (FoxIO, BSD-3) of hellos. GREASE values (RFC 8701) are left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from parsers.network.protocols.hellos import ALPN, SERVER_NAME, Hello

_JA4_VERSIONS = {
    0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2",
    0xFEFF: "d1", 0xFEFD: "d2", 0xFEFC: "d3",
}  # fmt: skip
REMEMBERED = 2_048  # distinct hellos whose fingerprints are kept: programs say hello the same way each time
ORDINARY = 500  # numbers in such a hello; browsers send under a hundred
Numbers = tuple[int, ...]
_NOTHING = "000000000000"  # JA4 writes this for an empty list


def is_grease(value: int) -> bool:
    """RFC 8701 section 2: 0x0A0A, 0x1A1A … 0xFAFA."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


def _plain(values: Iterable[int]) -> list[int]:
    return [value for value in values if not is_grease(value)]


def _ordinary(hello: Hello) -> bool:
    """Whether a hello is small enough for its fingerprints to be kept, so that memory stays bounded."""
    return len(hello.ciphers) + len(hello.extensions) + len(hello.groups) + len(hello.signatures) <= ORDINARY


def _dashed(values: Iterable[int]) -> str:
    return "-".join(str(value) for value in values)


def ja3_text(hello: Hello) -> str:
    """Version, ciphers, extensions, groups, point formats, as JA3 digests them."""
    return _ja3_text(hello.version, hello.ciphers, hello.extensions, hello.groups, hello.points)


def _ja3_text(version: int, ciphers: Numbers, extensions: Numbers, groups: Numbers, points: Numbers) -> str:
    return ",".join([str(version), *map(_dashed, (_plain(ciphers), _plain(extensions), _plain(groups), points))])


def ja3(hello: Hello) -> str:
    digest = _ja3 if _ordinary(hello) else _ja3.__wrapped__
    return digest(hello.version, hello.ciphers, hello.extensions, hello.groups, hello.points)


@lru_cache(maxsize=REMEMBERED)
def _ja3(version: int, ciphers: Numbers, extensions: Numbers, groups: Numbers, points: Numbers) -> str:
    line = _ja3_text(version, ciphers, extensions, groups, points)
    return hashlib.md5(line.encode(), usedforsecurity=False).hexdigest()


def ja3s(hello: Hello) -> str:
    """Version, cipher and extensions of the server hello."""
    digest = _ja3s if _ordinary(hello) else _ja3s.__wrapped__
    return digest(hello.version, hello.ciphers, hello.extensions)


@lru_cache(maxsize=REMEMBERED)
def _ja3s(version: int, ciphers: Numbers, extensions: Numbers) -> str:
    line = f"{version},{_dashed(ciphers)},{_dashed(extensions)}"
    return hashlib.md5(line.encode(), usedforsecurity=False).hexdigest()


def _short(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()[:12] if line else _NOTHING


def _hex(values: Iterable[int]) -> str:
    return ",".join(f"{value:04x}" for value in values)


@lru_cache(maxsize=256)
def _alpn_mark(first: bytes) -> str:
    """First and last character of the first protocol, of its hex form when either is not alphanumeric."""
    if not first:
        return "00"
    ends = first[:1] + first[-1:]
    if ends.isalnum():  # bytes.isalnum is ASCII only
        return ends.decode("ascii")
    return first.hex()[0] + first.hex()[-1]


@lru_cache(maxsize=REMEMBERED)
def _newest(versions: Numbers, version: int) -> int:
    """The newest of what a hello lists, a hundred at most, else what it says. The numbers of DTLS, from 0xFE00 on, count down."""
    listed = _plain(versions) or [version]
    return max(listed, key=lambda version: 0x10000 - version if version >> 8 == 0xFE else version)


def ja4(hello: Hello, transport: str = "t") -> str:
    """JA4 of a client hello over TCP (`t`), DTLS (`d`) or QUIC (`q`): FoxIO technical details, JA4: TLS client fingerprint. It is kept with
    the hello, which one transport carries."""
    if hello.ja4 is None:
        hello.ja4 = _whole_ja4(hello, transport)
    return hello.ja4


def _whole_ja4(hello: Hello, transport: str) -> str:
    mark = _alpn_mark(_first_plain(hello.protocols))
    version = _newest(hello.versions, hello.version)
    whole = _ja4 if _ordinary(hello) else _ja4.__wrapped__
    return whole(
        f"{transport}{_JA4_VERSIONS.get(version, '00')}", mark, hello.ciphers, hello.extensions, hello.signatures
    )


@lru_cache(maxsize=REMEMBERED)
def _ja4(start: str, mark: str, all_ciphers: Numbers, all_extensions: Numbers, all_signatures: Numbers) -> str:
    ciphers, extensions = _plain(all_ciphers), _plain(all_extensions)
    named = "d" if SERVER_NAME in extensions else "i"
    head = f"{start}{named}{min(len(ciphers), 99):02d}{min(len(extensions), 99):02d}{mark}"
    kept = _hex(sorted(kind for kind in extensions if kind not in (SERVER_NAME, ALPN)))
    signatures = _hex(_plain(all_signatures))
    tail = f"{kept}_{signatures}" if kept and signatures else kept
    return f"{head}_{_short(_hex(sorted(ciphers)))}_{_short(tail)}"


def _first_plain(protocols: tuple[bytes, ...]) -> bytes:
    for name in protocols:
        if len(name) != 2 or not is_grease(name[0] << 8 | name[1]):
            return name
    return b""
