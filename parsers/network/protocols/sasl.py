"""Credentials of mail protocols: what an AUTH exchange gives away (RFC 4422 and the mechanisms in use)."""

from __future__ import annotations

import binascii
import struct

from parsers.network.protocols import Record, text

TOKEN_LIMIT = 16_384  # bytes of one line of an exchange


def unbase64(raw: bytes) -> bytes | None:
    """Bytes of one line of an exchange, or None where it is not base64."""
    raw = raw.strip()[:TOKEN_LIMIT]
    try:
        return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return None


def exchanged(mechanism: bytes, said: list[bytes], asked: list[bytes]) -> dict[str, object] | None:
    """Scheme, user, realm, secret and challenge, from what the client said (base64, in order) and the server asked.

    None where nothing can be read.
    """
    scheme = text(mechanism).lower()[:40]
    answers = [unbase64(raw) for raw in said]
    questions = [unbase64(raw) for raw in asked]
    known = [raw for raw in answers if raw is not None]
    if not known:
        return None
    if scheme == "plain":
        return _plain(known[-1])
    if scheme == "login":
        return {"scheme": scheme, "username": text(known[0]), "secret": text(known[1]) if len(known) > 1 else None}
    if scheme in ("cram-md5", "apop"):
        user, _, digest = known[-1].rpartition(b" ")
        challenge = next((text(raw) for raw in questions if raw), None)
        return {"scheme": scheme, "username": text(user), "secret": text(digest), "challenge": challenge}
    if scheme in ("ntlm", "gssapi", "gss-spnego"):
        return ntlm(known, [raw for raw in questions if raw])
    if scheme in ("xoauth2", "oauthbearer"):
        return _bearer(scheme, known[0])
    return {"scheme": scheme, "secret": known[-1].hex()}


def _plain(raw: bytes) -> dict[str, object] | None:
    """RFC 4616: authorization identity, user, password, NUL between them."""
    words = raw.split(b"\0")
    if len(words) != 3:
        return None
    return {"scheme": "plain", "realm": text(words[0]) or None, "username": text(words[1]), "secret": text(words[2])}


def _bearer(scheme: str, raw: bytes) -> dict[str, object]:
    fields = dict(part.partition(b"=")[::2] for part in raw.split(b"\1") if b"=" in part)
    user = fields.get(b"user") or next((w[2:] for w in raw.split(b",") if w.startswith(b"a=")), b"")
    token = fields.get(b"auth", b"").partition(b" ")[2]
    return {"scheme": scheme, "username": text(user) or None, "secret": text(token) or None}


def ntlm(said: list[bytes], asked: list[bytes]) -> dict[str, object] | None:
    """MS-NLMP 2.2.1: the server's challenge, and domain, user and response of the AUTHENTICATE message."""
    message = next((raw for raw in said if raw[:12] == b"NTLMSSP\0\x03\0\0\0" and len(raw) >= 64), None)
    if message is None:
        return None
    challenge = next((raw[24:32].hex() for raw in asked if raw[:12] == b"NTLMSSP\0\x02\0\0\0" and len(raw) >= 32), None)
    unicode = struct.unpack_from("<I", message, 60)[0] & 1
    lm, nt, domain, user = (_field(message, at) for at in (12, 20, 28, 36))
    charset = "utf-16-le" if unicode else "cp437"
    scheme = "ntlmv2" if len(nt) > 24 else "ntlmv1"
    response = nt or lm
    return {
        "scheme": scheme,
        "username": user.decode(charset, "replace") or None,
        "realm": domain.decode(charset, "replace") or None,
        "secret": response.hex() or None,
        "challenge": challenge,
    }


def _field(message: bytes, at: int) -> bytes:
    size, _, offset = struct.unpack_from("<HHI", message, at)
    return message[offset : offset + size]


def credentials(
    flow: int, first: int, last: int, service: str, values: dict[str, object], accepted: bool | None
) -> Record:
    """A row of net/credentials."""
    values = {"service": service, "accepted": accepted} | values
    values |= {
        "user": values.get("username"),
        "outcome": None if accepted is None else ("failure", "success")[accepted],
    }
    return Record(flow, first, last, "credentials", values, family="net/credentials")
