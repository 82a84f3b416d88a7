"""Several captures read by one start of tshark, which takes longer than to read most of them: one behind another, each packet known as
one of its capture by where it stands."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

TSHARK = shutil.which("tshark")
_SECTION = struct.pack(
    "<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28
)  # pcapng: each interface has a link type of its own
_STREAMS = ("tcp.stream", "udp.stream")  # conversations, as tshark numbers them
_BETWEEN = "\x1e"  # the values of one field: no text on the wire is likely to hold it

Packet = list[list[str]]  # the values that a packet has of each field that was asked for


def by_tshark(paths: Sequence[Path], fields: Sequence[str]) -> list[list[Packet]]:
    """For each capture its packets as tshark reads them: all values of each of these fields.

    A capture with packets of a conversation that one before it has too waits for the next start: tshark would continue it.
    """
    found: dict[Path, list[Packet]] = {}
    waiting = list(paths)
    while waiting:
        seen: set[str] = set()
        for path, packets in zip(waiting, _together(waiting, (*_STREAMS, *fields)), strict=True):
            own = {
                f"{name} {one}"
                for packet in packets
                for name, held in zip(_STREAMS, packet, strict=False)
                for one in held
            }
            if not own & seen:
                found[path] = [packet[len(_STREAMS) :] for packet in packets]
            seen |= own
        waiting = [path for path in waiting if path not in found]
    return [found[path] for path in paths]


def _together(paths: Sequence[Path], fields: Sequence[str]) -> list[list[Packet]]:
    """Captures read one behind another."""
    contents = [path.read_bytes() for path in paths]
    packets = [list(_packets(number, data)) for number, data in enumerate(contents)]
    joined = b"".join([_SECTION, *map(_interface, contents), *(packet for held in packets for packet in held)])
    command = [str(TSHARK), "-n", "-r", "-", "-T", "fields", "-E", "occurrence=a", "-E", f"aggregator={_BETWEEN}"]
    command += [part for name in ("frame.number", *fields) for part in ("-e", name)]
    output = subprocess.run(command, input=joined, capture_output=True, check=True).stdout
    lines = [line.split("\t") for line in output.decode(errors="backslashreplace").split("\n")[:-1]]
    assert [int(number) for number, *_ in lines] == list(range(1, sum(map(len, packets)) + 1)), (
        "not all packets were read"
    )
    assert {len(cells) for cells in lines} == {1 + len(fields)}
    each = ([cell.split(_BETWEEN) if cell else [] for cell in cells] for _, *cells in lines)
    return [list(islice(each, len(held))) for held in packets]


def _interface(data: bytes) -> bytes:
    magic, snaplen, link = struct.unpack_from("<I12xII", data)
    assert magic == 0xA1B2C3D4, "only plain captures in microseconds can be joined here"
    return struct.pack("<IIHHII", 1, 20, link, 0, snaplen, 20)


def _packets(interface: int, data: bytes) -> Iterator[bytes]:
    """The records of a capture as blocks of pcapng; one that is cut, which tshark leaves out too, is none."""
    at = 24
    while at + 16 <= len(data):
        seconds, micros, kept, length = struct.unpack_from("<4I", data, at)
        at += 16 + kept
        if at > len(data):
            return
        size = 32 + kept + -kept % 4
        time = seconds * 1_000_000 + micros
        head = struct.pack("<7I", 6, size, interface, time >> 32, time & 0xFFFFFFFF, kept, length)
        yield head + data[at - kept : at] + bytes(-kept % 4) + struct.pack("<I", size)
