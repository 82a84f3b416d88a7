"""Which rules a run uses, and what the user gives with them. Custody keeps it by name and hash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.errors import CaseError
from timelines.hashing import sha256_file

if TYPE_CHECKING:
    from timelines.detection.allowed import Allowance
    from timelines.detection.given import Given
    from timelines.detection.selection import Selection


@dataclass(frozen=True, slots=True)
class Chosen:
    """`rules` beside ours; `level` (this and above), `statuses`, `tags`, `exclude`: which of all of them; `allow`: the allow-list;
    `placeholders`: the file of values; `pipelines`: pySigma's, in order."""

    rules: tuple[Path, ...] = ()
    level: str | None = None
    statuses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow: Path | None = None
    placeholders: Path | None = None
    pipelines: tuple[Path, ...] = ()

    def check(self) -> None:
        """Raise CaseError for a file that is not there or cannot be used, and for a level or status that is none."""
        from timelines.detection.selection import STATUSES
        from timelines.findings import LEVELS

        for path in self.rules:
            if not path.exists():
                raise CaseError(f"{path}: no such file or folder; give Sigma rules")
        for file in (self.allow, self.placeholders, *self.pipelines):
            if file is not None and not file.is_file():
                raise CaseError(f"{file}: no such file")
        if self.level is not None and self.level not in LEVELS:
            raise CaseError(f"level {self.level!r}: expected one of {', '.join(LEVELS)}")
        if unknown := [status for status in self.statuses if status not in STATUSES]:
            raise CaseError(f"status {unknown[0]!r}: expected one of {', '.join(STATUSES)}")
        self.given()
        self.allowances()

    def selection(self) -> Selection:
        from timelines.detection.selection import Selection

        return Selection(self.level or "", self.statuses, self.tags, self.exclude)

    def given(self) -> Given:
        """Placeholders and pipelines, read. Raises CaseError for a file that cannot be used."""
        from timelines.detection.given import GivenError, given_by

        try:
            return given_by(self.placeholders, self.pipelines)
        except GivenError as error:
            raise CaseError(str(error)) from error

    def allowances(self) -> tuple[Allowance, ...]:
        """The entries of the allow-list; none without one. Raises CaseError for a list that cannot be used."""
        from timelines.detection.allowed import AllowListError, allow_list

        try:
            return allow_list(self.allow) if self.allow is not None else ()
        except AllowListError as error:
            raise CaseError(str(error)) from error

    def inputs(self) -> dict[str, str]:
        """What the loaded rules depend on beside the rules: the content of the user's files, in order."""
        found = {f"pipeline {at}": f"{path.name} {sha256_file(path)}" for at, path in enumerate(self.pipelines)}
        return found | ({"placeholders": sha256_file(self.placeholders)} if self.placeholders is not None else {})

    def told(self) -> dict[str, Any]:
        """For custody: what was asked for, files by name and SHA-256; what was not asked for is not named."""
        return dict(self._told())

    def _told(self) -> Iterator[tuple[str, Any]]:
        for name in ("level", "statuses", "tags", "exclude"):
            if value := getattr(self, name):
                yield name, value if isinstance(value, str) else list(value)
        for name, path in (("allow", self.allow), ("placeholders", self.placeholders)):
            if path is not None:
                yield name, path.name
                yield f"{name}_sha256", sha256_file(path)
        if self.pipelines:
            yield "pipelines", [path.name for path in self.pipelines]
            yield "pipelines_sha256", [sha256_file(path) for path in self.pipelines]


def chosen_of(
    rules: Sequence[str | Path] = (),
    level: str | None = None,
    status: str | Sequence[str] = (),
    tag: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    allow: str | Path | None = None,
    placeholders: str | Path | None = None,
    pipeline: str | Path | Sequence[str | Path] = (),
) -> Chosen:
    """From the Python face: one or several of each. Raises CaseError for what cannot be used."""
    statuses, tags, left_out = (
        (value,) if isinstance(value, str) else tuple(value) for value in (status, tag, exclude)
    )
    files = (pipeline,) if isinstance(pipeline, str | Path) else pipeline
    chosen = Chosen(
        tuple(Path(path) for path in rules),
        level,
        statuses,
        tags,
        left_out,
        Path(allow) if allow is not None else None,
        Path(placeholders) if placeholders is not None else None,
        tuple(Path(path) for path in files),
    )
    chosen.check()
    return chosen
