"""Certificates that plain TLS conversations showed, as columns: each chain of them is read once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parsers.gather import spread
from parsers.network.protocols.certificates import Chain, chain
from parsers.network.protocols.ssl import record_kernels as records
from parsers.network.protocols.tabular import Rows
from parsers.network.records import Bools, Bytes, Int64s
from timelines.families.network import FAMILIES

_PLACES = (records.CHAIN, records.OWN_CHAIN)
_TOLD = {
    "cert_chain_fps": pa.string(), "subject": pa.string(), "issuer": pa.string(), "sni_matches_cert": pa.bool_(),
    "client_cert_chain_fps": pa.string(), "client_subject": pa.string(), "client_issuer": pa.string(),
}  # fmt: skip
_EXPIRED, _EARLY, _OWN = 1, 2, 4
_FLAGS = pa.array(
    [
        ",".join(name for bit, name in ((_EXPIRED, "expired"), (_EARLY, "not-yet-valid"), (_OWN, "self-signed")) if bits & bit)
        for bits in range(8)
    ],
    pa.string(),
)  # fmt: skip
_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Shown:
    """What conversations showed: `which` of the chains the server did and which the client, -1 for none: (n, 2); names: of the servers that
    were asked for, (n,). plain: nothing is wrong with them."""

    which: Int64s
    chains: list[Chain]
    names: pa.StringArray

    @property
    def plain(self) -> Bools:
        odd = np.array([bool(one.troubles) for one in self.chains] + [False], np.bool_)
        return np.asarray(~odd[self.which].any(axis=1))

    def values(self, rows: Int64s) -> dict[str, pa.Array]:
        """What chains say in net/ssl, and whether the server's is for the name that was asked for."""
        told: list[dict[str, object]] = [{}]
        known: dict[tuple[int, int, str | None], int] = {(-1, -1, None): 0}
        place = np.zeros(len(rows), np.int64)
        there = np.flatnonzero((self.which[rows] >= 0).any(axis=1))
        asked = self.names.take(pa.array(rows[there])).to_pylist()
        for row, (host, own), name in zip(there.tolist(), self.which[rows[there]].tolist(), asked, strict=True):
            key = host, own, name if host >= 0 else None
            if key not in known:
                known[key] = len(told)
                told.append({})
                for which in (one for one in (host, own) if one >= 0):
                    told[-1] |= self.chains[which].values(name)
            place[row] = known[key]
        at = pa.array(place)
        return {name: pa.array([one.get(name) for one in told], kind).take(at) for name, kind in _TOLD.items()}

    def certificates(self, rows: Int64s, told: Int64s, flows: Int64s, packet_time: Int64s) -> Rows | None:
        """The rows of net/x509, None where no certificate was shown."""
        side, at = (part.ravel() for part in np.meshgrid([0, 1], rows, indexing="ij"))
        which = self.which[at, side]
        side, at, which = side[which >= 0], at[which >= 0], which[which >= 0]
        first, last = told[at, np.take(_PLACES, side) + 2], told[at, np.take(_PLACES, side) + 3]
        order = np.argsort(first, kind="stable")
        at, which, first, last = at[order], which[order], first[order], last[order]
        counts = np.array([len(one.certificates) for one in self.chains], np.int64)
        begins = np.cumsum(counts) - counts
        one, count = spread(begins[which], counts[which]), counts[which]
        if not len(one):
            return None
        first, last, flow = (np.repeat(column, count) for column in (first, last, flows[at]))
        return Rows(flow, first, last, self._fields(one, np.repeat(which, count), packet_time[first]), "net/x509")

    def _fields(self, one: Int64s, which: Int64s, time: Int64s) -> dict[str, pa.Array]:
        """`one`: which of the certificates of all chains each row is of; `which`: its chain; time: of the capture, in ns."""
        found = [certificate for chain in self.chains for certificate in chain.certificates]
        place = np.array([place for chain in self.chains for place in range(len(chain.certificates))], np.int32)
        host = np.array([chain.host for chain in self.chains], np.bool_)[which]
        end = np.array([_NEVER if certificate.end is None else certificate.end for certificate in found])[one]
        begin = np.array([-_NEVER if certificate.begin is None else certificate.begin for certificate in found])[one]
        own = np.array([bool(certificate.values.get("self_signed")) for certificate in found])[one]
        second = time // 10**9
        bits = np.where(second > end, _EXPIRED, 0) | np.where(second < begin, _EARLY, 0)
        bits = np.where(second != 0, bits, 0) | np.where(own, _OWN, 0)
        at = pa.array(one)
        columns = {
            name: pa.array([certificate.values.get(name) for certificate in found], kind).take(at)
            for name, kind in _KINDS.items()
        }
        return columns | {
            "event": pa.repeat("x509.certificate", len(one)),
            "flags": _FLAGS.take(pa.array(bits)),
            "chain_place": pa.array(place[one]),
            "host_cert": pa.array(host),
            "client_cert": pa.array(~host),
        }


_KINDS = {
    column.name: column.type
    for family in FAMILIES
    for column in family.columns
    if family.name == "net/x509" and column.name.startswith(("certificate_", "san_", "basic_", "fingerprint", "sha1", "self_"))
} | {"object": pa.string()}  # fmt: skip


def shown(told: Int64s, data: Bytes, names: pa.StringArray) -> Shown:
    """The chains of these conversations, as `records.walk` told them. names: of the servers that were asked for, (n,)."""
    chains: list[Chain] = []
    known: dict[tuple[bool, bytes], int] = {}
    which = np.full((len(told), 2), -1, np.int64)
    for side, place in enumerate(_PLACES):
        rows = np.flatnonzero(told[:, place] >= 0)
        for row, (at, size) in zip(rows.tolist(), told[rows, place : place + 2].tolist(), strict=True):
            key = side == 0, data[at : at + size].tobytes()
            if key not in known:
                known[key] = len(chains)
                chains.append(chain(key[1], key[0], (0, 0)))
            which[row, side] = known[key]
    return Shown(which, chains, names)
