"""TLS handshake bytes as they pass a capture: ClientHello (RFC 8446 section 4.1.2), ServerHello, and sealed records."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

from forensics.demo.draw import Draw

TLS10, TLS12, TLS13 = 0x0301, 0x0303, 0x0304
HANDSHAKE, CHANGE_CIPHER_SPEC, APPLICATION_DATA = 22, 20, 23
RECORD_LIMIT = 16_384
X25519, SECP256R1 = 0x001D, 0x0017


@dataclass(frozen=True, slots=True)
class Program:
    """How a program says hello: what JA3 and JA4 are made of. `order` lists its extensions in the order it sends them."""

    ciphers: tuple[int, ...]
    order: tuple[int, ...]
    groups: tuple[int, ...] = (X25519, SECP256R1, 0x0018)
    signatures: tuple[int, ...] = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)
    alpn: tuple[bytes, ...] = (b"h2", b"http/1.1")
    versions: tuple[int, ...] = (TLS13, TLS12)
    answer: int = 0x1301


BROWSER = Program(
    (0x0A0A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035),
    (0x1A1A, 0, 23, 65281, 10, 11, 35, 16, 5, 13, 18, 51, 45, 43, 27, 0x2A2A),
    groups=(0x3A3A, X25519, SECP256R1, 0x0018),
    versions=(0x4A4A, TLS13, TLS12),
)  # fmt: skip
OTHER_BROWSER = Program(
    (0x1301, 0x1303, 0x1302, 0xC02B, 0xC02F, 0xCCA9, 0xCCA8, 0xC02C, 0xC030, 0xC00A, 0xC009, 0xC013, 0xC014, 0x009C,
     0x009D, 0x002F, 0x0035),
    (0, 23, 65281, 10, 11, 35, 16, 5, 34, 51, 43, 13, 45, 28),
    groups=(X25519, SECP256R1, 0x0018, 0x0019, 0x0100, 0x0101),
)  # fmt: skip
WINDOWS_UPDATE = Program(
    (0x1302, 0x1301, 0xC02C, 0xC02B, 0xC030, 0xC02F, 0xC024, 0xC023, 0xC028, 0xC027, 0xC00A, 0xC009, 0xC014, 0xC013, 0x009D, 0x009C,
     0x003D, 0x003C, 0x0035, 0x002F),
    (0, 5, 10, 11, 13, 35, 16, 23, 43, 51, 65281),
    groups=(X25519, SECP256R1, 0x0018),
    alpn=(b"h2", b"http/1.1"),
    answer=0x1302,
)  # fmt: skip
IMPLANT = Program(
    (0xC02F, 0xC030, 0xC02B, 0xC02C, 0xCCA8, 0xCCA9, 0xC013, 0xC009, 0xC014, 0xC00A, 0x009C, 0x009D, 0x002F, 0x0035, 0xC012, 0x000A),
    (0, 5, 10, 11, 13, 65281, 18),
    groups=(X25519, SECP256R1, 0x0018, 0x0019),
    signatures=(0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503, 0x0603, 0x0201, 0x0203),
    alpn=(),
    versions=(),
    answer=0xC02F,
)  # fmt: skip


def record(kind: int, body: bytes, version: int = TLS12) -> bytes:
    return struct.pack("!BHH", kind, version, len(body)) + body


def _handshake(kind: int, body: bytes) -> bytes:
    return struct.pack("!B", kind) + len(body).to_bytes(3, "big") + body


def _counted(body: bytes) -> bytes:
    return struct.pack("!H", len(body)) + body


def _shorts(values: tuple[int, ...]) -> bytes:
    return struct.pack(f"!{len(values)}H", *values)


def _extension(number: int, program: Program, server: str, key: bytes) -> bytes:
    """The body of one extension by its IANA number; those not listed here are sent empty."""
    name = server.encode("ascii")
    if number == 0:  # server_name, RFC 6066 section 3
        return _counted(b"\0" + _counted(name))
    if number == 10:  # supported_groups
        return _counted(_shorts(program.groups))
    if number == 13:  # signature_algorithms
        return _counted(_shorts(program.signatures))
    if number == 16:  # application_layer_protocol_negotiation, RFC 7301
        return _counted(b"".join(bytes((len(protocol),)) + protocol for protocol in program.alpn))
    if number == 43:  # supported_versions
        return bytes((2 * len(program.versions),)) + _shorts(program.versions)
    if number == 51:  # key_share
        return _counted(struct.pack("!HH", X25519, len(key)) + key)
    fixed = {
        11: b"\x01\x00",  # ec_point_formats: uncompressed
        5: b"\x01\0\0\0\0",  # status_request: ocsp
        45: b"\x01\x01",  # psk_key_exchange_modes
        65281: b"\0",  # renegotiation_info
        27: b"\x02\x00\x02",  # compress_certificate: brotli
        28: b"\x40\x01",  # record_size_limit
        34: _counted(_shorts((0x0403, 0x0503, 0x0603, 0x0203))),  # delegated_credentials
        0x2A2A: b"\0",  # a GREASE extension with one byte
    }
    return fixed.get(number, b"")


def client_hello(program: Program, server: str, draw: Draw) -> bytes:
    """The record that opens a TLS connection: SNI `server`, and the program's own ciphers and extensions."""
    key = draw.raw(32)
    extensions = b"".join(struct.pack("!H", n) + _counted(_extension(n, program, server, key)) for n in program.order)
    session = draw.raw(32) if program.versions else b""
    body = struct.pack("!H", TLS12) + draw.raw(32) + bytes((len(session),)) + session
    body += _counted(_shorts(program.ciphers)) + b"\x01\x00" + _counted(extensions)
    return record(HANDSHAKE, _handshake(1, body), TLS10)


