"""A record as XML, from its bytes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from parsers.base import Batch, Evidence
from parsers.windows import carve, evtx, render
from parsers.windows.render import record_xml

CORPUS = Path(__file__).resolve().parents[2] / "corpus"


def log(made, value, kind=1):
    def document(at):
        return made.event(
            at, lambda at: made.element(at, "EventData", lambda at: made.data(at, "Image", made.slot(4, kind)))
        )

    values = [*made.head_values(9), (kind, value.encode("utf-16-le"))]
    return made.log(made.chunk(made.records(lambda at: made.instance(at, document, values))))


def test_elements_a_line_each(made):
    assert record_xml(memoryview(log(made, "<a & b>\x1b")), 4608) == (
        "<Event>\n"
        "  <System>\n"
        "    <EventID>4624</EventID>\n"
        '    <TimeCreated SystemTime="2021-03-04T12:00:00.0000000Z"/>\n'
        "    <Channel>Security</Channel>\n"
        "    <EventRecordID>9</EventRecordID>\n"
        "  </System>\n"
        "  <EventData>\n"
        '    <Data Name="Image">&lt;a &amp; b&gt;⟨U+001B⟩</Data>\n'
        "  </EventData>\n"
        "</Event>"
    )


def test_an_element_with_an_array_stands_once_for_each_item(made):
    """As in Windows' own XML (MS-EVEN6 2.2.12); columns join the items."""
    lines = record_xml(memoryview(log(made, "a\0\0<c>\0", kind=0x81)), 4608).splitlines()
    assert lines[-5:-2] == [
        '    <Data Name="Image">a</Data>',
        '    <Data Name="Image"/>',
        '    <Data Name="Image">&lt;c&gt;</Data>',
    ]


def test_an_array_does_not_swell(made, monkeypatch):
    data = memoryview(log(made, "a\0b\0", kind=0x81))
    monkeypatch.setattr(render, "MAX_REPEATED", 10)
    assert '    <Data Name="Image">a ¦ b</Data>' in record_xml(data, 4608).splitlines()


def test_what_cannot_be_read_is_a_comment(made):
    lost = made.record(1, made.again(60_000, made.head_values(1)))
    lines = record_xml(memoryview(made.log(made.chunk(lost))), 4608).splitlines()
    assert "  <Data>4624</Data>" in lines
    assert lines[-1].startswith(
        "<!-- byte 4637: template 03020100 is not at byte 60000 of the chunk, as the record says; its 4 values kept as"
    )


@pytest.mark.parametrize("offset", [0, 4096, 4609, 10**9])
def test_where_there_is_no_record(made, offset):
    with pytest.raises(ValueError, match="no record at byte"):
        record_xml(memoryview(log(made, "x")), offset)


@pytest.mark.parametrize("name", ["used_again", "shifted"])
@pytest.mark.parametrize("parser", [evtx.PARSER, carve.ON_REQUEST], ids=lambda parser: parser.name)
def test_every_row_of_a_damaged_log_can_be_shown(tmp_path, name, parser):
    """Old records in a chunk that was used again; chunks that do not stand where a log has them. Once a row had no record to show."""
    data = gzip.decompress((CORPUS / f"{name}.evtx.gz").read_bytes())
    (tmp_path / "log").write_bytes(data)
    evidence = Evidence("E001", "log", tmp_path / "log", len(data), "0" * 64)
    items = [item for piece in parser.slices(evidence) for item in parser.parse(evidence, piece)]
    rows = [row for item in items if isinstance(item, Batch) for row in item.rows.to_pylist()]
    assert len(rows) > 30
    for row in rows:
        shown = record_xml(memoryview(data), row["offset"])
        assert f"<EventRecordID>{row['record']}</EventRecordID>" in shown
        assert (f"value {row['record']}<" in shown) or "template" in shown
