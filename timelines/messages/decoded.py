"""The decoded values of one row, beside the raw ones: which field goes through which code table, declared in the files of meanings.

```toml
[decoded]                                    # of every event of this family and provider
ImpersonationLevel = "parameter"
[event.4663.decoded]
AccessMask = {by = "ObjectType", File = "access_file+access_standard", Key = "access_key+access_standard"}
```
A placeholder that a sentence decodes (`{LogonType:logon_type}`) is declared by that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timelines.meanings import Meaning, meaning
from timelines.messages.codes import decode, is_number, tables
from timelines.messages.placeholders import Placeholder, parts

UNSAID = ("", "-")


def tables_of_fields(found: Meaning) -> dict[str, Any]:
    """Which code tables the fields of an event go through: a table's name, or `{by = FIELD, VALUE = table}`."""
    spoken = [part for part in parts(found.message.get("en", "")) if isinstance(part, Placeholder)]
    return {**found.decoded, **{part.name: part.codes for part in spoken if part.codes}}


def _chosen(declared: Any, values: Mapping[str, Any]) -> str | None:
    if isinstance(declared, str):
        return declared
    kind = str(values.get(declared["by"]) or "")
    said = declared.get(kind)
    return None if said is None or kind == "by" else str(said)


def decoded_values(values: Mapping[str, Any], lang: str = "en") -> dict[str, str | None]:
    """The fields of a row, by the evidence's own names, that hold codes: what each means, None for a number that no table holds.

    `values` are the row's columns by name, `family`, `event` and `Provider_Name` among them. A name or an identifier that no table
    holds, and plain text where there could have been a code, are left out: they say what they are.
    """
    family, event, provider = (values.get(name) for name in ("family", "event", "Provider_Name"))
    declared = tables_of_fields(meaning(str(family or ""), provider, None if event is None else str(event)))
    found: dict[str, str | None] = {}
    for name, table in declared.items():
        value = values.get(name)
        chosen = _chosen(table, values)
        if value is None or chosen is None or str(value).strip() in UNSAID:
            continue
        meant = decode(str(value), chosen, lang)
        if meant is not None or (is_number(str(value)) and tables(chosen).kind not in ("names", "sids")):
            found[name] = meant
    return found
