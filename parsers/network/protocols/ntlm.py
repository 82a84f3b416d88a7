"""NTLM messages, wherever a protocol carries them: who logs on from where, what the server calls itself, and the answered challenge.

Source: MS-NLMP section 2.2. A pure reader: protocols look for a message with `find`, read it with `message`, and make the rows of a
logon with `rows`.
"""

from __future__ import annotations

import struct
from codecs import utf_16_le_decode
from dataclasses import dataclass, field

from parsers.network.protocols import Record

SIGNATURE = b"NTLMSSP\x00"
RESPONSE_LIMIT = 4_096  # bytes of a response that are kept; honest ones have a few hundred
PAIRS = 64  # attribute pairs read of a challenge; a dozen kinds are defined
_UNICODE = 0x00000001
_COLUMNS = {
    1: "server_nb_computer_name", 2: "server_nb_domain_name", 3: "server_dns_computer_name", 4: "server_dns_domain_name",
    5: "server_tree_name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Challenge:
    """CHALLENGE_MESSAGE (section 2.2.1.2): the eight bytes to answer, and the server's names by column."""

    packet: int
    nonce: bytes
    names: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """AUTHENTICATE_MESSAGE (section 2.2.1.3): who logs on, from which machine, and the two responses."""

    packet: int
    user: str
    domain: str
    workstation: str
    lm: bytes
    nt: bytes


def find(blob: bytes) -> bytes | None:
    """The NTLM message in a security blob, raw or wrapped in SPNEGO; None where there is none."""
    at = blob.find(SIGNATURE)
    return None if at < 0 else blob[at:]


def message(raw: bytes, packet: int) -> Challenge | Authenticate | None:
    """A challenge or an answer to one; None for the negotiation before them. Raises ValueError for what is no NTLM message."""
    if len(raw) < 12:
        raise ValueError("NTLM message ends in its header")
    kind = struct.unpack_from("<I", raw, 8)[0]
    if kind == 2:
        return _challenge(raw, packet)
    if kind == 3:
        return _authenticate(raw, packet)
    if kind == 1:
        return None
    raise ValueError(f"NTLM message of kind {kind} is not known")


def _field(raw: bytes, at: int) -> bytes:
    """The bytes that length, allocated size and offset at `at` point to."""
    if at + 8 > len(raw):
        raise ValueError("NTLM message ends in its fields")
    size, _, offset = struct.unpack_from("<HHI", raw, at)
    if not size:
        return b""
    if offset + size > len(raw):
        raise ValueError("NTLM field runs beyond the message")
    return raw[offset : offset + size]


def utf16(raw: bytes) -> str:
    """UTF-16 of the wire as text; lone surrogates and a last odd byte are replaced."""
    return utf_16_le_decode(raw, "replace", True)[0].rstrip("\x00")  # `decode` comes here by way of Python


def _challenge(raw: bytes, packet: int) -> Challenge:
    if len(raw) < 32:
        raise ValueError("NTLM challenge ends before its challenge")
    names: dict[str, object] = {}
    pairs, at = _field(raw, 40) if len(raw) >= 48 else b"", 0
    for _ in range(PAIRS):  # AV_PAIR, section 2.2.2.1
        if at + 4 > len(pairs):
            break
        kind, size = struct.unpack_from("<HH", pairs, at)
        if kind in _COLUMNS:
            names[_COLUMNS[kind]] = utf16(pairs[at + 4 : at + 4 + size])
        if kind == 0:
            break
        at += 4 + size
    return Challenge(packet, raw[24:32], names)


def _authenticate(raw: bytes, packet: int) -> Authenticate:
    lm, nt, domain, user, workstation = (_field(raw, at) for at in (12, 20, 28, 36, 44))
    flags = struct.unpack_from("<I", raw, 60)[0] if len(raw) >= 64 else 0
    texts = [utf16(part) if flags & _UNICODE else part.decode("latin-1") for part in (user, domain, workstation)]
    return Authenticate(packet, texts[0], texts[1], texts[2], lm[:RESPONSE_LIMIT], nt[:RESPONSE_LIMIT])


def rows(
    flow: int, service: str, challenge: Challenge | None, answer: Authenticate, success: bool | None
) -> tuple[Record, ...]:
    """The logon as a row of net/ntlm, and its answered challenge as one of net/credentials where it is not anonymous."""
    outcome = None if success is None else "success" if success else "failure"
    first = challenge.packet if challenge else answer.packet
    values: dict[str, object] = {
        "username": answer.user or None, "hostname": answer.workstation or None, "domainname": answer.domain or None,
        "success": success, "outcome": outcome, "service": service, **(challenge.names if challenge else {}),
    }  # fmt: skip
    logon = Record(flow, first, answer.packet, "ntlm.logon", values, family="net/ntlm")
    if len(answer.nt) < 24 and len(answer.lm) < 24:
        return (logon,)
    second = len(answer.nt) > 24  # section 2.2.2.8: the response of version 2 goes on after its 16-byte proof
    secret = answer.nt.hex() if second else f"{answer.lm.hex()}:{answer.nt.hex()}"
    credentials: dict[str, object] = {
        "service": service, "scheme": "ntlmv2" if second else "ntlmv1", "username": answer.user, "realm": answer.domain or None,
        "secret": secret, "challenge": challenge.nonce.hex() if challenge else None, "accepted": success, "outcome": outcome,
    }  # fmt: skip
    return logon, Record(flow, first, answer.packet, "credentials", credentials, family="net/credentials")
