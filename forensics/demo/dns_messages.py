"""DNS questions and answers on the wire, built by scapy once for each name and reused under new ids."""

from __future__ import annotations

import struct
from functools import lru_cache

from forensics.demo.cast import DC01
from forensics.demo.neighbours import peer_of
from forensics.demo.wire import Peer, Wire

DNS_PORT = 53


@lru_cache(maxsize=4096)
def _messages(name: str, kind: str, data: str | None, ttl: int) -> tuple[bytes, bytes]:
    """The question and the answer without their ids; `data` None answers that the name does not exist."""
    from scapy.layers.dns import DNS, DNSQR, DNSRR

    question = DNSQR(qname=name, qtype=kind, qclass="IN")
    flags = {"opcode": 0, "tc": 0, "rd": 1, "z": 0, "ad": 0, "cd": 0}
    asked = DNS(id=0, qr=0, aa=0, ra=0, rcode=0, qd=[question], an=[], ns=[], ar=[], **flags)
    answers = [] if data is None else [DNSRR(rrname=name, type=kind, rclass="IN", ttl=ttl, rdata=data)]
    rcode = 3 if data is None else 0
    told = DNS(id=0, qr=1, aa=0, ra=1, rcode=rcode, qd=[question], an=answers, ns=[], ar=[], **flags)
    return bytes(asked), bytes(told)


def ask(
    wire: Wire, moment: int, who: tuple[str, int, int], name: str, answer: tuple[str, str | None, int, int]
) -> None:
    """A question to the commune's resolver and its answer.

    `who` is the asker's address, port and message id; `answer` the record type, its data, its TTL and the wait in ns.
    """
    address, port, ident = who
    kind, data, ttl, wait_ns = answer
    question, reply = _messages(name, kind, data, ttl)
    client, server = peer_of(address, port), Peer(DC01.mac, DC01.ip, DNS_PORT)
    number = struct.pack("!H", ident)
    wire.datagram(moment, client, server, number + question[2:])
    wire.datagram(moment + wait_ns, server, client, number + reply[2:])
