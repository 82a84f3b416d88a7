"""One packet of a capture in words, by scapy: the second reader beside our own decoder, so that either can be checked by the other."""

from __future__ import annotations

import importlib
import logging

import numpy as np

from parsers.gather import as_bytes
from parsers.network import pcap, pcapng
from parsers.network.records import Packets
from timelines.visible import visible

LAYERS = 16  # layers told of one packet
VALUE_LIMIT = 120  # characters of one field's value
PACKET_LIMIT = 65_536  # bytes given to scapy, which is slow


def describe(view: memoryview, offset: int, length: int) -> list[str]:
    """A line for the record at `offset` of the capture file `view`, and one for each layer of its packet.

    `offset` and `length` are those of a row. Raises ValueError when no packet record begins there.
    """
    packet = _packet(view, offset)
    if packet is None or packet.size[0] != length:
        raise ValueError(
            f"no packet record of {length} bytes begins at byte {offset}; use the offset and length of a row"
        )
    start, caplen = int(packet.data[0]), int(packet.caplen[0])
    when = f"{np.datetime64(int(packet.time[0]), 'ns')}Z" if packet.timed[0] else "no time"
    cut = ", cut by the end of the file" if packet.cut[0] else ""
    head = f"packet record: {when}, {caplen} of {int(packet.origlen[0])} bytes captured, link type {int(packet.link[0])}{cut}"
    return [head, *_layers(bytes(view[start : start + min(caplen, PACKET_LIMIT)]), int(packet.link[0]))]


def _packet(view: memoryview, offset: int) -> Packets | None:
    """The packet whose record begins at `offset`, as columns of one row."""
    buffer = as_bytes(view)
    if not pcapng.is_pcapng(bytes(view[:12])):
        return pcap.packet_at(view, buffer, offset)
    packets = pcapng.walk(view, buffer).packets  # a block's link type and clock stand elsewhere in the file
    row = int(np.searchsorted(packets.record, offset))
    if row >= len(packets) or packets.record[row] != offset:
        return None
    return Packets(*(getattr(packets, name)[row : row + 1] for name in Packets.__slots__))


def _layers(data: bytes, link: int) -> list[str]:
    """The layers as scapy reads them: name and fields."""
    logging.getLogger("scapy").setLevel(logging.CRITICAL)  # no warnings about this machine's interfaces or routes
    for layers in ("l2", "inet", "inet6", "dns"):
        importlib.import_module(f"scapy.layers.{layers}")  # each registers its link and payload types
    from scapy.config import conf
    from scapy.packet import Raw

    kind = conf.l2types.num2layer.get(link)
    if kind is None:
        return [f"scapy knows no link type {link}: {data[:32].hex(' ')}"]
    lines: list[str] = []
    layer = kind(data)
    while layer and len(lines) < LAYERS:
        fields = {"load": data_text(bytes(layer.load))} if isinstance(layer, Raw) else _fields(layer)
        lines.append(f"{layer.name}: " + ", ".join(f"{name}={value}" for name, value in fields.items()))
        layer = layer.payload
    return lines


def _fields(layer: object) -> dict[str, str]:
    found = {}
    for field in layer.fields_desc:  # type: ignore[attr-defined]
        value = layer.getfieldval(field.name)  # type: ignore[attr-defined]
        if value is not None and value != [] and value != b"":
            shown = visible(field.i2repr(layer, value))
            found[field.name] = shown if len(shown) <= VALUE_LIMIT else shown[: VALUE_LIMIT - 1] + "…"
    return found


def data_text(data: bytes) -> str:
    """Payload bytes as their count and their first bytes, printable ones as they are."""
    shown = "".join(chr(b) if 0x20 <= b < 0x7F else "." for b in data[:64])
    return f"{len(data)} bytes {shown!r}" + ("…" if len(data) > 64 else "")
