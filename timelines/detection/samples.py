"""Sample rows beside a rule: rows that it must match and rows that it must not, tried by the same detection that evidence goes through.

A file `NAME.samples.yml` (or `.json`) beside `NAME.yml`, or `NAME.yml` in a folder of samples, holds `base` (fields that all rows have,
among them the `family`), and the lists `match` and `no_match`. A case is one row or a list of rows, each added to `base`. `at` and `every`
are seconds, `repeat` a count; `{n}` in a text becomes the number of the repetition. Values are the evidence's own fields, as it names them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from timelines.detection.detect import detect
from timelines.detection.rule_files import SUFFIXES, RuleFileError, documents_of
from timelines.detection.rules import RuleSet
from timelines.families import all_families
from timelines.query import Timeline
from timelines.rows import Provenance, finish
from timelines.schema import CORE_NAMES, TIME, named_field, stored_names
from timelines.store import Store

BEGIN_S = 1_768_953_600  # 2026-01-21T00:00:00Z; samples give seconds after it
MOST_ROWS = 100_000  # of one case; a sample is read by people
ENDINGS = (".samples.yml", ".samples.yaml", ".samples.json")
_KEYS = {"base", "match", "no_match"}
Row = Mapping[str, Any]
Kind = Literal["match", "no_match"]


class SampleError(ValueError):
    """Samples that cannot be tried: one line, with the file and the case."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One case tried: `number` counts from 1 within its kind; `found` is whether the rule found something in it."""

    rule_id: str
    title: str
    path: str
    kind: Kind
    number: int
    found: bool

    @property
    def ok(self) -> bool:
        return self.found == (self.kind == "match")


def samples_path(rule: Path, beside: Path | None, folder: Path | None) -> Path | None:
    """The samples of a rule file: beside it, or at the same place under `folder` as the rule has under `beside`; None without any."""
    stems = [rule.with_name(rule.stem + ending) for ending in ENDINGS]
    if folder is not None and beside is not None:
        inside = folder / (rule.relative_to(beside) if rule.is_relative_to(beside) else rule.name)
        stems += [inside.with_suffix(suffix) for suffix in (*SUFFIXES, ".json")]
        stems += [inside.with_name(inside.stem + ending) for ending in ENDINGS]
    return next((path for path in stems if path.is_file()), None)


def samples_of(path: Path) -> Mapping[str, Any]:
    """The samples in a file (JSON is YAML too). Raises SampleError for what is none."""
    try:
        documents = documents_of(path)
    except RuleFileError as error:
        place = f":{error.line}:{error.column}" if error.line else ""
        raise SampleError(f"{path}{place}: {error}") from error
    found = documents[0] if len(documents) == 1 else {}
    if not found or set(found) - _KEYS or not isinstance(found.get("base", {}), dict):
        raise SampleError(f"{path}: expected one mapping with base, match and no_match")
    for kind in ("match", "no_match"):
        if not isinstance(found.get(kind, []), list):
            raise SampleError(f"{path}: {kind}: expected a list of rows, or of lists of rows")
    return found


