"""Code tables as data, one TOML file a table: what a number or token of the evidence means, in three languages.

```toml
"10" = {en = "Remote Desktop (10)", fr = "Bureau à distance (10)", ar = "سطح المكتب البعيد (10)"}
```
A sentence decodes a value with `{LogonType:logon_type}`; a value that its table does not hold is shown as it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LIST_COMMA = {"ar": "، "}
_BETWEEN = re.compile(r"[\s,]+")


@cache
def table(name: str) -> Mapping[str, Mapping[str, str]]:
    """One table: lower-case code to its meaning by language. Raises ValueError when there is no such table."""
    entry = files("timelines") / "messages" / "codes" / f"{name}.toml"
    if not entry.is_file():
        raise ValueError(f"a sentence names a code table that does not exist: {name!r}")
    return {code.lower(): meaning for code, meaning in tomllib.loads(entry.read_text("utf-8")).items()}


def decode(value: str, name: str, lang: str) -> str | None:
    """What a code, or a list of codes, means; None where the table does not hold all of it."""
    known = table(name)
    codes = [value.strip().strip("{}").lower()]
    if codes[0] not in known:
        codes = [code for code in _BETWEEN.split(codes[0]) if code]
    if not codes or not all(code in known for code in codes):
        return None
    return LIST_COMMA.get(lang, ", ").join(known[code][lang] for code in codes)
