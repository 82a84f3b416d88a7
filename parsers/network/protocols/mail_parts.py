"""The parts of a MIME message (RFC 2045 to 2049): where each lies, its name and type, its decoded bytes."""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from parsers.network.protocols import Carried
from parsers.network.protocols.file_ids import file_id
from parsers.network.protocols.lines import Passage
from parsers.network.protocols.mail_headers import Head, head, parameters

MESSAGE_LIMIT = 64 << 20  # bytes of one message that are read; providers accept 25 to 50 MB
NESTING = 16  # multiparts within one another
PARTS = 1_000  # parts of one message
_SHORT = 64  # bytes of a content type that is kept for the next time: most say only what the text is written in
_UNSAID = ("",)  # what a field says that is not there
_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Part:
    """A part without parts: [begin, stop) of the message's bytes; name, type and encoding as its head declares them."""

    begin: int
    stop: int
    name: str | None
    type: str | None
    encoding: str


def parts(raw: bytes, top: Head) -> Sequence[Part]:
    """The parts of a message whose head is `top`, in order. Attached messages are parts, and so are theirs."""
    kind = top.shown.get("content-type", _UNSAID)[0]
    media, settings = (_known_type if len(kind) <= _SHORT else _type)(kind)
    if media.startswith(("multipart/", "message/rfc822")):
        return list(_within(raw, top))
    begin, stop = top.end, len(raw)
    return (Part(begin, stop, _name(top, settings), media or None, _encoding(top)),) if stop > begin else ()


def _within(raw: bytes, top: Head) -> Iterator[Part]:
    """The same where there may be several."""
    waiting: list[tuple[Head, int, int]] = [(top, len(raw), 0)]
    count = 0
    while waiting and count < PARTS:
        entity, stop, depth = waiting.pop()
        kind = entity.shown.get("content-type", _UNSAID)[0]
        media, settings = (_known_type if len(kind) <= _SHORT else _type)(kind)
        boundary = settings.get("boundary", "")
        if media.startswith("multipart/") and boundary and depth < NESTING:
            inner = [(head(raw, a, b), b, depth + 1) for a, b in _pieces(raw, entity.end, stop, boundary)]
            waiting.extend(reversed(inner))
            continue
        count += 1
        part = Part(min(entity.end, stop), stop, _name(entity, settings), media or None, _encoding(entity))
        if part.stop > part.begin:
            yield part
        if media == "message/rfc822" and depth < NESTING and part.encoding not in ("base64", "quoted-printable"):
            waiting.append((head(raw, part.begin, stop), stop, depth + 1))


def _type(kind: str) -> tuple[str, Mapping[str, str]]:
    """A media type in lower case, and its parameters."""
    return kind.partition(";")[0].strip().lower(), parameters(kind)


_known_type = lru_cache(maxsize=1 << 8)(_type)


def _name(entity: Head, settings: Mapping[str, str]) -> str | None:
    said = entity.shown.get("content-disposition")
    return (parameters(said[0]).get("filename") if said else None) or settings.get("name") or None


def _encoding(entity: Head) -> str:
    return entity.shown.get("content-transfer-encoding", _UNSAID)[0].lower()


def _pieces(raw: bytes, begin: int, stop: int, boundary: str) -> Iterator[tuple[int, int]]:
    """What lies between the delimiter lines (RFC 2046 section 5.1.1); where the last is missing, up to the end."""
    mark = b"\n--" + boundary.encode("utf-8", "replace")
    start: int | None = None
    count, at = 0, max(begin - 2, 0)  # no pattern is looked for: to compile one for each boundary costs more than this
    while (at := raw.find(mark, at, stop)) >= 0:
        end, last = _delimiter(raw, at + len(mark), stop)
        if end is None:
            at += 1
            continue
        if start is not None:
            yield start, _without_newline(raw, start, at + 1)
        if last or count >= PARTS:
            return
        count, start, at = count + 1, end, end - 1
    if start is not None:
        yield start, stop


def _delimiter(raw: bytes, at: int, stop: int) -> tuple[int | None, bool]:
    """Where the line of a delimiter ends whose boundary ends at `at`, None where more stands on it; and whether it is the last one."""
    last = raw.startswith(b"--", at, stop)
    at += 2 if last else 0
    while at < stop and raw[at] in b" \t":
        at += 1
    if at == stop:
        return at, last
    for ending in (b"\n", b"\r\n"):
        if raw.startswith(ending, at, stop):
            return at + len(ending), last
    return None, last


def _without_newline(raw: bytes, begin: int, stop: int) -> int:
    """The line ending before a delimiter belongs to it."""
    for ending in (b"\r\n", b"\n"):
        if raw[begin:stop].endswith(ending) if stop - begin < 4 else raw[stop - len(ending) : stop] == ending:
            return stop - len(ending)
    return stop


def content(raw: bytes, encoding: str) -> bytes:
    """Bytes of a part, decoded; what cannot be decoded is left as it is."""
    if encoding == "base64":
        code = raw.partition(b"=")[0].translate(None, _BASE64)
        spare = len(code) % 4
        return binascii.a2b_base64(code[:-1] if spare == 1 else code + b"=" * (-spare % 4))
    return binascii.a2b_qp(raw) if encoding == "quoted-printable" else raw


def files(
    found: Sequence[Part], passage: Passage, place: tuple[int, str, bool, int], *, stuffed: bool, whole: bool
) -> tuple[Carried, ...]:
    """The parts of a message as files. place: number and uid of the connection, whether its originator sends, and where in the stream the
    message begins; stuffed: lines that begin with a dot have one more (RFC 5321 section 4.5.2)."""
    flow, uid, forward, begin = place
    broken = -1 if whole else len(found) - 1
    return tuple(
        [
            Carried(
                flow,
                passage.packet(part.begin),
                passage.packet(part.stop - 1),
                forward,
                partial(_decoded, passage.raw, part, stuffed),
                part.name,
                part.type,
                missing=passage.missing(part.begin, part.stop),
                values={"fuid": file_id(uid, forward, begin, number)}
                | ({"complete": False} if number == broken else {}),
            )
            for number, part in enumerate(found)
        ]
    )


def _decoded(message: bytes, part: Part, stuffed: bool) -> Iterator[bytes]:
    """The bytes of a part, made when they are asked for: messages within messages would else be held once a level."""
    raw = message[part.begin : part.stop]
    if stuffed:
        raw = raw.replace(b"\n..", b"\n.")
        raw = raw[1:] if raw[:2] == b".." else raw
    yield content(raw, part.encoding)
