"""The two sides of a handshake as rows of net/ssl and net/x509."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Record, Trouble
from parsers.network.protocols.certificates import Chain, certificate_rows, chain
from parsers.network.protocols.fingerprints import ja3, ja3s, ja4
from parsers.network.protocols.hellos import PRE_SHARED_KEY, Hello, client_hello, retry, server_hello
from parsers.network.protocols.packet_span import packet_span
from parsers.network.protocols.ssl.sides import CERTIFICATE, CLIENT_HELLO, SERVER_HELLO, SERVER_KEY_EXCHANGE, Side
from parsers.network.protocols.ssl.version2 import VERSION2, cipher_name2
from parsers.network.protocols.tls_names import alert_name, cipher_name, curve_name, is_tls13, version_name

NO_FAILURE = (None, 0, 90)  # close_notify and user_canceled
SEALED_ALERT = 19  # bytes of an encrypted TLS 1.3 alert: level, description, type, tag of 16 (RFC 8446 section 5.2)
_CLIENT_KEY_EXCHANGE = 16
_REACHED = itemgetter(0)
Item = TypeVar("Item")


@dataclass(slots=True)
class _Handshake:
    """What the two sides agreed on. client and server are sides by role, whoever opened the connection."""

    transport: str
    client: Side
    server: Side
    flipped: bool
    offer: Hello | None = None
    answer: Hello | None = None
    chains: list[Chain] = field(default_factory=list)


def handshake_rows(
    flow: int, sides: tuple[Side, Side], packet_time: npt.NDArray[np.int64], transport: str
) -> Iterator[Record | Trouble]:
    """One row of net/ssl where there was a hello, one of net/x509 for each certificate. transport: `t`, `d` or `q`, as in JA4."""
    flipped = CLIENT_HELLO in sides[1].kinds or (SERVER_HELLO in sides[0].kinds and CLIENT_HELLO not in sides[0].kinds)
    shake = _Handshake(transport, sides[flipped], sides[not flipped], flipped)
    yield from _hellos(shake)
    for side, host in ((shake.server, True), (shake.client, False)):
        for message in side.of(CERTIFICATE)[:1]:
            found = chain(message.body, host, (message.first, message.last))
            shake.chains.append(found)
            yield from found.troubles
    if shake.offer is not None or shake.answer is not None:
        yield _row(flow, shake, packet_time)
    for found in shake.chains:
        yield from certificate_rows(flow, found, packet_time)


def _hellos(shake: _Handshake) -> Iterator[Trouble]:
    """Read the hellos; of several the client's first and the server's last count, requests to retry aside."""
    shake.offer, shake.answer = shake.client.old, shake.server.old
    for side in (shake.client, shake.server):
        for message in side.messages:
            try:
                if message.kind == CLIENT_HELLO:
                    offer = message.offer or client_hello(message.body, cookie=shake.transport == "d")
                    if shake.offer is not None and offer.server_name != shake.offer.server_name:
                        yield Trouble(
                            message.first, "TLS client hello is followed by one for another name", "tls_other_hello"
                        )
                    shake.offer = shake.offer or offer
                elif message.kind == SERVER_HELLO and not retry(message.body):
                    shake.answer = server_hello(message.body)
            except ValueError as error:
                yield Trouble(message.first, f"TLS hello is malformed: {error}", "tls_malformed_hello")


def _row(flow: int, shake: _Handshake, packet_time: npt.NDArray[np.int64]) -> Record:
    established = _established(shake)
    values: dict[str, object] = {"established": established, "ssl_history": _history(shake, packet_time)}
    if shake.offer is not None:
        values["server_name"] = shake.offer.server_name
        if shake.client.old is None:
            values |= {"ja3": ja3(shake.offer), "ja4": ja4(shake.offer, shake.transport)}
    if shake.answer is not None:
        values |= _answer_values(shake, shake.answer)
    for found in shake.chains:
        values |= found.values(shake.offer.server_name if shake.offer else None)
    alert = _last_alert(shake, packet_time)
    values["last_alert"] = None if alert is None else alert_name(alert)
    if established or alert not in NO_FAILURE:
        values["outcome"] = "success" if established else "failure"
    first, last = packet_span(_packets(shake), packet_time)
    flags = ("truncated",) if shake.client.cut or shake.server.cut else ()
    return Record(flow, first, last, "ssl.hello", values, flags, "net/ssl")


def _answer_values(shake: _Handshake, answer: Hello) -> dict[str, object]:
    version = answer.chosen_version
    if version == VERSION2:
        chosen = shake.client.chosen
        return {"version": version_name(version), "cipher": None if chosen is None else cipher_name2(chosen)}
    cipher = cipher_name(answer.ciphers[0])
    group = answer.group if answer.group is not None else _exchange_group(shake.server, cipher)
    values: dict[str, object] = {"version": version_name(version), "cipher": cipher, "ja3s": ja3s(answer)}
    values["curve"] = None if group is None else curve_name(group)
    values["next_protocol"] = protocol_name(answer)
    if shake.offer is not None:
        values["resumed"] = _resumed(shake, shake.offer, answer)
    return values


def protocol_name(answer: Hello) -> str | None:
    """The application protocol that a server chose."""
    return answer.protocols[0].decode("utf-8", "backslashreplace") if answer.protocols else None


def names_group(cipher: str) -> bool:
    """Whether a ServerKeyExchange of this cipher suite may name a curve."""
    return "ECDH" in cipher or cipher.startswith("unknown")


def _exchange_group(server: Side, cipher: str) -> int | None:
    """The named curve of a ServerKeyExchange (RFC 8422 section 5.4)."""
    for message in server.of(SERVER_KEY_EXCHANGE):
        if message.body[:1] == b"\x03" and len(message.body) >= 3 and names_group(cipher):
            return message.body[1] << 8 | message.body[2]
    return None


def _resumed(shake: _Handshake, offer: Hello, answer: Hello) -> bool:
    """RFC 8446 section 4.2.11: the server took a key it was offered; before TLS 1.3 it repeats the session id, or takes a ticket
    (RFC 5077 section 3.4): the client goes on without a key exchange."""
    if is_tls13(answer.chosen_version):
        return PRE_SHARED_KEY in answer.extensions and PRE_SHARED_KEY in offer.extensions
    if any(offer.session):
        return offer.session == answer.session
    return offer.ticket and shake.client.changed and _CLIENT_KEY_EXCHANGE not in shake.client.kinds


def _established(shake: _Handshake) -> bool:
    """Both sides went on encrypted. In TLS 1.3 the client's first encrypted record must be more than an alert."""
    client, server = shake.client.sealed, shake.server.sealed
    if shake.answer is None or client is None or server is None:
        return False
    if shake.answer.chosen_version == VERSION2:
        return shake.client.chosen is not None
    return not (is_tls13(shake.answer.chosen_version) and client <= SEALED_ALERT)


