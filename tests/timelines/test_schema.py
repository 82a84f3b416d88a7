"""Declared columns, and the names under which the evidence's own columns are stored."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from timelines.schema import (
    CORE,
    CORE_NAMES,
    SORT_KEYS,
    TIME,
    Column,
    Family,
    core_schema,
    named_field,
    own_name,
    stored_names,
)

NAMES = st.lists(
    st.sampled_from(["User", "user", "USER_", "user__", "Data", "", "a", "A", "a_2", "Time", "time_"]), max_size=12
)


def test_core_columns_are_declared_once_with_a_doc_and_a_type() -> None:
    assert len({name.lower() for name in CORE_NAMES}) == len(CORE)
    assert all(column.doc.endswith(".") for column in CORE)
    assert core_schema().names == list(CORE_NAMES)
    assert core_schema().field("time").type == TIME == pa.timestamp("ns", tz="UTC")


def test_sort_keys_are_core_columns() -> None:
    assert set(SORT_KEYS) <= set(CORE_NAMES)


def test_names_of_core_columns_are_stepped_aside_from_ignoring_case() -> None:
    assert stored_names(["User", "TIME", "Process", "CommandLine"]) == ["User_", "TIME_", "Process_", "CommandLine"]


def test_repeated_and_empty_names() -> None:
    assert stored_names(["Data", "", "data"]) == ["Data", "Data_2", "data_3"]
    assert stored_names(["User", "User_", "user"]) == ["User_", "User__2", "user__3"]


def test_taken_names_are_stepped_aside_from_even_in_their_second_form() -> None:
    assert stored_names(["Level"], taken=["level"]) == ["Level_"]
    assert stored_names(["User"], taken=["user_"]) == ["User__2"]


@given(NAMES, NAMES)
def test_stored_names_are_unique_and_collide_with_nothing(names: list[str], taken: list[str]) -> None:
    stored = [name.lower() for name in stored_names(names, taken)]
    assert len(set(stored)) == len(names)
    assert not set(stored) & {name.lower() for name in [*CORE_NAMES, *taken]}
    assert stored_names(names, taken) == stored_names(names, list(reversed(taken)))


def test_a_field_remembers_the_evidences_own_name_even_when_it_is_no_utf8() -> None:
    assert own_name(named_field("User_", "User")) == "User"
    assert own_name(pa.field("plain", pa.string())) == "plain"
    assert "\ufffd" in own_name(named_field("x", "a\ud800"))
    kept = pa.ipc.read_schema(pa.schema([named_field("User_", "User")]).serialize())
    assert own_name(kept.field(0)) == "User"


def test_a_familys_view_is_a_plain_sql_name() -> None:
    assert Family("windows/task-scheduler", "Rows.", (Column("a", pa.string(), "A."),)).view == "windows_task_scheduler"
