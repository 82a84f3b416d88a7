"""MISP: one event, to be added through its interface or pymisp.

Addresses of cited rows become `ip-src` and `ip-dst`, as the records place them; machines, accounts, programs and objects become texts
that MISP does not correlate. Nothing is flagged for detection (`to_ids`): that a finding names an address does not make it bad
elsewhere. Each finding is an event report, its words in a code block so that nothing of evidence is rendered.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.exchange import Counts, Options, identity
from cases.exchange.conclusions import Conclusion, cited, conclusions, techniques
from cases.exchange.content import Content
from cases.languages import language
from timelines.query import Filter, Timeline
from timelines.visible import visible, visible_sentence

_TEXT = 65_000  # bytes; MISP keeps a value in a MySQL TEXT of 65,535
_NAMED = {"hosts": "machine", "users": "account", "processes": "program", "objects": "object"}
_PSEUDONYM = re.compile("address-[0-9a-f]{10,24}")
_UNDEFINED, _ONGOING, _OWN_ORGANISATION, _INHERIT = "4", "1", "0", "5"  # threat level, analysis, distributions
Named = dict[tuple[str, str, str], dict[str, None]]  # (type, value, what it is) -> ids of the findings that name it


@dataclass(frozen=True, slots=True)
class Misp:
    """Ids are UUIDs of version 5 from content; distribution is "your organisation only" until a person decides otherwise."""

    name: str = "misp"
    suffixes: tuple[str, ...] = (".json",)
    doc: str = "Findings as a MISP event: addresses, names, a report for each finding; nothing flagged for detection."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        told, aside = conclusions(case, options.lang)
        key, stamp = identity.key(case), str(int(identity.midnight(options.date).timestamp()))
        named = _named(timeline, told)
        number = case.info.number or language(options.lang).word("common.not_supplied")
        event: dict[str, Any] = {
            "uuid": identity.stable("misp", key, "event"),
            "info": f"Athar: {visible(number)}",
            "date": options.date,
            "timestamp": stamp,
            "published": False,
            "threat_level_id": _UNDEFINED,
            "analysis": _ONGOING,
            "distribution": _OWN_ORGANISATION,
            "Tag": [{"name": f'mitre-attack:technique="{technique}"'} for technique in techniques(told)],
            "Attribute": [_attribute(key, stamp, about, list(ids)) for about, ids in sorted(named.items())],
            "EventReport": [_report(key, stamp, one) for one in told],
        }
        path.write_text(json.dumps({"Event": event}, indent=1, ensure_ascii=True) + "\n", "ascii", newline="\n")
        return {"attributes": len(named), "findings": len(told), "findings_set_aside": aside}


def _named(timeline: Timeline, told: list[Conclusion]) -> Named:
    found: Named = {}
    by_row: dict[str, list[str]] = {}
    for one in told:
        for row in one.finding.rows:
            by_row.setdefault(row, []).append(one.finding.finding_id)
        for kind, what in _NAMED.items():
            for text in one.finding.entities.get(kind, ()):
                found.setdefault(("text", text, what), {})[one.finding.finding_id] = None
        for number in one.finding.cve:
            found.setdefault(("vulnerability", number, "weakness that the rule looks for"), {})[
                one.finding.finding_id
            ] = None
    for row, kind, address in _addresses(timeline, cited(told)):
        found.setdefault((kind, address, "address"), {}).update(dict.fromkeys(by_row[row]))
    return found


def _addresses(timeline: Timeline, row_ids: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Row id, MISP type and address of each side of the cited rows."""
    if not row_ids:
        return
    for table in timeline.batches(Filter(row_ids=row_ids), ("row_id", "src_ip", "dst_ip")):
        for row, source, target in zip(*(column.to_pylist() for column in table.columns), strict=True):
            for kind, address in (("ip-src", source), ("ip-dst", target)):
                if address is not None and _is_address(address):
                    yield row, kind, address
                elif address is not None and _PSEUDONYM.fullmatch(address):
                    yield row, "text", address


def _is_address(text: str) -> bool:
    try:
        return "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _attribute(key: str, stamp: str, about: tuple[str, str, str], ids: list[str]) -> dict[str, Any]:
    kind, value, what = about
    shown = value if kind != "text" else _cut(visible(value))
    shorter = f"{', '.join(sorted(ids)[:20])}{' …' if len(ids) > 20 else ''}"
    return {
        "uuid": identity.stable("misp", key, *about),
        "type": kind,
        "category": "Network activity" if kind != "text" else "Other",
        "value": shown,
        "comment": f"{what} named by {shorter}",
        "to_ids": False,
        "disable_correlation": kind == "text",
        "distribution": _INHERIT,
        "timestamp": stamp,
    }


def _report(key: str, stamp: str, one: Conclusion) -> dict[str, Any]:
    text = "\n".join(visible_sentence(line) for line in one.lines()).replace("`", "'")
    return {
        "uuid": identity.stable("misp", key, "report", one.finding.finding_id),
        "name": _cut(f"{one.finding.finding_id} {visible_sentence(one.title)}"),
        "content": f"```\n{_cut(text)}\n```",
        "distribution": _INHERIT,
        "timestamp": stamp,
    }


def _cut(text: str) -> str:
    whole = text.encode("utf-8", "backslashreplace")
    if len(whole) <= _TEXT:
        return text
    return f"{whole[:_TEXT].decode('utf-8', 'ignore')} … [cut by the export: {len(whole)} bytes]"


EXCHANGE = Misp()
