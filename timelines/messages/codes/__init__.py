"""Code tables as data, one TOML file a table: what a number or token of the evidence means, in three languages.

```toml
"10" = {en = "Remote Desktop (10)", fr = "Bureau à distance (10)", ar = "سطح المكتب البعيد (10)"}
```
A file may say what kind its table is: `kind = "mask"`, whose entries are bits that are read one by one; `kind = "names"`, a list of which
known and unknown ones stand side by side; `kind = "sids"`, the same, where `RID-512` is the last number of any domain's identifier;
`kind = "results"`, Win32 errors, which an HRESULT of facility 7 holds in its low half (MS-ERREF section 2.1.1).

A sentence decodes a value with `{LogonType:logon_type}`, or by several tables, `{AccessMask:access_file+access_standard}`. A value that no
table holds is shown as it is; a mask whose bits are known in part says which are not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from timelines.visible import visible

LIST_COMMA = {"ar": "، "}
UNKNOWN_BITS = {"en": "unknown bits {}", "fr": "bits inconnus {}", "ar": "بتات غير معروفة {}"}
KINDS = ("codes", "mask", "names", "sids", "results")
_AROUND = {"ar": ("\u2066", "\u2069")}
_BETWEEN = re.compile(r"[\s,]+")
_NUMBER = re.compile(r"0x[0-9a-f]+|-?\d+")
_NAME = re.compile(r"%%\d+|%?\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?|[a-z_]\w*", re.IGNORECASE)
_DASHES = frozenset(("-", "---"))  # stand for nothing in such lists
_SID = re.compile(r"s-1-\d+(?:-\d+)+")
_WIN32 = 0x8007_0000  # HRESULT_FROM_WIN32
MOST_ITEMS = 64  # of one list; a longer one is shown as it is


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what kind it is, and each code, in one spelling, with its meaning by language."""

    kind: str
    meanings: Mapping[str, Mapping[str, str]]


def number_of(code: str) -> int | None:
    """The number that a code writes in decimal or, after `0x`, in hexadecimal; a negative one as the unsigned it stands for."""
    text = code.strip().lower()
    if len(text) > 20 or not _NUMBER.fullmatch(text):
        return None
    value = int(text, 16 if text.startswith("0x") else 10)
    return value if value >= 0 else value + (1 << (32 if value >= -(1 << 31) else 64))


def is_number(value: str) -> bool:
    """Whether a value is a code by its look: numbers and numbered texts, nothing else."""
    codes = [code for code in _BETWEEN.split(value.strip()) if code]
    return bool(codes) and all(number_of(code.removeprefix("%%")) is not None for code in codes)


def _spelling(code: str) -> str:
    """One spelling of a code: numbers in decimal, the rest in lower case without braces."""
    text = code.strip().lower().removeprefix("%{").strip("{}")
    value = number_of(text)
    return text if value is None else str(value)


@cache
def _table(name: str) -> Table:
    entry = files("timelines") / "messages" / "codes" / f"{name}.toml"
    if not entry.is_file():
        raise ValueError(f"a sentence names a code table that does not exist: {name!r}")
    content = tomllib.loads(entry.read_text("utf-8"))
    kind = content.pop("kind", "codes")
    if kind not in KINDS:
        raise ValueError(f"code table {name!r} is of no kind that exists: {kind!r}; there are {', '.join(KINDS)}")
    return Table(kind, {_spelling(code): meaning for code, meaning in content.items()})


@cache
def tables(names: str) -> Table:
    """The table of a name, or of several joined by `+`, of the first one's kind. Raises ValueError when one does not exist."""
    found = [_table(name) for name in names.split("+")]
    merged: dict[str, Mapping[str, str]] = {}
    for part in reversed(found):
        merged.update(part.meanings)
    return Table(found[0].kind, merged)


def table(names: str) -> Mapping[str, Mapping[str, str]]:
    """The codes of a table with their meanings by language."""
    return tables(names).meanings


def _one(code: str, known: Table, lang: str) -> str | None:
    spelled = _spelling(code)
    if spelled in known.meanings:
        return known.meanings[spelled][lang]
    value = number_of(spelled.removeprefix("%%"))  # the Service Control Manager writes the error 1053 as %%1053
    if value is None or known.kind != "results":
        return None
    low = str(value & 0xFFFF if value & 0xFFFF_0000 == _WIN32 else value)
    return known.meanings[low][lang] if low in known.meanings else None


def _bits(value: int, known: Table, lang: str) -> str | None:
    if str(value) in known.meanings:
        return known.meanings[str(value)][lang]
    found = [(bit, said[lang]) for code, said in known.meanings.items() if (bit := int(code)) and value & bit == bit]
    single = sorted((bit, said) for bit, said in found if bit & (bit - 1) == 0)
    rest = value
    for bit, _ in single:
        rest &= ~bit
    if not single:
        return None
    said = [text for _, text in single] + ([UNKNOWN_BITS[lang].format(f"{rest:#x}")] if rest else [])
    return LIST_COMMA.get(lang, ", ").join(said)


def _sid(sid: str, known: Table, lang: str) -> str | None:
    spelled = sid.lower()
    domain = f"rid-{spelled.rpartition('-')[2]}" if spelled.startswith("s-1-5-21-") else ""
    said = known.meanings.get(spelled) or known.meanings.get(domain)
    before, after = _AROUND.get(lang, ("", ""))
    return None if said is None else f"{said[lang]} ({before}{sid.upper()}{after})"


def _side_by_side(codes: list[str], known: Table, lang: str) -> str | None:
    """Known and unknown names in a row; None where none is known, or one has not the look of a name."""
    shape = _SID if known.kind == "sids" else _NAME
    before, after = _AROUND.get(lang, ("", ""))
    said, any_known = [], False
    for code in codes:
        bare = code.removeprefix("%{").rstrip("}") if known.kind == "sids" else code
        if not shape.fullmatch(bare.lower()):
            return None
        meaning = _sid(bare, known, lang) if known.kind == "sids" else _one(bare, known, lang)
        any_known = any_known or meaning is not None
        said.append(meaning or f"{before}{visible(bare)}{after}")
    return LIST_COMMA.get(lang, ", ").join(said) if any_known else None


def decode(value: str, names: str, lang: str) -> str | None:
    """What a code, a list of codes or a mask means, ready to show; None where the tables do not hold it.

    Of a list of ordinary codes all must be known; of names and SIDs those that are not stand as they are.
    """
    known = tables(names)
    if known.kind == "mask":
        number = number_of(value)
        return None if number is None else _bits(number, known, lang)
    whole = None if known.kind == "sids" else _one(value, known, lang)
    codes = [code for code in _BETWEEN.split(value.strip()) if code and code not in _DASHES]
    if whole is not None or not codes or len(codes) > MOST_ITEMS:
        return whole
    if known.kind in ("names", "sids"):
        return _side_by_side(codes, known, lang)
    said = [_one(code, known, lang) for code in codes]
    return LIST_COMMA.get(lang, ", ").join(text for text in said if text is not None) if None not in said else None
