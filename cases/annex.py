"""The annex file of a summary: every record that its findings cite, whole, one line a citation, for a spreadsheet and for a check by hash.

CSV in UTF-8 with a byte order mark (without it Excel takes Arabic and French for Latin-1), comma-separated, text quoted, lines
ending in `\n`, cells neutral as in `cases.exchange.cells`. Rows stand in the timeline's order, those that it does not hold last. The
file is named by its language and its own SHA-256, so that one annex serves every format of a summary and none is ever overwritten. It
is streamed: beside the citations (some 200 bytes each), memory holds a span of the timeline at a time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from cases import durable, flags
from cases.case import Case
from cases.citing import Citations, citations
from cases.errors import CaseError
from cases.exchange import comma_lines, instants
from cases.languages import Language
from cases.summary import Annex, Summary
from timelines.hashing import sha256_file
from timelines.query import Filter, Timeline

SUFFIX = ".csv"
_MARK = b"\xef\xbb\xbf"
_DIGITS = 16  # of the hash in the name
_CITED = "row_id in (select row_id from cited)"
_READ = ("row_id", "exhibit", "file", "record", "offset", "length", "time", "time_quality", "flags", "message")
# What a line holds, each with the word that heads it.
COLUMNS = {
    "number": "annex.finding",
    "finding": "finding.id",
    "review": "annex.review",
    "row_id": "record.id",
    "exhibit": "annex.exhibit",
    "file": "limits.file",
    "record": "record.position",
    "offset": "record.offset",
    "length": "record.length",
    "time": "record.time",
    "time_quality": "limits.quality",
    "message": "record.says",
    "role": "record.role",
    "flags": "record.flags",
}
_NUMBERS = {"record": pa.uint64(), "offset": pa.int64(), "length": pa.int64()}
_SCHEMA = pa.schema([pa.field(name, _NUMBERS.get(name, pa.large_string())) for name in COLUMNS])

Rewrite = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True, slots=True)
class Written:
    """An annex that is written and not handed over yet. `facts` None: no finding cites a record, and there is no file."""

    facts: Annex | None
    _file: Path | None = None

    def put(self, folder: Path) -> Path | None:
        """Lay the annex beside its summary, unless it lies there already; gives its path where it is new. Raises CaseError."""
        if self.facts is None or self._file is None:
            return None
        target = folder / self.facts.name
        if target.exists():
            if not target.is_file() or sha256_file(target) != self.facts.sha256:
                raise CaseError(
                    f"{target}: there already, and not this summary's annex; an annex is never overwritten: move it away"
                )
            return None
        _copy(self._file, target)
        return target


@contextmanager
def written(
    case: Case, summary: Summary, words: Language, rewrite: Rewrite | None = None, mark: str = ""
) -> Iterator[Written]:
    """The annex of `summary` in one language, in a working file of the case that is gone afterwards.

    `rewrite` redacts its rows, and `mark` stands in its name then. Raises CaseError when the case can't be written.
    """
    cited = citations(case, summary)
    if not cited.lines:
        yield Written(None)
        return
    try:
        handle, name = tempfile.mkstemp(dir=case.folder, prefix=".annex-", suffix=".writing")
    except OSError as error:
        raise CaseError(
            f"{case.folder}: cannot write: {error.strerror or error}; a summary needs a case you can write to"
        ) from error
    working = Path(name)
    try:
        os.close(handle)
        timeline = Timeline(case.timeline_folder, {"cited": pa.table({"row_id": cited.rows})}, rewrite, whole=True)
        _write(working, timeline, cited, words)
        digest = sha256_file(working)
        stem = "-".join(filter(None, ("annex", words.code, mark, digest[:_DIGITS])))
        yield Written(Annex(stem + SUFFIX, digest, cited.lines, len(cited.rows)), working)
    except OSError as error:
        raise CaseError(f"{working}: cannot write: {error.strerror or error}; choose a place with room") from error
    finally:
        working.unlink(missing_ok=True)


def _write(path: Path, timeline: Timeline, cited: Citations, words: Language) -> None:
    headed = pa.schema([pa.field(words.word(COLUMNS[field.name]), field.type) for field in _SCHEMA])
    with path.open("wb") as handle:
        handle.write(_MARK)
        with comma_lines.writer(handle, headed) as lines:
            families = _holding(timeline)  # no other is asked, span after span
            chosen = Filter(families=families, where=_CITED)
            for table in timeline.batches(chosen, _READ, words.code) if families else ():
                lines.write_table(_lines(table, cited, words).cast(_SCHEMA).rename_columns(headed.names))
            absent = cited.absent()
            if absent.num_rows:
                said = pa.array([words.word("annex.absent")] * absent.num_rows)
                lines.write_table(
                    _filled(absent.append_column("message", said), cited, words).rename_columns(headed.names)
                )


def _holding(timeline: Timeline) -> tuple[str, ...]:
    """The families that hold cited rows."""
    each = [
        f"select {at} as number from {timeline.narrow(family, ['row_id'])} where {_CITED}"
        for at, family in enumerate(timeline.families())
    ]
    if not each:
        return ()
    found = timeline.sql(f"select distinct number from ({' union all '.join(each)})").column("number").to_pylist()
    return tuple(family for at, family in enumerate(timeline.families()) if at in found)


def _lines(table: pa.Table, cited: Citations, words: Language) -> pa.Table:
    """One line for each finding that cites a row of the table."""
    at = table.schema.get_field_index("time")
    told = table.set_column(at, "time", instants.nanoseconds(table.column("time")))
    told = _mapped(told, "flags", lambda text: flags.told(text, words))
    told = _mapped(told, "time_quality", lambda text: _known(words, "quality", text))
    return _filled(cited.each(told), cited, words)


def _filled(table: pa.Table, cited: Citations, words: Language) -> pa.Table:
    """`table` has the column `place`, the finding's; its number, id and state follow from it."""
    place = table.column("place")
    states = [_known(words, "state", state) for state in cited.states]
    for name, values in (("number", cited.numbers), ("finding", cited.findings), ("review", states)):
        table = table.append_column(
            name, pa.chunked_array([pa.array(values, pa.string()).take(place.combine_chunks())])
        )
    roles = [words.word(f"role.{role or 'rule'}") for role in cited.roles(table)]
    table = table.append_column("role", pa.chunked_array([pa.array(roles, pa.string())]))
    for field in _SCHEMA:
        if field.name not in table.schema.names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return comma_lines.neutral(table.select(_SCHEMA.names)).cast(_SCHEMA)


def _mapped(table: pa.Table, name: str, make: Callable[[str], str]) -> pa.Table:
    """A column of few distinct texts through `make`."""
    column: Any = table.column(name).combine_chunks().dictionary_encode()
    made = pa.array([None if text is None else make(text) for text in column.dictionary.to_pylist()], pa.string())
    return table.set_column(table.schema.get_field_index(name), name, pa.chunked_array([made.take(column.indices)]))


def _known(words: Language, group: str, name: str) -> str:
    key = f"{group}.{name}"
    return words.word(key) if words.known(key) else name


def _copy(source: Path, target: Path) -> None:
    temporary = target.with_name(target.name + ".writing")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as given, temporary.open("wb") as taken:
            shutil.copyfileobj(given, taken, 1 << 20)
            taken.flush()
            os.fsync(taken.fileno())
        os.replace(temporary, target)
        durable.sync_folder(target.parent)
    except OSError as error:
        raise CaseError(
            f"{target}: cannot write: {error.strerror or error}; choose a place you can write to"
        ) from error
