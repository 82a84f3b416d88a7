"""Text filters that mappings and sentences put values through: `"User|account"`, `{ContextInfo|line:User = }`.

Each takes a text array and gives one of the same length; a value that is not of the wanted kind becomes null, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

_ADDRESS = r"^(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:%\w+)?)$"
_PORT = r"^[1-9]\d{0,4}$"
# `192.0.2.7:3389`, `[2001:db8::7]:3389`: an address and its port in one text, as Remote Desktop writes them.
_ENDPOINT = r"^\[?(?P<address>(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:.%\w]*:[0-9A-Fa-f:.%\w]*?)\]?:(?P<port>\d{1,5})$"
_AUDIT_SUCCESS = r"(?i)^0x[0-9a-f]{2}[26ae][0-9a-f]{13}$"  # winmeta.xml: bit 53 is AuditSuccess
_AUDIT_FAILURE = r"(?i)^0x[0-9a-f]{2}[159d][0-9a-f]{13}$"  # winmeta.xml: bit 52 is AuditFailure
JOIN = " ¦ "  # stands between the items of a list that Windows events give as one value
# IANA protocol numbers, as the Windows Filtering Platform (5156 …) and the firewall write them.
_PROTOCOLS = {"1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp", "58": "icmp6"}


def _only(text: pa.Array, pattern: str) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(text, pattern), text, None)


def _account(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(text, r"^[^\\]*\\", "")


def _ip(text: pa.Array) -> pa.Array:
    return _only(pc.replace_substring_regex(text, r"^::[fF]{4}:", ""), _ADDRESS)


def _port(text: pa.Array) -> pa.Array:
    return _only(text, _PORT)


def _endpoint_ip(text: pa.Array) -> pa.Array:
    return _ip(pc.struct_field(pc.extract_regex(text, _ENDPOINT), "address"))


def _endpoint_port(text: pa.Array) -> pa.Array:
    return _port(pc.struct_field(pc.extract_regex(text, _ENDPOINT), "port"))


def _status(text: pa.Array) -> pa.Array:
    zero = pc.match_substring_regex(text, r"^0x0+$|^0$")
    return pc.if_else(zero, "success", pc.if_else(pc.match_substring_regex(text, r"^0x[0-9a-fA-F]+$"), "failure", None))


def _audit(text: pa.Array) -> pa.Array:
    success, failure = (pc.match_substring_regex(text, p) for p in (_AUDIT_SUCCESS, _AUDIT_FAILURE))
    return pc.if_else(success, "success", pc.if_else(failure, "failure", None))


def _protocol(text: pa.Array) -> pa.Array:
    known = pa.array(list(_PROTOCOLS))
    return pa.array(list(_PROTOCOLS.values())).take(pc.index_in(text, value_set=known))


def _line(text: pa.Array, mark: str) -> pa.Array:
    """What follows `mark` where a line, or an item of a list, begins with it; to the end of that line or item."""
    found = pc.extract_regex(text, rf"(?:^|[\r\n¦])[ \t]*{re.escape(mark)}[ \t]*(?P<rest>[^\r\n¦]*)")
    return pc.utf8_rtrim_whitespace(pc.struct_field(found, "rest"))


def _element(text: pa.Array, name: str) -> pa.Array:
    """The text of the first XML element of this name, entities left as written."""
    found = pc.extract_regex(text, rf"(?s)<{re.escape(name)}(?:\s[^>]*)?>(?P<inner>.*?)</{re.escape(name)}>")
    return pc.struct_field(found, "inner")


def _client(text: pa.Array) -> pa.Array:
    """The address in `[CLIENT: 192.0.2.7]`, as SQL Server writes it."""
    return _ip(pc.struct_field(pc.extract_regex(text, r"\[CLIENT: (?P<address>[^\]]+)\]"), "address"))


def _item(text: pa.Array, number: str) -> pa.Array:
    """The n-th item, from 1, of a list that the evidence gives as one value."""
    found = pc.list_element(
        pc.split_pattern(pc.binary_join_element_wise(text, JOIN * int(number), ""), JOIN), int(number) - 1
    )
    return pc.if_else(pc.equal(found, ""), None, found)


_WITH_ARGUMENT: dict[str, Callable[[pa.Array, str], pa.Array]] = {"element": _element, "item": _item, "line": _line}
# `account`: `DOMAIN\\name` to `name`. `audit`: Keywords to success or failure. `client`: the address of `[CLIENT: …]`. `endpoint_ip`,
# `endpoint_port`: of `192.0.2.7:3389`. `ip`: without `::ffff:`; what is no address drops out. `port`: 0 and text drop out.
# `protocol`: IANA number to name. `status`: 0x0 to success, other codes to failure.
# With an argument: `element:Command` (text of an XML element), `item:2` (of a list in one value), `line:User =` (rest of that line).
FILTERS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "account": _account,
    "audit": _audit,
    "client": _client,
    "endpoint_ip": _endpoint_ip,
    "endpoint_port": _endpoint_port,
    "ip": _ip,
    "lower": pc.utf8_lower,
    "port": _port,
    "protocol": _protocol,
    "status": _status,
    "trim": pc.utf8_trim_whitespace,
}


def filtered(text: pa.Array, name: str) -> pa.Array:
    """`text` through a filter, or several in order (`line:User =|account`). Raises ValueError when there is no such filter."""
    if "|" in name:
        first, _, rest = name.partition("|")
        return filtered(filtered(text, first), rest)
    kind, colon, argument = name.partition(":")
    if colon and kind in _WITH_ARGUMENT:
        return _WITH_ARGUMENT[kind](text, argument)
    if name not in FILTERS:
        known = ", ".join([*FILTERS, *(f"{kind}:…" for kind in _WITH_ARGUMENT)])
        raise ValueError(f"a mapping names a filter that does not exist: {name!r}; there are {known}")
    return FILTERS[name](text)
