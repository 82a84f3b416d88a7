"""What detection handed up, kept with the case: findings and rule outcomes as JSON, matches as Parquet; and their frames."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from cases import durable
from cases.errors import CaseError
from timelines.findings import LEVELS, MATCH_COLUMNS, Finding, Grade, Kind, RuleOutcome
from timelines.query import to_frame

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FINDINGS, MATCHES, OUTCOMES = "findings.json", "matches.parquet", "outcomes.json"
FILES = (FINDINGS, MATCHES, OUTCOMES)
COVERAGE = "coverage.json"  # what rules could not see; a case analysed by an earlier version has none
_FORMAT = 1
_LATER = {"suppressed", "cve", "followed"}  # fields that files of earlier versions lack; their default says the same
_COVERED = {"host", "logsource", "rules", "rows", "first", "last", "state", "log_rows", "logs"}
_LISTS = ("rows", "attack", "falsepositives", "families", "cve")  # fields of a finding that JSON holds as lists
_LISTS_BY_NAME = ("entities", "followed")  # and those that it holds as lists by name
_PAGE = 131_072  # matches written at a time
_NEVER = 2**63  # sorts findings without a time last


def save(
    folder: Path,
    findings: Iterable[Finding],
    matches: pa.Table,
    outcomes: Iterable[RuleOutcome],
    coverage: Iterable[Mapping[str, Any]] | None = None,
) -> list[str]:
    """Write all three files into `folder`, sorted, so that equal results give equal bytes, and the coverage where it is given. Returns
    their names in the case.

    `matches` has the columns `MATCH_COLUMNS` (more are kept); `time` is a UTC timestamp.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    missing = [name for name in MATCH_COLUMNS if name not in matches.column_names]
    if missing:
        raise ValueError(f"matches: lacks {', '.join(missing)}; expected {', '.join(MATCH_COLUMNS)}")
    _write(folder / FINDINGS, "findings", (asdict(finding) for finding in in_order(findings)))
    ordered = sorted(outcomes, key=lambda o: (o.rule_id, o.path))
    _write(folder / OUTCOMES, "outcomes", [asdict(outcome) for outcome in ordered])
    keys = [(name, "ascending") for name in ("time", "rule_id", "row_id")]
    plain = pa.schema([(field.name, _plain(field.type)) for field in matches.schema])
    order = pc.sort_indices(_ranked(matches), sort_keys=keys)
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, plain, compression="zstd") as writer:
        for first in range(0, len(order), _PAGE):  # coded texts are spelled out some at a time
            writer.write_table(matches.take(order.slice(first, _PAGE)).cast(plain))
    durable.write(folder / MATCHES, sink.getvalue())
    if coverage is None:
        (folder / COVERAGE).unlink(missing_ok=True)  # it was told of another run
        return [f"{folder.name}/{name}" for name in FILES]
    _write(folder / COVERAGE, "coverage", [dict(item) for item in coverage])
    return [f"{folder.name}/{name}" for name in (*FILES, COVERAGE)]


def _plain(kind: pa.DataType) -> pa.DataType:
    """Text for text that is coded or large."""
    import pyarrow as pa

    text = pa.types.is_dictionary(kind) or pa.types.is_large_string(kind)
    return pa.string() if text else kind


def _ranked(matches: pa.Table) -> pa.Table:
    """The columns that matches are sorted by; of coded texts their place in order, which sorts alike."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {}
    for name in ("time", "rule_id", "row_id"):
        column = matches.column(name).combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = pc.rank(column.dictionary, tiebreaker="min").take(column.indices)
        columns[name] = column
    return pa.table(columns)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Gravest level first, then firmest grade, then time, then id."""
    grades = ("corroborated", "supported", "indication", "inconclusive")
    return sorted(
        findings,
        key=lambda f: (
            -(LEVELS.index(f.level) if f.level in LEVELS else -1),
            grades.index(f.grade),
            _NEVER if f.first is None else f.first,
            f.finding_id,
        ),
    )


def analysed(folder: Path) -> bool:
    """Whether rules have been run on this case."""
    return (folder / FINDINGS).exists()


def load_findings(folder: Path) -> list[Finding]:
    """The findings in order; none when rules have not been run."""
    return in_order(_finding(row) for row in _rows(folder / FINDINGS, "findings", Finding))


def load_outcomes(folder: Path) -> list[RuleOutcome]:
    """What became of each rule, by rule id; none when rules have not been run."""
    rows = _rows(folder / OUTCOMES, "outcomes", RuleOutcome)
    return [RuleOutcome(**{**row, "families": tuple(row["families"])}) for row in rows]


