"""Files that were fetched in ranges, put together again from the answers of one connection (RFC 9110 section 14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from parsers.network.protocols import Carried
from parsers.network.protocols.file_ids import file_id
from parsers.network.protocols.http1.exchanges import Exchange

RANGES_MOST = 10_000  # ranges kept of one connection; readers of documents fetch some hundred
PARTS_NAMED = 200  # ids of pieces that a row lists
_RANGE = re.compile(r"\s*bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)\s*", re.IGNORECASE)
PARTIAL = b"206"  # the status of an answer with a part of a file


class Range(NamedTuple):
    """Which bytes of a file: from `begin` up to `stop`, of `total`, where that is told."""

    begin: int
    stop: int
    total: int | None

    @property
    def whole(self) -> bool:
        return self.begin == 0 and self.stop == self.total


def content_range(said: object) -> Range | None:
    """What a Content-Range field says; None where it is missing or says nothing that can be."""
    found = _RANGE.fullmatch(said) if isinstance(said, str) else None
    if found is None:
        return None
    begin, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if last < begin or (total is not None and last >= total):
        return None
    return Range(begin, last + 1, total)


@dataclass(frozen=True, slots=True)
class Piece:
    """One answer: where it belongs in the file, and the file that its body is."""

    range: Range
    file: Carried


@dataclass(slots=True)
class Ranges:
    """Pieces by what they are of: target, host, length, and the version of the file by its ETag or date."""

    uid: str
    _pieces: dict[tuple[object, ...], list[Piece]] = field(default_factory=dict)
    _count: int = 0

    def add(self, exchange: Exchange, files: list[Carried]) -> None:
        """Keep the bodies of an answer with a part of a file, single or several; those in a content coding are left out."""
        request, response = exchange.request, exchange.response
        if request is None or response is None or response.head.parts[1] != PARTIAL:
            return
        asked, given = request.head.headers, response.head.headers
        if "content-encoding" in given:
            return
        version = given.get("etag") or given.get("last-modified")
        for file in files[: RANGES_MOST - self._count]:
            held = content_range(file.values.get("content_range"))
            if held is None or held.whole or held.total is None or file.missing or file.size != held.stop - held.begin:
                continue
            key = request.head.parts[1], asked.get("host"), version, held.total
            self._pieces.setdefault(key, []).append(Piece(held, file))
            self._count += 1

    def files(self) -> Iterator[Carried]:
        """The files of which every byte came, in the order their first pieces came."""
        for key, pieces in self._pieces.items():
            ordered = _covering(sorted(pieces, key=lambda piece: (piece.range.begin, -piece.range.stop)))
            if ordered:
                yield self._whole(key, ordered)

    def _whole(self, key: tuple[object, ...], pieces: list[Piece]) -> Carried:
        one = pieces[0].file
        named = next((piece.file.name for piece in pieces if piece.file.name), None)
        declared = next((piece.file.declared for piece in pieces if piece.file.declared), None)
        ids = [str(piece.file.values["fuid"]) for piece in pieces[:PARTS_NAMED]]
        values: dict[str, object] = {"fuid": file_id(self.uid, one.forward, "ranges", *key), "parts": ",".join(ids)}
        first, last = min(piece.file.first for piece in pieces), max(piece.file.last for piece in pieces)
        total = pieces[0].range.total
        return Carried(one.flow, first, last, one.forward, partial(_content, pieces), named, declared, total, 0, values)


def _covering(pieces: list[Piece]) -> list[Piece]:
    """Those of the pieces, sorted by where they begin, that together hold every byte; none where bytes lack."""
    reach, kept = 0, []
    for piece in pieces:
        if piece.range.begin > reach:
            return []
        if piece.range.stop > reach:
            kept.append(piece)
            reach = piece.range.stop
    return kept if reach == pieces[0].range.total else []


def _content(pieces: list[Piece]) -> Iterator[bytes]:
    """The bytes of pieces that cover a file, each byte once."""
    reach = 0
    for piece in pieces:
        skip = reach - piece.range.begin
        for given in piece.file.content():
            if skip < len(given):
                yield given[max(skip, 0) :]
            skip -= min(skip, len(given))
        reach = piece.range.stop
