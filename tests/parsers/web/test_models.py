"""Rows made at random, written by a model of each server's escaping, come back equal: no line lost, none merged, no byte altered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.second.reading import Place, Unread
from parsers.second.web_lines import WebLines
from parsers.web.formats import all_formats
from tests.parsers.web.conftest import Read
from tests.parsers.web.models import Model, all_models

MODELS = all_models()


def shown(row: dict[str, Any], column: str) -> Any:
    value = row.get(column)
    return value.value if column == "time" and value is not None else value


def differences(reader: WebLines, row: dict[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    """What the reader that was written apart says otherwise of the row's line."""
    said = reader.read(Place(row["row_id"], row["family"], row["offset"], row["length"]))
    if isinstance(said, Unread):
        return {}
    ours = {name: None if row.get(name) is None else str(row[name]) for name in said.values}
    if "time" in ours and "time" in row:
        ours["time"] = f"{row['time']:%Y-%m-%dT%H:%M:%S.%f}{row['time'].nanosecond:03d}Z"
    return {name: (ours[name], text) for name, text in said.values.items() if ours[name] != text}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@settings(max_examples=13, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_come_back_as_they_were_made(read_bytes: Read, model: Model, data: st.DataObject) -> None:
    made = data.draw(st.lists(model.rows, min_size=1, max_size=12))
    result = read_bytes(model.head + b"".join(raw + model.end for raw, _ in made), model.parser, "UTC")
    assert [(p.offset, p.reason) for p in result.problems] == []
    assert [result.line(row) for row in result.rows] == [raw + model.end for raw, _ in made]
    assert {row["log_format"] for row in result.rows} == {model.name.partition(" ")[0]}
    reader = WebLines(memoryview(result.data))
    for row, (_, columns) in zip(result.rows, made, strict=True):
        assert {column: shown(row, column) for column in columns} == columns
        assert differences(reader, row) == {}


def test_every_format_of_lines_has_a_model() -> None:
    lacking = {one.name for one in all_formats()} - {model.name.partition(" ")[0] for model in MODELS}
    assert lacking == set()
