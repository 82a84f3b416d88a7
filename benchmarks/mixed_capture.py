"""A large capture made of many copies of real ones: readdressed, so that no two copies share a host, and interleaved in time.

Addresses are changed so that every checksum over them stays what it was. Those inside payloads and tunnels stay as they are: an FTP data
channel or a DNS answer of a copy names the hosts of the original.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from parsers.base import Evidence
from parsers.gather import as_bytes, numbers_at, spread
from parsers.network import pcap, pcapng
from parsers.network.records import Packets

EVIDENCE = Path(__file__).resolve().parents[2] / "shared" / "evidence" / "network"
TOGETHER = 16  # copies that run at the same time
SPAN = 600  # seconds within which the captures of one group of copies begin
LONGEST = 3_600  # seconds a capture may last; later packets come at once
LEFT_OUT = ("rfb",)  # VNC: tshark takes seconds for each megabyte of it, which would flatter us
ETHERNET, RAW = 1, (12, 101, 228, 229)
_START = 1_767_323_045  # 2026-01-02T03:04:05Z
_HEAD = 16
_FILE_HEAD = np.array([0xA1B2C3D4, 2 | 4 << 16, 0, 0, 262_144, ETHERNET], "<u4")

Bytes = npt.NDArray[np.uint8]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Template:
    """The packets of one real capture as pcap records: their bytes, where each begins, seconds from the first, and the places of
    the 16-bit halves that `readdressed` changes, (n, 2)."""

    data: Bytes
    starts: Int64s
    sizes: Int64s
    seconds: npt.NDArray[np.float64]
    halves: Int64s


def templates(folder: Path = EVIDENCE) -> list[Template]:
    """Those of the real captures that can stand in one Ethernet capture. Raises FileNotFoundError where there are none."""
    paths = sorted(path for path in folder.glob("*.pcap*") if not path.name.startswith(LEFT_OUT))
    if not paths:
        raise FileNotFoundError(f"{folder}: no captures there; expected the shared evidence")
    found = [_template(path) for path in paths]
    return [template for template in found if template is not None]


def _template(path: Path) -> Template | None:
    view = Evidence("E001", path.name, path, path.stat().st_size, "").open()
    buffer = as_bytes(view)
    packets = (pcapng.walk(view, buffer) if pcapng.is_pcapng(bytes(view[:12])) else pcap.walk(view, buffer)).packets
    if not len(packets) or not set(packets.link.tolist()) <= {ETHERNET, *RAW}:
        return None
    records = [_record(view, packets, row) for row in range(len(packets))]
    sizes = np.array([len(record) for record in records], np.int64)
    data = np.frombuffer(b"".join(records), np.uint8).copy()
    starts = np.cumsum(sizes) - sizes
    late = (packets.time - packets.time[0]) / 1e9
    seconds = np.minimum(np.maximum.accumulate(np.clip(late, 0, LONGEST)), LONGEST)
    return Template(data, starts, sizes, seconds, _halves(data, starts, sizes))


def _record(view: memoryview, packets: Packets, row: int) -> bytes:
    """A packet as an Ethernet record of a pcap file, its time left open."""
    at, caplen, origlen = (int(column[row]) for column in (packets.data, packets.caplen, packets.origlen))
    raw = bytes(view[at : at + caplen])
    if int(packets.link[row]) in RAW:
        frame = b"\x02\0\0\0\0\2\x02\0\0\0\0\1" + (b"\x86\xdd" if raw[:1] >= b"\x60" else b"\x08\x00")
        raw, origlen = frame + raw, origlen + len(frame)
    return np.array([0, 0, len(raw), max(origlen, len(raw))], "<u4").tobytes() + raw


def _halves(data: Bytes, starts: Int64s, sizes: Int64s) -> Int64s:
    """The first two 16-bit words of each outer address of each packet, behind up to two VLAN tags."""
    at = starts + _HEAD + 12
    ends = starts + sizes
    at, ends = at[sizes > 70], ends[sizes > 70]
    for _ in range(2):
        at = np.where(np.isin(numbers_at(data, at, ">u2"), (0x8100, 0x88A8)), at + 4, at)
    kind = numbers_at(data, at, ">u2")
    four, six = at[kind == 0x0800] + 2, at[(kind == 0x86DD) & (at + 42 <= ends)] + 2
    places = np.concatenate([four + 12, four + 16, six + 8, six + 24])
    return np.stack([places, places + 2], axis=1)


def readdressed(template: Template, shift: int) -> Bytes:
    """The template with `shift` added to the one half of each address and taken from the other: sums over it stay."""
    data = template.data.copy()
    for column, sign in ((0, 1), (1, -1)):
        at = template.halves[:, column]
        words = (numbers_at(data, at, ">u2").astype(np.int64) + sign * shift) % 65_535
        data[at], data[at + 1] = words >> 8, words & 255
    return data


def write_mixed(path: Path, size: int, folder: Path = EVIDENCE, seed: int = 7) -> tuple[int, int]:
    """A pcap of at least `size` bytes, the same each time. Returns its packets and its size."""
    kinds = templates(folder)
    chance = np.random.default_rng(seed)
    written, count, group = 0, 0, 0
    with path.open("wb") as out:
        written += out.write(_FILE_HEAD.tobytes())
        while written < size:
            begin = _START + group * (SPAN + 60)
            shift = group * TOGETHER * len(kinds)
            pieces = [
                _timed(kind, (shift + copy * len(kinds) + number) % 65_534 + 1, begin + float(chance.uniform(0, SPAN)))
                for copy in range(TOGETHER)
                for number, kind in enumerate(kinds)
            ]
            mixed = _interleaved(pieces)
            written += out.write(mixed.tobytes())
            count += sum(len(times) for _, _, _, times in pieces)
            group += 1
    return count, path.stat().st_size


def _timed(template: Template, shift: int, begin: float) -> tuple[Bytes, Int64s, Int64s, Int64s]:
    """A readdressed copy whose first packet comes at `begin`: bytes, starts, sizes, times in microseconds."""
    data = readdressed(template, shift)
    micros = ((begin + template.seconds) * 1e6).astype(np.int64)
    head = np.stack([micros // 1_000_000, micros % 1_000_000], axis=1).astype("<u4").view(np.uint8).reshape(-1, 8)
    data[template.starts[:, None] + np.arange(8)] = head
    return data, template.starts, template.sizes, micros


def _interleaved(pieces: list[tuple[Bytes, Int64s, Int64s, Int64s]]) -> Bytes:
    data = np.concatenate([piece[0] for piece in pieces])
    lift = np.cumsum([0] + [len(piece[0]) for piece in pieces[:-1]])
    starts = np.concatenate([piece[1] + by for piece, by in zip(pieces, lift.tolist(), strict=True)])
    sizes = np.concatenate([piece[2] for piece in pieces])
    order = np.argsort(np.concatenate([piece[3] for piece in pieces]), kind="stable")
    return data[spread(starts[order], sizes[order])]
