"""Questions to the timeline: order, filters, SQL that can only read."""

from __future__ import annotations

import pyarrow as pa
import pytest

from timelines import query as query_module
from timelines import questions
from timelines.query import Filter, QueryError, Timeline
from timelines.rows import Provenance, finish
from timelines.secrecy import MASK
from timelines.store import Store

SECOND = 1_000_000_000
pytestmark = pytest.mark.usefixtures("own_engine")


@pytest.fixture
def timeline(tmp_path):
    """Six rows of two families: seconds 3, 1, 2, none (Windows) and 2, 9 (web)."""
    store = Store(tmp_path)
    writer = store.writer("t")
    writer.add(
        batch(
            "windows/security",
            [3, 1, 2, None],
            event=["4625", "4624", "4625", "4624"],
            host=["WEB01", "WEB01", "SRV02", "SRV02"],
            user=["Admin", "admin", "bob", None],
            src_ip=["192.0.2.1", "192.0.2.2", None, None],
            LogonType=["3", "2", "3", "10"],
        )
    )
    writer.add(
        batch(
            "web/access",
            [2, 9],
            event=["http.request"] * 2,
            src_ip=["192.0.2.1", "203.0.113.9"],
            cs_uri_stem=["/a", "/O'Neil"],
        )
    )
    store.commit({"t": writer.close([], [])})
    return Timeline(tmp_path, {"matches": pa.table({"row_id": ["x"]})})


def batch(family, seconds, **columns):
    times = [None if s is None else s * SECOND for s in seconds]
    data = {
        "time": pa.array(times, pa.timestamp("ns", tz="UTC")),
        "offset": pa.array(range(len(seconds)), pa.int64()),
        "length": pa.array([1] * len(seconds), pa.int64()),
        **{name: pa.array(values) for name, values in columns.items()},
    }
    return finish(family, pa.RecordBatch.from_pydict(data), Provenance("E001", family, "00" * 32))


def seconds(table):
    return [None if ns is None else ns // SECOND for ns in table.column("time").cast(pa.int64()).to_pylist()]


def all_of(timeline, chosen=Filter(), columns=("time", "family", "row_id")):  # noqa: B008
    tables = list(timeline.batches(chosen, columns))
    return pa.concat_tables(tables) if tables else pa.table({name: [] for name in columns})


def test_order_is_time_then_place_and_rows_without_time_come_last(timeline):
    table = all_of(timeline)
    assert seconds(table) == [1, 2, 2, 3, 9, None]
    assert table.column("family").to_pylist()[1:3] == ["web/access", "windows/security"]  # equal times: by file


def test_small_windows_give_the_same_rows_in_the_same_order(timeline, monkeypatch):
    whole = all_of(timeline).to_pylist()
    monkeypatch.setattr(query_module, "WINDOW_ROWS", 2)
    assert all_of(timeline).to_pylist() == whole


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(start=2 * SECOND), [2, 2, 3, 9]),
        (Filter(end=2 * SECOND), [1]),
        (Filter(start=2 * SECOND, end=3 * SECOND), [2, 2]),
        (Filter(families=("web",)), [2, 9]),
        (Filter(families=("windows/security",), events=("4625",)), [2, 3]),
        (Filter(users=("ADMIN",)), [1, 3]),
        (Filter(hosts=("srv02",)), [2, None]),
        (Filter(ips=("192.0.2.1",)), [2, 3]),
        (Filter(where="event = '4624' and host = 'SRV02'"), [None]),
        (Filter(families=("windows/security",), where="\"LogonType\" = '10'"), [None]),
    ],
)
def test_filters(timeline, chosen, expected):
    assert seconds(all_of(timeline, chosen)) == expected


def test_family_columns_are_offered_with_one_family(timeline):
    table = all_of(timeline, Filter(families=("web/access",)), ("cs_uri_stem",))
    assert table.column("cs_uri_stem").to_pylist() == ["/a", "/O'Neil"]
    with pytest.raises(QueryError, match="no column 'cs_uri_stem'"):
        all_of(timeline, Filter(), ("cs_uri_stem",))


def test_unknown_family_names_those_there_are(timeline):
    with pytest.raises(QueryError, match="no family 'windws'; this case has web/access, windows/security"):
        all_of(timeline, Filter(families=("windws",)))


@pytest.mark.parametrize(
    "query",
    [
        "drop view timeline",
        "copy (select 1) to 'x.csv'",
        "select 1; select 2",
        "select * from read_csv('/etc/hosts')",
        "attach 'x.db'",
        "install httpfs",
        "set enable_external_access = true",
        "select * from nowhere",
        "select",
        "",
    ],
)
def test_sql_only_reads_and_only_the_case(timeline, query):
    with pytest.raises(QueryError):
        timeline.sql(query)


