"""Who talks to whom: addresses as text, connection ids, Community IDs."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.network.address_names import address_name
from parsers.network.flows import Flows
from parsers.network.ip_packets import IpPackets
from parsers.network.packets import ICMP, ICMPV6, TCP, UDP
from parsers.network.records import HANDFUL, Bytes, Int32s, one_of
from parsers.network.row_digests import blake2b, sha1

Ends = npt.NDArray[np.uint64]  # (n, 2): high and low half of addresses
_OCTETS = pa.array([str(number) for number in range(256)], pa.string())
_GROUPS = [":".join(["%x"] * count) for count in range(9)]
_MAPPED = [0, 0, 0, 0, 0, 0xFFFF]  # before an IPv4 address (RFC 4291 section 2.5.5.2)
_DIGITS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", np.uint8)
_UID_DIGITS = 9  # base-62 digits of each half of the digest: 107 bits in all
_PORTED = (TCP, UDP, ICMP, ICMPV6, 132)
_TWO_WAY = {ICMP: (0, 8, 9, 10, 13, 14, 15, 16, 17, 18), ICMPV6: (128, 129, 130, 131, 133, 134, 135, 136, 144, 145)}


def _longest(there: bytes) -> tuple[int, int]:
    """Where the longest run of two zeros or more lies among eight groups, which is the first of such; nowhere: (0, 0)."""
    for length in range(8, 1, -1):
        if (at := there.find(bytes(length))) >= 0:
            return at, at + length
    return 0, 0


_LONGEST = {there: _longest(there) for there in map(bytes, product((0, 1), repeat=8))}  # by which groups are not zero


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


def identify(packets: IpPackets, flows: Flows) -> Identities:
    """Endpoints, uids and Community IDs. The first packet of a flow tells; where the responder sent it, its ends are turned."""
    rows = flows.order[flows.first] if len(flows) else np.zeros(0, np.int64)
    turned = ~flows.forward[flows.first] if len(flows) else np.zeros(0, np.bool_)
    src, dst, version = packets.src[rows], packets.dst[rows], packets.version[rows]
    orig, resp = np.where(turned[:, None], dst, src), np.where(turned[:, None], src, dst)
    sport, dport = packets.sport[rows].astype(np.int32), packets.dport[rows].astype(np.int32)
    orig_port, resp_port = np.where(turned, dport, sport), np.where(turned, sport, dport)
    texts = address_texts(np.concatenate([version, version]), np.concatenate([orig, resp]))
    proto = packets.proto[rows]
    wire = _wire(orig, orig_port), _wire(resp, resp_port)
    start = np.stack([packets.time[rows].astype(">i8"), packets.seq[rows].astype(">i8")], axis=1).view(np.uint8)
    head = np.stack([version, proto.astype(np.uint8)], axis=1)
    uid = _uids(np.concatenate([head, *wire, start], axis=1))
    community = _communities(version, proto, orig, resp, orig_port, resp_port)
    half = len(rows)
    return Identities(proto, texts.slice(0, half), texts.slice(half), orig_port, resp_port, uid, community)


def address_texts(version: npt.NDArray[np.uint8], addresses: npt.NDArray[np.uint64]) -> pa.StringArray:
    """Addresses as text, each distinct one formatted once. `addresses` is (n, 2): high and low half."""
    if len(version) <= HANDFUL:
        return pa.array(list(map(_text, version.tolist(), addresses.tolist())), pa.string())
    place = np.zeros(len(version), np.int64)
    four = version == 4
    distinct, inverse = np.unique(addresses[four, 1], return_inverse=True)
    octets = [_OCTETS.take(pa.array(distinct >> np.uint64(shift) & np.uint64(255))) for shift in (24, 16, 8, 0)]
    short = pc.binary_join_element_wise(*octets, ".")
    place[four] = inverse
    pairs, inverse = np.unique(addresses[~four], axis=0, return_inverse=True)
    place[~four] = inverse.reshape(-1) + len(short)
    long = pa.array(list(map(_ipv6, pairs.astype(">u8").view(">u2").reshape(-1, 8).tolist())), pa.string())
    return pa.concat_arrays([short, long]).take(pa.array(place))


def _text(version: int, halves: list[int]) -> str:
    """One address, of its high and low half."""
    if version == 4:
        return ".".join([str(halves[1] >> shift & 255) for shift in (24, 16, 8, 0)])
    return _ipv6([half >> shift & 0xFFFF for half in halves for shift in (48, 32, 16, 0)])


def _ipv6(groups: list[int]) -> str:
    """An address of eight groups as text (RFC 5952 section 4): the longest run of two zeros or more, the first of such, is left out."""
    if groups[:6] == _MAPPED:
        return address_name(b"".join([group.to_bytes(2, "big") for group in groups]))
    at, behind = _LONGEST[bytes(map(bool, groups))]
    if at == behind:
        return _GROUPS[8] % tuple(groups)
    return _GROUPS[at] % tuple(groups[:at]) + "::" + _GROUPS[8 - behind] % tuple(groups[behind:])


def _wire(address: Ends, port: Int32s) -> Bytes:
    """Address and port as (n, 18) bytes: IPv4 in bytes 12 to 15."""
    out = np.zeros((len(address), 18), np.uint8)
    out[:, :16] = np.ascontiguousarray(address.astype(">u8")).view(np.uint8).reshape(-1, 16)
    out[:, 16:] = port.astype(">u2").view(np.uint8).reshape(-1, 2)
    return out


def _uids(keys: Bytes) -> pa.StringArray:
    """`C` and 18 base-62 digits of BLAKE2b over version, protocol, both ends, start and first sequence number."""
    halves = blake2b(keys)
    out = np.full((len(keys), 1 + 2 * _UID_DIGITS), ord("C"), np.uint8)
    for half in (0, 1):
        value = halves[:, half].copy()
        for digit in range(_UID_DIGITS):
            out[:, 1 + half * _UID_DIGITS + digit] = _DIGITS[value % np.uint64(62)]
            value //= np.uint64(62)
    return _fixed(out)


def _communities(
    version: npt.NDArray[np.uint8],
    proto: npt.NDArray[np.int16],
    orig: Ends,
    resp: Ends,
    orig_port: Int32s,
    resp_port: Int32s,
) -> pa.StringArray:
    """Community ID v1, seed 0: SHA-1 over seed, lower end, upper end, protocol, padding, ports."""
    one_way = np.zeros(len(proto), np.bool_)
    for number, types in _TWO_WAY.items():
        one_way |= (proto == number) & ~one_of(orig_port, *types)
    high, low = orig[:, 0] == resp[:, 0], orig[:, 1] == resp[:, 1]
    above = (orig[:, 0] > resp[:, 0]) | (high & (orig[:, 1] > resp[:, 1])) | (high & low & (orig_port > resp_port))
    turned = (above & ~one_way)[:, None]
    lower, upper = _wire(orig, orig_port), _wire(resp, resp_port)
    lower, upper = np.where(turned, upper, lower), np.where(turned, lower, upper)
    numbers = np.stack([proto.astype(np.uint8), np.zeros(len(proto), np.uint8)], axis=1)
    ported = one_of(proto, *_PORTED)
    digests = np.zeros((len(proto), 21), np.uint8)  # SHA-1 and a byte more, so that base64 has no remainder
    for four in (True, False):
        address = slice(12 if four else 0, 16)
        for with_ports in (True, False):
            rows = np.flatnonzero(((version == 4) == four) & (ported == with_ports))
            parts = [np.zeros((len(rows), 2), np.uint8), lower[rows, address], upper[rows, address], numbers[rows]]
            parts += [lower[rows, 16:], upper[rows, 16:]] if with_ports else []
            digests[rows, :20] = sha1(np.concatenate(parts, axis=1))
    text = np.frombuffer(binascii.b2a_base64(digests.tobytes(), newline=False), np.uint8).reshape(-1, 28).copy()
    text[:, 27] = ord("=")
    return _fixed(np.concatenate([np.tile(np.frombuffer(b"1:", np.uint8), (len(text), 1)), text], axis=1))


def _fixed(texts: Bytes) -> pa.StringArray:
    """Texts of one length: (n, length) uint8."""
    ends = np.arange(0, texts.size + 1, texts.shape[1], dtype=np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(texts)))
