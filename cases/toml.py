"""Writing TOML 1.0 with one spelling only: text, whole numbers, lists of text, and lists of tables of text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Value = str | int | Sequence[str] | Sequence[Mapping[str, str]]

# https://toml.io/en/v1.0.0#string: what a basic string must escape
# (quotes, backslashes, controls), and what would hide or turn text around in an editor
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]')
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def text(value: str) -> str:
    """`value` as a TOML basic string. Raises ValueError for lone surrogates, which TOML cannot hold."""
    if lone := _SURROGATE.search(value):
        raise ValueError(f"{value!a} holds U+{ord(lone[0]):04X}, which is no character; expected Unicode text")
    return '"' + _ESCAPED.sub(lambda found: _SHORT.get(found[0], f"\\u{ord(found[0]):04X}"), value) + '"'


def dump(values: Mapping[str, Value]) -> str:
    """`values` as a TOML document, keys in the order given; lists of tables come last, as TOML needs it."""
    lines: list[str] = []
    tables: list[str] = []
    for key, value in values.items():
        if isinstance(value, bool):
            raise TypeError(f"{key}: expected text, a whole number or a list, found {value!r}")
        if isinstance(value, str):
            lines.append(f"{key} = {text(value)}")
        elif isinstance(value, int):
            lines.append(f"{key} = {value}")
        elif value and all(isinstance(item, Mapping) for item in value):
            for item in value:
                assert isinstance(item, Mapping)
                tables += ["", f"[[{key}]]", *(f"{name} = {text(word)}" for name, word in item.items())]
        else:
            lines.append(f"{key} = [{', '.join(text(str(item)) for item in value)}]")
    return "\n".join([*lines, *tables]) + "\n"
