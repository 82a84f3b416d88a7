"""Long lines that a log service passed on in parts, put together again: each part is a line of the file, the row cites all of them.

Kubernetes marks all parts but the last with a P, docker's json-file driver ends only the last with a newline; both cut at 16 KiB.
https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parsers.gather import Int64s
from parsers.web.lines import LONGEST_LINE, Lines, side_by_side
from parsers.web.wrappers import Wrapped
from timelines.problems import Account, Problem

_PART = re.compile(rb'\S+ (?:stdout|stderr) P |\{"log":"(?!(?:[^"\\]|\\.)*\\n")')


@dataclass(frozen=True, slots=True)
class Whole:
    """Lines put together. `rows`: indices into the wrapped lines that are parts; `owner`: (n,) which line each of them is a part of."""

    held: Wrapped
    rows: Int64s
    owner: Int64s


def put_together(found: Wrapped) -> Whole | None:
    """The lines whose parts stand side by side in the file, down to the last; None where there are none."""
    partial = found.flags.get("partial")
    if partial is None or not partial.any():
        return None
    groups = _groups(found)
    if not groups:
        return None
    lines, first = found.lines, np.array([group[0] for group in groups], np.int64)
    texts = [b"".join(lines.at(row) for row in group) + b"\n" for group in groups]
    ends = np.cumsum([len(text) for text in texts])
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    lengths = np.array([lines.lengths[group].sum() for group in groups], np.int64)
    bare = next((int(lines.offsets[group[0]]) for group in groups if lines.offsets[group[-1]] == lines.bare), -1)
    data = np.frombuffer(b"".join(texts), np.uint8)
    numbers, offsets = lines.numbers[first], lines.offsets[first]
    inner = Lines(data, starts, ends - 1, numbers, offsets, lengths, bare, lines.marks)
    columns = {name: array.take(pa.array(first)) for name, array in found.columns.items()}
    flags = {name: mask[first] for name, mask in found.flags.items() if name != "partial"}
    flags |= {"joined-parts": np.ones(len(first), np.bool_)}
    held = Wrapped(found.wrapper, found.rows[first], inner, columns, found.ns[first], found.known[first], flags)
    owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return Whole(held, np.concatenate(groups), owner)


def _groups(found: Wrapped) -> list[Int64s]:
    """Parts that make a line, by index: neighbours in the file and of one stream, all but the last marked as part."""
    lines, partial = found.lines, found.flags["partial"]
    stream = found.columns["wrapper_stream"].to_numpy(zero_copy_only=False)
    goes_on = (
        partial[:-1] & (lines.offsets[:-1] + lines.lengths[:-1] == lines.offsets[1:]) & (stream[:-1] == stream[1:])
    )
    cuts = np.split(np.arange(len(partial)), np.flatnonzero(~goes_on) + 1)
    whole = [group for group in cuts if len(group) > 1 and not partial[group[-1]]]
    return [group for group in whole if (lines.ends - lines.starts)[group].sum() <= LONGEST_LINE]


def unparted(items: Iterator[Lines | Problem | Account]) -> Iterator[Lines | Problem | Account]:
    """The same lines in other blocks: parts at a block's end go with the block that holds what follows them."""
    kept: Lines | None = None
    for item in items:
        if not isinstance(item, Lines):
            yield item
            continue
        lines = item if kept is None else side_by_side([kept.between(0, len(kept)), item])
        count, size = 0, 0
        while count < len(lines) and _PART.match(lines.at(len(lines) - 1 - count)) and size <= LONGEST_LINE:
            count += 1
            size += int(lines.lengths[len(lines) - count])
        count = count if size <= LONGEST_LINE else 0
        kept = lines.take(np.arange(len(lines) - count, len(lines))) if count else None
        if count < len(lines):
            yield lines.take(np.arange(len(lines) - count))
    if kept is not None:
        yield kept
