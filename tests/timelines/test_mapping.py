"""Core columns from family columns, by mappings that are data."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timelines import mapping, meanings
from timelines.mapping import fill_core
from timelines.meanings import Meaning, Source, meaning
from timelines.schema import named_field

SOURCES = (
    Source("x/y", (), Meaning({"host": ("Computer",)}), {"9": Meaning({"user": ("Nobody", "User|account")})}),
    Source(
        "x/y",
        ("Maker",),
        Meaning({"host": ("Machine", "Computer")}, {"en": "Made"}),
        {
            "1": Meaning({"user": ("Target|account", "Subject|account"), "outcome": ("=success",)}, {"en": "One"}),
            "2": Meaning({"src_ip": ("Ip|ip",), "src_port": ("Port|port",), "outcome": ("=failure",)}),
        },
    ),
)


@pytest.fixture(autouse=True)
def two_sources(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(meanings, "sources_of", lambda family: tuple(s for s in SOURCES if s.family == family))
    meanings._meaning_of.cache_clear()
    meanings._general_of.cache_clear()
    yield
    meanings._meaning_of.cache_clear()
    meanings._general_of.cache_clear()


def filled(columns: dict[str, list[object]], own: dict[str, str] | None = None) -> dict[str, list[object]]:
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    schema = pa.schema([named_field(name, (own or {}).get(name, name)) for name in arrays])
    count = len(next(iter(columns.values())))
    return {name: array.to_pylist() for name, array in fill_core("x/y", arrays, schema, count).items()}


def test_the_first_candidate_with_a_value_wins() -> None:
    rows = filled(
        {
            "event": ["1", "1", "1", "1"],
            "Provider_Name": ["Maker"] * 4,
            "Target": ["a", "-", "", None],
            "Subject": ["s1", "s2", "s3", None],
        }
    )
    assert rows["user"] == ["a", "s2", "s3", None]
    assert rows["outcome"] == ["success"] * 4


def test_many_rows_are_filtered_as_few_are() -> None:
    few = {
        "event": ["1", "2", "1", "2", "1", "1"],
        "Provider_Name": ["Maker"] * 6,
        "Target": ["D\\a", None, "-", "x", "", None],
        "Subject": ["s\\1", "-", "s\\2", None, None, "s\\1"],
        "Ip": [None, "::ffff:192.0.2.7", "no", "no address", "-", ""],
        "Port": ["1", "80", None, "0", "-", "7"],
    }
    times_over = mapping.FEW
    one_by_one = [filled({name: [column[row]] for name, column in few.items()}) for row in range(6)]
    many = filled({name: column * times_over for name, column in few.items()})
    for name in ("user", "src_ip", "src_port", "outcome"):
        assert many[name] == [row.get(name, [None])[0] for row in one_by_one] * times_over, name
    assert many["user"][:3] == ["a", None, "2"]


def test_rows_of_different_events_keep_their_order() -> None:
    rows = filled(
        {
            "event": ["2", "1", "7", "2", None],
            "Provider_Name": ["Maker", "Maker", "Maker", "Other", None],
            "Target": [None, "D\\b", "c", "d", "e"],
            "Ip": ["::ffff:192.0.2.7", None, "192.0.2.8", "192.0.2.9", None],
            "Port": ["4444", None, "1", "2", None],
            "Computer": ["h0", "h1", "h2", "h3", "h4"],
        }
    )
    assert rows["user"] == [None, "b", None, None, None]
    assert rows["src_ip"] == ["192.0.2.7", None, None, None, None]
    assert rows["src_port"] == [4444, None, None, None, None]
    assert rows["outcome"] == ["failure", "success", None, None, None]
    assert rows["host"] == ["h0", "h1", "h2", "h3", "h4"]


def test_a_source_that_names_the_provider_wins_and_the_general_one_fills_in() -> None:
    assert meaning("x/y", "Maker", "1").title == {"en": "One"}
    assert meaning("x/y", "Maker", "77").title == {"en": "Made"}
    assert meaning("x/y", "Other", "1").core == {"host": ("Computer",)}
    assert meaning("x/y", "Maker", "9").core["user"] == ("Nobody", "User|account")
    assert meaning("no/family", None, None) == Meaning({})


def test_columns_are_found_by_the_evidences_own_names() -> None:
    rows = filled({"event": ["9"], "User_": ["CORP\\clerk"]}, own={"User_": "User"})
    assert rows["user"] == ["clerk"]


def test_what_the_parser_gives_is_never_overwritten() -> None:
    rows = filled({"event": ["1"], "Provider_Name": ["Maker"], "outcome": ["failure"], "Target": ["a"]})
    assert rows["outcome"] == ["failure"]


def test_no_rows_stay_no_rows() -> None:
    assert filled({"event": []}) == {"event": []}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("LOCAL", None),
        ("1.2.3", None),
        ("::1%eth0", "::1%eth0"),
    ],
)
def test_only_addresses_become_addresses(text: str, kept: str | None) -> None:
    assert filled({"event": ["2"], "Provider_Name": ["Maker"], "Ip": [text]})["src_ip"] == [kept]


@pytest.mark.parametrize(
    ("text", "kept"), [("0", None), ("1", 1), ("65535", 65_535), ("65536", None), ("99999", None), ("http", None)]
)
def test_only_ports_become_ports(text: str, kept: int | None) -> None:
    assert filled({"event": ["2"], "Provider_Name": ["Maker"], "Port": [text]})["src_port"] == [kept]


@given(st.lists(st.tuples(st.sampled_from(["1", "2", "9", None]), st.text(max_size=6)), min_size=1, max_size=20))
def test_each_row_is_filled_as_if_it_came_alone(rows: list[tuple[str | None, str]]) -> None:
    def columns(part: list[tuple[str | None, str]]) -> dict[str, list[object]]:
        texts: list[object] = [text for _, text in part]
        return {
            "event": [event for event, _ in part],
            "Provider_Name": ["Maker"] * len(part),
            "Target": texts,
            "Ip": texts,
            "Port": texts,
            "Computer": texts,
        }

    together = filled(columns(rows))
    for at, row in enumerate(rows):
        alone = filled(columns([row]))
        for name in ("user", "host", "src_ip", "src_port", "outcome"):
            expected = alone[name][0] if name in alone else None
            assert together.get(name, [None] * len(rows))[at] == expected


def test_a_mapping_to_a_core_column_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="core column that does not exist: 'usr'"):
        meanings._meaning({"core": {"usr": ["User"]}}, Meaning({}))


def test_what_a_filter_leaves_of_a_few_texts_is_remembered_and_bounded():
    mapping._filtered.clear()
    for number in range(3_000):
        text = f"EXAMPLE\\{number:04d}" + "a" * 5_000
        for _ in range(2):
            assert mapping._distinct(pa.array([text, "-"]), "account").to_pylist() == [text[8:], None]
        assert mapping._distinct(pa.array([text, "-"]), "").to_pylist() == [text, None]
        assert mapping._filtered.weight <= mapping._filtered.most
    assert 0 < len(mapping._filtered.held) < 6_000


@pytest.mark.parametrize("first", [0, 3])
def test_many_texts_say_nothing_where_few_would(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    said = pa.array(["-", "a", None, "", "-a", "b", "é", "--", "-"] * 3, pa.string()).slice(first)
    few = mapping._kept(said)
    monkeypatch.setattr(mapping, "MANY", 1)
    many = mapping._kept(said)
    many.validate(full=True)
    assert many.equals(few)
    assert many.null_count == few.null_count > said.null_count
    assert mapping._kept(pa.array(["a", None, "b"])).to_pylist() == ["a", None, "b"]


@given(
    st.lists(st.tuples(st.sampled_from([None, "a", "é", "long text"]), st.sampled_from([None, "b", ""]))), st.booleans()
)
def test_a_few_texts_are_put_between_others_as_many_are(
    pairs: list[tuple[str | None, str | None]], coded: bool
) -> None:
    rows = [*pairs, ("x", "y")]
    texts, others = (pa.array(column, pa.string()) for column in zip(*rows, strict=True))
    expected = [text if text is not None else other for text, other in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapping, "MANY", 0)
        patch.setattr(mapping, "RARE", 1)
        found = mapping._either(texts, mapping.compact(others) if coded else others)
    found.validate(full=True)
    assert found.to_pylist() == expected
