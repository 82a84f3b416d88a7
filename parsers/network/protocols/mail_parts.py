"""The parts of a MIME message (RFC 2045 to 2049): where each lies, its name and type, its decoded bytes."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from parsers.network.protocols import Carried
from parsers.network.protocols.file_ids import file_id
from parsers.network.protocols.lines import Passage
from parsers.network.protocols.mail_headers import Head, head, parameters, unfolded

MESSAGE_LIMIT = 64 << 20  # bytes of one message that are read; providers accept 25 to 50 MB
NESTING = 16  # multiparts within one another
PARTS = 1_000  # parts of one message
_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Part:
    """A part without parts: [begin, stop) of the message's bytes; name, type and encoding as its head declares them."""

    begin: int
    stop: int
    name: str | None
    type: str | None
    encoding: str


def parts(raw: bytes, top: Head) -> Iterator[Part]:
    """The parts of a message whose head is `top`, in order. Attached messages are parts, and so are theirs."""
    waiting: list[tuple[Head, int, int]] = [(top, len(raw), 0)]
    count = 0
    while waiting and count < PARTS:
        entity, stop, depth = waiting.pop()
        kind = entity.fields.get("content-type", [b""])[0]
        declared = unfolded(kind)
        media, settings = declared.partition(";")[0].strip().lower(), parameters(declared)
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


def _name(entity: Head, settings: dict[str, str]) -> str | None:
    disposition = parameters(unfolded(entity.fields.get("content-disposition", [b""])[0]))
    return disposition.get("filename") or settings.get("name") or None


def _encoding(entity: Head) -> str:
    return (entity.first("content-transfer-encoding") or "").lower()


def _pieces(raw: bytes, begin: int, stop: int, boundary: str) -> Iterator[tuple[int, int]]:
    """What lies between the delimiter lines (RFC 2046 section 5.1.1); where the last is missing, up to the end."""
    mark = re.compile(rb"(?<=\n)--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    start: int | None = None
    for count, found in enumerate(mark.finditer(raw, max(begin - 1, 0), stop)):
        if start is not None:
            yield start, _without_newline(raw, start, found.start())
        if found[1] or count >= PARTS:
            return
        start = found.end()
    if start is not None:
        yield start, stop


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
    flow: int, passage: Passage, top: Head, place: tuple[str, bool, int], *, stuffed: bool, whole: bool
) -> Iterator[Carried]:
    """The parts of a message as files. place: the connection's uid, whether its originator sends, and where in the stream the message
    begins; stuffed: lines that begin with a dot have one more (RFC 5321 section 4.5.2)."""
    found = list(parts(passage.raw, top))
    uid, forward, begin = place
    for number, part in enumerate(found):
        broken = part is found[-1] and not whole
        yield Carried(
            flow,
            passage.packet(part.begin),
            passage.packet(part.stop - 1),
            forward,
            partial(_decoded, passage.raw, part, stuffed),
            part.name,
            part.type,
            missing=passage.missing(part.begin, part.stop),
            values={"fuid": file_id(uid, forward, begin, number)} | ({"complete": False} if broken else {}),
        )


def _decoded(message: bytes, part: Part, stuffed: bool) -> Iterator[bytes]:
    """The bytes of a part, made when they are asked for: messages within messages would else be held once a level."""
    raw = message[part.begin : part.stop]
    if stuffed:
        raw = raw.replace(b"\n..", b"\n.")
        raw = raw[1:] if raw[:2] == b".." else raw
    yield content(raw, part.encoding)
