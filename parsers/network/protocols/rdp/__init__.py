"""Remote Desktop (RDP): who asked by which name, what was agreed on, what the client tells of itself. One row a connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Trouble, Upgrade
from parsers.network.protocols.certificate_fields import certificate
from parsers.network.protocols.certificates import Chain, certificate_rows
from parsers.network.protocols.packet_span import packet_span
from parsers.network.protocols.rdp.negotiation import (
    CONFIRM,
    DATA,
    ENCRYPTED,
    REQUEST,
    Side,
    Unit,
    confirm_values,
    request_values,
    side,
)
from parsers.network.protocols.rdp.settings import client_values, server_values
from parsers.network.records import Bools, Bytes, one_of

PORT = 3389
_COOKIE = np.frombuffer(b"Cookie: ", np.uint8)


def _unit(raw: Bytes, code: int) -> Bools:
    """A TPKT packet with an X.224 unit of this code whose lengths agree."""
    found: Bools = (raw[:, 0] == 3) & (raw[:, 1] == 0) & (raw[:, 5] == code)
    if not found.any():
        return found
    size = raw[:, 2].astype(np.int64) << 8 | raw[:, 3]
    return np.asarray(found & (raw[:, 4].astype(np.int64) + 5 == size))


@dataclass(frozen=True, slots=True)
class Rdp:
    """The dissector."""

    service: str = "rdp"
    family: str = "net/rdp"

    def recognise(self, openings: Openings) -> Bools:
        """An X.224 request with a cookie or a negotiation, or a confirmation with one; a bare request on RDP's own port."""
        found = np.zeros(len(openings.proto), np.bool_)
        for raw in (openings.orig, openings.resp):
            asks, confirms = _unit(raw, REQUEST), _unit(raw, CONFIRM)
            if not (asks.any() or confirms.any()):
                continue
            cookie = (raw[:, 11 : 11 + len(_COOKIE)] == _COOKIE).all(axis=1)
            negotiates = (raw[:, 13] == 8) & (raw[:, 14] == 0)
            found |= asks & (cookie | (negotiates & (raw[:, 11] == 1)) | ((raw[:, 4] == 6) & openings.on_port(PORT)))
            found |= confirms & negotiates & one_of(raw[:, 11], 2, 3)
        return np.asarray(found & (openings.proto == 6))

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble | Upgrade]:
        if talk.orig is None or talk.resp is None:
            return
        sides = side(talk.orig), side(talk.resp)
        flipped = sides[1].of(REQUEST) is not None or sides[0].of(CONFIRM) is not None
        client, server = sides[flipped], sides[not flipped]
        values: dict[str, object] = {}
        units: list[Unit] = []
        chain: list[Chain] = []
        yield from _read_sides((client, server), values, units, chain)
        if units:
            first, last = packet_span((p for unit in units for p in (unit.first, unit.last)), packet_time)
            flags = ("truncated",) if client.cut or server.cut else ()
            yield Record(talk.flow, first, last, "rdp.connection", values, flags)
        for found in chain:
            yield from certificate_rows(talk.flow, found, packet_time)
        yield from _upgrade(sides, client.of(REQUEST), server.of(CONFIRM))


def _read_sides(
    sides: tuple[Side, Side], values: dict[str, object], units: list[Unit], chain: list[Chain]
) -> Iterator[Trouble]:
    """Fill the values of the row, the units it was read from, and the server's certificates."""
    client, server = sides
    for one in sides:
        if one.fault is not None:
            yield Trouble(one.packet, f"RDP packet is malformed: {one.fault}", "rdp_malformed_packet")
    request, confirm = client.of(REQUEST), server.of(CONFIRM)
    if request is not None:
        values |= request_values(request.data)
    if confirm is not None:
        values |= confirm_values(confirm.data)[0]
    units += [unit for unit in (request, confirm) if unit is not None]
    for unit, from_server in ((client.of(DATA), False), (server.of(DATA), True)):
        if unit is None:
            continue
        units.append(unit)
        try:
            if from_server:
                told, found = server_values(unit.data)
                values |= told
                if found:
                    chain.append(Chain(True, tuple(certificate(der) for der in found), unit.first, unit.last))
            else:
                values |= client_values(unit.data)
        except ValueError as error:
            yield Trouble(unit.first, f"RDP settings are malformed: {error}", "rdp_malformed_settings")


def _upgrade(sides: tuple[Side, Side], request: Unit | None, confirm: Unit | None) -> Iterator[Upgrade]:
    """TLS follows at once where it was chosen (MS-RDPBCGR section 5.4.5.1)."""
    if request is not None and confirm is not None and confirm_values(confirm.data)[1] in ENCRYPTED:
        ends = [next(unit.end for unit in one.units if unit in (request, confirm)) for one in sides]
        yield Upgrade("ssl", *ends)


DISSECTOR = Rdp()
