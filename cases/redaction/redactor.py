"""Pseudonyms in the place of values: whole values of a known kind, and values inside running text."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import pyarrow as pa

from cases.errors import CaseError
from cases.redaction.encodings import DEPTH
from cases.redaction.encodings import rewrite as rewrite_encoded
from cases.redaction.fields import COLUMNS, KEPT_COLUMNS
from cases.redaction.folding import fold
from cases.redaction.profile import Profile
from cases.redaction.pseudonyms import Pseudonyms
from cases.redaction.recognisers import recognisers
from cases.redaction.recognisers.addresses import address
from cases.redaction.record import Kind
from cases.redaction.spans import Span, to_replace
from cases.redaction.vocabulary import Vocabulary, spellings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HELD = 50_000_000  # characters of texts and of what became of them that are remembered at a time
_CUT = re.compile(r"[\w.@%:+-]{1,80}…")  # the last word of a text that was cut may be half a name
_HOST = re.compile(r"[\w.-]{1,253}")
_ORDINARY = re.compile(r"[^\W\d_]+")  # a word of letters alone: in a rule author's words it is a word


@dataclass(frozen=True, slots=True)
class Known:
    """What the case says of its values: `values` by kind, `named` the folded values that findings name."""

    values: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    named: frozenset[str] = frozenset()


def canonical(kind: Kind, value: str) -> str:
    """The one spelling of a value."""
    if kind == "address":
        return address(value.strip()) or fold(value)
    if kind == "person":
        return " ".join(sorted(part for part in re.split(r"[\s+._-]+", fold(value)) if part))
    return fold(value.strip())


class Redactor:
    """One profile on one case. The same value gets the same pseudonym in every text; `replaced` tells which values were.

    `files` are the paths of the case's files: two of them that differ still differ once they are redacted.
    """

    def __init__(self, profile: Profile, known: Known, pseudonyms: Pseudonyms, files: Iterable[str] = ()) -> None:
        self.profile = profile
        self.pseudonyms = pseudonyms
        self.replaced: dict[str, str] = {}
        self._known = known
        self._files = frozenset(files)
        self._seen: dict[tuple[str, bool], str] = {}
        self._room = _HELD
        self._allowed = {kind: {canonical(kind, text) for text in texts} for kind, texts in profile.allow.items()}
        self._networks = tuple(_network(text, profile.name) for text in profile.allow.get("address", ()))
        every = self._vocabulary()
        self._every, self._distinct = (
            Vocabulary(every),
            Vocabulary({t: m for t, m in every.items() if _distinct(t, m[0])}),
        )

    def whole(self, kind: Kind, value: str) -> str:
        """A field that holds one value of this kind and nothing else, `DOMAIN\\user` included."""
        domain, mark, name = value.rpartition("\\")
        if kind == "account" and mark:
            return f"{self.whole('host', domain)}\\{self.whole(kind, name)}"
        if kind == "account" and len(value) > 1 and value.endswith("$"):  # the account of a machine
            return self.whole("host", value[:-1]) + "$"
        spelling = canonical(kind, value)
        if not any(char.isalnum() for char in value):  # nothing, or the mark of logs for it
            return value
        if self._stays(kind, spelling):
            return value if _shields(Span(0, len(value), kind, spelling)) else self.text(value)
        for other in recognisers():
            spans = [span for span in other.spans(value) if (span.start, span.end) == (0, len(value))]
            if spans and other.kind != kind:
                return self.text(value)
        if kind == "address" or (kind == "host" and "." in value):
            return self.text(value)
        return self._name(kind, spelling, value)

    def text(self, text: str, authored: bool = False, depth: int = DEPTH) -> str:
        """A text with every value in it replaced that does not stay.

        `authored`: the words of a rule's author, written before the case; names that are ordinary words stay words there.
        """
        asked = (text, authored)
        if depth < DEPTH or asked not in self._seen:
            changed = self._plain(text, authored)
            if depth:
                changed = rewrite_encoded(changed, lambda inner: self.text(inner, authored, depth - 1))
            if depth < DEPTH:
                return changed
            self._remember(asked, changed)
        return self._seen[asked]

    def path(self, text: str) -> str:
        """The path of a file of the case, alone or behind its exhibit (`E001/logs/access.log`)."""
        if text in self._files:
            return self._paths[text]
        exhibit, mark, inside = text.partition("/")
        return f"{exhibit}/{self._paths[inside]}" if mark and inside in self._files else self.text(text)

    @cached_property
    def _paths(self) -> dict[str, str]:
        found: dict[str, str] = {}
        taken: set[str] = set()
        for file in sorted(self._files):
            plain = name = self.text(file)
            more = 2
            while name in taken:
                name, more = f"{plain} ({more})", more + 1
            taken.add(name)
            found[file] = name
        return found

    def _remember(self, asked: tuple[str, bool], changed: str) -> None:
        self._room -= len(asked[0]) + len(changed)
        if self._room < 0:
            self._seen.clear()
            self._room = _HELD
        self._seen[asked] = changed

    def table(self, table: pa.Table) -> pa.Table:
        """Rows of the timeline, of its problems or of its ledger, each distinct text looked at once; and the names that evidence gave
        to columns."""
        for at, column in enumerate(table.schema):
            if _names_nobody(column.type) or column.name.lower() in KEPT_COLUMNS:
                continue
            values, kind = table.column(at), column.type
            if pa.types.is_dictionary(kind):
                values, kind = values.cast(kind.value_type), kind.value_type
            if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
                raise CaseError(
                    f"column {column.name}: {kind} cannot be searched for personal data; leave the copy unredacted"
                )
            changed = self._column(values, self._rewriter(column.name.lower()))
            table = table.set_column(at, pa.field(column.name, kind, metadata=column.metadata), changed.cast(kind))
        return table.rename_columns(self._names(table.schema.names))

    def _names(self, names: Sequence[str]) -> list[str]:
        found: list[str] = []
        for name in names:
            plain = new = self.text(name, authored=True)
            more = 2
            while new in found:
                new, more = f"{plain}_{more}", more + 1
            found.append(new)
        return found

    def _rewriter(self, column: str) -> Callable[[str], str]:
        kind = COLUMNS.get(column)
        return partial(self.whole, kind) if kind else self.path if column == "file" else self.text

    def _column(self, column: pa.ChunkedArray, rewrite: Callable[[str], str]) -> pa.ChunkedArray:
        distinct = column.combine_chunks().dictionary_encode()
        changed = [None if text is None else rewrite(text) for text in distinct.dictionary.to_pylist()]
        return pa.chunked_array([pa.array(changed, pa.large_string()).take(distinct.indices)])

    def _plain(self, text: str, authored: bool) -> str:
        if not authored and "…" in text:
            text = _CUT.sub("…", text)
        vocabulary = self._distinct if authored else self._every
        found = [*vocabulary.spans(text), *(span for known in recognisers() for span in known.spans(text))]
        if not found:
            return text
        stays = {span: self._stays(span.kind, span.canonical) for span in found}
        out: list[str] = []
        at = 0
        for span in to_replace((s for s in found if not stays[s]), (s for s in found if stays[s] and _shields(s))):
            out += [text[at : span.start], self._name(span.kind, span.canonical, text[span.start : span.end])]
            at = max(at, span.end)
        return "".join([*out, text[at:]])

    def _name(self, kind: Kind, spelling: str, value: str) -> str:
        name = self.pseudonyms.of(kind, spelling)
        self.replaced[value] = name
        return name

    def _stays(self, kind: Kind, spelling: str) -> bool:
        reach = self.profile.replace[kind]
        if reach == "never" or spelling in self._allowed.get(kind, ()):
            return True
        if kind == "address" and self._in_network(spelling):
            return True
        return reach == "outside-findings" and spelling in self._known.named

    def _in_network(self, spelling: str) -> bool:
        try:
            found = ipaddress.ip_address(spelling)
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def _vocabulary(self) -> dict[str, tuple[Kind, str]]:
        """Known values as texts to look for; what a kind earlier in this order claims, it keeps."""
        meant: dict[str, tuple[Kind, str]] = {}
        kinds: tuple[Kind, ...] = ("person", "account", "email", "phone", "national-id", "address", "host")
        for kind in kinds:
            for value in sorted({*self._known.values.get(kind, ()), *self.profile.also.get(kind, ())}):
                if not any(char.isalnum() for char in value):
                    continue
                for text in spellings(value) if kind == "person" else (value.strip(),):
                    meant.setdefault(fold(text), (kind, canonical(kind, value)))
        return meant


def _names_nobody(kind: pa.DataType) -> bool:
    return any(
        known(kind)
        for known in (
            pa.types.is_integer,
            pa.types.is_floating,
            pa.types.is_boolean,
            pa.types.is_temporal,
            pa.types.is_null,
        )
    )


def _shields(span: Span) -> bool:
    """Whether what lies in a value that stays is part of it: of a machine's name only where it looks like one."""
    return span.kind != "host" or _HOST.fullmatch(span.canonical) is not None


def _distinct(text: str, kind: Kind) -> bool:
    return kind == "person" or (len(text) > 3 and not _ORDINARY.fullmatch(text))


def _network(text: str, name: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise CaseError(f"profile {name}: [allow] address: {error}") from error
