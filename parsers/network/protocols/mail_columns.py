"""Rows of messages as columns: heads that are plain are read together, the other messages one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parsers.network.protocols import Carried, mail_heads
from parsers.network.protocols.laid_streams import Laid
from parsers.network.protocols.lines import Passage
from parsers.network.protocols.mail_headers import Head
from parsers.network.protocols.mail_message import Sent, borne_by, message
from parsers.network.records import Bools, Int64s
from timelines.families.network.mail_columns import ENVELOPE


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages that lie whole in laid streams, (m,) each: where they begin and stop in the data; named: the names of their parts are told;
    carried: their parts are told as files. sender: who sends the message of a row, and where in that stream it begins; stuffed: dots at
    line begins are doubled."""

    begin: Int64s
    stop: Int64s
    named: Bools
    carried: Bools
    sender: Callable[[int], tuple[Sent, int]]
    stuffed: bool


def message_columns(streams: Laid, mail: Messages) -> tuple[dict[str, pa.Array], list[Carried]]:
    """The columns that messages themselves fill, and the files that they carried."""
    heads = mail_heads.read(streams.data, mail.begin, mail.stop)
    count = len(mail.begin)
    files: list[Carried] = []
    columns: dict[str, pa.Array] = dict(heads.columns)
    columns["message_bytes"] = pa.array(mail.stop - mail.begin)
    told: list[tuple[str | None, str | None]] = [(None, None)] * count
    content = {name: column.to_pylist() for name, column in heads.content.items()}
    for row in np.flatnonzero(~heads.odd & mail.named & (heads.parted | mail.carried)).tolist():
        begin, stop = int(mail.begin[row]), int(mail.stop[row])
        raw = streams.data[begin:stop].tobytes()
        said = {name: [texts[row]] for name, texts in content.items() if texts[row] is not None}
        head = Head(said, said, int(heads.body[row]) - begin)
        sent, place = mail.sender(row)
        passage = Passage(sent.lines.stream, raw, (0,), (place,), (), False)
        carried = place if mail.carried[row] else None
        names, fuids, parts = borne_by(sent, passage, head, carried, stuffed=mail.stuffed, whole=True)
        told[row] = names, fuids
        files += parts
    columns |= {
        name: pa.array([row[at] for row in told], pa.string()) for at, name in enumerate(("attachments", "fuids"))
    }
    return _with_odd(columns, mail, np.flatnonzero(heads.odd), files), files


def _with_odd(columns: dict[str, pa.Array], mail: Messages, odd: Int64s, files: list[Carried]) -> dict[str, pa.Array]:
    """The same with those messages that are read one by one, whose files are put to the others."""
    if not len(odd):
        return columns
    values: list[dict[str, object]] = []
    for row in odd.tolist():
        sent, place = mail.sender(row)
        size, named, carried = int(mail.stop[row] - mail.begin[row]), bool(mail.named[row]), bool(mail.carried[row])
        one = message(sent, [(place, place + size)], stuffed=mail.stuffed, whole=True, named=named, carried=carried)
        values.append(one.values)
        files += one.parts
    order = np.arange(len(mail.begin))
    order[odd] = len(order) + np.arange(len(odd))
    at = pa.array(order)
    return {
        column.name: pa.concat_arrays(
            [columns[column.name], pa.array([one[column.name] for one in values], column.type)]
        ).take(at)
        for column in ENVELOPE
    }
