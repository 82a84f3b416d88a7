"""What every protocol must bear: packets out of order, cut files, damaged bytes, one-byte segments, missing packets."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

OF_PACKETS = {
    "packet_first",
    "packet_last",
    "record",
    "offset",
    "length",
    "row_id",
    "file",
    "time",
    "flags",
    "duration",
}


def told(result: Any, families: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Rows without what depends on packets, sorted."""
    rows = [(family, row) for family in families for row in getattr(result, family)]
    return sorted(
        (family, *sorted((k, repr(v)) for k, v in row.items() if k not in OF_PACKETS)) for family, row in rows
    )


def stamped(wire: Any, packets: list[bytes], order: list[int]) -> bytes:
    """The packets at their own times, written in another order."""
    records = (wire.pcap_record(packets[at], wire.start, at * 1000) for at in order)
    out: bytes = wire.pcap_head() + b"".join(records)
    return out


def bear(read: Any, wire: Any, packets: list[bytes], *families: str) -> None:
    """Shuffled and turned around: the same rows. Cut after any packet: rows read wholly before it stay.

    Cut, damaged or thinned anywhere: rows or problems, never an exception (`read` checks the ledger).
    """
    dice = random.Random(20260102)
    whole = read(stamped(wire, packets, list(range(len(packets)))))
    expected = told(whole, families)
    assert expected, families
    order = list(range(len(packets)))
    for again in (order[::-1], dice.sample(order, len(order)), dice.sample(order, len(order))):
        assert told(read(stamped(wire, packets, again)), families) == expected
    data = stamped(wire, packets, order)
    for count in range(1, len(packets), max(len(packets) // 12, 1)):
        part = read(stamped(wire, packets[:count], list(range(count))))
        stay = [row for family in families for row in getattr(whole, family) if row["packet_last"] < count]
        for row in stay:
            same = [other for other in getattr(part, row["family"][4:]) if other["row_id"] == row["row_id"]]
            names = ("event", "object", "packet_first", "packet_last")
            found = [[other.get(name) for name in names] for other in getattr(part, row["family"][4:])]
            assert same or [row.get(name) for name in names] in found, (count, row)
        read(data[: dice.randrange(24, len(data))])
    for _ in range(12):
        raw = bytearray(data)
        for _ in range(dice.randrange(1, 12)):
            raw[dice.randrange(24, len(raw))] = dice.randrange(256)
        read(bytes(raw))
    for _ in range(6):
        left = [packet for packet in packets if dice.random() > 0.25]
        read(stamped(wire, left, list(range(len(left)))))


def bear_session(read: Any, wire: Any, sent: list[tuple[str, bytes]], port: int, *families: str) -> None:
    """The same for what two sides say over TCP; and byte by byte: the same rows; one side alone: no exception."""
    bear(read, wire, wire.session(sent, port=port), *families)
    whole = told(read(wire.pcap(wire.session(sent, port=port))), families)
    single = [(side, bytes([byte])) for side, data in sent for byte in data[:3_000]]
    if sum(len(data) for _, data in sent) == len(single):
        assert told(read(wire.pcap(wire.session(single, port=port))), families) == whole
    for side in "cs":
        read(wire.pcap(wire.session([words for words in sent if words[0] == side], port=port)))


def by_scapy(folder: Path, sent: list[tuple[str, bytes]], port: int) -> bytes:
    """A capture file of what two sides say over TCP, its packets made and written by scapy, without handshake."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw
    from scapy.utils import wrpcap

    there, back, out = 1, 1, []
    one, two = ("192.0.2.1", 4000), ("198.51.100.1", port)
    for side, data in sent:
        src, dst, seq, ack = (one, two, there, back) if side == "c" else (two, one, back, there)
        tcp = TCP(sport=src[1], dport=dst[1], flags="PA", seq=seq, ack=ack)
        out.append(
            Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src=src[0], dst=dst[0]) / tcp / Raw(data)
        )
        there, back = (there + len(data), back) if side == "c" else (there, back + len(data))
    wrpcap(str(folder / "scapy.pcap"), out)
    return (folder / "scapy.pcap").read_bytes()
