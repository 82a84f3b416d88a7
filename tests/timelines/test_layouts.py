"""What is worked out once of a schema."""

from __future__ import annotations

import pyarrow as pa

from timelines.coded import CODED
from timelines.layouts import layouts
from timelines.schema import TIME, named_field, own_name


def test_a_layout_tells_how_columns_are_called_and_held():
    given = pa.schema([("time", TIME), named_field("User_", "User", CODED), ("Said", pa.string()), ("n", pa.int32())])
    layout = layouts.of(given)
    assert layout.names == (("time", "time"), ("User_", "User"), ("Said", "Said"), ("n", "n"))
    assert [lower for lower, _ in layout.lower] == ["time", "user_", "said", "n"]
    assert (layout.coded, layout.text) == ((False, True, False, False), (2,))
    assert layout.row == 8 + 4 + 4  # an instant, a place, a number
    assert layout.plain.types == [TIME, pa.string(), pa.string(), pa.int32()]
    assert own_name(layout.fields["User_"]) == "User"
    assert layouts.of(pa.schema(list(given))) is layout
