"""Pages as they were looked at and approved: letters joined, values in order, tables whole. Tolerance for other rasterisers.

After a change of the layout that is meant: `ATHAR_APPROVE=1 pytest tests/cases/typesetting/test_pages.py`, and look at the images.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cases.languages import language
from cases.typesetting import blocks, press
from cases.typesetting.pen import Pen
from cases.typesetting.runs import number, plain, sentence, styled, token

GOLDEN = Path(__file__).parents[2] / "golden" / "pdf"
PPI = 50

VALUES = (
    *(
        "198.51.100.23",
        "2001:db8::1",
        "2026-03-03T21:14:05Z",
        "2026-03-03 21:14:05",
        "/var/log/x.log",
        "+37 s",
        "\\\\SRV\\C$",
    ),
    *(
        "12,000",
        "C-01",
        "(f)",
        "C:\\ProgramData\\svchelper\\tsync.exe",
        "4ecaaca5-87db-5db6-bd22-05325b6678f5",
        "/srv/ملف-7/12",
    ),
)
ARABIC = "أرسل {} ثم {}، وفي {} ({})."
FRENCH = "Le poste {} puis {}, à {} ({})."


def specimen(code: str) -> dict[str, Any]:
    """A page with everything that can be set wrong."""
    tongue = language(code)
    pen = Pen(tongue, "Africa/Casablanca")
    rtl = tongue.direction == "rtl"
    text = (ARABIC if rtl else FRENCH).format(
        *(f"\u2066{value}\u2069" for value in ("2001:db8::1", "+37 s", "12:30", "10.0"))
    )
    said = sentence(text if rtl else text.replace("\u2066", "").replace("\u2069", ""), tongue.direction)
    hashed = [(label, [pen.hash("3c" * 32)]) for label in ("SHA-256",)]
    rows = [
        [[number(value)], [token(value), " · ", plain("الخادم a"), " ", number("1,234")], [number("7")]]
        for value in VALUES
    ]
    return {
        "lang": code,
        "dir": tongue.direction,
        "title": "1 – الأثر trace",
        "heading": "x",
        "author": "",
        "draft": "X",
        "date": [2026, 3, 6],
        "contents": "…",
        "laboratory": [plain("Laboratoire مختبر")],
        "body": [],
        "running": [[token("2026-017")], [number("2026-03-06")]],
        "head": [pen.hash("a1" * 32)],
        "first": [
            blocks.section("limits", "الحدود – limites"),
            blocks.para(*said),
            blocks.facts([*hashed, ("UTC", pen.when(0, 10**18)), ("x", [pen.absent()])]),
            blocks.facts(
                [("a", [pen.grade("supported")]), ("b", [token("x")]), ("c", pen.size(12_345_678))], columns=3
            ),
            blocks.table(["4cm", "1fr", "2cm n"], ["a", "b", "n"], rows),
            blocks.box([blocks.para("a", style="claim"), blocks.para(styled("warn", "b"))], warning=True),
            blocks.items(
                [[blocks.para(token("powershell -enc " + "QQBBAEEA" * 20))], [blocks.para(plain("كلمات words"))]]
            ),
        ],
    }


@pytest.mark.parametrize("code", ["ar", "fr"])
def test_the_page_looks_as_approved(images: ModuleType, code: str) -> None:
    (page,) = press.typeset(specimen(code), "png", PPI)
    path = GOLDEN / f"specimen-{code}.png"
    if os.environ.get("ATHAR_APPROVE"):
        path.write_bytes(page)
    assert images.unlike(images.pixels(page), images.pixels(path.read_bytes())) < images.SHARE


def test_one_value_turned_around_is_seen(images: ModuleType) -> None:
    """The tolerance is narrow enough: what a missing isolate does to one row of one table is beyond it."""
    wrong = copy.deepcopy(specimen("ar"))
    table = next(block for block in wrong["first"] if block["b"] == "table")
    for row in table["rows"][:6]:
        row["c"][0] = [row["c"][0][0]["n"][0], " ثم"]
    (page,) = press.typeset(wrong, "png", PPI)
    assert images.unlike(images.pixels(page), images.pixels((GOLDEN / "specimen-ar.png").read_bytes())) > images.SHARE


def test_a_specimen_is_a_valid_document() -> None:
    assert press.typeset(specimen("ar"), "pdf")[0].startswith(b"%PDF-1.7\n")
