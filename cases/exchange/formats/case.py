"""CASE/UCO: the case as JSON-LD in the Cyber-investigation Analysis Standard Expression (CASE 1.5), for other forensic tools.

Every exhibit is a provenance record with its files and hashes; every row that a finding cites is an event record with the byte range
that holds it; every finding is an annotation of its rows, with what it does not show. The text names no folder of this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.case import tool_version
from cases.exchange import Counts, Options, identity
from cases.exchange.conclusions import Conclusion, cited, conclusions
from cases.exchange.content import Content
from cases.moments import utc
from timelines.inventory import FileEntry
from timelines.query import Filter, Timeline

Node = dict[str, Any]

_CONTEXT = {
    "kb": "urn:athar:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_ROW = ("row_id", "time", "event", "family", "exhibit", "file", "record", "offset", "length", "flags", "message")
_ACTS = (
    "exhibit-added",
    "evidence-read",
    "evidence-changed",
    "rules-run",
)  # custody entries that made what is exported


@dataclass(frozen=True, slots=True)
class CaseUco:
    """Ids are `urn:athar:<class>-<UUID>`, UUIDs of version 5 from content. Passes `case_validate`. Times keep nanoseconds."""

    name: str = "case"
    suffixes: tuple[str, ...] = (".jsonld", ".json")
    doc: str = "Exhibits, files, findings and the rows they cite as CASE/UCO JSON-LD (passes case_validate)."
    redactable: bool = True

    def write(self, case: Content, timeline: Timeline, path: Path, options: Options) -> Counts:
        told, aside = conclusions(case, options.lang)
        graph = _Graph(case, told, options)
        written = 0
        with path.open("w", encoding="ascii", newline="\n") as handle:
            handle.write(f'{{"@context": {json.dumps(_CONTEXT)}, "@graph": [\n')
            for node in graph.nodes(timeline):
                lead = ",\n" if written else ""
                handle.write(lead + json.dumps(node, ensure_ascii=True))
                written += 1
            handle.write("\n]}\n")
        return {
            "objects": written,
            "files": len(case.entries),
            "findings": len(told),
            "findings_set_aside": aside,
            "cited_rows": len(graph.held),
            "cited_rows_not_in_the_timeline": len(cited(told)) - len(graph.held),
        }


class _Graph:
    """The nodes of one case, one after the other. `held` gathers the ids of cited rows that the timeline holds."""

    def __init__(self, case: Content, told: Sequence[Conclusion], options: Options) -> None:
        self.told, self.held = told, set[str]()
        self._case, self._options, self._key = case, options, identity.key(case)

    def nodes(self, timeline: Timeline) -> Iterator[Node]:
        yield self._tool()
        for entry in self._case.entries:
            yield self._file(entry)
            if entry.on_disk not in ("", entry.file):
                yield self._within("File", entry.exhibit, entry.file, into=(entry.exhibit, entry.on_disk))
        yield from self._records()
        yield from self._rows(timeline)
        for one in self.told:
            yield self._finding(one)
        yield from self._acts()
        yield self._investigation()

    def _iri(self, kind: str, *content: str | int | None) -> str:
        return f"kb:{kind}-{identity.stable('case', self._key, kind, *content)}"

    def _facet(self, kind: str, *content: str | int | None, **fields: Any) -> Node:
        given = {f"uco-observable:{name}": value for name, value in fields.items() if value is not None}
        return {"@id": self._iri(kind, *content), "@type": f"uco-observable:{kind}", **given}

    def _tool(self) -> Node:
        return {
            "@id": self._iri("Tool"),
            "@type": "uco-tool:Tool",
            "uco-core:name": "Athar",
            "uco-tool:version": tool_version(),
        }

    def _file(self, entry: FileEntry) -> Node:
        place = (entry.exhibit, entry.file)
        name = entry.file.rpartition("/")[2]
        facets = [
            self._facet(
                "FileFacet", *place, fileName=name, filePath=entry.file, sizeInBytes=entry.size, isDirectory=False
            )
        ]
        if entry.sha256:
            digest = {
                "@id": self._iri("Hash", *place),
                "@type": "uco-types:Hash",
                "uco-types:hashMethod": "SHA256",
                "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": entry.sha256},
            }
            facets.append(self._facet("ContentDataFacet", *place, sizeInBytes=entry.size, hash=digest))
        words = [entry.status, *filter(None, (entry.parser, entry.reason))]
        return {
            "@id": self._iri("File", *place),
            "@type": "uco-observable:File",
            "uco-core:description": "; ".join(words),
            "uco-core:hasFacet": facets,
        }

    def _within(self, kind: str, *content: str, into: tuple[str, str], facets: Sequence[Node] = ()) -> Node:
        """`kind` `content` lies in the file `into`."""
        node = {
            "@id": self._iri("ObservableRelationship", kind, *content),
            "@type": "uco-observable:ObservableRelationship",
            "uco-core:source": {"@id": self._iri(kind, *content)},
            "uco-core:target": {"@id": self._iri("File", *into)},
            "uco-core:kindOfRelationship": "Contained_Within",
            "uco-core:isDirectional": True,
        }
        return {**node, "uco-core:hasFacet": list(facets)} if facets else node

    def _records(self) -> Iterator[Node]:
        for exhibit in self._case.exhibits:
            files = [entry for entry in self._case.entries if entry.exhibit == exhibit.exhibit]
            words = [exhibit.description, f"seal {exhibit.seal}" if exhibit.seal else None]
            node: Node = {
                "@id": self._iri("ProvenanceRecord", exhibit.exhibit),
                "@type": "case-investigation:ProvenanceRecord",
                "uco-core:name": exhibit.name,
                "case-investigation:exhibitNumber": exhibit.exhibit,
                "uco-core:object": [{"@id": self._iri("File", entry.exhibit, entry.file)} for entry in files],
            }
            if any(words):
                node["uco-core:description"] = "; ".join(word for word in words if word)
            yield node

    def _rows(self, timeline: Timeline) -> Iterator[Node]:
        wanted = cited(self.told)
        if not wanted:
            return
        for table in timeline.batches(Filter(row_ids=wanted), _ROW, self._options.lang):
            at = table.schema.get_field_index("time")
            for row in table.set_column(at, "time", table.column(at).cast("int64")).to_pylist():
                self.held.add(row["row_id"])
                yield self._row(row)
                bounds = self._facet(
                    "DataRangeFacet", row["row_id"], rangeOffset=row["offset"], rangeSize=row["length"]
                )
                yield self._within("EventRecord", row["row_id"], into=(row["exhibit"], row["file"]), facets=[bounds])

    def _row(self, row: dict[str, Any]) -> Node:
        record = row["record"]
        facet = self._facet(
            "EventRecordFacet",
            row["row_id"],
            eventRecordID=None if record is None else str(record),
            eventType=row["event"],
            eventRecordText=row["message"],
            startTime=None if row["time"] is None else {"@type": "xsd:dateTime", "@value": utc(row["time"])},
        )
        return {
            "@id": self._iri("EventRecord", row["row_id"]),
            "@type": "uco-observable:EventRecord",
            "uco-core:name": row["row_id"],
            "uco-core:tag": [row["family"], *filter(None, (row["flags"] or "").split(","))],
            "uco-core:hasFacet": [facet],
        }

    def _finding(self, one: Conclusion) -> Node:
        found = one.finding
        rows = [{"@id": self._iri("EventRecord", row)} for row in found.rows if row in self.held]
        return {
            "@id": self._iri("Annotation", found.finding_id),
            "@type": "uco-core:Annotation",
            "uco-core:name": one.title,
            "uco-core:statement": one.lines(),
            "uco-core:tag": [
                found.finding_id,
                f"grade:{found.grade}",
                f"level:{found.level}",
                f"review:{one.review}",
                *found.attack,
                *found.cve,
            ],
            "uco-core:object": rows or [{"@id": self._iri("Investigation")}],
        }

    def _acts(self) -> Iterator[Node]:
        named: set[str] = set()
        for act in self._case.acts:
            if act.action not in _ACTS:
                continue
            who = self._iri("Identity", act.who)
            if act.who not in named:
                named.add(act.who)
                yield {"@id": who, "@type": "uco-identity:Identity", "uco-core:name": act.who}
            node: Node = {
                "@id": self._iri("InvestigativeAction", act.seq, act.hash),
                "@type": "case-investigation:InvestigativeAction",
                "uco-core:name": act.action,
                "uco-core:description": f"custody entry {act.seq}, SHA-256 {act.hash}",
                "uco-action:startTime": {"@type": "xsd:dateTime", "@value": act.time},
                "uco-action:performer": {"@id": who},
                "uco-action:instrument": {"@id": self._iri("Tool")},
            }
            if any(act.exhibit == known.exhibit for known in self._case.exhibits):
                node["uco-action:object"] = {"@id": self._iri("ProvenanceRecord", act.exhibit)}
            yield node

    def _investigation(self) -> Node:
        info = self._case.info
        records = [self._iri("ProvenanceRecord", exhibit.exhibit) for exhibit in self._case.exhibits]
        findings = [self._iri("Annotation", one.finding.finding_id) for one in self.told]
        node: Node = {
            "@id": self._iri("Investigation"),
            "@type": "case-investigation:Investigation",
            "uco-core:objectCreatedTime": {"@type": "xsd:dateTime", "@value": f"{self._options.date}T00:00:00Z"},
        }
        if info.number or info.title:
            node["uco-core:name"] = " ".join(filter(None, (info.number, info.title)))
        if records or findings:
            node["uco-core:object"] = [{"@id": iri} for iri in (*records, *findings)]
        return node


EXCHANGE = CaseUco()
