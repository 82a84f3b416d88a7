"""From matches to findings: one a rule and host (an address where rows name no host), one a correlation and group; each with its rows,
entities and grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timelines.detection.cited import Cited, RuleHits, sound_rows
from timelines.detection.columns import Bools, Ints
from timelines.detection.correlate import CorrelationHit
from timelines.detection.folding import fold
from timelines.detection.rules import About, Rule
from timelines.detection.weaknesses import numbers_in
from timelines.findings import Finding, Kind, finding_id, grade

ENTITIES = 50  # names listed of a kind; where there are more, `<kind>_total` says how many
FEW = 200  # rows whose texts Python tells apart sooner than numpy
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("hosts", ("host",)),
    ("users", ("user",)),
    ("ips", ("src_ip", "dst_ip")),
    ("processes", ("process",)),
    ("objects", ("object",)),
)


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column as its distinct texts, in order, and which of them each row has (-1: none)."""

    distinct: pa.StringArray  # a million paths as Python's texts would take 100 MB
    codes: Ints

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> _Coded:
        encoded = column.combine_chunks().dictionary_encode()
        texts = encoded.dictionary
        order = pc.sort_indices(texts)  # by bytes of UTF-8, which is by characters
        rank = np.full(len(texts) + 1, -1, np.int64)
        rank[order.to_numpy()] = np.arange(len(texts))
        codes = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
        return cls(texts.take(order), rank[codes])

    def among(self, rows: Ints) -> list[str]:
        """The texts that these rows have, in order."""
        if not len(self.distinct):
            return []
        codes = self.codes[rows]
        found = sorted(set(codes.tolist())) if len(codes) < FEW else np.unique(codes).tolist()
        texts: list[str] = self.distinct.take(pa.array([at for at in found if at >= 0], pa.int64())).to_pylist()
        return texts


@dataclass(frozen=True)
class CitedTexts:
    """The cited rows' core columns, told apart once for all findings. `times`, `timed`, `sound`: (n,)."""

    cited: Cited
    columns: Mapping[str, _Coded]
    row_ids: list[str]
    times: Ints
    timed: Bools
    sound: Bools

    @classmethod
    def of(cls, cited: Cited) -> CitedTexts:
        names = ("family", "host", "user", "src_ip", "dst_ip", "process", "object")
        times, timed = cited.times()
        columns = {name: _Coded.of(cited.table.column(name)) for name in names}
        row_ids = [str(row_id) for row_id in cited.texts("row_id")]
        return cls(cited, columns, row_ids, times, timed, np.array(sound_rows(cited.texts("flags")), np.bool_))

    def concluded(self, about: About, kind: Kind, key: str, rows: Sequence[int], why: str, strict: bool) -> Finding:
        """A finding over cited rows (ascending). `strict`: one unsound row makes it inconclusive, since its count may hang on it."""
        at = np.asarray(rows, np.int64)
        usable = self.sound[at] & self.timed[at]
        families = self.columns["family"].among(at)
        times = self.times[at][self.timed[at]]
        return Finding(
            finding_id(about.rule_id, key),
            kind,
            about.rule_id,
            about.title,
            about.level,
            grade(set(families), about.level, bool(usable.all() if strict else usable.any())),
            int(times.min()) if len(times) else None,
            int(times.max()) if len(times) else None,
            self._entities(at),
            tuple(self.row_ids[row] for row in at.tolist()),
            about.attack,
            why,
            about.description,
            about.falsepositives,
            tuple(families),
            about.texts,
            about.cve,
        )

    def _entities(self, rows: Ints) -> dict[str, tuple[str, ...]]:
        out: dict[str, tuple[str, ...]] = {}
        for kind, columns in _KINDS:
            names = sorted({text for column in columns for text in self.columns[column].among(rows) if text})
            if names:
                out[kind] = tuple(names[:ENTITIES])
            if len(names) > ENTITIES:
                out[f"{kind}_total"] = (str(len(names)),)
        return out

    @cached_property
    def subjects(self) -> _Coded:
        """Whom each row speaks of, case folded: its host in Windows logs, the address that acts in captures and web logs."""
        table = self.cited.table
        windows = pc.starts_with(table.column("family"), "windows/")
        named = {name: _named(name, table.column(name)) for name in ("host", "src_ip", "user", "dst_ip")}
        logs = pc.coalesce(named["host"], named["src_ip"], named["user"], "no host named")
        others = pc.coalesce(named["src_ip"], named["host"], named["dst_ip"], "no host named")
        return _Coded.of(_folded(pc.if_else(windows, logs, others)))


def _named(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """`host WEB01`, null where a row says nothing."""
    said = pc.if_else(pc.equal(column, ""), None, column)
    return pc.binary_join_element_wise(name, said, " ", null_handling="emit_null")


def _folded(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    encoded = texts.combine_chunks().dictionary_encode()
    folded = pa.array([fold(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([folded.take(encoded.indices)])


def single_findings(
    texts: CitedTexts, rule: Rule, hits: RuleHits, weaknesses: Mapping[str, Ints] | None = None
) -> Iterable[Finding]:
    """One finding a subject, in subject order. `weaknesses`: of a rule that tells several apart, the cited rows that show each."""
    subjects = texts.subjects.codes[hits.rows]
    order = np.argsort(subjects, kind="stable")
    used, first = np.unique(subjects[order], return_index=True)
    for subject, places in zip(used.tolist(), np.split(order, first[1:]), strict=True):
        rows = hits.rows[places].tolist()
        more = f" (first of {len(rows)} rows)" if len(rows) > 1 else ""
        found = texts.concluded(
            rule.about, "match", texts.subjects.distinct[subject], rows, hits.why[int(places[0])] + more, strict=False
        )
        yield replace(found, cve=numbers_in(rule, weaknesses or {}, hits.rows[places]))


def correlation_findings(texts: CitedTexts, about: About, hits: Sequence[CorrelationHit]) -> Iterable[Finding]:
    """One finding a group, in group order: what repeats for the same subject is told once, with all its rows."""
    groups: dict[tuple[str, ...], list[CorrelationHit]] = {}
    for hit in hits:
        groups.setdefault(tuple(fold(value) for value in hit.group.values()), []).append(hit)
    for group in sorted(groups):
        episodes = sorted(groups[group], key=lambda hit: hit.rows)
        rows = sorted({row for hit in episodes for row in hit.rows})
        more = f" (first of {len(episodes)} times)" if len(episodes) > 1 else ""
        yield texts.concluded(about, "correlation", "\n".join(group), rows, episodes[0].why + more, strict=True)
