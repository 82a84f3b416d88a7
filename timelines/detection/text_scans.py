"""One look at each byte of a column's texts: which of them hold any of many short pieces, and which are written in some encoding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from timelines.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Coded = tuple[
    Places, Bytes, Places
]  # (n,) place of each row's text, -1 for none; the bytes of all texts; where each begins
CODES = 128  # of ASCII; 0 also stands for the end of a text
WINDOWS = CODES**3  # of three characters in lower case, the last one lowest


def laid_out(texts: pa.StringArray) -> tuple[Bytes, Places]:
    """The bytes of all texts, and (n + 1,) where each begins. Null is an empty text."""
    _, places, data = texts.buffers()
    offsets = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    held = np.frombuffer(data if data is not None else b"", np.uint8)
    for array in (held, offsets):
        array.flags.writeable = False  # of one kind, so that one compiled form serves
    return held, offsets


@compiled
def count_windows(data: Bytes, offsets: Places, counts: Places) -> None:
    """Add to `counts` (WINDOWS,) the windows that begin at each character of the texts; those with bytes beyond ASCII are no matter."""
    for text in range(len(offsets) - 1):
        window = 0
        for at in range(offsets[text], offsets[text + 1]):
            byte = data[at]
            if 65 <= byte <= 90:
                byte += 32
            window = ((window << 7) | (byte & 127)) & (WINDOWS - 1)
            if at - offsets[text] >= 2:
                counts[window] += 1
        if offsets[text + 1] - offsets[text] >= 2:
            counts[(window << 7) & (WINDOWS - 1)] += 1
        if offsets[text + 1] > offsets[text]:
            counts[(window << 14) & (WINDOWS - 1)] += 1


@compiled
def holding(data: Bytes, offsets: Places, wanted: Flags, found: Flags) -> None:
    """Set `found` (n,) for the texts that are empty, have a byte beyond ASCII or hold any window that is `wanted` (WINDOWS,)."""
    for text in range(len(offsets) - 1):
        begin, end = offsets[text], offsets[text + 1]
        window = 0
        hit = begin == end
        for at in range(begin, end):
            byte = data[at]
            if byte >= 128:
                hit = True
                break
            if 65 <= byte <= 90:
                byte += 32
            window = ((window << 7) | byte) & (WINDOWS - 1)
            if at - begin >= 2 and wanted[window]:
                hit = True
                break
        if not hit:
            hit = wanted[(window << 14) & (WINDOWS - 1)] or (end - begin >= 2 and wanted[(window << 7) & (WINDOWS - 1)])
        found[text] = hit


@compiled
def encoded(data: Bytes, offsets: Places, telling: Flags, found: Flags) -> None:
    """Set `found` (n,) for the texts that may be in an encoding of `url_decoding`: `%` before a hex digit or `u`, a backslash, `#`
    before a digit or capital, `&#`, `;` after `&`, the byte that `À`, `Á` and `à` begin with, and what else `telling` (256,) names,
    which has to name all these."""
    for text in range(len(offsets) - 1):
        ampersand = False
        hit = False
        end = offsets[text + 1]
        for at in range(offsets[text], end):
            byte = data[at]
            if not telling[byte]:  # as nearly all are: one look, not one for each
                continue
            if byte == 37:  # %
                if at + 1 < end:
                    after = data[at + 1] | 32
                    hit = 48 <= after <= 57 or 97 <= after <= 102 or after == 117
            elif byte == 35:  # #
                hit = at + 1 < end and (48 <= data[at + 1] <= 57 or 65 <= data[at + 1] <= 70)
            elif byte == 38:  # &
                ampersand = True
                hit = at + 1 < end and data[at + 1] == 35
            elif byte == 59:  # ;
                hit = ampersand
            else:
                hit = True
            if hit:
                break
        found[text] = hit


def _telling(characters: bytes) -> Flags:
    out = np.zeros(256, np.bool_)
    out[list(characters)] = True
    return out


TELLING = _telling(b"#%&;\\\xc3")
TELLING_QUERY = _telling(b"#%&;\\\xc3+")


@compiled
def unlike(a_texts: Coded, b_texts: Coded, c_texts: Coded, between: Bytes, known: Places, found: Flags) -> None:
    """Set `found` (n,) for the rows whose texts a and b, joined by `between`, are not text c: without one of a and b the other stands
    alone, without both there is nothing to tell. `known` (2, texts of c) is filled with the pair last found to be like each c."""
    codes_a, data_a, offsets_a = a_texts
    codes_b, data_b, offsets_b = b_texts
    codes_c, data_c, offsets_c = c_texts
    for row in range(len(codes_c)):
        a, b, c = codes_a[row], codes_b[row], codes_c[row]
        if a < 0 and b < 0:
            continue
        if c < 0:
            found[row] = True
            continue
        if known[0, c] == a and known[1, c] == b:
            continue
        at, end = offsets_c[c], offsets_c[c + 1]
        long_a = offsets_a[a + 1] - offsets_a[a] if a >= 0 else 0
        long_b = offsets_b[b + 1] - offsets_b[b] if b >= 0 else 0
        joint = len(between) if a >= 0 and b >= 0 else 0
        same = long_a + joint + long_b == end - at
        place = 0
        while same and place < long_a:
            same = data_c[at + place] == data_a[offsets_a[a] + place]
            place += 1
        at += long_a
        place = 0
        while same and place < joint:
            same = data_c[at + place] == between[place]
            place += 1
        at += joint
        place = 0
        while same and place < long_b:
            same = data_c[at + place] == data_b[offsets_b[b] + place]
            place += 1
        if same:
            known[0, c], known[1, c] = a, b
        else:
            found[row] = True
