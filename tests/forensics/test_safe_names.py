"""Names for files that evidence names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.safe_names import LONGEST, safe_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\evil.exe", "evil.exe"),
        ("تقرير.pdf", "تقرير.pdf"),
        ("a\u202efdp.exe", "a_fdp.exe"),
        ("..", "row"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("con.txt", "_con.txt"),
        ("LPT1", "_LPT1"),
        ("a b;$(rm x).sh", "a_b_rm_x_.sh"),
        (None, "row"),
        ("", "row"),
        ("x" * 300 + ".exe", "x" * (LONGEST - 4) + ".exe"),
    ],
)
def test_names(name: str | None, expected: str) -> None:
    assert safe_name(name, "row") == expected


@given(st.text())
def test_any_name_is_one_plain_part(name: str) -> None:
    made = safe_name(name, "row")
    assert made
    assert len(made.encode("utf-8", "replace")) <= LONGEST + 1
    assert not set(made) & set('/\\:*?"<>|\0\n\r\t ')
    assert made[0] not in ".-"
