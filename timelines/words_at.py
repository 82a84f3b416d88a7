"""Eight bytes read as one number, wherever they lie: what numba has no word for.

An array that overlaps itself, with a number that begins at each byte, gives the same, but each access then multiplies by a step that
the compiler does not know.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

WORD = 8  # bytes


def word(data: npt.NDArray[np.uint8], at: int | np.integer[Any]) -> np.uint64:
    """The eight bytes from a place on as a number, the first the lowest. Raises IndexError unless all of them are in the array."""
    if not 0 <= at <= len(data) - WORD:
        raise IndexError("index is out of bounds")
    return np.uint64(int.from_bytes(data[at : int(at) + WORD].tobytes(), "little"))


@cache
def teach() -> None:
    """Tell numba what `word` is, before it compiles a loop that calls it."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import lower_builtin, type_callable

    def typed(data: Any, at: Any) -> Any:
        plain = isinstance(data, types.Array) and (data.dtype, data.ndim, data.layout) == (types.uint8, 1, "C")
        return types.uint64 if plain and isinstance(at, types.Integer) else None

    type_callable(word)(lambda context: typed)

    def lower_word(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, given[0])
        at = context.cast(builder, given[1], signature.args[1], types.int64)
        none = at.type(0)
        room = builder.sub(array.nitems, at.type(WORD - 1))
        room = builder.select(builder.icmp_signed(">", room, none), room, none)
        with cgutils.if_unlikely(builder, builder.icmp_unsigned(">=", at, room)):
            context.call_conv.return_user_exc(builder, IndexError, ("index is out of bounds",))
        place = builder.gep(builder.bitcast(array.data, cgutils.voidptr_t), [at])
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    lower_builtin(word, types.Array, types.Integer)(lower_word)
