"""One line of JSON, read exactly: where each value lies in it, and what is wrong with it where it is none.

RFC 8259. Nothing is converted here: numbers keep their digits, names and texts their escapes. An array is one value, unless it holds
exactly one text, which then stands for it (servers write header fields so).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

DEPTH = 32  # objects within objects; servers nest three or four
VALUES = 4_096  # values of one line; more is no request
TEXT, BARE, WHOLE = range(3)  # a text's inside; a number, true, false or null; an array or an empty object as written
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BARE = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9.eE+-])|true|false|null")
_SPACE = re.compile(rb"[ \t\r]*")
_ESCAPE = re.compile(rb'\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|(["\\/bfnrt])|(.))', re.DOTALL)
_SIMPLE = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class NotJson(ValueError):
    """Why a line is no JSON object."""


@dataclass(slots=True)
class Found:
    """Values of one line: name (keys joined by dots), what it is, and its bytes [start, end) of the line."""

    values: list[tuple[str, int, int, int]] = field(default_factory=list)
    repeated: bool = False


def scan(line: bytes) -> Found:
    """The values of a line that is one JSON object. Raises NotJson with the place and what stands there."""
    at = _space(line, 0)
    if line[at : at + 1] != b"{":
        raise NotJson("not a JSON object; counted as damaged")
    reader = _Reader(line)
    at = _space(line, reader.object(at))
    if at != len(line):
        raise NotJson(f"{len(line) - at} bytes stand behind the JSON object that ends at byte {at} of the line")
    return reader.found


class _Reader:
    def __init__(self, line: bytes) -> None:
        self.line, self.found = line, Found()
        self.seen: set[str] = set()

    def object(self, at: int) -> int:
        """Read the object that begins at `at`; where it ends. Without recursion: depth is the line's own choice."""
        line, above = self.line, list[str]()
        prefix, at, first = "", at + 1, True
        while True:
            at = _space(line, at)
            if line[at : at + 1] == b"}" and (first or _before(line, at) != b","):
                at += 1
                if not above:
                    return at
                prefix, first = above.pop(), False
                at = self._next(at)
                continue
            name, at = self._name(prefix, at)
            if line[at : at + 1] == b"{":
                inside = _space(line, at + 1)
                if line[inside : inside + 1] == b"}":
                    at = self._put(name, WHOLE, at, inside + 1)
                elif len(above) + 1 >= DEPTH:
                    raise NotJson(f"objects nested deeper than {DEPTH} at byte {at} of the line")
                else:
                    self.found.repeated |= name in self.seen
                    self.seen.add(name)
                    above.append(prefix)
                    prefix, at, first = name + ".", at + 1, True
                    continue
            else:
                at = self._value(name, at)
            first = False
            at = self._next(at)

    def _next(self, at: int) -> int:
        """Past the comma behind a value, or to the brace that closes its object."""
        at = _space(self.line, at)
        mark = self.line[at : at + 1]
        if mark == b",":
            return at + 1
        if mark == b"}":
            return at
        raise _unexpected(self.line, at, "a comma or a closing brace")

    def _name(self, prefix: str, at: int) -> tuple[str, int]:
        found = _STRING.match(self.line, at)
        if found is None:
            raise _unexpected(self.line, at, "a name in quotes")
        name = prefix + text(self.line[at + 1 : found.end() - 1])[0]
        at = _space(self.line, found.end())
        if self.line[at : at + 1] != b":":
            raise _unexpected(self.line, at, "a colon")
        return name, _space(self.line, at + 1)

    def _value(self, name: str, at: int) -> int:
        line = self.line
        if line[at : at + 1] == b"[":
            return self._array(name, at)
        found = _STRING.match(line, at)
        if found is not None:
            self._put(name, TEXT, at + 1, found.end() - 1)
            return found.end()
        found = _BARE.match(line, at)
        if found is None:
            raise _unexpected(line, at, "a value")
        return self._put(name, BARE, at, found.end())

    def _array(self, name: str, at: int) -> int:
        end, only = _array_end(self.line, at)
        if only is not None:
            self._put(name, TEXT, *only)
        else:
            self._put(name, WHOLE, at, end)
        return end

    def _put(self, name: str, what: int, start: int, end: int) -> int:
        if name in self.seen:
            self.found.repeated = True
            count = 2
            while f"{name}#{count}" in self.seen:
                count += 1
            name = f"{name}#{count}"
        self.seen.add(name)
        self.found.values.append((name, what, start, end))
        if len(self.seen) > VALUES:
            raise NotJson(f"more than {VALUES} values in one line")
        return end


