"""The Python face: run a case or open one, and ask it for frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.case import Case, CaseInfo
from forensics.opened_case import OpenCase as OpenCase

if TYPE_CHECKING:
    from forensics.pipeline import About
    from forensics.progress import Progress


def run(
    evidence: Sequence[str | Path],
    case: str | Path,
    rules: Sequence[str | Path] = (),
    tz: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
    log_formats: Sequence[str] = (),
    flow_timeouts: Sequence[str] = (),
    year: int | None = None,
    code_page: int | None = None,
    **chosen: Any,
) -> OpenCase:
    """Make a case of `evidence` (files, folders) in the folder `case`, read it all, and run our rules and those at `rules`.

    `log_formats` are LogFormat or log_format strings by which the logs' lines are cut; `flow_timeouts` say how long nothing may
    pass in a flow that goes on (`tcp=1h`); `year` is that of the first syslog stamp of logs that never say it; `code_page` is that of
    ANSI text in event logs (`timelines.code_pages`); `chosen` narrows and feeds the rules, as for `OpenCase.analyze`. A case that
    exists goes on: evidence that it already holds is not added again, finished work is not done again.
    Raises CaseError when a path is missing or the folder cannot be used, EvidenceChanged (one of these) when evidence is no longer what
    was registered: then nothing is concluded from it.
    """
    from forensics import pipeline
    from forensics.chosen_rules import chosen_of
    from forensics.executors import prepare

    picked = chosen_of(rules, **chosen)
    cut, idle = tuple(log_formats), tuple(flow_timeouts)
    about = pipeline.About(tz, log_formats=cut, flow_timeouts=idle, year=year, code_page=code_page)
    prepare(workers, scheduler)  # while files are hashed
    opened = start(Path(case), [Path(path) for path in evidence], about, progress)
    pipeline.ingest(opened, workers, scheduler, progress)
    pipeline.analyze(opened, picked, progress)
    return OpenCase(opened)


def start(folder: Path, evidence: Sequence[Path], about: About | None, progress: Progress | None = None) -> Case:
    """Make or open the case and register the evidence that it does not hold yet; `about` is said of each that is new."""
    from cases.errors import CaseError
    from forensics import pipeline
    from forensics.evidence_paths import check_evidence
    from forensics.flow_timeouts import checked_timeouts
    from forensics.log_formats import checked_formats
    from timelines.code_pages import checked_page
    from timelines.times import zone as checked

    about = about or pipeline.About()
    formats, timeouts = checked_formats(about.log_formats), checked_timeouts(about.flow_timeouts)
    about = replace(about, log_formats=formats, flow_timeouts=timeouts)
    if about.zone is not None:
        try:
            checked(about.zone)
        except ValueError as error:
            raise CaseError(str(error)) from error
    try:
        checked_page(about.code_page)
    except ValueError as error:
        raise CaseError(str(error)) from error
    check_evidence(folder, evidence)
    case = Case.open(folder) if (folder / "case.toml").exists() else Case.create(folder, CaseInfo(zone=about.zone))
    held = {Path(x.source).resolve() for x in case.register.exhibits if x.source}
    for path in evidence:
        if path.resolve() not in held:
            pipeline.add(case, path, about, progress)
            held.add(path.resolve())
    return case


def open_case(case: str | Path, secrets: bool = False) -> OpenCase:
    """Open the case in a folder. Raises CaseError when there is none. Passwords and their like are masked in answers unless `secrets`."""
    return OpenCase(Case.open(Path(case)), secrets)
