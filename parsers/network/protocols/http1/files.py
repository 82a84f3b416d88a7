"""What HTTP messages carry, as files: bodies, and the parts of multipart ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from parsers.network.protocols import Carried, Conversation, CutShort, Trouble
from parsers.network.protocols.file_ids import file_id
from parsers.network.protocols.http1.contents import PIECE, Content, Solid, codings, framed, span
from parsers.network.protocols.http1.heads import Fields, Wrapping
from parsers.network.protocols.http1.messages import Message
from parsers.network.protocols.http1.multipart import Part, boundary, parts
from parsers.network.protocols.http1.parameters import file_name
from parsers.network.protocols.http1.ranges import content_range
from parsers.network.protocols.media_types import media_type
from parsers.network.streams import Stream

REREAD_LIMIT = (
    1 << 30
)  # bytes decoded anew for the parts of one body in chunks or compressed; with more it is carried whole


class Sender(NamedTuple):
    """Who sends in a conversation: the stream, and whether it is the originator's."""

    talk: Conversation
    stream: Stream
    forward: bool


class PartContent:
    """The bytes of one part. Called, it gives them; `start` then holds the first of them."""

    __slots__ = ("_content", "_part", "start")

    def __init__(self, content: Callable[[], Iterable[bytes]], part: Part) -> None:
        self._content, self._part = content, part
        self.start: bytes | None = None

    def __call__(self) -> Iterator[bytes]:
        at, (_, begin, stop, whole) = 0, self._part
        for piece in self._content():
            if at >= stop:
                break
            if mine := piece[max(begin - at, 0) : stop - at]:
                if self.start is None:
                    self.start = mine
                yield mine
            at += len(piece)
        if not whole:
            raise CutShort("the part's end was not seen")


class Sent(NamedTuple):
    """The files of one message: what is carried, the content each is read from, and the content of the whole body."""

    files: list[Carried]
    contents: list[Content | PartContent]
    whole: Content

    def told(self) -> tuple[str, str | None, str | None]:
        """Ids, names and media types of the files, once their contents were read."""
        if len(self.files) == 1:
            one, start = self.files[0], self.contents[0].start or b""
            return str(one.values["fuid"]), one.name or None, media_type(start, one.declared, True)
        types = [
            media_type(content.start or b"", file.declared, True)
            for file, content in zip(self.files, self.contents, strict=True)
        ]
        ids = ",".join([str(file.values["fuid"]) for file in self.files])
        names = ",".join([file.name for file in self.files if file.name])
        return ids, names or None, ",".join([name for name in types if name]) or None

    def troubles(self, packet: int) -> Iterator[Trouble]:
        """What was wrong with the content, once it was read."""
        fault = self.whole.fault
        if fault is not None and "not all there" not in fault:
            name = "http_content_bomb" if "grows" in fault else "http_bad_content_encoding"
            yield Trouble(packet, f"HTTP {fault}", name)


def _wrapping(fields: Fields) -> Wrapping:
    """The same for all messages with these fields: it is kept with them."""
    headers = fields.values
    applied, left = codings(headers.get("content-encoding"))
    declared = headers.get("content-type")
    mark = boundary(declared) if not left else None
    values: dict[str, object] = {"encoding": ",".join(left)} if left else {}
    name = file_name(headers.get("content-disposition"))
    fields.wrapping = Wrapping(applied, mark, declared, name, values | _range(headers))
    return fields.wrapping


def sent(sender: Sender, message: Message, name: str | None) -> Sent:
    """The files that a message with a body carries. `name` is used where the message itself gives none."""
    talk, stream, forward = sender
    head, body, first, last, source = message
    applied, mark, declared, named, more = head.fields.wrapping or _wrapping(head.fields)
    begin, after, seen, size, _, chunked = body
    content: Content
    if after == begin + seen and seen <= PIECE and not chunked and (source is None or begin):
        content, missing = Solid(stream, begin, seen, applied), 0
    else:
        content, missing = Content(source or partial(framed, stream, body), applied), body.missing
    if mark is not None:
        found = _parts(sender, message, content, mark, bool(applied))
        if found is not None:
            return found
    values: dict[str, object] = {"fuid": file_id(talk.uid, forward, head.begin), **more}
    size = None if applied else size
    file = Carried(talk.flow, first, last, forward, content, named or name, declared, size, missing, values)
    return Sent([file], [content], content)


def _parts(sender: Sender, message: Message, content: Content, mark: bytes, encoded: bool) -> Sent | None:
    """The parts of a multipart body as files of their own; None where it has none that can be read."""
    body = message.body
    plain = not encoded and not body.chunked and message.source is None  # it lies in the stream as it is
    found = list(parts(content, mark))
    if not found or (not plain and sum(part.stop for part in found) > REREAD_LIMIT):
        return None
    files, contents = [], []
    for number, part in enumerate(found, 1):
        piece = PartContent(content, part)
        first, last = message.first, message.last
        if plain and body.whole:
            first, last = (sender.stream.packet(body.begin + at) for at in (part.begin, max(part.stop - 1, part.begin)))
            piece = PartContent(
                _slice(sender.stream, body.begin + part.begin, part),
                part._replace(begin=0, stop=part.stop - part.begin),
            )
        files.append(
            Carried(
                sender.talk.flow,
                first,
                last,
                sender.forward,
                piece,
                name=file_name(part.headers.get("content-disposition")),
                declared=part.headers.get("content-type"),
                size=part.stop - part.begin if part.whole else None,
                values=_part_values(sender, message, number, part),
            )
        )
        contents.append(piece)
    return Sent(files, list(contents), content)


def _part_values(sender: Sender, message: Message, number: int, part: Part) -> dict[str, object]:
    return {
        "fuid": file_id(sender.talk.uid, sender.forward, message.head.begin, number),
        "depth": number,
        **_range(part.headers),
    }


def _range(headers: dict[str, str]) -> dict[str, object]:
    """Which part of a longer file a body is; a part is no complete file."""
    said = headers.get("content-range")
    if said is None:
        return {}
    held = content_range(said)
    return {"content_range": said} | ({} if held is None or held.whole else {"complete": False})


def _slice(stream: Stream, begin: int, part: Part) -> Callable[[], Iterator[bytes]]:
    """The bytes of a part of a body that lies in the stream as it is."""
    return lambda: span(stream, begin, begin + part.stop - part.begin, False)