def rows_of(base: Row, case: Row | Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of one case. Raises SampleError for what is no row."""
    out: list[dict[str, Any]] = []
    for written in [case] if isinstance(case, Mapping) else case:
        if not isinstance(written, Mapping):
            raise SampleError(f"a row is {written!r}; expected a mapping of fields")
        row = {**base, **written}
        count, every, at = row.pop("repeat", 1), row.pop("every", 0), row.pop("at", 0)
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (count, every, at))
        if not numbers or not isinstance(count, int) or count < 1 or len(out) + count > MOST_ROWS:
            raise SampleError(
                f"at, every or repeat of a row is no number, or more than {MOST_ROWS:,} rows: {written!r}"
            )
        for number in range(count):
            filled = {k: v.replace("{n}", str(number + 1)) if isinstance(v, str) else v for k, v in row.items()}
            out.append({**filled, "at": at + every * number})
    return out


def _batch(family: str, rows: Sequence[Row], first: int) -> pa.RecordBatch:
    declared = {column.name: column.type for column in all_families()[family].columns}
    own = [name for name in dict.fromkeys(k for row in rows for k in row) if name not in {"family", "at"}]
    stamps = pa.array([int((BEGIN_S + row["at"]) * 1_000_000_000) for row in rows], pa.int64()).cast(TIME)
    arrays, fields = [stamps], [pa.field("time", TIME)]
    for name in ("offset", "length"):
        arrays.append(pa.array(range(first, first + len(rows)), pa.int64()))
        fields.append(pa.field(name, pa.int64()))
    arrays.append(pa.array([str(row.get("EventID", "sample")) for row in rows]))
    fields.append(pa.field("event", pa.string()))
    for name, stored in zip(own, stored_names(own), strict=True):
        kind = declared.get(name, pa.string())
        arrays.append(_column(name, [row.get(name) for row in rows], kind))
        fields.append(named_field(stored, name, kind))
    if taken := sorted(set(own) & set(CORE_NAMES)):
        raise SampleError(f"{taken[0]!r} is a column that Athar fills; samples give the evidence's own fields")
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _column(name: str, values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    try:
        if pa.types.is_integer(kind):
            return pa.array([None if value is None else int(value) for value in values], kind)
        if pa.types.is_string(kind):
            return pa.array([None if value is None else str(value) for value in values], kind)
        return pa.array(values, kind)
    except (ValueError, TypeError, OverflowError, pa.ArrowException) as error:
        raise SampleError(f"{name}: {' '.join(str(error).split())}; its rows hold {kind}") from error


def timeline_of(rows: Sequence[Row], folder: Path) -> Timeline:
    """A stored timeline of these rows, each family in a part of its own. Raises SampleError for a family that there is none of."""
    store = Store(folder)
    writer = store.writer("samples")
    families: dict[str, list[Row]] = {}
    for row in rows:
        family = row.get("family")
        if family not in all_families():
            raise SampleError(
                f"family {family!r}; expected one such as web/access or windows/security (docs/columns.md)"
            )
        families.setdefault(family, []).append(row)
    for at, (family, members) in enumerate(sorted(families.items())):
        batch = _batch(family, members, at * 100_000)
        writer.add(finish(family, batch, Provenance("E001", f"{at}.sample", "00" * 32)))
    store.commit({"samples": writer.close([], [])})
    return Timeline(folder)


def alone(rule_id: str, rules: RuleSet) -> RuleSet:
    """The rule set with only this rule, and what it refers to as steps without results of their own."""
    by_id = {correlation.about.rule_id: correlation for correlation in rules.correlations}
    needed, queue = {rule_id}, [rule_id]
    while queue:
        asked = queue.pop()
        queue += [name for name in (by_id[asked].rules if asked in by_id else ()) if name not in needed]
        needed |= set(queue)
    return RuleSet(
        tuple(replace(r, output=r.about.rule_id == rule_id) for r in rules.rules if r.about.rule_id in needed),
        tuple(replace(c, output=c.about.rule_id == rule_id) for c in rules.correlations if c.about.rule_id in needed),
    )


def trials(rule_id: str, rules: RuleSet, path: Path) -> Iterator[Trial]:
    """Every case of a file of samples, tried. Raises SampleError for what cannot be."""
    written, mine = samples_of(path), alone(rule_id, rules)
    about = next(about for about in mine.abouts if about.rule_id == rule_id)
    kinds: tuple[Kind, ...] = ("match", "no_match")
    for kind in kinds:
        for number, case in enumerate(written.get(kind, []), 1):
            try:
                with tempfile.TemporaryDirectory(prefix="athar-samples-") as folder:
                    timeline = timeline_of(rows_of(written.get("base", {}), case), Path(folder))
                    found = bool(detect(timeline, mine).findings)
            except SampleError as error:
                raise SampleError(f"{path}: {kind} {number}: {error}") from error
            yield Trial(rule_id, about.title, str(path), kind, number, found)
