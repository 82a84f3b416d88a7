"""The timeline in five formats, each opened by its own tool and compared with the case."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from cases.case import Case
from cases.exchange.delivery import Delivery
from timelines.query import Filter, Timeline
from timelines.rows import Provenance, finish
from timelines.schema import CORE_NAMES
from timelines.store import Store

Export = Callable[..., Delivery]
FORMULA = re.compile(r"(?:^|;\"?)[=+\-@](?!$)(?!\d+(?:\.\d+)?$)")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


@pytest.fixture
def rows(timeline: Timeline) -> list[dict[str, Any]]:
    """The case's own answer, in order; `time` in ns."""
    found = []
    for table in timeline.batches(Filter()):
        at = table.schema.get_field_index("time")
        found += table.set_column(at, "time", table.column(at).cast("int64")).to_pylist()
    return found


def ns(text: str | None) -> int | None:
    return None if not text else int(pd.Timestamp(text).value)


def test_json_lines_hold_every_row_exactly(export: Export, rows: list[dict[str, Any]]) -> None:
    made = export("jsonl", ".jsonl")
    written = lines(made.path)
    assert made.counts == {"rows": 9}
    assert [list(row) for row in written] == [[*CORE_NAMES, "message"]] * 9
    assert [{**row, "time": ns(row["time"])} for row in written] == rows


def test_parquet_is_read_by_pandas_and_duckdb_with_nanoseconds(export: Export, rows: list[dict[str, Any]]) -> None:
    path = export("parquet", ".parquet").path
    frame = pd.read_parquet(path)
    assert frame["row_id"].tolist() == [row["row_id"] for row in rows]
    assert frame["object"].fillna("none").tolist() == [row["object"] or "none" for row in rows]
    assert str(frame["time"].dtype) == "datetime64[ns, UTC]"
    assert [None if pd.isna(t) else t.value for t in frame["time"]] == [row["time"] for row in rows]
    (count,) = duckdb.sql(f"select count(*) from '{path.as_posix()}' where family = 'windows/security'").fetchall()[0]
    assert count == 2


def test_csv_is_read_by_pandas_and_holds_no_formula(export: Export, rows: list[dict[str, Any]]) -> None:
    path = export("csv", ".csv").path
    frame = pd.read_csv(path, dtype={"event": str, "record": "UInt64"}, parse_dates=["time"], date_format="ISO8601")
    assert frame["row_id"].tolist() == [row["row_id"] for row in rows]
    assert [None if pd.isna(t) else t.value for t in frame["time"]] == [row["time"] for row in rows]
    assert frame["record"].tolist() == [row["record"] for row in rows]
    with path.open(encoding="utf-8", newline="") as handle:
        cells = [cell for row in csv.reader(handle) for cell in row]
    assert [cell[:80] for cell in cells if FORMULA.search(cell)] == []
    (attack,) = [cell for cell in cells if cell.startswith("'=cmd")]
    assert attack.startswith("'=cmd|'/C calc'!A0;'=1+1,\"quoted\"⟨U+0009⟩⟨U+000D⟩⟨U+000A⟩<script>")
    assert "'@SUM(1)" in cells


