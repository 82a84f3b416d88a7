"""The columns that heads of many messages fill, read together; `mail_headers.py` tells the same of one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import utf8
from parsers.network.protocols.mail_head_kernels import BODY, ODD, PARTED, READ, SECOND, WORDS, walked
from parsers.network.protocols.mail_headers import listed, unfolded
from parsers.network.records import Bools, Bytes, Int64s

CONTENT = ("content-type", "content-disposition", "content-transfer-encoding")
_PLAIN = {
    "date": "date", "from": "from", "to": "to", "cc": "cc", "reply_to": "reply-to", "msg_id": "message-id", "in_reply_to": "in-reply-to",
    "subject": "subject", "first_received": "received",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heads:
    """Heads of several messages, (m,) each. columns: those of `mail_headers.envelope`; odd: which it alone can tell, they have nothing
    here; parted: which may have parts, or a part with a name; body: where the rest begins; content: what a reader sees of CONTENT."""

    columns: dict[str, pa.StringArray]
    odd: Bools
    parted: Bools
    body: Int64s
    content: dict[str, pa.StringArray]


def read(data: Bytes, begins: Int64s, stops: Int64s) -> Heads:
    """The heads of the messages at [begin, stop) of `data`."""
    texts, spans, addresses, told = walked(data, begins, stops)
    odd, words = told[:, ODD] > 0, told[:, WORDS] > 0
    spans[odd] = -1

    places, sizes = spans[:, :, 0].T.ravel(), spans[:, :, 1].T
    cells = utf8(texts, places, np.maximum(sizes, 0).ravel(), (sizes >= 0).ravel())[
        0
    ]  # at one go: of few messages it costs as much

    def column(place: int) -> pa.StringArray:
        found = cells.slice(place * len(begins), len(begins))
        return _decoded(found, np.flatnonzero(words & (sizes[place] > 0)))

    columns = {name: column(READ.index(field)) for name, field in _PLAIN.items()}
    agent, mailer = column(READ.index("user-agent")), column(READ.index("x-mailer"))
    origin = column(READ.index("x-originating-ip"))
    columns["x_originating_ip"] = pc.if_else(pc.equal(origin, ""), None, pc.utf8_trim(origin, "[]"))
    columns["user_agent"] = pc.if_else(pc.greater(pc.binary_length(agent).fill_null(0), 0), agent, mailer)
    columns["second_received"] = column(SECOND)
    columns["path"] = _paths(texts, addresses, len(begins))
    content = {name: column(READ.index(name)) for name in CONTENT}
    return Heads(columns, odd, told[:, PARTED] > 0, told[:, BODY], content)


def _decoded(texts: pa.StringArray, rows: Int64s) -> pa.StringArray:
    """The texts with their encoded words read, which stand in these rows alone."""
    said = texts.take(pa.array(rows)).to_pylist()
    if not any("=?" in one for one in said):
        return texts
    mask = np.zeros(len(texts), np.bool_)
    mask[rows] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(map(unfolded, said), pa.string()))


def _paths(texts: Bytes, addresses: Int64s, count: int) -> pa.StringArray:
    """The addresses of each message, joined. addresses: message, begin, stop."""
    paths: list[str | None] = [None] * count
    said = utf8(texts, addresses[:, 1], addresses[:, 2] - addresses[:, 1])[0].to_pylist()
    edges = np.flatnonzero(np.diff(addresses[:, 0], prepend=-1, append=-1)).tolist()
    for first, last in pairwise(edges):
        paths[int(addresses[first, 0])] = listed(said[first:last])
    return pa.array(paths, pa.string())
