"""The faces that a PDF is set in, and what they can show: all from installed packages, none from the machine.

The faces come from `fontpkg-*` packages (IBM Plex and Amiri, SIL Open Font License); the four signs of `SIGNS`, which they lack, from a
face inside typst. A character that none can show is printed as `⟨U+XXXX⟩`: PDF/A allows no missing glyph, and a court no lost one.
"""

from __future__ import annotations

import importlib
import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from timelines.visible import visible

PACKAGES = ("fontpkg_ibm_plex_sans", "fontpkg_amiri", "fontpkg_ibm_plex_mono")
FACES = (
    "IBMPlexSans[wdth,wght].ttf",
    "Amiri-Regular.ttf",
    "IBMPlexMono-Regular.ttf",
)  # one of each package
SIGNS = frozenset("⟨⟩●○")  # shown by DejaVu Sans Mono, which typst carries
_PRIVATE = range(0xE000, 0xF900)  # PDF/A-2a refuses private-use code points: they mean nothing to a reader


def folders() -> list[Path]:
    """Where the font files are. Raises ImportError when a font package is not installed."""
    return [Path(importlib.import_module(name).ROOT) / "files" for name in PACKAGES]


@cache
def coverage() -> tuple[frozenset[int], ...]:
    """The code points of each face, in the order of FACES."""
    return tuple(
        frozenset(_code_points((folder / face).read_bytes())) for folder, face in zip(folders(), FACES, strict=True)
    )


@cache
def _shown() -> frozenset[str]:
    every = frozenset().union(*coverage())
    return SIGNS | {chr(code) for code in every if code >= 0x20 and code not in _PRIVATE and code < 0xFFF0}


@cache
def _alone() -> frozenset[str]:
    """Characters that are shown whatever stands before them."""
    return frozenset(char for char in _shown() if unicodedata.category(char)[0] != "M")


def printable(text: str) -> str:
    """`text` with every character that is invisible, turns the line round or has no glyph written as `⟨U+XXXX⟩`."""
    shown = visible(text)
    if shown.isascii() or _alone().issuperset(shown):
        return shown
    return "".join(_fitting(shown))


def _fitting(text: str) -> Iterator[str]:
    known = _shown()
    base = ""
    for char in text:
        if char not in known:
            yield f"⟨U+{ord(char):04X}⟩"
            base = ""
        elif unicodedata.category(char)[0] == "M":
            yield char if base and _joins(base, char) else f"⟨U+{ord(char):04X}⟩"
        else:
            yield char
            base = char


def _joins(base: str, mark: str) -> bool:
    """Whether a mark stands in every face that can show its base: else it would be set alone, or not at all."""
    return all(ord(mark) in face for face in coverage() if ord(base) in face)


def _code_points(font: bytes) -> set[int]:
    """What a TrueType or OpenType font maps to a glyph (OpenType 1.9, `cmap`, formats 4 and 12)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    start = next(
        offset
        for tag, _, offset, _ in (struct.unpack_from(">4sIII", font, 12 + 16 * n) for n in range(tables))
        if tag == b"cmap"
    )
    (count,) = struct.unpack_from(">H", font, start + 2)
    found: set[int] = set()
    for n in range(count):
        _, _, offset = struct.unpack_from(">HHI", font, start + 4 + 8 * n)
        found |= _subtable(font, start + offset)
    return found


def _subtable(font: bytes, at: int) -> set[int]:
    (form,) = struct.unpack_from(">H", font, at)
    found: set[int] = set()
    if form == 12:
        (groups,) = struct.unpack_from(">I", font, at + 12)
        for n in range(groups):
            first, last, glyph = struct.unpack_from(">III", font, at + 16 + 12 * n)
            found.update(code for code in range(first, last + 1) if glyph + code - first)
    elif form == 4:
        (double,) = struct.unpack_from(">H", font, at + 6)
        segments = double // 2
        ends = struct.unpack_from(f">{segments}H", font, at + 14)
        starts, deltas, ranges = (
            struct.unpack_from(f">{segments}H", font, at + 16 + double * (k + 1)) for k in range(3)
        )
        for n in range(segments):
            for code in range(starts[n], min(ends[n], 0xFFFE) + 1):
                if ranges[n]:
                    place = at + 16 + double * 3 + 2 * n + ranges[n] + 2 * (code - starts[n])
                    (glyph,) = struct.unpack_from(">H", font, place)
                    glyph = (glyph + deltas[n]) & 0xFFFF if glyph else 0
                else:
                    glyph = (code + deltas[n]) & 0xFFFF
                if glyph:
                    found.add(code)
    return found
