"""What a request's fields say beyond themselves: path and query, the client's address, whether it was served."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.gather import Bools, Int64s
from parsers.web.spans import Spans

_ADDRESS = re.compile(r"(?:::[fF]{4}:)?((?:\d{1,3}\.){3}\d{1,3})|((?=[^:]*:[^:]*:)[0-9A-Fa-f:.]+(?:%\w+)?)")


def split_target(spans: Spans, target: int, stem: int, query: int) -> None:
    """Split targets at their first `?` (RFC 3986 section 3.4); without one all is stem and the query is absent."""
    starts, ends = spans.starts[target], spans.ends[target]
    mark = pc.find_substring(spans.text(target, dash_is_null=False), "?").fill_null(-1).to_numpy()
    asked = mark >= 0
    mark = starts + mark
    spans.starts[stem], spans.ends[stem] = starts, np.where(asked, mark, ends)
    spans.starts[query], spans.ends[query] = np.where(asked, mark + 1, -1), np.where(asked, ends, -1)


def joined_target(stem: pa.StringArray, query: pa.StringArray | None) -> pa.StringArray:
    """A whole target of its two halves; the stem alone where there is no query."""
    return stem if query is None else pc.coalesce(pc.binary_join_element_wise(stem, query, "?"), stem)


def addresses(clients: pa.StringArray) -> pa.StringArray:
    """Clients that are addresses (`::ffff:` taken off, as the system means the IPv4 address); names become null."""
    encoded = pc.dictionary_encode(clients)
    known = [match and (match[1] or match[2]) for match in map(_ADDRESS.fullmatch, encoded.dictionary.to_pylist())]
    return pa.array(known, pa.string()).take(encoded.indices)


_HOST = r"\[?(?P<host>(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(?:%[0-9A-Za-z_.]+)?\]?(?::[0-9]{1,5})?"
_CLAIMS = {
    "x_forwarded_for": r"(?:^|,)[ +]*" + _HOST + r"[ +]*(?:,|$)",
    "forwarded": r"(?i)(?:^|[;,])[ +]*for=(?:\\?\"|\\x22|%22)?" + _HOST + r"(?:[^0-9A-Za-z.:]|$)",
    "cf_connecting_ip": "^" + _HOST + "$",
}


def claimed(columns: Mapping[str, pa.Array]) -> pa.StringArray | None:
    """The first address that the client's headers claim, without port and zone; None where the log has no such header."""
    found = [
        pc.struct_field(pc.extract_regex(columns[name], pattern), "host")
        for name, pattern in _CLAIMS.items()
        if name in columns and columns[name].null_count < len(columns[name])
    ]
    return pc.coalesce(*found) if found else None


def outcomes(status: Int64s, answered: Bools) -> pa.StringArray:
    """`success` for 2xx and 3xx, `failure` for 4xx and 5xx (RFC 9110 section 15), else null."""
    good, bad = (status >= 200) & (status < 400), (status >= 400) & (status < 600)
    return pa.array(["success", "failure"]).take(pa.array(bad.astype(np.int64), mask=~(answered & (good | bad))))
