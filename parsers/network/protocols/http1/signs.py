"""Signs of request smuggling: messages that two servers may end at different bytes (RFC 9112 sections 5.1, 5.2, 6.1, 6.3 and 11.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parsers.network.protocols import Trouble
from parsers.network.protocols.http1.heads import Fields
from parsers.network.protocols.http1.messages import Message

_CODINGS = ("chunked", "gzip, chunked", "deflate, chunked", "identity")


def signs(message: Message) -> Sequence[Trouble]:
    """What is odd about the framing of a message."""
    found = message.head.fields
    if found.sound:
        return ()  # as nearly all are
    coding, length = found.values.get("transfer-encoding"), found.values.get("content-length")
    return [Trouble(message.first, "HTTP message: " + reason, name) for name, reason in _odd(found, coding, length)]


def _odd(found: Fields, coding: str | None, length: str | None) -> Iterator[tuple[str, str]]:
    if coding is not None and length is not None:
        yield "http_content_length_and_transfer_encoding", "it has both Content-Length and Transfer-Encoding"
    if coding is not None and coding.lower() not in _CODINGS:
        yield "http_odd_transfer_encoding", "its Transfer-Encoding is none that servers agree on"
    if length is not None and "," in length:
        same = len({part.strip() for part in length.split(",")}) == 1
        told = "the same value" if same else "different values"
        yield "http_duplicate_content_length", f"it has several Content-Length fields with {told}"
    elif length is not None and not (length.isascii() and length.isdecimal()):
        yield "http_bad_content_length", "its Content-Length is no number"
    if found.folded:
        yield "http_obsolete_folding", "a header line is folded over several lines"
    if found.spaced:
        yield "http_space_before_colon", "space stands between a header's name and its colon"