def test_sql_sees_every_family_even_those_without_rows(timeline):
    assert timeline.sql("select count(*) as n from net_dns").to_pylist() == [{"n": 0}]
    assert timeline.sql("select count(*) as n from timeline").to_pylist() == [{"n": 6}]
    assert timeline.sql("select * from matches").to_pylist() == [{"row_id": "x"}]
    assert timeline.counts() == {"web/access": 2, "windows/security": 4}


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("select * from timeline order by row_id", []),
        ("select *, ? as asked from windows_security where user = ? order by row_id", [7, "bob"]),
        ("select time, [host, user] as both, {'n': \"offset\"} as named from web_access order by row_id", []),
        ("select * from net_dns", []),
        ("select count(*) as n, max(time) as last from timeline", []),
        ("from matches", []),
    ],
)
def test_a_case_of_few_rows_answers_what_one_of_many_does(timeline, monkeypatch, query, values):
    at_once = timeline.sql(query, values)
    monkeypatch.setattr(questions, "AT_ONCE", 5)
    as_they_come = Timeline(timeline.store.root, {"matches": pa.table({"row_id": ["x"]})}).sql(query, values)
    assert at_once.equals(as_they_come)
    assert at_once.schema == as_they_come.schema


def test_rows_by_id_come_with_all_their_columns(timeline):
    wanted = timeline.sql("select row_id from web_access where cs_uri_stem = '/O''Neil'").column(0).to_pylist()
    (table,) = timeline.rows(wanted)
    assert table.column("cs_uri_stem").to_pylist() == ["/O'Neil"]
    assert list(timeline.rows([])) == []


def test_frames_keep_nanoseconds_and_nulls(tmp_path):
    store = Store(tmp_path)
    writer = store.writer("t")
    row = batch("web/access", [1], event=["http.request"])
    exact = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", tz="UTC"))
    writer.add(row.set_column(0, row.schema.field(0), exact))
    store.commit({"t": writer.close([], [])})
    frame = Timeline(tmp_path).frame(Filter(), ["time", "user"])
    assert frame["time"].iloc[0].value == 1_700_000_000_123_456_789
    assert frame["user"].isna().all()
    assert Timeline(tmp_path).frame(Filter(events=("none",)), ["time", "user"]).empty


def test_few_rows_of_one_family_with_and_without_a_time(timeline):
    chosen = Filter(where="event = '4624'")
    table = timeline.few("windows/security", chosen, ["time", "user", "LogonType", "message"])
    assert sorted(zip(map(str, table["user"].to_pylist()), table["LogonType"].to_pylist(), strict=True)) == [
        ("None", "10"),
        ("admin", "2"),
    ]
    assert None not in table["message"].to_pylist()
    assert timeline.few("windows/security", Filter(hosts=("nowhere",)), ["time", "message"]).num_rows == 0


def parts_of_many_shapes(tmp_path, shapes):
    """A row each, with a field of its own, one that they share and one that half of them spell otherwise; two rows a part."""
    store = Store(tmp_path)
    for task in range(0, shapes, 2):
        writer = store.writer(f"t{task}")
        for n in (task, task + 1):
            own = {f"Own{n}": ["x"], "Same": [str(n)], ("Alike" if task % 4 else "alike"): [f"a{n}"]}
            writer.add(batch("windows/security", [n], event=["4625"], **own))
        store.commit({f"t{task}": writer.close([], [])})
    return tmp_path


def test_some_columns_of_a_family_without_the_others(tmp_path):
    timeline = Timeline(parts_of_many_shapes(tmp_path, 8))
    asked = ("time", "event", "Same", "Alike", "Own3")
    listed = ", ".join(f'"{name}"' for name in asked)
    rows = timeline.narrow("windows/security", asked)
    found = timeline.sql(f"select {listed} from {rows} order by time")
    assert found.schema.names == list(asked)
    view = timeline.sql(f"select {listed} from windows_security order by time")
    assert found.to_pydict() == view.rename_columns(asked).to_pydict()
    assert found.column("Own3").to_pylist() == [None, None, None, "x", None, None, None, None]
    assert found.column("Alike").to_pylist() == [f"a{n}" for n in range(8)]


def test_a_secret_is_masked_among_some_columns_too(tmp_path):
    store = Store(tmp_path)
    writer = store.writer("t")
    writer.add(batch("net/credentials", [1, 2], secret=["letmein", None]))
    store.commit({"t": writer.close([], [])})
    for secrets, shown in ((False, [MASK, None]), (True, ["letmein", None])):
        timeline = Timeline(tmp_path, secrets=secrets)
        rows = timeline.narrow("net/credentials", ("time", "secret"))
        assert timeline.sql(f"select secret from {rows} order by time").column(0).to_pylist() == shown