def load_coverage(folder: Path) -> list[dict[str, Any]]:
    """What rules could and could not see, as it was kept. Raises CaseError where the last run of the rules kept none."""
    path = folder / COVERAGE
    if not path.exists():
        raise CaseError(f"{path}: not there; run `athar analyze` again")
    value = durable.read_json(path)
    rows = value.get("coverage") if isinstance(value, dict) and value.get("format") == _FORMAT else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and set(row) >= _COVERED for row in rows):
        raise CaseError(f"{path}: expected coverage of format {_FORMAT}; run `athar analyze` again")
    return rows


def coverage_if_kept(folder: Path) -> list[dict[str, Any]]:
    """The same; none where an earlier version ran the rules."""
    return load_coverage(folder) if (folder / COVERAGE).exists() else []


def load_matches(folder: Path) -> pa.Table:
    """The matches by time; an empty table of the same columns when rules have not been run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / MATCHES
    if not path.exists():
        types = {"time": pa.timestamp("ns", tz="UTC")}
        return pa.table({name: pa.array([], types.get(name, pa.string())) for name in MATCH_COLUMNS})
    try:
        return pq.ParquetFile(path).read()
    except (OSError, pa.ArrowInvalid) as error:
        reason = str(error).partition("\n")[0]
        raise CaseError(f"{path}: cannot read: {reason}; run `athar analyze` again") from error


def matches_frame(folder: Path) -> pd.DataFrame:
    """rule_id, rule_title, level, row_id, time, family, why."""
    return to_frame(load_matches(folder).select(MATCH_COLUMNS))


def findings_frame(found: Sequence[Finding]) -> pd.DataFrame:
    """finding_id, kind, title, level, grade, first, last (UTC), entities, rows, attack, cve."""
    import pandas as pd

    columns: dict[str, Any] = {
        name: pd.Series([getattr(f, name) for f in found], dtype="string")
        for name in ("finding_id", "kind", "title", "level", "grade")
    }
    for name in ("first", "last"):
        columns[name] = pd.to_datetime(pd.Series([getattr(f, name) for f in found], dtype="Int64"), unit="ns", utc=True)
    columns["entities"] = pd.Series([{k: list(v) for k, v in f.entities.items()} for f in found], dtype=object)
    for name in ("rows", "attack", "cve"):
        columns[name] = pd.Series([list(getattr(f, name)) for f in found], dtype=object)
    return pd.DataFrame(columns)


def _write(path: Path, key: str, rows: Iterable[dict[str, Any]]) -> None:
    """One line a row, each made when the one before is written: a finding may cite millions of rows."""
    sink = io.BytesIO()
    sink.write(f'{{"format":{_FORMAT},"{key}":[\n'.encode("ascii"))
    for place, row in enumerate(rows):
        line = json.dumps(row, sort_keys=True, ensure_ascii=True, allow_nan=False)
        sink.write((",\n" if place else "").encode("ascii") + line.encode("ascii"))
    sink.write(b"\n]}\n")
    durable.write(path, sink.getvalue())


def _rows(path: Path, key: str, kind: type) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    value = durable.read_json(path)
    if not isinstance(value, dict) or value.get("format") != _FORMAT or not isinstance(value.get(key), list):
        raise CaseError(f"{path}: expected {key} of format {_FORMAT}; run `athar analyze` again")
    names = {f.name for f in fields(kind)}
    for row in value[key]:
        if not isinstance(row, dict) or not names - _LATER <= set(row) <= names:
            raise CaseError(f"{path}: expected the fields {', '.join(sorted(names))}; run `athar analyze` again")
    return list(value[key])


def finding_of(row: object, where: str) -> Finding:
    """A finding from its JSON. Raises CaseError, which names `where` it stands, for what is none."""
    names = {f.name for f in fields(Finding)}
    if not isinstance(row, dict) or not names - _LATER <= set(row) <= names:
        raise CaseError(f"{where}: expected a finding with the fields {', '.join(sorted(names))}; run `athar verify`")
    try:
        found = _finding(row)
        texts = [getattr(found, name) for name in names - {"first", "last", "texts", *_LISTS, *_LISTS_BY_NAME}]
        texts += [word for name in _LISTS for word in row.get(name, ())]
        texts += [word for name in _LISTS_BY_NAME for values in getattr(found, name).values() for word in values]
        texts += [word for words in found.texts.values() for word in words.values()]
    except (TypeError, AttributeError) as error:
        raise CaseError(f"{where}: not a finding ({error}); run `athar verify`") from error
    known = found.grade in get_args(Grade) and found.kind in get_args(Kind)
    timed = all(moment is None or type(moment) is int for moment in (found.first, found.last))
    if not known or not timed or not all(isinstance(text, str) for text in texts):
        raise CaseError(f"{where}: a field of the finding has the wrong type (edited or damaged); run `athar verify`")
    return found


def _finding(row: dict[str, Any]) -> Finding:
    lists = {name: tuple(row[name]) for name in _LISTS if name in row}
    named = {name: {k: tuple(v) for k, v in row[name].items()} for name in _LISTS_BY_NAME if name in row}
    return Finding(**{**row, **lists, **named})
