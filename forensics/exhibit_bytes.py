"""From a row back to its bytes: the plain bytes of the file that holds it, and the format's own reading of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cases.case import Case
from cases.errors import CaseError
from parsers.base import Evidence
from parsers.evidence import materialised
from timelines.problems import Problem


@contextmanager
def opened(
    case: Case, exhibit: str, file: str, override: Path | None = None, check: bool = True
) -> Iterator[memoryview]:
    """The plain bytes of a file or container member, its size and with `check` its SHA-256 as registered. Raises CaseError when not."""
    with found(case, exhibit, file, override, check) as evidence:
        yield evidence.open()


@contextmanager
def found(case: Case, exhibit: str, file: str, override: Path | None = None, check: bool = True) -> Iterator[Evidence]:
    """A file or container member, unpacked if need be, checked as for `opened`. Raises CaseError when it changed."""
    from timelines.hashing import sha256_file

    entry = case.register.entry(exhibit, file)
    place = case.locate(exhibit, override)
    with tempfile.TemporaryDirectory(prefix="athar-", ignore_cleanup_errors=True) as scratch:
        for item in materialised(place, [entry], Path(scratch)):
            if isinstance(item, Problem):
                raise CaseError(f"{exhibit}/{file}: {item.reason}")
            path = item[1]
            if path.stat().st_size != entry.size or (check and sha256_file(path) != entry.sha256):
                raise CaseError(
                    f"{exhibit}/{file}: the bytes are no longer those that were registered; athar verify says more"
                )
            of = case.register.exhibit(exhibit)
            size = path.stat().st_size
            said = of.zone, of.log_formats, of.flow_timeouts
            yield Evidence(exhibit, file, path, size, entry.sha256, *said, code_page=of.code_page)
            return
    raise CaseError(f"{exhibit}/{file}: cannot be opened again; athar verify says more")


def dump(data: bytes, start: int, width: int = 16) -> Iterator[str]:
    """A hex dump whose offsets are those in the file."""
    for at in range(0, len(data), width):
        row = data[at : at + width]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        yield f"{start + at:08x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  {text}"


def reading(family: str, view: memoryview, offset: int, length: int, page: int | None = None) -> list[str]:
    """The record read anew from its bytes, in its format's own form: XML, packet layers, or the line. `page`: the exhibit's code page."""
    from timelines.visible import visible

    group = family.partition("/")[0]
    if group == "windows":
        from parsers.windows.render import record_xml

        return record_xml(view, offset, page).splitlines()
    if group == "net":
        from parsers.network.packet_bytes import describe

        return describe(view, offset, length)
    return [
        visible(line) for line in bytes(view[offset : offset + length]).decode("utf-8", "backslashreplace").splitlines()
    ]
