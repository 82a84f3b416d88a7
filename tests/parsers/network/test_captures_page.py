"""docs/captures.md is what the code says today."""

from __future__ import annotations

from pathlib import Path

from parsers.network.captures_page import _constants, page
from parsers.network.protocols.kerberos import SIZE_LIMIT

PAGE = Path(__file__).resolve().parents[3] / "docs" / "captures.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m parsers.network.captures_page > docs/captures.md"


def test_protocols_and_bounds_are_on_it() -> None:
    text = page()
    assert "| `smb` | `net/smb_files`, `net/smb_mapping`, `net/ntlm` |" in text
    assert f"| protocols.kerberos | `SIZE_LIMIT` | {SIZE_LIMIT:,} | bytes of one message over TCP" in text


def test_constants_are_read_from_source_with_their_comments() -> None:
    source = (
        "A_LIMIT = 2 << 3  # bytes\nB_LIMIT = 5\nOTHER = 7  # no bound\nC_MOST = (\n    3 * 4  # of them | each\n)\n"
    )
    assert list(_constants(source)) == [("A_LIMIT", 16, "bytes"), ("C_MOST", 12, "of them \\| each")]
