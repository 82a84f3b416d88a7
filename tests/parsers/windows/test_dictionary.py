"""The dictionary of a window's values: alike values have one place, however many share a hint."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from parsers.windows import values
from parsers.windows.flat import RECENT, Notes
from parsers.windows.instances import added

KINDS = st.sampled_from([values.STRING, values.ANSI, values.BINARY])
SAID = st.one_of(
    st.binary(max_size=3),
    st.sampled_from(
        [b"", b"one text", b"two text", b"one text, and more", b"one text, and mere", b"One text, and more"]
    ),
    st.integers(0, 2).map(lambda of: b"x" * (5 + of * RECENT)),  # sizes that give one hint
)


@given(st.lists(st.tuples(KINDS, SAID), min_size=1, max_size=40))
@example([(values.STRING, b"")])  # the first of all is as long as nothing is
@example([(values.STRING, b"a"), (values.ANSI, b"a"), (values.STRING, b"b"), (values.STRING, b"a")])
def test_values_have_one_place_if_they_are_of_one_type_and_the_same_bytes(told):
    data = np.frombuffer(b"".join(said for _, said in told) + bytes(8), np.uint8)
    notes = Notes.begun(1, len(data))
    flat, begin = notes.flat, 0
    for at, (kind, said) in enumerate(told):
        flat.start[at], flat.size[at], flat.kind[at] = begin, len(said), kind
        begin += len(said)
    assert added(data, flat, notes.texts, 0, len(told)) == len(told)
    places = flat.said[: len(told)].tolist()
    numbers = {one: places[told.index(one)] for one in told}
    assert places == [numbers[one] for one in told]
    assert sorted(numbers.values()) == list(range(len(numbers)))
    bounds = notes.texts.bounds
    assert [notes.texts.held[bounds[at] : bounds[at + 1]].tobytes() for at in places] == [said for _, said in told]
    assert [notes.texts.kinds[at] for at in places] == [kind for kind, _ in told]
