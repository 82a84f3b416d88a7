"""What tshark and we read in the same captures, as a page: `python -m tests.parsers.network.agreement FOLDER MIXED`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.mixed_capture import LEFT_OUT, _template
from tests.parsers.network.agreement.explained import differences, left_over, mixed_reason, reason
from tests.parsers.network.agreement.measures import COUNTS, SETS, TUPLES, VALUES, Values, ours, theirs
from tests.parsers.network.agreement.yardstick import Packet, packets
from tests.parsers.network.conftest import read_path

Pair = tuple[Values, Values]
MEASURES = (*TUPLES, *COUNTS, *VALUES)
_OPENING = """# Packet captures: what tshark and we read in the same bytes

Made by `python -m tests.parsers.network.agreement FOLDER MIXED > docs/validation/captures.md` over a folder of real captures and one
capture of at least 300 MB that `benchmarks/mixed_capture.py` makes of them, readdressed and interleaved (tshark 4.0 with `-n`);
`tests/parsers/network/agreement/test_agreement.py` holds captures to the same comparison. 5-tuples, names and addresses are compared as
sets, all else with how often it occurs. Packets that an ICMP error quotes count for neither. SMB names are those of requests to open.
"""


def table(pairs: list[Pair]) -> str:
    """Each measure: how many values each reader has, and how many only one of them has."""
    rows = []
    for name in MEASURES:
        totals = [sum(sum(pair[side][name].values()) for pair in pairs) for side in (0, 1)]
        only = [sum(sum((pair[side][name] - pair[1 - side][name]).values()) for pair in pairs) for side in (0, 1)]
        rows.append(f"| {name} | {totals[0]:,} | {totals[1]:,} | {only[0]:,} | {only[1]:,} |\n")
    return "| what | tshark | Athar | only tshark | only Athar |\n|---|---:|---:|---:|---:|\n" + "".join(rows)


def explained(files: dict[str, Pair]) -> str:
    lines = []
    for capture, pair in files.items():
        for measure, one, other in differences(*pair):
            why = reason(capture, measure) or "**not explained**"
            lines.append(f"| {capture} | {measure} | {sum(one.values())} | {sum(other.values())} | {why} |\n")
    return "| capture | what | only tshark | only Athar | why |\n|---|---|---:|---:|---|\n" + "".join(lines)


def copied(files: dict[str, Pair], measure: str, copies: int) -> Counter[Any]:
    """What `copies` of each capture would differ by: ours less tshark's."""
    total: Counter[Any] = Counter()
    for pair in files.values():
        total.update({value: copies * count for value, count in (pair[1][measure] - pair[0][measure]).items()})
        total.subtract({value: copies * count for value, count in (pair[0][measure] - pair[1][measure]).items()})
    return total


def mixed_explained(files: dict[str, Pair], mixed: Pair, copies: int) -> str:
    lines = []
    for apart in differences(*mixed):
        measure, one, other = apart
        rest = left_over(apart, copied(files, measure, 1 if measure in SETS else copies))
        why = (
            "As in the captures it is made of, with every copy."
            if not rest
            else mixed_reason(measure) or "**not explained**"
        )
        lines.append(
            f"| {measure} | {sum(one.values()):,} | {sum(other.values()):,} | {sum(map(abs, rest.values())):,} | {why} |\n"
        )
    head = "| what | only tshark | only Athar | beyond the copies | why |\n|---|---:|---:|---:|---|\n"
    return head + "".join(lines)


def page(files: dict[str, Pair], mixed: Pair, size: int, copies: int, held: set[str]) -> str:
    text = _OPENING + f"\n## {len(files)} real captures\n\n" + table(list(files.values()))
    text += "\n### Every difference\n\n" + explained(files)
    text += f"\n## A mixed capture of {size:,} bytes: {copies} copies of {len(held)} of them\n\n" + table([mixed])
    text += "\n### Every difference in it\n\n" + mixed_explained(
        {name: pair for name, pair in files.items() if name in held}, mixed, copies
    )
    return text


def compared(path: Path, read: Iterable[Packet] | None = None) -> Pair:
    """What tshark reads in a capture, unless it was `read` before, and what we do."""
    return theirs(packets(path) if read is None else read), ours(read_path(path).rows)


def mixed_of(path: Path, folder: Path) -> tuple[int, set[str]]:
    """How many copies of each capture the mixed one holds, and the names of those that fit it."""
    fitting = {one.name: _template(one) for one in sorted(folder.glob("*.pcap*")) if not one.name.startswith(LEFT_OUT)}
    held = {name: template for name, template in fitting.items() if template is not None}
    return round(path.stat().st_size / sum(len(template.data) for template in held.values())), set(held)


if __name__ == "__main__":
    _folder, _mixed = Path(sys.argv[1]), Path(sys.argv[2])
    _files = {path.name: compared(path) for path in sorted(_folder.iterdir())}
    sys.stdout.write(page(_files, compared(_mixed), _mixed.stat().st_size, *mixed_of(_mixed, _folder)))
