"""Certificates of a handshake as rows of net/x509, under the names and in the spelling of Zeek's x509.log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Record, Trouble
from parsers.network.protocols.certificate_fields import Certificate, certificate

CHAIN = 16  # certificates of one chain that become rows


@dataclass(frozen=True, slots=True)
class Chain:
    """The certificates of one side, its own first. host: they are the server's; first, last: packets that brought them."""

    host: bool
    certificates: tuple[Certificate, ...]
    first: int
    last: int
    troubles: tuple[Trouble, ...] = field(default=())

    def values(self, server_name: str | None) -> dict[str, object]:
        """What the chain says in net/ssl."""
        side = "" if self.host else "client_"
        prints = ",".join(one.sha256 for one in self.certificates) or None
        out: dict[str, object] = {f"{side}cert_chain_fps": prints}
        for one in self.certificates[:1]:
            out[f"{side}subject"] = one.values.get("certificate_subject")
            out[f"{side}issuer"] = one.values.get("certificate_issuer")
            if self.host and server_name and one.names is not None:
                out["sni_matches_cert"] = any(_fits(pattern.lower(), server_name.lower()) for pattern in one.names)
        return out


def chain(body: bytes, host: bool, packets: tuple[int, int]) -> Chain:
    """The content of a Certificate message before TLS 1.3 (RFC 5246 section 7.4.2)."""
    stop = 3 + int.from_bytes(body[:3], "big")
    found: list[Certificate] = []
    reasons: list[str] = ["the list is longer than its message"] if stop > len(body) else []
    at = 3
    while at + 3 <= min(stop, len(body)):
        size = int.from_bytes(body[at : at + 3], "big")
        der = body[at + 3 : at + 3 + size]
        if len(der) < size or not size or len(found) == CHAIN:
            reasons.append(f"certificate {len(found) + 1} is empty, cut, or one too many")
            break
        found.append(certificate(der))
        at += 3 + size
    troubles = [
        Trouble(packets[0], f"Certificate list is malformed: {reason}", "tls_malformed_certificates")
        for reason in reasons
    ]
    troubles += [
        Trouble(packets[0], f"Certificate is malformed: {reason}", "x509_malformed_certificate")
        for one in found
        for reason in one.faults
    ]
    return Chain(host, tuple(found), *packets, tuple(troubles))


def certificate_rows(flow: int, found: Chain, packet_time: npt.NDArray[np.int64]) -> Iterator[Record]:
    """One row for each certificate of a chain, with what is true of it at the time of the capture."""
    second = int(packet_time[found.first]) // 10**9
    for place, one in enumerate(found.certificates):
        values = one.values | {"chain_place": place, "host_cert": found.host, "client_cert": not found.host}
        flags = []
        if second and one.end is not None and second > one.end:
            flags.append("expired")
        if second and one.begin is not None and second < one.begin:
            flags.append("not-yet-valid")
        if one.values.get("self_signed"):
            flags.append("self-signed")
        if one.faults:
            flags.append("malformed")
        yield Record(flow, found.first, found.last, "x509.certificate", values, tuple(flags), "net/x509")


def _fits(pattern: str, name: str) -> bool:
    """Whether a certificate's name covers a server name: equal, or `*` in the place of the whole first label (RFC 6125 section 6.4)."""
    pattern, name = pattern.rstrip("."), name.rstrip(".")
    if pattern == name:
        return True
    _, dot, rest = name.partition(".")
    return pattern[:2] == "*." and bool(dot) and pattern[2:] == rest and "." in rest
