"""Eight bytes read or written as one number, wherever they lie: what numba has no word for.

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


def put_word(out: npt.NDArray[np.uint8], at: int | np.integer[Any], number: np.uint64) -> None:
    """Write a number as eight bytes from a place on, the lowest first. Raises IndexError unless all of them are in the array."""
    if not 0 <= at <= len(out) - WORD:
        raise IndexError("index is out of bounds")
    out[at : int(at) + WORD] = np.frombuffer(int(number).to_bytes(WORD, "little"), np.uint8)


@cache
def teach() -> None:
    """Tell numba what these are, before it compiles a loop that calls them."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import lower_builtin, type_callable

    def plain(data: Any, at: Any) -> bool:
        held = isinstance(data, types.Array) and (data.dtype, data.ndim, data.layout) == (types.uint8, 1, "C")
        return held and isinstance(at, types.Integer)

    def type_word(data: Any, at: Any) -> Any:
        return types.uint64 if plain(data, at) else None

    def type_put(out: Any, at: Any, number: Any) -> Any:
        return types.none if plain(out, at) and out.mutable and number == types.uint64 else None

    def placed(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        """Where the number lies, all of which is in the array."""
        array = context.make_array(signature.args[0])(context, builder, given[0])
        at = context.cast(builder, given[1], signature.args[1], types.int64)
        none = at.type(0)
        room = builder.sub(array.nitems, at.type(WORD - 1))
        room = builder.select(builder.icmp_signed(">", room, none), room, none)
        with cgutils.if_unlikely(builder, builder.icmp_unsigned(">=", at, room)):
            context.call_conv.return_user_exc(builder, IndexError, ("index is out of bounds",))
        place = builder.gep(builder.bitcast(array.data, cgutils.voidptr_t), [at])
        return builder.bitcast(place, ir.IntType(8 * WORD).as_pointer())

    def lower_word(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.load(placed(context, builder, signature, given), align=1)

    def lower_put(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        builder.store(given[2], placed(context, builder, signature, given), align=1)
        return context.get_dummy_value()

    type_callable(word)(lambda context: type_word)
    type_callable(put_word)(lambda context: type_put)
    lower_builtin(word, types.Array, types.Integer)(lower_word)
    lower_builtin(put_word, types.Array, types.Integer, types.Integer)(lower_put)
