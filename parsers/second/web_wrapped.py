"""Lines out of what log services put around them, apart from `parsers.web` and after the documentation.

https://docs.docker.com/engine/logging/drivers/json-file/, https://docs.docker.com/reference/cli/docker/container/logs/
https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
https://systemd.io/JOURNAL_EXPORT_FORMATS/
"""

from __future__ import annotations

import json
import re

_PREFIX = re.compile(
    rb"(?:<\d{1,3}>)?(?:"
    rb"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*) \S+ [A-Za-z_][\w./-]*(?:\[\d+\])?: "
    rb"|\d{4}-\d\d-\d\dT\S+ (?:stdout|stderr) [FP] "
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d) "
    rb"|1 \S+ \S+ \S+ \S+ \S+ (?:-|(?:\[(?:[^\"\]]|\"(?:[^\"\\]|\\.)*\")*\])+) (?:\xef\xbb\xbf)?)"
)
_JOURNAL = re.compile(rb"\w{1,64}=[^\n]*\n")


def unquoted(line: bytes) -> tuple[bytes, ...]:
    """What a line may be that an export put in quotes, likeliest first: CSV doubles those within; else they may be the line's own."""
    cell = line.rstrip(b",;")
    if cell[:1] != cell[-1:] or cell[:1] not in (b'"', b"'") or len(cell) < 3:
        return (line,)
    held = cell[1:-1]
    if cell[:1] == b"'":
        return (held,)
    if b'"' in held and b'"' not in held.replace(b'""', b""):
        return (held.replace(b'""', b'"'),)
    return line, held


def unwrapped(line: bytes) -> bytes:
    """The line that a log service wrapped, perhaps in parts, or the line itself."""
    if _JOURNAL.match(line) is not None and b"MESSAGE" in line:
        return _message(line)
    parts = line.split(b"\n")
    if len(parts) > 1 and _inside(parts[0]) != parts[0]:
        return b"".join(_inside(part.removesuffix(b"\r")) for part in parts)
    return _inside(line)


def _message(entry: bytes) -> bytes:
    """The message of a journal's entry, field after field."""
    while entry and entry[:1] != b"\n":
        head, _, rest = entry.partition(b"\n")
        name, mark, text = head.partition(b"=")
        if not mark:
            size = int.from_bytes(rest[:8], "little")
            text, rest = rest[8 : 8 + size], rest[9 + size :]
        if name == b"MESSAGE":
            return text
        entry = rest
    return b""


def _inside(line: bytes) -> bytes:
    """The line that a log service wrapped, or the line itself."""
    found = _PREFIX.match(line)
    if found is not None:
        return line[found.end() :]
    for name in ("log", "MESSAGE"):
        if line[:1] == b"{" and b'"' + name.encode() + b'"' in line:
            try:
                held = json.loads(line).get(name)
            except (ValueError, RecursionError):
                return line
            if isinstance(held, str):
                return held.removesuffix("\n").encode("utf-8", "surrogatepass")
            if isinstance(held, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in held):
                return bytes(held)
    return line
