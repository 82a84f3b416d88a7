"""Which flows another flow foretold: by an end and its peer."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.network.identities import Identities
from parsers.network.packets import TCP, UDP
from parsers.network.records import Int64s, one_of

_PORTS = 1 << 16


class ByEnd:
    """TCP and UDP flows by one of their ends (address and port) and the other's address."""

    def __init__(self, identities: Identities) -> None:
        hosts = pa.concat_arrays([identities.orig, identities.resp]).dictionary_encode()
        self._hosts: dict[str, int] = {text: number for number, text in enumerate(hosts.dictionary.to_pylist())}
        orig, resp = np.split(hosts.indices.to_numpy().astype(np.int64), 2)
        flow = np.flatnonzero(one_of(identities.proto, TCP, UDP))
        orig_port, resp_port = (ports[flow].astype(np.int64) for ports in (identities.orig_port, identities.resp_port))
        key = np.concatenate(
            [self._key(orig[flow], orig_port, resp[flow]), self._key(resp[flow], resp_port, orig[flow])]
        )
        order = np.argsort(key, kind="stable")
        self._sorted, self._flow = key[order], np.concatenate([flow, flow])[order]

    def flows(self, host: str, port: int, peer: str) -> Int64s:
        """Those that `host` takes part in on `port` with `peer`, each once, in order."""
        one, other = self._hosts.get(host), self._hosts.get(peer)
        if one is None or other is None or not 0 <= port < _PORTS:
            return np.zeros(0, np.int64)
        key = (one * _PORTS + port) * len(self._hosts) + other
        begin, some = int(self._sorted.searchsorted(key)), len(self._sorted)
        if begin == some or self._sorted.item(begin) != key:
            return np.zeros(0, np.int64)
        if begin + 1 == some or self._sorted.item(begin + 1) != key:  # as a rule
            return self._flow[begin : begin + 1]
        return np.unique(self._flow[begin : self._sorted.searchsorted(key, "right")])

    def _key(self, host: Int64s, port: Int64s, peer: Int64s) -> Int64s:
        """One number for an end and its peer: a partition has 2^20 packets, so 63 bits are enough."""
        return np.asarray((host * _PORTS + port) * len(self._hosts) + peer)