def _array_end(line: bytes, at: int) -> tuple[int, tuple[int, int] | None]:
    """Where the array at `at` ends, and the inside of its text where it holds just one."""
    opened = [b"]"]
    start, at, texts, others = at, at + 1, list[tuple[int, int]](), 0
    expect = "value or end"
    while opened:
        at = _space(line, at)
        mark = line[at : at + 1]
        if mark == opened[-1] and expect in ("value or end", "name or end", "next"):
            opened.pop()
            at, expect = at + 1, "next"
            continue
        if expect == "next":
            if mark != b",":
                raise _unexpected(line, at, "a comma or the array's end")
            at, expect = at + 1, "name" if opened[-1] == b"}" else "value"
            continue
        if expect.startswith("name"):
            found = _STRING.match(line, at)
            colon = _space(line, found.end()) if found else at
            if found is None or line[colon : colon + 1] != b":":
                raise _unexpected(line, at, "a name in quotes and a colon")
            at, expect = colon + 1, "value"
            continue
        if mark in (b"[", b"{"):
            if len(opened) >= DEPTH:
                raise NotJson(f"arrays nested deeper than {DEPTH} at byte {at} of the line")
            others += 1
            opened.append(b"]" if mark == b"[" else b"}")
            at, expect = at + 1, "value or end" if mark == b"[" else "name or end"
            continue
        found = _STRING.match(line, at)
        if found is not None:
            texts.append((at + 1, found.end() - 1))
        else:
            found, others = _BARE.match(line, at), others + 1
        if found is None:
            raise _unexpected(line, at, "a value")
        at, expect = found.end(), "next"
    only = texts[0] if len(texts) == 1 and not others else None
    return at, only if line[start : start + 1] == b"[" else None


def _space(line: bytes, at: int) -> int:
    found = _SPACE.match(line, at)
    return at if found is None else found.end()


def _before(line: bytes, at: int) -> bytes:
    return line[:at].rstrip(b" \t\r")[-1:]


def _unexpected(line: bytes, at: int, wanted: str) -> NotJson:
    if at >= len(line):
        return NotJson(f"the JSON object is cut off at byte {at} of the line: {wanted} should follow")
    if line[at : at + 1] == b'"' and _STRING.match(line, at) is None:
        return NotJson(f"the JSON object is cut off: the text that begins at byte {at} of the line does not end")
    return NotJson(f"no JSON: {wanted} should stand at byte {at} of the line, not byte 0x{line[at]:02x}")


def text(raw: bytes) -> tuple[str, bool, bool]:
    """What the inside of a text says; whether its bytes are UTF-8 and its escapes JSON's own; what is not stays as written."""
    if b"\\" not in raw:
        try:
            return raw.decode("utf-8"), True, True
        except UnicodeDecodeError:
            return raw.decode("utf-8", "backslashreplace"), False, True
    proper = True

    def said(found: re.Match[bytes]) -> bytes:
        nonlocal proper
        first, second, simple, _ = found.groups()
        if simple is not None:
            return _SIMPLE.get(simple, simple)
        if first is None:
            proper = False
            return found[0]
        code = int(first, 16)
        if 0xD800 <= code < 0xDC00 and second is not None:
            return chr(0x10000 + ((code - 0xD800) << 10) + int(second, 16) - 0xDC00).encode()
        if 0xD800 <= code < 0xE000:
            proper = False
            return found[0]
        if second is not None:
            proper = False
            return chr(code).encode() + b"\\u" + second
        return chr(code).encode()

    told = _ESCAPE.sub(said, raw)
    try:
        return told.decode("utf-8"), True, proper
    except UnicodeDecodeError:
        return told.decode("utf-8", "backslashreplace"), False, proper
