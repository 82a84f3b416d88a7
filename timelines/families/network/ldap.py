"""LDAP (Zeek's ldap.log and ldap_search.log)."""

from __future__ import annotations

import pyarrow as pa

from timelines.families.network.columns import CONTACT, PACKETS, ZEEK
from timelines.schema import Column, Family

_NUMBER = Column("message_id", pa.int64(), "Number that joins request and answer.", source=ZEEK)
_RESULT = (
    Column("result", pa.string(), "Name of the result code.", source=ZEEK),
    Column("diagnostic_message", pa.string(), "What the server said about it.", source=ZEEK),
)

FAMILIES = (
    Family(
        "net/ldap",
        "One LDAP operation that is no search; what it acts on is the core column `object`.",
        (
            *CONTACT,
            _NUMBER,
            Column("version", pa.int32(), "Version of LDAP that the client asks for.", source=ZEEK),
            Column("opcode", pa.string(), "`bind simple`, `bind SASL`, `add`, `modify`, `extended` …", source=ZEEK),
            *_RESULT,
            Column(
                "argument",
                pa.string(),
                "Mechanism of a bind, attributes added or changed, value compared, new name.",
                source=ZEEK,
            ),
            *PACKETS,
        ),
    ),
    Family(
        "net/ldap_search",
        "One LDAP search.",
        (
            *CONTACT,
            _NUMBER,
            Column("scope", pa.string(), "`base`, `single` or `tree`.", source=ZEEK),
            Column("deref_aliases", pa.string(), "Which aliases are followed.", source=ZEEK),
            Column("base_object", pa.string(), "Where the search begins.", source=ZEEK),
            Column("result_count", pa.int64(), "Entries that came back.", source=ZEEK),
            *_RESULT,
            Column("filter", pa.string(), "Filter as in RFC 4515.", source=ZEEK),
            Column("attributes", pa.string(), "Attributes asked for, joined by commas.", source=ZEEK),
            *PACKETS,
        ),
    ),
)
