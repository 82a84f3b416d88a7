"""The packets behind a network row on the terminal: listed, and a display filter with which Wireshark and tshark show them."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.case import Case
from cases.errors import CaseError
from forensics.packet_reach import asked
from forensics.terminal import complain, instant, say, table, wrapped
from parsers.network.excerpt import Chosen, choose
from parsers.network.listing import Listed, listed, ranges
from parsers.second.packets import PacketRecords
from timelines.visible import visible

if TYPE_CHECKING:
    from forensics.row_sheet import Sheet

SHOWN = 12  # packets listed of one row
RUNS = 24  # runs of packet numbers that a filter names; with more it names the contact and the numbers between which they lie
_COMPRESSED = (".gz", ".zst", ".lz4")  # what tshark opens itself, where it was built with the libraries


def show_packets(case: Case, sheet: Sheet, view: memoryview, evidence: Path | None, every: bool = False) -> None:
    """Print the packets that a row was read from, all with `every`, else SHOWN, and how to see them elsewhere."""
    values = sheet.values
    if values.get("packet_first") is None:
        say("\nThe row is about no packet but about the capture file, or a block of it.")
        return
    try:
        chosen = [choose(view, one) for one in asked(case, sheet, whole=False)]
    except ValueError as error:
        complain(str(error))
        return
    count = len(_numbers(chosen))
    found = of_all(chosen, count if every else SHOWN, (values.get("src_ip"), values.get("src_port")))
    say()
    _table(view, sheet.family, found, count)
    if sheet.more_flows:
        say(f"  … and those of {sheet.more_flows:,} more flows, which the row names")
    say()
    for line in elsewhere(case, sheet, chosen, evidence):
        say(line)


def of_all(chosen: Sequence[Chosen], most: int, origin: tuple[str | None, int | None]) -> list[Listed]:
    """The first `most` packets of all flows, in file order, each once."""
    found = {packet.number: packet for flow in chosen for packet in listed(flow, most, origin)}
    return [found[number] for number in sorted(found)[:most]]


def _numbers(chosen: Sequence[Chosen]) -> list[int]:
    """The packets' numbers in the file, from 1."""
    return sorted({number + 1 for flow in chosen for number in flow.places.tolist()})


def _table(view: memoryview, family: str, found: list[Listed], count: int) -> None:
    reader = PacketRecords(view, family)
    times = [instant(packet.time) for packet in found]
    date = times[0][:10] if all(time[:10] == times[0][:10] for time in times) else ""
    rows = [
        (
            packet.number,
            time[11:] if date else time,
            f"{packet.offset:,}",
            f"{packet.captured:,}" + (f" of {packet.wire:,}" if packet.wire != packet.captured else ""),
            _direction(packet),
            reader.layers(packet.offset, packet.length) + (f" [{packet.flags}]" if packet.flags else ""),
        )
        for packet, time in zip(found, times, strict=True)
    ]
    title = f"Read from {count:,} packet{'s' * (count != 1)}" + (f" of {date}" if date.strip("–") else "")
    say(title)
    table("", ("packet", "time", "offset", "bytes", "", "layers, by scapy"), rows)
    if count > len(found):
        say(f"  … and {count - len(found):,} more: --all-bytes lists them")


def _direction(packet: Listed) -> str:
    return "" if packet.forward is None else ("→" if packet.forward else "←")


def display_filter(chosen: Sequence[Chosen], flows: Sequence[Mapping[str, Any]]) -> str:
    """A display filter of Wireshark for the packets: by number, or where these lie in too many runs by the first and last and the ends of
    the `flows`."""
    numbers = _numbers(chosen)
    runs = ranges(numbers)
    if len(runs) <= RUNS:
        return "frame.number in {" + ", ".join(str(a) if a == b else f"{a}..{b}" for a, b in runs) + "}"
    contacts = list(dict.fromkeys(map(_contact, flows)))
    ends = contacts[0] if len(contacts) == 1 else "(" + " || ".join(f"({one})" for one in contacts) + ")"
    return f"frame.number >= {numbers[0]} && frame.number <= {numbers[-1]}" + (f" && {ends}" if all(contacts) else "")


def _contact(values: Mapping[str, Any]) -> str:
    """The ends of a contact as conditions; TCP's streams have numbers that other tools count otherwise."""
    conditions = []
    for side in ("src", "dst"):
        try:
            address = ipaddress.ip_address(str(values.get(f"{side}_ip")))
        except ValueError:
            continue
        conditions.append(f"{'ip' if address.version == 4 else 'ipv6'}.addr == {address}")
    proto = values.get("proto")
    ports = [values.get(f"{side}_port") for side in ("src", "dst")]
    if all(port is not None for port in ports):
        kinds = (proto,) if proto in ("tcp", "udp") else ("tcp", "udp")
        each = [" && ".join(f"{kind}.port == {port}" for port in ports) for kind in kinds]
        conditions.append(each[0] if len(each) == 1 else "(" + " || ".join(f"({one})" for one in each) + ")")
    return " && ".join(conditions)


def elsewhere(case: Case, sheet: Sheet, chosen: Sequence[Chosen], evidence: Path | None) -> list[str]:
    """Lines that say how to see the packets with Wireshark or tshark."""
    short = str(sheet.values["row_id"])[:12]
    extract = f"athar extract CASE {short} --pcap writes them as a capture of their own"
    if any(flow.damaged for flow in chosen):
        return [wrapped(f"Other tools stop at damage, which lies before these packets in the file; {extract}.")]
    wanted = display_filter(chosen, [sheet.values, *(flow.ends for flow in sheet.flows)])
    lines = [f"Display filter for Wireshark and tshark: {wanted}"]
    try:
        path = case.locate_file(sheet.exhibit, sheet.file, evidence)
    except CaseError as error:
        return [*lines, f"The file is not at hand: {visible(str(error))}"]
    entry = case.register.entry(sheet.exhibit, sheet.file)
    if (entry.on_disk or entry.file) != entry.file and not path.name.endswith(_COMPRESSED):
        return [*lines, wrapped(f"The filter is for the capture inside {visible(str(path))}, unpacked; {extract}.")]
    return [*lines, "  " + visible(f"tshark -r {shlex.quote(str(path))} -Y {shlex.quote(wanted)}")]
