"""Where an address sits as seen from the capture: on the commune's network, or behind its gateway."""

from __future__ import annotations

from forensics.demo.cast import DC01, GATEWAY_MAC, LAN, PC_ADM01, SRV02, SUPERV01, WEB01
from forensics.demo.wire import Peer

_MACHINES = {machine.ip: machine for machine in (WEB01, SRV02, DC01, SUPERV01, PC_ADM01)}


def peer_of(address: str, port: int) -> Peer:
    """The end of a conversation at an address: machines of the commune by their own card, all others by the gateway."""
    machine = _MACHINES.get(address)
    if machine is not None:
        return Peer(machine.mac, address, port)
    if address.startswith(LAN):
        return Peer(f"02:00:5e:00:54:{int(address.rsplit('.', 1)[1]):02x}", address, port)
    return Peer(GATEWAY_MAC, address, port, ttl=52)
