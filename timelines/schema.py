"""Every column of the timeline is declared here (core) or in `timelines.families` (per family), once.

A declaration carries the Arrow type, the unit, one line of documentation, the source of the name and the
Elastic Common Schema name that exports use. `docs/columns.md` is generated from these declarations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

TIME = pa.timestamp("ns", tz="UTC")

OWN_NAME = b"own_name"  # field metadata: the name that the evidence itself uses, before any suffix


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column: its name, Arrow type, unit and meaning. A `secret` one is text that is masked unless asked for."""

    name: str
    type: pa.DataType
    doc: str
    unit: str = ""
    source: str = ""
    ecs: str = ""
    secret: bool = False

    def field(self) -> pa.Field:
        return pa.field(self.name, self.type)


@dataclass(frozen=True, slots=True)
class Family:
    """A group of rows with one meaning: what they are, and which columns they have besides the core ones.

    `open` families (Windows events) also carry text columns that the evidence itself names.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    open: bool = False

    @property
    def view(self) -> str:
        """The name of the SQL view: `windows/security` is `windows_security`."""
        return self.name.replace("/", "_").replace("-", "_")


CORE: tuple[Column, ...] = (
    Column("time", TIME, "When, in UTC. Null where the evidence holds no usable instant.", "ns", ecs="@timestamp"),
    Column("time_desc", pa.string(), "What the time means, such as `Event created` or `First packet`."),
    Column(
        "time_quality",
        pa.string(),
        "`utc`, `offset` (converted from a written offset), `assumed-zone`, `inferred-year` (written without year or "
        "zone: the year inferred, the zone the examiner's), `unknown`.",
    ),
    Column("family", pa.string(), "The family of the row, such as `windows/security`.", ecs="event.dataset"),
    Column("event", pa.string(), "Windows EventID as text, or a verb such as `dns.query`.", ecs="event.code"),
    Column("host", pa.string(), "Machine the row speaks of, as the evidence names it.", ecs="host.name"),
    Column("user", pa.string(), "Account that acts or is acted on, without its domain.", ecs="user.name"),
    Column("src_ip", pa.string(), "Address that opened the contact.", ecs="source.ip"),
    Column("src_port", pa.int32(), "Port that opened the contact.", ecs="source.port"),
    Column("dst_ip", pa.string(), "Address that was contacted.", ecs="destination.ip"),
    Column("dst_port", pa.int32(), "Port that was contacted.", ecs="destination.port"),
    Column("protocol", pa.string(), "Transport or application protocol, lower case.", ecs="network.protocol"),
    Column("process", pa.string(), "Program that acts: its path as the evidence gives it.", ecs="process.executable"),
    Column("object", pa.string(), "What is acted on: file, URL, domain, service, registry key, task."),
    Column(
        "outcome", pa.string(), "`success`, `failure`, or null where the evidence does not say.", ecs="event.outcome"
    ),
    Column("exhibit", pa.string(), "E001 …: what was handed in, a file or a folder."),
    Column(
        "file",
        pa.string(),
        "Path inside the exhibit, `/` between parts; a container's member follows its container.",
        ecs="log.file.path",
    ),
    Column("record", pa.uint64(), "Record id, packet number or line number in the file.", ecs="event.sequence"),
    Column("offset", pa.int64(), "Where the record's bytes begin in `file`.", "bytes", ecs="log.offset"),
    Column("length", pa.int64(), "How many bytes the record takes in `file`.", "bytes"),
    Column(
        "flags",
        pa.string(),
        "Comma-separated remarks: `recovered`, `truncated`, `bad-checksum`, `loose` …; else empty.",
    ),
    Column(
        "row_id",
        pa.string(),
        "24 hex digits: a digest of the file's SHA-256, family, offset and index.",
        ecs="event.id",
    ),
)

CORE_NAMES: tuple[str, ...] = tuple(column.name for column in CORE)
_CORE_LOWER = frozenset(name.lower() for name in CORE_NAMES)
SORT_KEYS: tuple[str, ...] = ("time", "exhibit", "file", "offset", "row_id")


def stored_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Give names that the evidence chose the column names they are stored under.

    SQL compares column names without regard to case, so a name that equals a core column or one of `taken` (ignoring
    case) gets a trailing underscore (`User` becomes `User_`), and a repeated name gets `_2`, `_3` ….
    An empty name becomes `Data`, as Sigma rules call it.
    """
    reserved = _CORE_LOWER | {name.lower() for name in taken}
    seen: set[str] = set()
    out: list[str] = []
    for name in names:
        base = name or "Data"
        if base.lower() in reserved:
            base += "_"
        candidate, count = base, 1
        while candidate.lower() in seen or candidate.lower() in reserved:
            count += 1
            candidate = f"{base}_{count}"
        seen.add(candidate.lower())
        out.append(candidate)
    return out


def named_field(stored: str, own: str, type_: pa.DataType | None = None) -> pa.Field:
    """An Arrow field that remembers the evidence's own name beside the stored one."""
    return pa.field(stored, type_ or pa.string(), metadata={OWN_NAME: own.encode("utf-8", "surrogatepass")})


def own_name(field: pa.Field) -> str:
    """The name the evidence uses for this column (`User` for the stored column `User_`)."""
    metadata = field.metadata or {}
    return str(metadata[OWN_NAME].decode("utf-8", "replace")) if OWN_NAME in metadata else str(field.name)


def core_schema() -> pa.Schema:
    return pa.schema([column.field() for column in CORE])
