"""IMAP lines with their literals (RFC 9051 section 4.3): `{SIZE}` at a line's end, that many bytes, then the line goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.network.protocols.lines import Lines
from parsers.network.streams import Stream

LITERALS = 1_000  # literals of one line
SENTENCES = 200_000  # lines read of one side
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}$")
_ESCAPED = re.compile(rb"\\(.)")
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^\s()"]+)')


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Sentence:
    """One line as a whole: its text pieces, and the range of the literal after each piece but the last."""

    begin: int
    end: int
    pieces: tuple[bytes, ...]
    literals: tuple[tuple[int, int], ...]

    @property
    def words(self) -> list[bytes]:
        return self.pieces[0].split(None, 3)

    def arguments(self, stream: Stream, skip: int) -> list[bytes]:
        """The words after the first `skip`, quotes taken off, short literals read."""
        out: list[bytes] = []
        for at, piece in enumerate(self.pieces):
            piece = _LITERAL.sub(b"", piece)
            for quoted, plain in _STRING.findall(piece):
                out.append(_ESCAPED.sub(rb"\1", quoted) if b"\\" in quoted else quoted or plain)
            if at < len(self.literals):
                begin, stop = self.literals[at]
                out.append(stream.read(begin, min(stop - begin, 1_024)))
        return out[skip:]


def sentences(lines: Lines) -> Iterator[Sentence]:
    """The lines of one side from where `lines` stands, at most SENTENCES."""
    for _ in range(SENTENCES):
        line = lines.next()
        if line is None:
            return
        if not line.raw.endswith(b"}"):  # nearly all
            yield Sentence(line.begin, line.end, (line.raw,), ())
            continue
        begin, pieces = line.begin, [line.raw]
        literals: list[tuple[int, int]] = []
        while line.raw.endswith(b"}") and line.whole and len(literals) < LITERALS:
            found = _LITERAL.search(line.raw)
            if found is None:
                break
            stop = line.end + int(found[1])
            literals.append((line.end, stop))
            lines.at = stop
            following = lines.next()
            if following is None:
                lines.at = stop
                yield Sentence(begin, stop, tuple(pieces), tuple(literals))
                return
            line = following
            pieces.append(line.raw)
        yield Sentence(begin, line.end, tuple(pieces), tuple(literals))
