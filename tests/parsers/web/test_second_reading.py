"""Both readers say the same of every sample: the columns of ours, the plain expressions that were written apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.registry import by_name
from parsers.second.reading import Place, Unread
from parsers.second.web_lines import WebLines
from tests.parsers.web.conftest import read_file

SAMPLES = Path(__file__).parent / "samples"
FILES = sorted(SAMPLES.rglob("*.log"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_both_readers_agree(path: Path) -> None:
    result = read_file(path, by_name("web/modsecurity-audit" if path.parent.name == "modsecurity-audit" else "web/log"))
    reader = WebLines(memoryview(result.data))
    compared = 0
    for row in result.rows:
        if row["parse_quality"] == "loose":
            continue
        said = reader.read(Place(row["row_id"], row["family"], row["offset"], row["length"]))
        if isinstance(said, Unread):
            continue
        for name, text in said.values.items():
            if name == "time":
                ours = row["time"].strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z" if "time" in row else None
            else:
                ours = str(row[name]) if name in row else None
            assert (name, ours) == (name, text)
            compared += text is not None
    assert compared > 0
