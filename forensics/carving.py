"""Event records out of any bytes: what was found and where, and the found chunks as an event log that other tools read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cases.case import Case, CaseInfo
from cases.errors import CaseError
from forensics import pipeline
from forensics.demo.evtx_writer import file_header
from forensics.evidence_paths import check_evidence
from forensics.progress import Progress
from parsers.base import Evidence, Slice
from parsers.gather import Bools
from parsers.windows.carve import ON_REQUEST, Carved, carve
from parsers.windows.evtx import batches_of
from parsers.windows.structures import CHUNK, is_sound


@dataclass(frozen=True, slots=True)
class Find:
    """A chunk, or records that stand outside of one, end to end. Times are UTC ns of record headers; `sound`:
    a chunk of which all 64 KiB are there and whose checksums fit."""

    kind: str
    offset: int
    length: int
    records: int
    first_number: int | None
    last_number: int | None
    first: int | None
    last: int | None
    channels: tuple[str, ...]
    sound: bool


def finds(path: Path, progress: Progress) -> Iterator[Find]:
    """Everything found in a file, in its order. Raises CaseError when it is no file, OSError when it can't be read."""
    if not path.is_file():
        raise CaseError(f"{path}: no such file; give a file of any kind, such as a page file or a memory dump")
    evidence = Evidence("", path.name, path, path.stat().st_size, "")
    progress.stage("Search", evidence.size, "bytes")
    for piece in ON_REQUEST.slices(evidence):
        yield from _in_piece(carve(evidence, piece), piece)
        progress.advance(piece.stop - piece.start)


def _in_piece(carved: Carved, piece: Slice) -> Iterator[Find]:
    found, start = carved.found, carved.window.start
    channel = np.full(len(found), None, object)
    for _, rows, which in batches_of(carved.window, found):
        channel[which] = rows.column("Channel").to_pylist()
    lone = np.zeros(len(found), np.bool_)
    lone[carved.lone] = True
    out = []
    for base, limit in carved.chunks:
        held = (found.offset >= base) & (found.offset < limit) & ~lone
        out.append(_find("chunk", (start + base, limit - base), carved, held, channel))
    for run in _runs(carved):
        held = np.zeros(len(found), np.bool_)
        held[run] = True
        begin = int(found.offset[run[0]])
        length = int(found.offset[run[-1]] + found.size[run[-1]]) - begin
        out.append(_find("records", (start + begin, length), carved, held, channel))
    yield from sorted(out, key=lambda item: item.offset)


def _runs(carved: Carved) -> list[list[int]]:
    """Single records that stand end to end."""
    runs: list[list[int]] = []
    reach = -1
    for row in carved.lone.tolist():
        if int(carved.found.offset[row]) == reach:
            runs[-1].append(row)
        else:
            runs.append([row])
        reach = int(carved.found.offset[row] + carved.found.size[row])
    return runs


def _find(
    kind: str,
    place: tuple[int, int],
    carved: Carved,
    held: Bools,
    channel: np.ndarray[tuple[int], np.dtype[np.object_]],
) -> Find:
    begin = place[0] - carved.window.start
    numbers, times = carved.found.number[held], carved.found.instant[held & carved.found.sane]
    return Find(
        kind,
        *place,
        records=int(held.sum()),
        first_number=int(numbers.min()) if len(numbers) else None,
        last_number=int(numbers.max()) if len(numbers) else None,
        first=int(times.min()) if len(times) else None,
        last=int(times.max()) if len(times) else None,
        channels=tuple(sorted({name for name in channel[held] if name})),
        sound=kind == "chunk" and is_sound(carved.window.data[begin : begin + place[1]].tobytes()),
    )


def write_log(blob: Path, found: Sequence[Find], output: Path) -> int:
    """Write the sound chunks, byte for byte, as an event log to a path that does not exist yet; returns how many."""
    chunks = [find for find in found if find.sound]
    numbers = [find.last_number for find in chunks if find.last_number is not None]
    try:
        with blob.open("rb") as source, output.open("xb") as handle:
            following = min(max(numbers, default=0) + 1, 2**64 - 1)
            handle.write(file_header(len(chunks), following))
            for find in chunks:
                source.seek(find.offset)
                handle.write(source.read(CHUNK))
    except FileExistsError as error:
        raise CaseError(f"{output}: is there already and is never overwritten; choose another name") from error
    return len(chunks)


def into_case(
    folder: Path, blob: Path, progress: Progress, code_page: int | None = None
) -> tuple[pipeline.Intake, pipeline.Ingest]:
    """Register a blob as an exhibit that is searched for event records, and read it; its ANSI text as of `code_page`. Makes the case when
    there is none."""
    check_evidence(folder, [blob])
    case = Case.open(folder) if (folder / "case.toml").exists() else Case.create(folder, CaseInfo())
    intake = pipeline.add(case, blob, pipeline.About(reader=ON_REQUEST.name, code_page=code_page), progress)
    return intake, pipeline.ingest(case, progress=progress)
