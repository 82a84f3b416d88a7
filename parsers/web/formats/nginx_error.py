"""nginx's error log: `Y/m/d t [level] pid#tid: *connection text, client: …, server: …, request: "…", …`.

The layout is fixed in nginx's source (`ngx_log_error_core`, `ngx_http_log_error_handler`); it is described at
https://nginx.org/en/docs/ngx_core_module.html#error_log and https://nginx.org/en/docs/debugging_log.html. Its times have no zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from parsers.web.formats import Page, Taken
from parsers.web.instants import Iso
from parsers.web.kinds import Text, Whole
from parsers.web.line_layout import LineLayout, Value, read

_LEVELS = "debug|info|notice|warn|error|crit|alert|emerg"
_LINE = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?:" + _LEVELS.encode() + rb")\] \d+#\d+: ")
_HEAD = (
    Value("time", Iso("/")), b" [", Value("level", Text()), b"] ", Value("pid", Whole()), b"#", Value("tid", Whole()), b": ",
)  # fmt: skip
_CONNECTED = LineLayout(
    "web/error",
    "http.error",
    "Error logged",
    (*_HEAD, b"*", Value("connection", Whole()), b" ", Value("error_text", Text(True))),
)
_PLAIN = LineLayout("web/error", "http.error", "Error logged", (*_HEAD, Value("error_text", Text(True))))
_CLIENT = r", client: (?P<client>[^, ]{1,255})(?:, |$)"
_REQUEST = r", request: \"(?P<request>(?:[^\"\\]|\\.)*)\""


class NginxErrorLog:
    """Reader of `web/error` rows from nginx's error log."""

    name = "nginx-error"
    family = "web/error"

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines with nginx's date, a level of its own, process and thread."""
        return [_LINE.match(line) is not None for line in sample]

    def read(self, page: Page) -> Taken:
        """Lines with and without a connection's number."""
        taken = read(page, (_CONNECTED, _PLAIN))
        return Taken(taken.mask, tuple(_with_client(batch) for batch in taken.rows), taken.reasons)


def _with_client(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The client and the request that nginx appends to the text, beside it."""
    text = batch.column("error_text")
    client = pc.struct_field(pc.extract_regex(text, _CLIENT), "client")
    request = pc.struct_field(pc.extract_regex(text, _REQUEST), "request")
    return batch.append_column("c_ip", client).append_column("request_line", request)


FORMAT = NginxErrorLog()
