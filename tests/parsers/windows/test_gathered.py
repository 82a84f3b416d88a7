"""Columns that are read record by record are those that would be read one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from parsers.windows import values
from parsers.windows.flat import WIDE
from parsers.windows.gathered import DIFFER, MIXED, NONE, TEXTS, Gathering, kinds_of
from parsers.windows.lexicon import Lexicon
from parsers.windows.typed import Values, Window, uniform
from tests.parsers.windows.conftest import noted

KINDS = (0, 1, 2, 4, 6, 8, 10, 14, 15, 17, 19, 20, 21, 33, 0x81, 0x86, 99)
ONE = st.tuples(st.sampled_from(KINDS), st.sampled_from((0, 1, 2, 4, 8, 16, 3)))


def held(rows, many):
    """A visit, and `many` values of each of some records: (type, size) of each, the bytes counted up."""
    flat = [one for row in rows for one in row]
    sizes = np.array([size for _, size in flat], np.int64)
    starts = np.cumsum(sizes) - sizes
    window = Window(np.arange(int(sizes.sum()) + 16, dtype=np.int64).astype(np.uint8) // 3, 0)
    return noted(window, starts, sizes, np.array([kind for kind, _ in flat], np.uint8), many)


@given(st.integers(1, 3).flatmap(lambda many: st.lists(st.tuples(*[ONE] * many), min_size=1, max_size=4)))
def test_types_of_all_columns_at_once_are_those_of_each(rows):
    _, level = held(rows, len(rows[0]))
    each = [uniform(level, index) for index in range(level.many)]
    assert kinds_of([level, level]) == [[MIXED if kind is None else kind for kind in each]] * 2
    assert kinds_of([]) == []


@given(
    st.integers(1, 4).flatmap(
        lambda many: st.tuples(
            st.lists(st.sampled_from((1, 8, 10, 17)), min_size=many, max_size=many),
            st.lists(st.lists(st.booleans(), min_size=many, max_size=many), min_size=2, max_size=9),
        )
    )
)
def test_columns_of_several_levels_keep_their_own_rows(columns):
    kinds, nulls = columns
    rows = [
        [(0, 0) if null else (kind, values.WIDTHS.get(kind, 6)) for kind, null in zip(kinds, row, strict=True)]
        for row in nulls
    ]
    visit, whole = held(rows, len(kinds))
    levels = [Values.of(whole.notes, whole.first[part], whole.many) for part in (slice(1), slice(1, None))]
    flat = visit.notes.flat
    gathering = Gathering(flat)
    wanted = [(level, index) for index in range(len(kinds)) for level in levels]
    groups = [TEXTS if kind == 1 else (kind,) for kind in kinds]
    asked = [gathering.ask(level, at, groups[at], values.WIDTHS.get(kinds[at], 0)) for level, at in wanted]
    gathered = gathering.read(int(visit.notes.texts.total[0]))
    for (level, index), number in zip(wanted, asked, strict=True):
        at, expected = gathered.starts[number], level.said(index)
        if kinds[index] == 1:
            assert gathered.texts[at : at + len(level)].tolist() == expected.tolist()
            assert all(gathered.asked[code] for code in expected.tolist() if code >= 0)
        else:
            raw, absent = gathered.numbers((kinds[index],))
            null = level.kind(index) == values.NULL
            given = np.where(null, 0, expected)
            expected = flat.wide[given] if values.WIDTHS[kinds[index]] == WIDE else given
            assert np.where(null, expected, raw[at : at + len(level)]).tolist() == expected.tolist()
            found = np.zeros(len(raw), np.bool_) if absent is None else absent
            assert found[at : at + len(level)].tolist() == null.tolist()
    alike = np.full(len(wanted), 99, np.int32)
    for kind in {kind for kind in kinds if kind != 1}:
        raw, absent = gathered.numbers((kind,))
        gathered.alike((kind,), raw.astype(np.int32), absent, alike)
    whole_places, some = gathered.placed(np.arange(len(gathered.asked) + 1, dtype=np.int32), alike)
    some.validate(full=True)
    assert whole_places.null_count == 0
    for (level, index), number in zip(wanted, asked, strict=True):
        eight = values.WIDTHS.get(kinds[index], 0) == WIDE
        said = (flat.wide[level.said(index)].astype(np.int32) if eight else level.said(index)).tolist()
        nothing = [code < 0 for code in said] if kinds[index] == 1 else (level.kind(index) == values.NULL).tolist()
        expected = [None if none else code for none, code in zip(nothing, said, strict=True)]
        if len(set(expected)) == 1:
            assert alike[number] == (NONE if expected[0] is None else expected[0])
        else:
            assert alike[number] == DIFFER
            if kinds[index] == 1:
                assert some.slice(gathered.starts[number], len(level)).to_pylist() == expected


def test_a_column_without_a_value_in_some_rows_is_null_there():
    rows = [[(1, 4), (8, 4)], [(0, 0), (0, 0)], [(1, 4), (8, 4)]]
    visit, level = held(rows, 2)
    lexicon = Lexicon(visit)
    asked = lexicon.ask(level, [0, 1])
    words = lexicon.close()
    texts, numbers = (words.column(asked[at], asked[at].count) for at in (0, 1))
    assert [one.is_null().to_pylist() for one in (texts, numbers)] == [[False, True, False]] * 2
    assert numbers.to_pylist() == [str(0x02020101), None, str(0x05040404)]
