"""STIX 2.1: a bundle of what was observed and what was inferred, for threat-intelligence platforms.

A finding becomes `observed-data` (its span, its number of rows, the files and the names in them), a `note` with its words and limits,
and, where its rule names a technique, a `sighting` of that `attack-pattern`. No `indicator` is made: that an address stands in a
finding does not make it bad elsewhere. Times are cut to the microsecond. Ids are UUIDs of version 5 from content.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from cases.exchange import Counts, Options, identity, part
from cases.exchange.conclusions import Conclusion, cited, conclusions, techniques
from cases.exchange.content import Content
from timelines.query import Filter, Timeline

Files = dict[str, set[tuple[str, str]]]  # row id -> where it lies: exhibit, file


@dataclass(frozen=True, slots=True)
class Stix:
    """Every object passes the stix2 library's own checks when it is made. Rows are cited as external references of `observed-data`."""

    name: str = "stix"
    suffixes: tuple[str, ...] = (".json",)
    doc: str = "Findings as a STIX 2.1 bundle: observed-data, notes, sightings of ATT&CK techniques."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        maker = _Maker(part("stix2", self.name), identity.key(case), options)
        told, aside = conclusions(case, options.lang)
        with path.open("w", encoding="ascii", newline="\n") as handle:
            handle.write(f'{{"type": "bundle", "id": "bundle--{maker.id("bundle")}", "objects": [\n')
            writer = _Writer(handle)
            writer.put(maker.author(case))
            for technique, found in techniques(told).items():
                writer.put(maker.attack_pattern(technique, found))
            places = _places(timeline, cited(told))
            for one in told:
                for made in maker.finding(case, one, places):
                    writer.put(made)
            handle.write("\n]}\n")
        return {"objects": writer.objects, "findings": len(told), "findings_set_aside": aside}


class _Writer:
    """Objects one after the other, each id once."""

    def __init__(self, handle: TextIO) -> None:
        self._handle = handle
        self._seen: set[str] = set()

    @property
    def objects(self) -> int:
        return len(self._seen)

    def put(self, made: Any) -> None:
        if made["id"] in self._seen:
            return
        lead = ",\n" if self._seen else ""
        self._seen.add(made["id"])
        self._handle.write(lead + json.dumps(json.loads(made.serialize()), sort_keys=True, ensure_ascii=True))


class _Maker:
    """Makes STIX objects; `case` is the case's own key, so that ids of two cases never meet."""

    def __init__(self, stix2: Any, case: str, options: Options) -> None:
        self._stix2 = stix2
        self._case = case
        self._options = options
        self._born = identity.midnight(options.date)
        self._author = f"identity--{self.id('identity')}"

    def id(self, *content: str) -> str:
        return identity.stable("stix", self._case, *content)

    def _common(self, kind: str, *content: str) -> dict[str, Any]:
        own = {"id": f"{kind}--{self.id(kind, *content)}", "created": self._born, "modified": self._born}
        return own if kind == "identity" else {**own, "created_by_ref": self._author}

    def author(self, case: Content) -> Any:
        name = case.info.laboratory or "Athar"
        return self._stix2.Identity(
            **{**self._common("identity"), "id": self._author}, name=name, identity_class="organization"
        )

    def attack_pattern(self, technique: str, found: list[Conclusion]) -> Any:
        about = {"source_name": "mitre-attack", "external_id": technique}
        return self._stix2.AttackPattern(
            **self._common("attack-pattern", technique), name=technique, external_references=[about]
        )

    def _vulnerability(self, number: str) -> Any:
        return self._stix2.Vulnerability(
            **self._common("vulnerability", number),
            name=number,
            external_references=[{"source_name": "cve", "external_id": number}],
        )

    def finding(self, case: Content, one: Conclusion, places: Files) -> Iterator[Any]:
        """Everything of one finding, what is referred to before what refers."""
        found = one.finding
        observed = [*self._files(case, one, places), *self._names(found.entities)]
        yield from observed
        weak = [self._vulnerability(number) for number in found.cve]
        yield from weak
        about = [f"attack-pattern--{self.id('attack-pattern', technique)}" for technique in found.attack]
        about += [made["id"] for made in weak]
        data = None
        if observed and found.first is not None:
            data = self._observed(one, [made["id"] for made in observed])
            yield data
            for technique in found.attack:
                yield self._sighting(one, technique, data["id"])
        subjects = [data["id"]] if data is not None else [made["id"] for made in observed]
        yield self._stix2.Note(
            **self._common("note", found.finding_id),
            abstract=one.title,
            content=one.statement(),
            object_refs=[*subjects, *about] or [self._author],
            lang=self._options.lang,
            labels=[f"grade:{found.grade}", f"level:{found.level}", f"review:{one.review}"],
            external_references=[{"source_name": "athar-finding", "external_id": found.finding_id}],
        )

    def _observed(self, one: Conclusion, refs: list[str]) -> Any:
        found = one.finding
        first, last = found.first or 0, found.last if found.last is not None else found.first or 0
        return self._stix2.ObservedData(
            **self._common("observed-data", found.finding_id),
            first_observed=identity.moment(first),
            last_observed=identity.moment(max(first, last)),
            number_observed=min(max(len(found.rows), 1), 999_999_999),  # the range that STIX 2.1 section 4.14 allows
            object_refs=list(dict.fromkeys(refs)),
            external_references=[{"source_name": "athar-row", "external_id": row} for row in found.rows] or None,
        )

    def _sighting(self, one: Conclusion, technique: str, data: str) -> Any:
        found = one.finding
        first, last = found.first or 0, found.last if found.last is not None else found.first or 0
        return self._stix2.Sighting(
            **self._common("sighting", found.finding_id, technique),
            sighting_of_ref=f"attack-pattern--{self.id('attack-pattern', technique)}",
            observed_data_refs=[data],
            first_seen=identity.moment(first),
            last_seen=identity.moment(max(first, last)),
            description=f"{found.finding_id}: {one.title}",
            lang=self._options.lang,
        )

    def _files(self, case: Content, one: Conclusion, places: Files) -> Iterator[Any]:
        lying = sorted({place for row in one.finding.rows for place in places.get(row, ())})
        for exhibit, file in lying:
            entry, (folder, _, name) = case.files[exhibit, file], file.rpartition("/")
            parent = self._stix2.Directory(path="/".join(filter(None, (exhibit, folder))))
            yield parent
            yield self._stix2.File(
                name=name, size=entry.size, hashes={"SHA-256": entry.sha256}, parent_directory_ref=parent["id"]
            )

    def _names(self, entities: Mapping[str, tuple[str, ...]]) -> Iterator[Any]:
        for text in entities.get("ips", ()):
            kind = _version(text)
            if kind:
                yield (self._stix2.IPv4Address if kind == 4 else self._stix2.IPv6Address)(value=text)
        for text in entities.get("users", ()):
            yield self._stix2.UserAccount(account_login=text)


def _version(text: str) -> int:
    try:
        return ipaddress.ip_address(text).version
    except ValueError:
        return 0


def _places(timeline: Timeline, row_ids: tuple[str, ...]) -> Files:
    """Where cited rows lie. Rows that the timeline does not hold are not in it."""
    found: Files = {}
    if not row_ids:
        return found
    for table in timeline.batches(Filter(row_ids=row_ids), ("row_id", "exhibit", "file")):
        for row, *place in zip(*(column.to_pylist() for column in table.columns), strict=True):
            found.setdefault(row, set()).add((place[0], place[1]))
    return found


EXCHANGE = Stix()
