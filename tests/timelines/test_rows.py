"""Row ids: the same bytes give the same ids everywhere, and no two rows of a file share one."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timelines import compiled
from timelines.row_ids import digits, keys, row_ids
from timelines.rows import Origins, Provenance, finish, finish_together
from timelines.schema import CORE_NAMES, TIME, core_schema, named_field, own_name

SHA = hashlib.sha256(b"evidence").hexdigest()
KNOWN = ["0e471bb3c447364f2bfa11dd", "bd65ebe3f29f13893038c1e9", "df134487d1fa87de6638f8e2", "75d69f400be1b2def8a37cca"]


def ids(offsets: list[int], index: list[int] | None = None, sha256: str = SHA, family: str = "web/access") -> list[str]:
    array = np.array(offsets, np.int64)
    return row_ids(sha256, family, array, np.array(index or [0] * len(offsets), np.int64)).to_pylist()  # type: ignore[no-any-return]


def _slow(sha256: str, family: str, offset: int, index: int) -> str:
    """The id by its definition, in plain integers: Stafford's mix 13 of the position under two keys from BLAKE2b."""
    key = hashlib.blake2b(f"{sha256}/{family}".encode(), digest_size=16).digest()
    first, second = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")

    def mix(value: int) -> int:
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        value = (value ^ value >> 27) * 0x94D049BB133111EB % 2**64
        return value ^ value >> 31

    position = offset << 16 | index
    return f"{mix(position ^ first):016x}" + f"{mix((position + second) % 2**64):016x}"[:8]


def test_known_answers() -> None:
    # These must never change: reports and cases cite rows by them.
    assert ids([0, 1, 4096, 2**40]) == KNOWN


@given(st.integers(0, 2**46), st.integers(0, 65_535), st.sampled_from(["windows/security", "net/dns"]))
def test_ids_follow_their_definition(offset: int, index: int, family: str) -> None:
    assert ids([offset], [index], family=family) == [_slow(SHA, family, offset, index)]


def test_ids_differ_by_file_family_offset_and_index() -> None:
    other = hashlib.sha256(b"other").hexdigest()
    found = [*ids([0, 1], [0, 0]), *ids([0, 1], [1, 1]), *ids([0], family="net/dns"), *ids([0], sha256=other)]
    assert len(set(found)) == 6


def test_a_million_positions_give_a_million_ids() -> None:
    offsets = np.arange(1_000_000, dtype=np.int64)
    found = row_ids(SHA, "net/conn", offsets // 3, offsets % 3)
    assert len(found.unique()) == 1_000_000
    assert set(found[:1000].to_pylist()) == set(
        ids((offsets[:1000] // 3).tolist(), (offsets[:1000] % 3).tolist(), family="net/conn")
    )


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30, unique=True), st.randoms())
def test_ids_do_not_depend_on_order_or_company(offsets: list[int], dice: object) -> None:
    shuffled = sorted(offsets, key=lambda _: dice.random())  # type: ignore[attr-defined]
    by_offset = dict(zip(shuffled, ids(shuffled), strict=True))
    assert [by_offset[offset] for offset in offsets] == ids(offsets)
    assert ids(offsets[:1]) == ids(offsets)[:1]


def test_no_rows_no_ids() -> None:
    assert ids([]) == []


@pytest.mark.parametrize("index", [-1, 65_536])
def test_an_index_that_would_run_into_the_offset_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match=r"index must lie in \[0, 65536\)"):
        ids([0], [index])


def batch(**columns: pa.Array) -> pa.RecordBatch:
    base = {
        "time": pa.array([1, None], pa.timestamp("ns", tz="UTC")),
        "offset": pa.array([0, 10], pa.int64()),
        "length": pa.array([10, 5], pa.int64()),
    }
    return pa.RecordBatch.from_pydict({**base, **columns})


def test_a_finished_batch_has_all_core_columns_first_and_its_own_behind() -> None:
    rows = finish("x/y", batch(own=pa.array(["a", "b"])), Provenance("E002", "d/a.log", SHA))
    assert rows.schema.names == [*CORE_NAMES, "own"]
    assert rows.schema.field("time") == core_schema().field("time")
    assert rows.column("exhibit").to_pylist() == ["E002", "E002"]
    assert rows.column("file").to_pylist() == ["d/a.log", "d/a.log"]
    assert rows.column("family").to_pylist() == ["x/y", "x/y"]
    assert rows.column("flags").to_pylist() == ["", ""]
    assert rows.column("row_id").to_pylist() == ids([0, 10], family="x/y")
    assert rows.column("user").null_count == 2


def test_rows_of_several_files_are_finished_as_those_of_each() -> None:
    origins = [
        Provenance("E001", "a.log", SHA),
        Provenance("E002", "b.log", SHA[::-1]),
        Provenance("E001", "c.log", "00"),
    ]
    made = batch(own=pa.array(["a", "b"]))
    both = Origins(origins)
    for files in ([0, 2], [1, 1], [1, 2]):
        rows = finish_together("x/y", made, both, np.array(files, np.int64)).to_pylist()
        assert rows == [finish("x/y", made.slice(at, 1), origins[file]).to_pylist()[0] for at, file in enumerate(files)]


def test_the_index_column_is_used_and_taken_off() -> None:
    rows = finish("x/y", batch(index=pa.array([3, 4], pa.int64())), Provenance("E001", "a", SHA))
    assert "index" not in rows.schema.names
    assert rows.column("row_id").to_pylist() == ids([0, 10], [3, 4], family="x/y")


def test_core_columns_that_the_parser_gives_are_kept_and_cast() -> None:
    rows = finish(
        "x/y",
        batch(src_port=pa.array([80, 65_535], pa.uint16()), user=pa.array(["u", None])),
        Provenance("E001", "a", SHA),
    )
    assert rows.schema.field("src_port").type == pa.int32()
    assert rows.column("src_port").to_pylist() == [80, 65_535]
    assert rows.column("user").to_pylist() == ["u", None]


def test_an_empty_batch_stays_empty() -> None:
    rows = finish("x/y", batch().slice(0, 0), Provenance("E001", "a", SHA))
    assert rows.num_rows == 0
    assert rows.schema.names == list(CORE_NAMES)


def test_own_names_of_equal_schemas_stay_their_own() -> None:
    """Arrow holds schemas equal that differ in metadata alone."""
    for own in ("User", "User_"):
        schema = pa.schema([("time", TIME), ("offset", pa.int64()), ("length", pa.int64()), named_field("User_", own)])
        times = pa.array([0], pa.int64()).view(TIME)
        made = pa.RecordBatch.from_arrays([times, pa.array([0]), pa.array([1]), pa.array(["amina"])], schema=schema)
        assert own_name(finish("windows/other", made, Provenance("E001", "a.evtx", SHA)).schema.field("User_")) == own


@given(st.lists(st.tuples(st.integers(0, 2**46), st.integers(0, 65_535)), max_size=9), st.booleans())
def test_ids_are_the_same_without_a_compiled_loop(places: list[tuple[int, int]], apart: bool) -> None:
    offsets, index = (np.array(column, np.int64) for column in (zip(*places, strict=True) if places else ([], [])))
    held = np.stack(
        [keys(f"{at:064x}" if apart else SHA, "x/y") for at in range(len(places) if apart else 1)] or [keys(SHA, "")]
    )
    compiled.load()
    looped = digits(held, offsets, index).to_pylist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("timelines.row_ids.at_hand", lambda: False)
        assert digits(held, offsets, index).to_pylist() == looped
    assert len(looped) == len(places)
