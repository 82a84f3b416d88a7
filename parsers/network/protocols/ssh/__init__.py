"""SSH: versions, algorithms offered and agreed on, host key, HASSH. One row a connection."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble
from parsers.network.protocols.packet_span import packet_span
from parsers.network.protocols.ssh import together
from parsers.network.protocols.ssh.logins import COMPRESSED, login
from parsers.network.protocols.ssh.together import Told
from parsers.network.protocols.ssh.transport import GROUP_REPLY, REPLY, Side, side
from parsers.network.protocols.tabular import Streams, Tabulated
from parsers.network.records import Bools

_START = np.frombuffer(b"SSH-", np.uint8)
# Places in the ten lists of RFC 4253 section 7.1.
_KEX, _HOST_KEY, _CIPHER, _MAC, _COMPRESSION = 0, 1, (2, 3), (4, 5), (6, 7)
_PORT, _FREE = 22, 1024  # where servers listen; ports from this on are given to clients
_SHORT = 8_192  # characters of two offers for which this is kept: programs offer the same ones each time
_NO_ALGORITHM = "Algorithm negotiation failed"  # as Zeek writes it


@dataclass(frozen=True, slots=True)
class Ssh:
    """The dissector."""

    service: str = "ssh"
    family: str = "net/ssh"

    def recognise(self, openings: Openings) -> Bools:
        """A version line from either side."""
        found = (openings.orig[:, :4] == _START).all(axis=1) | (openings.resp[:, :4] == _START).all(axis=1)
        return np.asarray(found & (openings.proto == 6))

    def tabulate_streams(self, streams: Streams, packet_time: npt.NDArray[np.int64]) -> Tabulated:
        """The rows of plain conversations, by columns."""
        return together.tabulate(streams, packet_time, _told, _serves)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        if talk.orig is None or talk.resp is None:
            return
        client, server = side(talk.orig), side(talk.resp)
        troubled = ((client, talk.orig), (server, talk.resp))
        streams = talk.orig, talk.resp
        if _turned(client, server, bool(_serves(talk.orig_port, talk.resp_port))):
            client, server, streams = server, client, (talk.resp, talk.orig)
        for one, stream in troubled:
            if one.fault is not None:
                yield Trouble(one.last, f"SSH packet is malformed: {one.fault}", "ssh_malformed_packet")
            elif one.version is None and stream.end:
                yield Trouble(stream.packet(0), "SSH side sends no version line", "ssh_no_version")
        said = [one for one in (client, server) if one.version is not None]
        if said:
            first, last = packet_span((p for one in said for p in (one.first, one.last)), packet_time)
            flags = ("truncated",) if client.cut or server.cut else ()
            values = _values(client, server)
            if _sized(values):
                found = login(*streams, (client.sealed_at, server.sealed_at), packet_time)
                values |= {"auth_success": found.accepted, "auth_attempts": found.attempts}
            yield Record(talk.flow, first, last, "ssh.connection", values, flags)


def _told(orig: Side, resp: Side, serves: bool) -> Told:
    """What two sides say, as far as it depends on nothing else."""
    turned = _turned(orig, resp, serves)
    values = _values(resp, orig) if turned else _values(orig, resp)
    return Told(values, turned, _sized(values))


def _sized(values: dict[str, object]) -> bool:
    """Whether the sizes of sealed messages tell how logging in went."""
    return bool(values["encrypted"]) and COMPRESSED not in str(values.get("compression_alg"))


def _serves(orig_port: Any, resp_port: Any) -> Any:
    """Whether ports, numbers or arrays of them, tell that the end that sent the first packet is the server."""
    return (orig_port == _PORT) & (resp_port >= _FREE)


def _turned(orig: Side, resp: Side, serves: bool) -> bool:
    """Whether the end that sent the first packet is the server: its messages say so, else the other's, else `serves`, its port.

    Where the SYN is captured its sender is the client, and nothing speaks against it but what somebody forged.
    """
    if orig.serves is not None and orig.serves != resp.serves:
        return orig.serves
    if resp.serves is not None and orig.serves is None:
        return not resp.serves
    return serves


def _values(client: Side, server: Side) -> dict[str, object]:
    values: dict[str, object] = {
        "client": client.version,
        "server": server.version,
        "version": _version(client, server),
    }
    values["object"] = server.version
    lists = client.offer.lists if client.offer else None, server.offer.lists if server.offer else None
    short = sum(sum(map(len, offered or ())) for offered in lists) <= _SHORT
    values |= _known(*lists) if short else _offered(*lists)
    values["encrypted"] = client.sealed and server.sealed
    kex = str(values.get("kex_alg", ""))
    key = (server.replies or {}).get(GROUP_REPLY if "group-exchange" in kex else REPLY)
    if key is not None and client.offer:
        digest = hashlib.md5(key, usedforsecurity=False).hexdigest()
        values["host_key"] = ":".join(digest[at : at + 2] for at in range(0, 32, 2))
        values["host_key_sha256"] = "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip(
            "="
        )
    return values


def _offered(client: tuple[str, ...] | None, server: tuple[str, ...] | None) -> dict[str, object]:
    """What follows from the lists that the sides offer."""
    values: dict[str, object] = {}
    if client:
        values |= _fingerprint("hassh", client, 0)
    if server:
        values |= _fingerprint("hasshServer", server, 1)
    if client and server:
        values |= _agreed(client, server)
    return values


_known = lru_cache(maxsize=256)(_offered)


def _version(client: Side, server: Side) -> int | None:
    """The major version both can speak (RFC 4253 section 5.1: 1.99 is 2 to those who speak 2)."""
    majors = [{1, 2} if one.protocol == (1, 99) else {one.protocol[0]} for one in (client, server) if one.protocol]
    common = set.intersection(*majors) if majors else set()
    return max(common) if common else None


def _fingerprint(name: str, lists: tuple[str, ...], way: int) -> dict[str, object]:
    """HASSH (Salesforce): MD5 of the lists for key exchange, encryption, MAC and compression that a side would send with."""
    algorithms = ";".join(lists[place] for place in (_KEX, _CIPHER[way], _MAC[way], _COMPRESSION[way]))
    digest = hashlib.md5(algorithms.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
    return {name: digest, f"{name}Algorithms": algorithms}


def _agreed(client: tuple[str, ...], server: tuple[str, ...]) -> dict[str, object]:
    """RFC 4253 section 7.1: of each list the client's first that the server has too."""

    def first(place: int) -> str:
        known = set(server[place].split(","))
        return next((name for name in client[place].split(",") if name in known), _NO_ALGORITHM)

    def both(places: tuple[int, int]) -> str:
        up, down = first(places[0]), first(places[1])
        return up if up == down else f"To server: {up}, to client: {down}"

    return {
        "kex_alg": first(_KEX),
        "host_key_alg": first(_HOST_KEY),
        "cipher_alg": both(_CIPHER),
        "mac_alg": both(_MAC),
        "compression_alg": both(_COMPRESSION),
    }


DISSECTOR = Ssh()
