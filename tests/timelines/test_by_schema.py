"""What is worked out from a schema is worked out once, and again where it may be something else."""

from __future__ import annotations

import pyarrow as pa

from timelines.by_schema import MAX_TWINS, BySchema
from timelines.schema import named_field, own_name


def test_schemas_of_other_own_names_types_or_order_are_told_apart():
    made = []

    def owned(schema: pa.Schema) -> list[str]:
        made.append(schema)
        return [own_name(field) for field in schema]

    known = BySchema(1 << 20, 100, owned)
    one = pa.schema([named_field("User_", "User"), named_field("b", "b")])
    other = pa.schema([named_field("User_", "USER"), named_field("b", "b")])
    wide = pa.schema([named_field("User_", "User", pa.int64()), named_field("b", "b")])
    turned = pa.schema([named_field("b", "b"), named_field("User_", "User")])
    expected = [["User", "b"], ["USER", "b"], ["User", "b"], ["b", "User"]]
    for _ in range(2):
        assert [known.of(schema) for schema in (one, other, wide, turned)] == expected
    assert len(made) == 4


def test_what_is_remembered_is_bounded():
    known = BySchema(100_000, 1_000, lambda schema: schema)
    for number in range(500):
        known.of(pa.schema([named_field("a", str(number))]))
        assert max(map(len, known._known.held.values()), default=0) <= MAX_TWINS
        known.of(pa.schema([named_field(f"column {number}", "a")]))
        assert known._known.weight <= 100_000
