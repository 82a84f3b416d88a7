"""Findings in groups: by machine and technique with the reason of each in one line, or counted by rule."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cases import findings as kept
from cases.reviews import Reviewed, reviews
from forensics.findings_list import rank, row, title
from forensics.terminal import as_json, instant, say, table
from timelines.visible import visible

if TYPE_CHECKING:
    from forensics.api import OpenCase
    from timelines.findings import Finding

NO_HOST, NO_TECHNIQUE = "(no machine named)", "(no technique)"
_SECOND = 1_000_000_000


def show(case: OpenCase, by: str, level: str | None, json: bool) -> None:
    """Standing findings by host, then technique (or the other way about). One that names several stands under the first of each."""
    known = [one for one in reviews(case.case).findings if one.review.stands]
    found = [one for one in known if level is None or rank(one.finding.level) >= rank(level)]
    groups: dict[tuple[str, str], list[Reviewed]] = {}
    for one in found:
        key = (_host(one.finding), _technique(one.finding))
        groups.setdefault(key if by == "host" else key[::-1], []).append(one)
    ordered = sorted(groups.items(), key=lambda item: _order(item[0], groups))
    if json:
        as_json(
            [{**row(one), "why": one.finding.why, "group": list(key)} for key, members in ordered for one in members]
        )
    elif not sys.stdout.isatty():
        names = ("host", "technique", "id", "level", "grade", "first", "rows", "title", "why")
        table(
            "", names, [_cells(key if by == "host" else key[::-1], one) for key, members in ordered for one in members]
        )
    else:
        _draw(ordered)
        say(
            f"{len(found):,} findings in {len(groups):,} groups; athar findings {case.case.folder} FINDING shows one with its rows"
        )


def _host(finding: Finding) -> str:
    hosts = finding.entities.get("hosts", ())
    return hosts[0].upper() + (f" +{len(hosts) - 1}" if len(hosts) > 1 else "") if hosts else _address(finding)


def _address(finding: Finding) -> str:
    addresses = finding.entities.get("ips", ())
    return f"{addresses[0]}" + (f" +{len(addresses) - 1}" if len(addresses) > 1 else "") if addresses else NO_HOST


def _technique(finding: Finding) -> str:
    return finding.attack[0] if finding.attack else NO_TECHNIQUE


def _order(key: tuple[str, str], groups: dict[tuple[str, str], list[Reviewed]]) -> tuple[Any, ...]:
    """Outer groups by their gravest finding, inner ones by theirs; then by name."""
    outer = max(rank(one.finding.level) for other, members in groups.items() if other[0] == key[0] for one in members)
    inner = max(rank(one.finding.level) for one in groups[key])
    return -outer, key[0], -inner, key[1]


def _cells(key: tuple[str, str], one: Reviewed) -> tuple[object, ...]:
    f = one.finding
    return (*key, f.finding_id, f.level, f.grade, instant(f.first), len(f.rows), title(one), " ".join(f.why.split()))


def _draw(ordered: Sequence[tuple[tuple[str, str], list[Reviewed]]]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    outer = None
    for (first, second), members in ordered:
        if first != outer:
            console.print(Text(visible(first), style="bold"))
            outer = first
        console.print(Text(f"  {visible(second)}", style="cyan"))
        for line in _finding_lines(members, console.width):
            console.print(line, soft_wrap=True)
    console.print()


def _finding_lines(members: Sequence[Reviewed], width: int) -> Iterator[Any]:
    from rich.text import Text

    for one in members:
        f = one.finding
        when = instant(f.first // _SECOND * _SECOND) if f.first is not None else "–"
        head = f"    {f.level:<9} {f.finding_id}  {when}  {len(f.rows):,} row{'' if len(f.rows) == 1 else 's'}  "
        name = visible(title(one))
        if len(head) + len(name) <= width:
            yield Text(head + name)
        else:
            yield Text(head.rstrip())
            yield Text(_cut(f"              {name}", width))
        yield Text(_cut(f"              {visible(' '.join(f.why.split()))}", width), style="dim")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 1)] + "…"


def show_rules(case: OpenCase, level: str | None, json: bool) -> None:
    """Rules by the number of rows that they matched, noisiest first, then how many found nothing and how many could see nothing."""
    outcomes = [
        o for o in kept.load_outcomes(case.case.findings_folder) if level is None or rank(o.level) >= rank(level)
    ]
    findings: dict[str, int] = {}
    for found in kept.load_findings(case.case.findings_folder):
        findings[found.rule_id] = findings.get(found.rule_id, 0) + 1
    hit = sorted((o for o in outcomes if o.matches or o.suppressed), key=lambda o: (-o.matches, o.title, o.rule_id))
    total = sum(o.matches for o in hit) or 1
    names: tuple[str, ...] = (
        "matches",
        "share %",
        "suppressed",
        "findings",
        "rows_seen",
        "level",
        "kind",
        "rule_id",
        "title",
    )
    rows: list[tuple[object, ...]] = [
        (
            *(o.matches, round(100 * o.matches / total, 1), o.suppressed, findings.get(o.rule_id, 0)),
            *(o.rows_seen, o.level, o.kind, o.rule_id, o.title),
        )
        for o in hit
    ]
    if json:
        as_json([dict(zip(names, line, strict=True)) for line in rows])
        return
    if sys.stdout.isatty():
        wanted = [
            n
            for n in names
            if n not in ("rule_id", "kind", "rows_seen") and (n != "suppressed" or any(o.suppressed for o in hit))
        ]
        rows = [tuple(cell for name, cell in zip(names, line, strict=True) if name in wanted) for line in rows]
        names = tuple(wanted)
    counts = {fate: sum(o.fate == fate for o in outcomes) for fate in ("silent", "no-data")}
    note = f"{len(hit):,} rules matched; {counts['silent']:,} found nothing, {counts['no-data']:,} had no row to look at (--coverage)"
    table("Matches by rule, noisiest first", names, rows, note)
