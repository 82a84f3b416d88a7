"""What a request's fields say beyond themselves: path and query, the client's address, whether it was served."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Bytes, Int64s
from parsers.interned import steady
from parsers.web.spans import Grid, Spans, chosen
from timelines.coded import CODED, plain
from timelines.compiled import compiled

_ASKED = 63
_ADDRESS = re.compile(r"(?:::[fF]{4}:)?((?:\d{1,3}\.){3}\d{1,3})|((?=[^:]*:[^:]*:)[0-9A-Fa-f:.]+(?:%\w+)?)")


def split_target(spans: Spans, target: int, stem: int, query: int) -> None:
    """Split targets at their first `?` (RFC 3986 section 3.4); without one all is stem and the query is absent."""
    _split(steady(spans.lines.data), spans.starts, spans.ends, target, stem, query)


@compiled
def _split(data: Bytes, starts: Grid, ends: Grid, target: int, stem: int, query: int) -> None:
    for row in range(starts.shape[1]):
        start, end = starts[target, row], ends[target, row]
        starts[stem, row], ends[stem, row], starts[query, row], ends[query, row] = start, end, -1, -1
        if start < 0:
            continue
        for place in range(start, end):
            if data[place] == _ASKED:
                ends[stem, row], starts[query, row], ends[query, row] = place, place + 1, end
                break


def joined_target(stem: pa.StringArray, query: pa.StringArray | None) -> pa.StringArray:
    """A whole target of its two halves; the stem alone where there is no query."""
    return stem if query is None else pc.coalesce(pc.binary_join_element_wise(stem, query, "?"), stem)


def addresses(clients: pa.Array) -> pa.Array:
    """Clients that are addresses (`::ffff:` taken off, as the system means the IPv4 address); names become null."""
    encoded = clients if clients.type == CODED else pc.dictionary_encode(clients)
    texts = encoded.dictionary.to_pylist()
    known = [match and (match[1] or match[2]) for match in map(_ADDRESS.fullmatch, texts)]
    return clients if known == texts else _said(known, encoded.indices)


def _said(texts: Sequence[str | None], places: pa.Array) -> pa.DictionaryArray:
    """The column that says `texts` at `places`, of which several may be the same or null."""
    number = {text: at for at, text in enumerate(dict.fromkeys(text for text in texts if text is not None))}
    moved = np.array([-1 if text is None else number[text] for text in texts] + [-1], np.int64)
    return chosen(tuple(number), moved[places.fill_null(len(texts)).to_numpy()])


_HOST = r"\[?(?P<host>(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(?:%[0-9A-Za-z_.]+)?\]?(?::[0-9]{1,5})?"
_CLAIMS = {
    "x_forwarded_for": r"(?:^|,)[ +]*" + _HOST + r"[ +]*(?:,|$)",
    "forwarded": r"(?i)(?:^|[;,])[ +]*for=(?:\\?\"|\\x22|%22)?" + _HOST + r"(?:[^0-9A-Za-z.:]|$)",
    "cf_connecting_ip": "^" + _HOST + "$",
}


def claimed(columns: Mapping[str, pa.Array]) -> pa.Array | None:
    """The first address that the client's headers claim, without port and zone; None where the log has no such header."""
    found = [
        _host(columns[name], pattern)
        for name, pattern in _CLAIMS.items()
        if name in columns and columns[name].null_count < len(columns[name])
    ]
    return None if not found else found[0] if len(found) == 1 else pc.coalesce(*map(plain, found))


def _host(column: pa.Array, pattern: str) -> pa.Array:
    if column.type != CODED:
        return pc.struct_field(pc.extract_regex(column, pattern), "host")
    hosts = pc.struct_field(pc.extract_regex(column.dictionary, pattern), "host")
    return _said(hosts.to_pylist(), column.indices)


def outcomes(status: Int64s, answered: Bools) -> pa.DictionaryArray:
    """`success` for 2xx and 3xx, `failure` for 4xx and 5xx (RFC 9110 section 15), else null."""
    good, bad = (status >= 200) & (status < 400), (status >= 400) & (status < 600)
    return chosen(("success", "failure"), np.where(answered & good, 0, np.where(answered & bad, 1, -1)))
