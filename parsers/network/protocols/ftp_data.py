"""FTP's data channels: one file or listing each, named by the control connection that foretold it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Carried, Conversation, Openings, Record, Yield
from parsers.network.protocols.file_ids import file_id
from parsers.network.protocols.lines import PIECE
from parsers.network.protocols.media_types import media_type
from parsers.network.records import Bools
from parsers.network.streams import Stream

START = 512  # bytes that tell the media type


@dataclass(frozen=True, slots=True)
class FtpData:
    """The dissector; it reads only what was foretold."""

    service: str = "ftp-data"
    family: str = "net/ftp"

    def recognise(self, openings: Openings) -> Bools:
        return np.zeros(len(openings.proto), np.bool_)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        """The file, and a row with its size and type beside the command's."""
        if talk.orig is None or talk.resp is None:
            return
        forward = talk.orig.end > talk.orig.begin
        stream = talk.orig if forward else talk.resp
        if stream.end <= stream.begin:
            return
        begin = min(stream.begin, 0)
        first, last = stream.packet(stream.begin), stream.packet(stream.end - 1)
        listing = bool(talk.told.get("listing"))
        arg, size = talk.told.get("arg"), talk.told.get("file_size")
        held = stream.held(begin, stream.end)
        values = dict(talk.told)
        values.pop("listing", None)
        values["mime_type"] = media_type(stream.read(stream.begin, START), None, True)
        values["file_size"] = held
        values["fuid"] = fuid = file_id(talk.uid, forward, "data")
        yield Record(talk.flow, first, max(first, last), "ftp.data", values)
        yield Carried(
            talk.flow,
            first,
            max(first, last),
            forward,
            partial(_pieces, stream),
            posixpath.basename(str(arg)) or None if arg and not listing else None,
            size=size if isinstance(size, int) and not listing else None,
            missing=stream.end - begin - held,
            values={"object": talk.told.get("object"), "fuid": fuid},
        )


def _pieces(stream: Stream) -> Iterator[bytes]:
    at: int | None = stream.begin
    while at is not None:
        raw = stream.read(at, PIECE)
        if raw:
            yield raw
            at += len(raw)
        else:
            following = stream.next_start(at)
            at = following if following is not None and following > at else None


DISSECTOR = FtpData()