def test_timesketch_lines_have_its_fields_to_the_microsecond(export: Export, rows: list[dict[str, Any]]) -> None:
    made = export("timesketch", ".jsonl")
    written = lines(made.path)
    assert made.counts == {"rows": 8, "left_out_without_time": 1, "values_cut": 2}
    assert [row["row_id"] for row in written] == [row["row_id"] for row in rows[:-1]]
    for row in written:
        assert list(row)[:6] == ["datetime", "timestamp", "timestamp_desc", "message", "data_type", "tag"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", row["datetime"])
        assert int(pd.Timestamp(row["datetime"]).value) // 1_000 == row["timestamp"]
        assert row["timestamp_desc"]
        assert max(len(text.encode()) for text in row.values() if isinstance(text, str)) <= 32_766
    assert written[0]["datetime"] == "1969-12-31T23:59:59.999998+00:00"
    assert [row["timestamp"] for row in written] == [row["time"] // 1_000 for row in rows[:-1]]


def test_timesketch_knows_the_kinds_of_rows_and_what_findings_say_of_them(export: Export) -> None:
    by_event = {(row["event"], row["record"]): row for row in lines(export("timesketch", ".jsonl").path)}
    request, logon = by_event["http.request", 1], by_event["4624", 2**64 - 1]
    assert request["data_type"] == "apache:access_log:entry"
    assert request["http_response_code"] == 200
    assert request["tag"] == ["loose", "CVE-2021-41773", "F-00000000aa", "T1059.001", "T1190"]
    assert by_event["http.request", 4]["tag"] == ["F-00000000aa", "followed:script"]
    assert by_event["http.request", 5]["tag"] == []
    assert logon["data_type"] == "windows:evtx:record"
    assert logon["event_identifier"] == 4624
    assert logon["record_number"] == 2**64 - 1


def test_what_evidence_calls_its_values_never_replaces_a_field_of_timesketch(export: Export) -> None:
    logon = next(row for row in lines(export("timesketch", ".jsonl").path) if row["event"] == "4624")
    assert logon["datetime"].startswith("2026-03-03T21:14:05")
    assert logon["datetime_"] == "yesterday"
    assert logon["tag_"] == "hers"
    assert {logon["a_b"], logon["a_b_"]} == {"dotted", "plain"}


def test_timesketch_csv_has_the_same_rows_and_tags_as_a_list(export: Export, rows: list[dict[str, Any]]) -> None:
    made = export("timesketch", ".csv")
    frame = pd.read_csv(made.path, dtype={"timestamp": "int64"})
    assert made.counts["rows"] == len(frame) == 8
    assert frame["row_id"].tolist() == [row["row_id"] for row in rows[:-1]]
    assert json.loads(frame["tag"][frame["record"] == 1].iloc[0]) == [
        "loose",
        "CVE-2021-41773",
        "F-00000000aa",
        "T1059.001",
        "T1190",
    ]
    assert set(frame["tag"].map(json.loads).map(type)) == {list}
    assert frame["datetime"].iloc[0] == "1969-12-31T23:59:59.999998+00:00"


def test_ecs_documents_are_flat_and_dotted_and_lose_no_row(export: Export, rows: list[dict[str, Any]]) -> None:
    made = export("ecs", ".jsonl")
    written = lines(made.path)
    assert made.counts == {"rows": 9, "rows_without_time": 1}
    assert [row["event.id"] for row in written] == [row["row_id"] for row in rows]
    assert [ns(row.get("@timestamp")) for row in written] == [row["time"] for row in rows]
    assert [row for row in written if any(isinstance(value, dict) for value in row.values())] == []
    request = next(row for row in written if row.get("event.sequence") == 1)
    assert request["source.ip"] == request["source.address"] == "198.51.100.0"
    assert request["url.original"] == "/page/0"
    assert request["http.response.status_code"] == 200
    assert request["tags"] == ["loose", "CVE-2021-41773", "F-00000000aa", "T1059.001", "T1190"]


def test_ecs_holds_only_what_elasticsearch_types_take(export: Export) -> None:
    written = lines(export("ecs", ".jsonl").path)
    logon = next(row for row in written if row["event.code"] == "4624")
    assert "event.sequence" not in logon  # 2^64 - 1 is no `long`
    assert logon["athar.record"] == str(2**64 - 1)
    assert logon["winlog.event_data.TargetUserName"] == "@SUM(1)"
    zoned = written[-1]
    assert "source.ip" not in zoned  # a zone is no part of Elasticsearch's `ip`
    assert zoned["source.address"] == "fe80::1%eth0"


def test_no_two_columns_of_a_family_share_an_ecs_name(hostile_case: Case) -> None:
    from cases.exchange.formats.ecs import names
    from timelines.families import all_families

    for family in all_families().values():
        columns = [*CORE_NAMES, *(column.name for column in family.columns), "message"]
        given = names(family.name, columns)
        assert len(set(given.values())) == len(columns), family.name
        for name in given.values():
            clashes = [other for other in given.values() if other.startswith(f"{name}.")]
            assert clashes == [], f"{family.name}: {name} would be a value and an object"


def test_the_sentences_are_in_the_language_asked_for(export: Export) -> None:
    english = lines(export("jsonl", ".jsonl").path)
    french = lines(export("jsonl", ".ndjson", lang="fr").path)
    assert english[1]["message"] != french[1]["message"]
    assert [row["row_id"] for row in english] == [row["row_id"] for row in french]


@pytest.mark.parametrize("name", ["jsonl", "ecs", "timesketch", "csv", "parquet"])
def test_many_spans_give_the_same_bytes_as_one(name: str, export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    from cases.exchange import json_lines
    from timelines import query

    suffix = {"csv": ".csv", "parquet": ".parquet"}.get(name, ".jsonl")
    once = export(name, suffix)
    monkeypatch.setattr(query, "WINDOW_ROWS", 2)
    monkeypatch.setattr(json_lines, "STEP", 1)
    again = export(name, f".again{suffix}")
    assert again.counts == once.counts
    if name == "parquet":  # row groups follow the spans: the rows are equal, the bytes need not be
        assert pd.read_parquet(once.path).equals(pd.read_parquet(again.path))
    else:
        assert again.path.read_bytes() == once.path.read_bytes()


@pytest.mark.parametrize("name", ["ecs", "timesketch"])
def test_spellings_of_a_column_that_differ_in_case_alone_are_one(name: str, export: Export, hostile_case: Case) -> None:
    """Real logs hold `NewSd` in one event and `NewSD` in another of the same family; SQL takes the two for one."""
    store = Store(hostile_case.timeline_folder)
    writer = store.writer("spelled")
    for offset, column in ((7_000, "NewSd"), (8_000, "NewSD")):
        batch = pa.RecordBatch.from_pydict(
            {
                "time": pa.array([offset], pa.timestamp("ns", tz="UTC")),
                "event": ["5143"],
                "offset": pa.array([offset], pa.int64()),
                "length": pa.array([9], pa.int64()),
                column: [f"O:{offset}"],
            }
        )
        writer.add(finish("windows/security", batch, Provenance("E001", "old.zip/+calc.evtx", "0" * 64)))
    store.commit({"spelled": writer.close([], [])})
    written = lines(export(name, ".jsonl").path)
    assert sorted(v for row in written for key, v in row.items() if key.lower().endswith("newsd")) == [
        "O:7000",
        "O:8000",
    ]
