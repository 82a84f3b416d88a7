"""Numbers, GUIDs and instants written out in digits, whole columns at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.gather import Bools, Bytes

HEX = np.frombuffer(b"".join(b"%02X" % byte for byte in range(256)), np.uint16)
_GUID_ORDER = np.array([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15])


def _mask(valid: Bools) -> pa.Buffer | None:
    return None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))


def text_column(ends: npt.NDArray[np.int32], data: Bytes, valid: Bools) -> pa.Array:
    """A string column of UTF-8 `data` whose n + 1 bounds are `ends`."""
    return pa.StringArray.from_buffers(len(valid), pa.py_buffer(ends), pa.py_buffer(data), _mask(valid))


def ends_of(lengths: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    """(n + 1,) bounds of texts of these lengths, end to end."""
    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=ends[1:])
    return ends


def lines(text: Bytes, valid: Bools) -> pa.Array:
    """(m, width) characters of the valid rows as a column of all rows."""
    return text_column(ends_of(np.where(valid, text.shape[1], 0)), np.ascontiguousarray(text).reshape(-1), valid)


def guids(raw: Bytes) -> Bytes:
    """(n, 16) bytes of GUIDs as (n, 38) characters, braced and upper case. MS-DTYP 2.3.4.2."""
    digits = np.ascontiguousarray(HEX[raw[:, _GUID_ORDER]]).view(np.uint8)
    out = np.full((len(raw), 38), ord("-"), np.uint8)
    out[:, 0], out[:, 37] = ord("{"), ord("}")
    for at, start, stop in ((1, 0, 8), (10, 8, 12), (15, 12, 16), (20, 16, 20), (25, 20, 32)):
        out[:, at : at + stop - start] = digits[:, start:stop]
    return out


def hexes(numbers: npt.NDArray[np.unsignedinteger]) -> pa.Array:
    """Numbers as `0x1f`, without leading zeros."""
    if len(numbers) < 64:
        return pa.array([f"0x{number:x}" for number in numbers.tolist()], pa.string())
    raw = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    digits = HEX[raw].view(np.uint8) | np.uint8(0x20)  # lower case; digits have that bit already
    shown = np.maximum.accumulate(digits != ord("0"), axis=1)
    shown[:, -1] = True
    text = np.concatenate([np.broadcast_to(np.frombuffer(b"0x", np.uint8), (len(raw), 2)), digits], axis=1)
    keep = np.concatenate([np.ones((len(raw), 2), np.bool_), shown], axis=1)
    return text_column(ends_of(keep.sum(axis=1)), text[keep], np.ones(len(raw), np.bool_))


def moments(ticks: npt.NDArray[np.uint64]) -> Bytes:
    """FILETIMEs up to the year 9999 as ISO 8601 with seven decimals: (n, 28) characters."""
    whole = ticks.astype(np.int64)
    days, rest = np.divmod(whole, 864_000_000_000)
    date = (days - 134_774).astype("datetime64[D]")  # 1601-01-01 to 1970-01-01
    months = date.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (date - months).astype(np.int64) + 1
    seconds, fraction = np.divmod(rest, 10_000_000)
    parts = ((0, 4, year), (5, 2, month), (8, 2, day), (11, 2, seconds // 3600), (14, 2, seconds // 60 % 60))
    out = np.tile(np.frombuffer(b"0000-00-00T00:00:00.0000000Z", np.uint8), (len(ticks), 1))
    for at, width, number in (*parts, (17, 2, seconds % 60), (20, 7, fraction)):
        for place in range(at + width - 1, at - 1, -1):
            number, digit = np.divmod(number, 10)
            out[:, place] = digit + ord("0")
    return out