def _in_time(
    client: list[tuple[Item, int]], server: list[tuple[Item, int]], packet_time: npt.NDArray[np.int64]
) -> list[tuple[bool, Item]]:
    """What both sides sent, in the order of time; each side's own order stays."""
    merged: list[tuple[tuple[int, int], bool, Item]] = []
    for is_client, found in ((True, client), (False, server)):
        reached, before = (0, 0), -1
        for item, packet in found:
            if packet != before:
                reached, before = max(reached, (packet_time.item(packet), packet)), packet
            merged.append((reached, is_client, item))
    merged.sort(key=_REACHED)
    return [(is_client, item) for _, is_client, item in merged]


def _history(shake: _Handshake, packet_time: npt.NDArray[np.int64]) -> str:
    order = _in_time(shake.client.letters, shake.server.letters, packet_time)
    letters = "".join([letter.upper() if client else letter for client, letter in order])
    return ("^" if shake.flipped else "") + letters


def _last_alert(shake: _Handshake, packet_time: npt.NDArray[np.int64]) -> int | None:
    if not shake.client.alerts and not shake.server.alerts:
        return None
    return _in_time(shake.client.alerts, shake.server.alerts, packet_time)[-1][1]


def _packets(shake: _Handshake) -> list[int]:
    """The packets of hellos, certificates, key exchanges and alerts."""
    out: list[int] = []
    for side in (shake.client, shake.server):
        for message in side.messages:
            out += message.first, message.last
        if side.alerts:
            out += [packet for _, packet in side.alerts]
        if side.old is not None:
            out += side.old_packets
    return out