@pytest.mark.parametrize(
    ("query", "counted", "made"),
    [
        ("select count(*) from Windows_Security", 6, 1),
        ("select count(*) from query_table('windows_' || 'security')", 6, 1),
        ("select count(*) from (show tables) where name = 'windows_security'", 1, 1),
        ("select count(*) from (DESCRIBE windows_security) where column_name = 'time'", 1, 1),
        ("select count(*) - 2 from timeline", 4, 0),
        ("select count(*) as n_shown from timeline", 6, 0),
        ("select count(*) from timeline where file != 'show/it''s/pg_1'", 6, 0),
    ],
)
def test_the_view_of_a_family_is_made_when_it_is_named(tmp_path, query, counted, made):
    timeline = Timeline(parts_of_many_shapes(tmp_path, 6))
    listed = "select view_name from duckdb_views() where view_name = 'windows_security'"
    assert timeline.sql(query).column(0).to_pylist() == [counted]
    assert len(timeline._questions._connection.sql(listed).fetchall()) == made
    assert timeline.sql(listed).num_rows == 1
    assert timeline.events("windows/security").num_rows == 6


def test_the_paths_of_parts_name_no_view(tmp_path):
    timeline = Timeline(parts_of_many_shapes(tmp_path / "timeline", 2))
    rows = timeline.narrow("windows/security", ["row_id"])
    assert "/timeline/" in rows
    assert timeline.sql(f"select count(*) from {rows}").column(0).to_pylist() == [2]
    assert (
        timeline._questions._connection.sql("select view_name from duckdb_views() where not internal").fetchall() == []
    )
    asked = f"select count(*) from query('select row_id from windows_security where 4 / 2 = 2 union all select * from {rows}')"
    assert timeline.sql(asked.replace(rows, rows.replace("'", "''"))).column(0).to_pylist() == [4]


def test_a_name_that_is_nearly_a_familys_is_told_from_those_there_are(tmp_path):
    with pytest.raises(QueryError, match='Did you mean "windows_security"'):
        Timeline(parts_of_many_shapes(tmp_path, 2)).sql("select * from windows_securty")


def test_timelines_of_one_folder_share_an_engine_and_no_view(timeline, tmp_path, monkeypatch):
    import duckdb

    begun = []
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda **settings: begun.append(settings) or connect(**settings))
    beside = timeline.beside("cited", pa.table({"row_id": ["y"]}))
    for one in (timeline, beside, Timeline(tmp_path), timeline.beside("matches", pa.table({"row_id": ["z"]}))):
        assert one.sql("select count(*) from timeline").column(0).to_pylist() == [6]
    assert len(begun) <= 1
    assert timeline.sql("select * from matches").to_pylist() == [{"row_id": "x"}]
    assert beside.sql("select * from cited").to_pylist() == [{"row_id": "y"}]
    for other in (timeline, Timeline(tmp_path)):
        with pytest.raises(QueryError, match="cited"):
            other.sql("select * from cited")


def test_parts_that_came_since_are_in_the_views_of_a_later_timeline(timeline, tmp_path):
    assert timeline.sql("select count(*) from windows_security").column(0).to_pylist() == [4]
    writer = Store(tmp_path).writer("u")
    writer.add(batch("windows/security", [7], event=["4624"], later=["a column that no part had"]))
    Store(tmp_path).commit({"u": writer.close([], [])})
    later = Timeline(tmp_path)
    assert later.sql("select count(*) from windows_security where later is not null").column(0).to_pylist() == [1]
    assert later.sql("select count(*) from timeline").column(0).to_pylist() == [7]
    assert timeline.sql("select count(*) from windows_security").column(0).to_pylist() == [4]


def test_two_cases_asked_in_turn_read_nothing_of_each_other(tmp_path):
    one, two = (Timeline(parts_of_many_shapes(tmp_path / name, count)) for name, count in (("one", 2), ("two", 4)))
    for _ in range(2):
        for timeline, rows in ((one, 2), (two, 4)):
            assert timeline.sql("select count(*) from windows_security").column(0).to_pylist() == [rows]
            assert timeline.sql("select current_setting('TimeZone')").column(0).to_pylist() == ["UTC"]
    part = one.parts("windows/security")[0]
    with pytest.raises(QueryError, match=r"Cannot access file"):
        two.sql(f"select * from read_parquet('{part.root / part.info.path}')")