def server_hello(program: Program, draw: Draw) -> bytes:
    """The server's answer: TLS 1.3 where the program offers it, else TLS 1.2 up to ServerHelloDone."""
    if program.versions:
        extensions = struct.pack("!HHH", 43, 2, TLS13)
        extensions += struct.pack("!HH", 51, 36) + struct.pack("!HH", X25519, 32) + draw.raw(32)
        session = bytes((32,)) + draw.raw(32)
    else:
        extensions = struct.pack("!HHB", 65281, 1, 0) + struct.pack("!HHH", 11, 2, 0x0100)
        session = b"\0"
    body = (
        struct.pack("!H", TLS12) + draw.raw(32) + session + struct.pack("!HB", program.answer, 0) + _counted(extensions)
    )
    hello = record(HANDSHAKE, _handshake(2, body))
    if program.versions:
        return hello + record(CHANGE_CIPHER_SPEC, b"\x01") + sealed(draw.between(2_200, 3_800), draw)
    certificate = own_certificate()
    chain = len(certificate).to_bytes(3, "big") + certificate
    hello += record(HANDSHAKE, _handshake(11, len(chain).to_bytes(3, "big") + chain))
    # ServerKeyExchange, RFC 8422 section 5.4: named curve x25519, a public key, an Ed25519 signature.
    exchange = (
        b"\x03" + struct.pack("!HB", X25519, 32) + draw.raw(32) + struct.pack("!H", 0x0807) + _counted(draw.raw(64))
    )
    return hello + record(HANDSHAKE, _handshake(12, exchange)) + record(HANDSHAKE, _handshake(14, b""))


def client_finish(program: Program, draw: Draw) -> bytes:
    """What the client sends before its first request."""
    if program.versions:
        return record(CHANGE_CIPHER_SPEC, b"\x01") + record(APPLICATION_DATA, draw.raw(53))
    exchange = record(HANDSHAKE, _handshake(16, b"\x20" + draw.raw(32)))
    return exchange + record(CHANGE_CIPHER_SPEC, b"\x01") + record(HANDSHAKE, draw.raw(40))


def sealed(size: int, draw: Draw) -> bytes:
    """`size` bytes of application data as sealed records."""
    out = []
    while size > 0:
        piece = min(size, RECORD_LIMIT)
        out.append(record(APPLICATION_DATA, draw.raw(piece)))
        size -= piece
    return b"".join(out)


@lru_cache(maxsize=1)
def own_certificate() -> bytes:
    """The self-signed certificate of the control server (DER); Ed25519 keys and signatures are the same on every run."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    from forensics.demo.cast import CONTROL_NAME

    key = Ed25519PrivateKey.from_private_bytes(b"athar demo control certificate 1")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, CONTROL_NAME)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 0x5A17)
    builder = builder.not_valid_before(datetime(2026, 1, 19, 8, tzinfo=UTC)).not_valid_after(
        datetime(2036, 1, 17, 8, tzinfo=UTC)
    )
    return builder.sign(key, None).public_bytes(Encoding.DER)
