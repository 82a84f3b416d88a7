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


def moved(packet: bytes, by: int, names: tuple[bytes, ...] = ()) -> bytes:
    """The packet between other hosts: the last byte of both addresses, of what payload says of `Wire`'s, and of these `names`, is greater
    by so much."""
    raw = bytearray(packet)
    first, size = (26, 4) if raw[12:14] == b"\x08\x00" else (22, 16)
    for at in (first, first + size):
        to_many = raw[at + size - 1] == 255 or raw[at] >= 224 if size == 4 else raw[at] == 255
        if not to_many:
            raw[at + size - 1] += by
    text = bytes(raw)
    for dot in (b".", b","):
        for host, last in ((b"192.0.2.", 10), (b"198.51.100.", 20)):
            said = host.replace(b".", dot)
            text = text.replace(said + b"%d" % last, said + b"%d" % (last + by))
    for name in names:
        text = text.replace(name, name[:-1] + bytes([name[-1] + by]))
    return text


def harmed(packet: bytes, dice: random.Random) -> bytes:
    """A byte of it changed, anywhere from its Ethernet head on."""
    at = dice.randrange(len(packet))
    return packet[:at] + bytes([dice.randrange(256)]) + packet[at + 1 :]


def damaged_and_thinned(copies: list[list[bytes]], dice: random.Random) -> list[bytes]:
    """Of each copy either some bytes changed or some packets left out; every fourth ends within a packet."""
    out: list[bytes] = []
    for by, packets in enumerate(copies, 1):
        copy = list(packets)
        if by % 3:
            for _ in range(dice.randrange(1, 12)):
                at = dice.randrange(len(copy))
                copy[at] = harmed(copy[at], dice)
        else:
            copy = [packet for packet in copy if dice.random() > 0.25] or copy[-1:]
        if not by % 4:
            del copy[dice.randrange(1, len(copy) + 1) :]
            copy[-1] = copy[-1][: dice.randrange(14, len(copy[-1]))]
        out += copy
    return out


def damaged_and_cut_files(read: Any, data: bytes, dice: random.Random, count: int) -> None:
    """Bytes changed and the file cut anywhere, heads of records too: rows or problems, never an exception (`read` checks the ledger)."""
    for _ in range(count):
        raw = bytearray(data)
        for _ in range(dice.randrange(1, 12)):
            raw[dice.randrange(24, len(raw))] = dice.randrange(256)
        read(bytes(raw))
        read(data[: dice.randrange(24, len(data))])


def bear(
    read: Any, wire: Any, packets: list[bytes], *families: str, names: tuple[bytes, ...] = ()
) -> list[tuple[Any, ...]]:
    """Shuffled and turned around: the same rows. Cut after any packet: rows read wholly before it stay.

    Cut, damaged or thinned anywhere: rows or problems, never an exception (`read` checks the ledger). What is of a kind shares a capture,
    each between hosts of its own, and some are read alone. `names` are what conversations are told apart by besides their ends. Returns
    what is told of the packets as they are.
    """
    dice = random.Random(20260102)
    size = len(packets)
    order = list(range(size))
    whole = read(stamped(wire, packets, order))
    expected = told(whole, families)
    assert expected, families
    assert told(read(stamped(wire, packets, order[::-1])), families) == expected

    counts = range(1, size, max(size // 12, 1))
    copies = max(len(counts), 4)
    many = [moved(packet, by, names) for by in range(1, copies + 1) for packet in packets]
    together = read(stamped(wire, many, list(range(len(many)))))
    for family in families:
        assert len(getattr(together, family)) == copies * len(getattr(whole, family)), family
    mixed = [by * size + at for by in range(copies) for at in (order[::-1] if by == 0 else dice.sample(order, size))]
    for again in (mixed, dice.sample(mixed, len(mixed))):
        assert told(read(stamped(wire, many, again)), families) == told(together, families)
    cut = [
        packet if at < count else blank(packet)
        for by, count in enumerate(counts)
        for at, packet in enumerate(many[by * size : (by + 1) * size])
    ]
    part = read(stamped(wire, cut, list(range(len(cut)))))
    for by, count in enumerate(counts):
        first, last = by * size, by * size + count
        _stays(together, part, families, first, last)
    alone = dice.choice([*counts] or [size])
    _stays(whole, read(stamped(wire, packets[:alone], order[:alone])), families, 0, alone)

    others = [[moved(packet, by, names) for packet in packets] for by in range(1, 25)]
    among = [*packets, *damaged_and_thinned(others, dice)]
    _stays(whole, read(stamped(wire, among, list(range(len(among))))), families, 0, size)
    damaged_and_cut_files(read, whole.data, dice, 2)
    return expected


def blank(packet: bytes) -> bytes:
    """As long, but of no protocol that anybody reads (IEEE 802 local experimental)."""
    return packet[:12] + b"\x88\xb5" + bytes(len(packet) - 14)


def _stays(whole: Any, part: Any, families: tuple[str, ...], first: int, last: int) -> None:
    """Rows of the whole that were read within these packets, the last not among them, are rows of the part."""
    names = ("event", "object", "packet_first", "packet_last")
    for family in families:
        ids = {other["row_id"] for other in getattr(part, family)}
        found = {tuple(other.get(name) for name in names) for other in getattr(part, family)}
        for row in getattr(whole, family):
            if first < row["packet_first"] and row["packet_last"] < last:
                assert row["row_id"] in ids or tuple(row.get(name) for name in names) in found, (first, last, row)


def bear_session(read: Any, wire: Any, sent: list[tuple[str, bytes]], port: int, *families: str) -> None:
    """The same for what two sides say over TCP; and byte by byte: the same rows; one side alone: no exception."""
    whole = bear(read, wire, wire.session(sent, port=port), *families)
    single = [(side, bytes([byte])) for side, data in sent for byte in data[:3_000]]
    if sum(len(data) for _, data in sent) == len(single):
        assert told(read(wire.pcap(wire.session(single, port=port))), families) == whole
    sides = [wire.session([words for words in sent if words[0] == side], port=port) for side in "cs"]
    read(wire.pcap([moved(packet, by) for by, side in enumerate(sides) for packet in side]))


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
