"""Where logs are cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.base import Evidence
from parsers.web import cuts as cutting
from parsers.web.cuts import cuts


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("PIECE", 640), ("FINEST", 160), ("BLOCK", 70)):
        monkeypatch.setattr(cutting, name, size)


def cut(folder: Path, data: bytes, *marks: bytes) -> list[tuple[int, int, object, list[bytes]]]:
    path = folder / "a.log"
    path.write_bytes(data)
    found = cuts(Evidence("E001", "a.log", path, len(data), "0" * 64), marks)
    return [(one.piece.start, one.piece.stop, one.piece.context["line"], sorted(one.begun)) for one in found]


def test_slices_tile_the_file_end_with_lines_and_know_their_first_line(tmp_path: Path) -> None:
    data = b"".join(b"x" * (n % 37) + b"\n" for n in range(400)) + b"no end"
    found = cut(tmp_path, data)
    assert [start for start, *_ in found] == [0, *(stop for _, stop, *_ in found[:-1])]
    assert found[-1][1] == len(data)
    assert all(data[stop - 1 : stop] == b"\n" for _, stop, *_ in found[:-1])
    assert [line for _, _, line, _ in found] == [data[:start].count(b"\n") + 1 for start, *_ in found]


def test_slices_become_smaller_towards_the_end_but_not_too_small(tmp_path: Path) -> None:
    found = cut(tmp_path, b"abcdefg\n" * 1000)
    assert [stop - start for start, stop, *_ in found] == (
        [640] * 7 + [592, 488, 408, 344, 288, 240, 200, 160, 160, 160, 160, 160, 160]
    )


def test_a_file_of_one_slice_is_not_looked_at(tmp_path: Path) -> None:
    missing = Evidence("E001", "a.log", tmp_path / "none", 640, "0" * 64)
    assert [one.piece.stop for one in cuts(missing)] == [640]


@pytest.mark.parametrize("before", [b"\n", b"\n\xef\xbb\xbf", b"\n\0\0\0"])
@pytest.mark.parametrize("at", [0, 69, 70, 71, 632, 639, 640, 700])
def test_the_slice_is_known_in_which_a_line_may_begin_with_a_mark(tmp_path: Path, before: bytes, at: int) -> None:
    data = b"x#" * (at // 2) + b"x" * (at % 2) + before + b"#Fields: a" + b"\nline" * 400
    mark = data.index(b"#Fields")
    begun = [(start, stop) for start, stop, _, marks in cut(tmp_path, data, b"#", b"#F") if marks == [b"#", b"#F"]]
    (held,) = begun
    assert held[0] <= mark < held[1]


def test_a_mark_inside_a_line_begins_none(tmp_path: Path) -> None:
    assert {str(marks) for *_, marks in cut(tmp_path, b"a # b#\n" * 300, b"#")} == {"[]"}


def test_a_file_without_lines_is_one_slice(tmp_path: Path) -> None:
    assert cut(tmp_path, b"#" * 2000, b"#") == [(0, 2000, 1, [])]


def test_a_file_that_is_shorter_than_it_was_is_cut_to_what_was_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"abcdefg\n" * 100)
    found = list(cuts(Evidence("E001", "a.log", path, 8000, "0" * 64)))
    assert (found[0].piece.start, found[-1].piece.stop) == (0, 8000)
