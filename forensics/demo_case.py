"""The demo case run as an examiner would: details and exhibits registered, evidence read, rules run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cases.case import Case, CaseInfo, Question
from forensics import pipeline
from forensics.progress import Progress, Silent

if TYPE_CHECKING:
    from forensics.pipeline import Ingest


def make(folder: Path, seed: int, progress: Progress | None = None) -> Path:
    """Make the evidence in `folder/evidence`. Raises ValueError when something is there already."""
    from forensics import demo

    progress = progress or Silent()
    evidence = folder / "evidence"
    demo.make_evidence(evidence, seed, progress=lambda label: progress.stage(f"Make evidence: {label}", None))
    return evidence


def run(
    folder: Path, languages: Sequence[str], workers: int | None = None, progress: Progress | None = None
) -> tuple[Case, Ingest]:
    """Make the case in `folder/case` from `folder/evidence` and run it: our rules only."""
    from forensics import demo

    details = demo.case_details()
    questions = tuple(_question(asked, languages) for asked in details.pop("questions"))
    case = Case.create(folder / "case", CaseInfo(**details, languages=tuple(languages), questions=questions))
    for path, description, clock_offset_s, clock_source in demo.exhibits(folder / "evidence"):
        about = pipeline.About(clock_offset_s=clock_offset_s, clock_source=clock_source, description=description)
        pipeline.add(case, path, about, progress)
    ingested = pipeline.ingest(case, workers, progress=progress)
    pipeline.analyze(case, (), progress)
    return case, ingested


def _question(asked: Mapping[str, str], languages: Sequence[str]) -> Question:
    """A question as it is put in the first of the languages, with its translations."""
    texts = {code: asked[code] for code in languages if code in asked}
    return Question(asked["id"], next(iter(texts.values()), asked["en"]), texts)
