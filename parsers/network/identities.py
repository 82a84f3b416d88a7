"""Who talks to whom: addresses as text, connection ids, Community IDs."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.network.flows import Flows
from parsers.network.packets import ICMP, ICMPV6, TCP, UDP, Headers
from parsers.network.records import Bytes, Int32s, Packets

_DIGITS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", np.uint8)
_UID_DIGITS = 9  # base-62 digits of each half of the digest: 107 bits in all
_PORTED = (TCP, UDP, ICMP, ICMPV6, 132)
_TWO_WAY = {ICMP: (0, 8, 9, 10, 13, 14, 15, 16, 17, 18), ICMPV6: (128, 129, 130, 131, 133, 134, 135, 136, 144, 145)}


@dataclass(frozen=True, slots=True)
class Identities:
    """Endpoints and ids of all flows, (f,) each. Ports of ICMP are type and answering type or code."""

    proto: npt.NDArray[np.int16]
    orig: pa.StringArray
    resp: pa.StringArray
    orig_port: Int32s
    resp_port: Int32s
    uid: pa.StringArray
    community: pa.StringArray


def identify(headers: Headers, packets: Packets, flows: Flows) -> Identities:
    """Endpoints, uids and Community IDs. The first packet of a flow tells; where the responder sent it, its ends are turned."""
    rows = flows.order[flows.first] if len(flows) else np.zeros(0, np.int64)
    turned = ~flows.forward[flows.first] if len(flows) else np.zeros(0, np.bool_)
    src, dst, version = headers.src[rows], headers.dst[rows], headers.version[rows]
    orig, resp = np.where(turned[:, None], dst, src), np.where(turned[:, None], src, dst)
    sport, dport = headers.sport[rows].astype(np.int32), headers.dport[rows].astype(np.int32)
    orig_port, resp_port = np.where(turned, dport, sport), np.where(turned, sport, dport)
    texts = address_texts(np.concatenate([version, version]), np.concatenate([orig, resp]))
    proto = headers.proto[rows]
    wire = _wire(version, orig, orig_port), _wire(version, resp, resp_port)
    start = np.stack([packets.time[headers.packet[rows]].astype(">i8"), headers.seq[rows].astype(">i8")], axis=1).view(
        np.uint8
    )
    head = np.stack([version, proto.astype(np.uint8)], axis=1)
    uid = _uids(np.concatenate([head, *wire, start], axis=1))
    community = [_community(*ends) for ends in zip(proto.tolist(), version.tolist(), *map(_rows, wire), strict=True)]
    half = len(rows)
    return Identities(
        proto, texts.slice(0, half), texts.slice(half), orig_port, resp_port, uid, pa.array(community, pa.string())
    )


def address_texts(version: npt.NDArray[np.uint8], addresses: npt.NDArray[np.uint64]) -> pa.StringArray:
    """Addresses as text, each distinct one formatted once. `addresses` is (n, 2): high and low half."""
    texts: list[str] = []
    place = np.zeros(len(version), np.int64)
    four = version == 4
    distinct, inverse = np.unique(addresses[four, 1], return_inverse=True)
    texts += [str(IPv4Address(value)) for value in distinct.tolist()]
    place[four] = inverse
    pairs, inverse = np.unique(addresses[~four], axis=0, return_inverse=True)
    place[~four] = inverse.reshape(-1) + len(texts)
    texts += [str(IPv6Address(high << 64 | low)) for high, low in pairs.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(place))


def _wire(version: npt.NDArray[np.uint8], address: npt.NDArray[np.uint64], port: Int32s) -> Bytes:
    """Address and port as (n, 18) bytes: IPv4 in bytes 12 to 15."""
    out = np.zeros((len(version), 18), np.uint8)
    out[:, :16] = np.ascontiguousarray(address.astype(">u8")).view(np.uint8).reshape(-1, 16)
    out[:, 16:] = port.astype(">u2").view(np.uint8).reshape(-1, 2)
    return out


def _rows(matrix: Bytes) -> list[bytes]:
    raw, width = matrix.tobytes(), matrix.shape[1]
    return [raw[at : at + width] for at in range(0, len(raw), width)]


def _uids(keys: Bytes) -> pa.StringArray:
    """`C` and 18 base-62 digits of BLAKE2b over version, protocol, both ends, start and first sequence number."""
    digests = b"".join(hashlib.blake2b(key, digest_size=16).digest() for key in _rows(keys))
    halves = np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, 2)
    out = np.full((len(keys), 1 + 2 * _UID_DIGITS), ord("C"), np.uint8)
    for half in (0, 1):
        value = halves[:, half].copy()
        for digit in range(_UID_DIGITS):
            out[:, 1 + half * _UID_DIGITS + digit] = _DIGITS[value % np.uint64(62)]
            value //= np.uint64(62)
    ends = np.arange(0, out.size + 1, out.shape[1], dtype=np.int32)
    return pa.StringArray.from_buffers(len(keys), pa.py_buffer(ends), pa.py_buffer(out))


def _community(proto: int, version: int, orig: bytes, resp: bytes) -> str:
    """Community ID v1, seed 0: SHA-1 over seed, lower end, upper end, protocol, padding, ports."""
    one, two = (orig[12:16], orig[16:]), (resp[12:16], resp[16:])
    if version == 6:
        one, two = (orig[:16], orig[16:]), (resp[:16], resp[16:])
    one_way = proto in _TWO_WAY and orig[17] not in _TWO_WAY[proto]
    if two < one and not one_way:
        one, two = two, one
    ports = one[1] + two[1] if proto in _PORTED else b""
    data = b"\0\0" + one[0] + two[0] + bytes((proto, 0)) + ports
    return "1:" + base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode("ascii")
