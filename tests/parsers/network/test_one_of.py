"""A few values looked up among a few numbers, held against numpy's own look-up, beyond what the values' type holds too."""

import numpy as np
import pytest

from parsers.network.records import one_of


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.int64, np.uint16])
@pytest.mark.parametrize("numbers", [(), (0,), (1, 2), (255, 3, 0), (256, 7), (-1, 1), (70_000, 5, 5)])
def test_it_is_the_look_up_of_numpy(kind, numbers):
    values = np.arange(256).astype(kind)
    found = one_of(values, *numbers)
    assert found.dtype == np.bool_
    assert found.tolist() == np.isin(values.astype(np.int64), numbers).tolist()
    assert one_of(values[:0], *numbers).tolist() == []


def test_columns_of_records_are_looked_up_in_place():
    records = np.zeros(3, np.dtype([("proto", "u1"), ("sport", "<u2")]))
    records["sport"] = (53, 67, 68)
    assert one_of(records["sport"], 67, 68).tolist() == [False, True, True]
