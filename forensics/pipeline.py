"""Evidence to timeline to findings: take exhibits in, read what is not yet read, run the rules. Every step goes through custody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cases import findings as kept
from cases.case import Case
from cases.custody import Subject
from cases.integrity import CHANGED, READ, require_unchanged
from forensics.chosen_rules import Chosen
from forensics.evidence_paths import check_evidence
from forensics.executors import executor as make_executor
from forensics.executors import prepare
from forensics.planning import Given, Task, plan
from forensics.progress import Progress, Silent
from forensics.rule_digests import rule_digests
from forensics.running import finished
from forensics.scratch_room import advice
from forensics.searching import Search, search, to_search
from forensics.tasks import Done
from parsers.evidence import examine, examine_as, rehash
from timelines.inventory import Exhibit, FileEntry
from timelines.problems import LedgerRow, Problem
from timelines.store import MANIFEST, Store


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking an exhibit in came to."""

    exhibit: Exhibit
    entries: tuple[FileEntry, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Ingest:
    """What reading came to. `changed` names files whose bytes are no longer those that were registered."""

    rows: int
    problems: int
    tasks: int
    crashes: int
    changed: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.changed and not self.crashes


@dataclass(frozen=True, slots=True)
class About:
    """What the examiner says of an exhibit; None where nothing was supplied."""

    zone: str | None = None
    supplied_sha256: str | None = None
    seal: str | None = None
    clock_offset_s: float | None = None
    clock_source: str | None = None
    description: str | None = None
    log_formats: tuple[str, ...] = ()  # LogFormat and log_format strings by which lines are cut before any other
    flow_timeouts: tuple[str, ...] = ()  # such as tcp=1h: how long a flow may be idle and go on
    year: int | None = None  # of the first stamp of a file whose stamps have none
    code_page: int | None = None  # of ANSI text in event logs
    reader: str | None = (
        None  # a parser that was asked for by name: the exhibit is one file and read by it, whatever it is
    )


def add(case: Case, source: Path, about: About | None = None, progress: Progress | None = None) -> Intake:
    """Register a file or folder as the next exhibit: hash it, recognise it, list every file. Raises CaseError when it is not there."""
    about, progress = about or About(), progress or Silent()
    source = Path(source)
    check_evidence(case.folder, [source])
    number = case.register.next_number()
    known = {e.sha256: f"{e.exhibit}/{e.file}" for e in case.register.entries if e.status in ("evidence", "container")}
    progress.stage(f"{number} hash and recognise", _size(source), "bytes")
    entries: list[FileEntry] = []
    problems: list[Problem] = []
    items = (
        examine(number, source, known, progress=progress.advance, log_formats=about.log_formats)
        if about.reader is None
        else examine_as(number, source, about.reader, known, progress.advance)
    )
    for item in items:
        if isinstance(item, Problem):
            problems.append(item)
        else:
            entries.append(item)
    on_disk = [e for e in entries if e.on_disk in ("", e.file)]
    exhibit = Exhibit(
        exhibit=number,
        name=source.resolve().name,
        source=str(source.resolve()),
        is_folder=source.is_dir(),
        size=sum(e.size for e in on_disk),
        files=len(on_disk),
        added=case.hand.now(),
        zone=about.zone,
        supplied_sha256=about.supplied_sha256,
        seal=about.seal,
        clock_offset_s=about.clock_offset_s,
        clock_source=about.clock_source,
        description=about.description,
        log_formats=about.log_formats,
        flow_timeouts=about.flow_timeouts,
        year=about.year,
        code_page=about.code_page,
    )
    case.register.register(exhibit)
    case.register.record(entries)
    _record_intake(case, number, entries, problems)
    options: dict[str, object] = {
        "exhibit": number,
        "name": exhibit.name,
        "zone": about.zone,
        "seal": about.seal,
        "files": len(entries),
    }
    if about.log_formats:
        options["log_formats"] = list(about.log_formats)
    if about.flow_timeouts:
        options["flow_timeouts"] = list(about.flow_timeouts)
    if about.year is not None:
        options["year"] = about.year
    if about.code_page is not None:
        options["code_page"] = about.code_page
    case.save_register("exhibit-added", options, number)
    case.hashed.add(number)
    case.log("intake-recorded", {"exhibit": number, "problems": len(problems)}, [_manifest(case)])
    return Intake(exhibit, tuple(entries), tuple(problems))


def ingest(
    case: Case,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
    override: Path | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Ingest:
    """Read every registered evidence file that is not yet in the timeline, and hash the exhibits before and after. `tell` is told before
    what would have some read faster.

    Nothing is read where a hash is not the registered one beforehand (exhibits hashed since the case was opened are not hashed
    twice). A run that was cut off goes on where it stopped: finished tasks are in the manifest and are not run again.
    """
    progress = progress or Silent()
    prepare(workers, scheduler)
    store = Store(case.timeline_folder)
    store.clear_strays()
    places = {x.exhibit: case.locate(x, override) for x in case.register.exhibits}
    todo = [
        task for x in case.register.exhibits for task in _planned(case, x, places[x.exhibit]) if not store.done(task.id)
    ]
    unread = {entry.exhibit for task in todo for entry in task.entries} - case.hashed
    changed = tuple(
        _changed(case, {n: place for n, place in places.items() if n in unread}, progress, "before reading")
    )
    done: list[Done] = []
    if not changed:
        here = todo if scheduler is None else ()  # a cluster's machines have memory and room of their own
        for sentence in advice(dict.fromkeys(entry for task in here for entry in task.entries), workers):
            tell(sentence)
        progress.stage("Read evidence", sum(task.size for task in todo), "bytes")
        with make_executor(workers, scheduler) as pool:
            for result in finished(pool, todo, case.timeline_folder, workers):
                store.commit({result.id: list(result.parts)})
                progress.advance(result.size)
                done.append(result)
        changed = tuple(_changed(case, places, progress, "again"))
    if changed:
        task = "changed-" + case.hand.now().replace(":", "")
        store.commit({task: store.writer(task).close(changed, [])})
    totals = Ingest(
        rows=sum(d.rows for d in done),
        problems=sum(d.problems for d in done) + len(changed),
        tasks=len(done),
        crashes=sum(d.crashes for d in done),
        changed=tuple(f"{p.exhibit}/{p.file}" for p in changed),
    )
    _log_reading(case, store, totals, {"workers": workers, "scheduler": scheduler})
    return totals


def _planned(case: Case, exhibit: Exhibit, place: Path) -> Iterator[Task]:
    given = Given(exhibit.zone, exhibit.log_formats, exhibit.flow_timeouts, exhibit.year, exhibit.code_page)
    return plan(place, case.register.files_of(exhibit.exhibit), given, case.hand.version)


def _log_reading(case: Case, store: Store, totals: Ingest, options: dict[str, object]) -> None:
    """Custody's entry: what was read, and that every file on disk still has the hash it was registered with, or which has not."""
    if not store.infos():
        store.commit({})
    told = {**options, "tasks": totals.tasks, "rows": totals.rows, "problems": totals.problems}
    if totals.changed:
        told["changed"] = list(totals.changed)
    numbers = [x.exhibit for x in case.register.exhibits]
    subjects = [Subject(f"{e.exhibit}/{e.file}", e.sha256) for number in numbers for e in case.register.on_disk(number)]
    case.log(CHANGED if totals.changed else READ, told, [_manifest(case)], subjects)


def analyze(case: Case, rules: Sequence[Path] | Chosen = (), progress: Progress | None = None) -> Search:
    """Run our rules, those chosen and the analyzers over the timeline; the case keeps matches, findings and what became of each.

    Raises EvidenceChanged where the last hashing found evidence that is not what was registered.
    """
    require_unchanged(case)
    chosen = rules if isinstance(rules, Chosen) else Chosen(tuple(Path(path) for path in rules))
    result = search(to_search(case), chosen, progress or Silent())
    seen = [asdict(item) for item in result.coverage]
    files = kept.save(case.findings_folder, result.findings, result.matches, result.outcomes, seen)
    fates: dict[str, int] = {}
    for outcome in result.outcomes:
        fates[outcome.fate] = fates.get(outcome.fate, 0) + 1
    suppressed = sum(outcome.suppressed for outcome in result.outcomes)
    options = {
        "rules": [path.name for path in chosen.rules],
        "rules_sha256": rule_digests(chosen.rules),
        **chosen.told(),
        "findings": len(result.findings),
        **({"matches_suppressed": suppressed} if chosen.allow is not None else {}),
        **dict(sorted(fates.items())),
    }
    case.log("rules-run", options, files)
    return result


def _changed(case: Case, places: dict[str, Path], progress: Progress, when: str) -> Iterator[Problem]:
    """Hash the exhibits again and name what is not what it was."""
    for number, place in places.items():
        entries = {e.file: e for e in case.register.on_disk(number) if e.sha256}
        progress.stage(f"{number} hash {when}", sum(e.size for e in entries.values()), "bytes")
        for item in rehash(place, list(entries), progress.advance):
            if isinstance(item, Problem):
                yield replace(item, exhibit=number)
                continue
            file, sha256 = item
            if sha256 != entries[file].sha256:
                reason = (
                    f"the file changed since it was registered: SHA-256 {sha256}, registered {entries[file].sha256}"
                )
                yield Problem(number, file, 0, entries[file].size, reason)


def _record_intake(case: Case, number: str, entries: Iterable[FileEntry], problems: Sequence[Problem]) -> None:
    """Problems and ledger rows of the files that no reader will read: containers, unrecognised and unreadable files."""
    ledger = []
    for entry in entries:
        amounts = {"container": (1, 0, 0), "unrecognised": (0, 1, 0), "unreadable": (0, 0, 1), "empty": (1, 0, 0)}.get(
            entry.status
        )
        if amounts is not None:
            read, unsupported, damaged = (entry.size * share for share in amounts)
            ledger.append(LedgerRow(entry.exhibit, entry.file, entry.size, read, 0, unsupported, damaged))
    store = Store(case.timeline_folder)
    task = f"intake-{number}"
    store.commit({task: store.writer(task).close(problems, ledger)})


def _manifest(case: Case) -> str:
    return f"{case.timeline_folder.name}/{MANIFEST}"


def _size(source: Path) -> int:
    """Bytes on disk below `source`, for the progress bar only."""
    if source.is_file():
        return source.stat().st_size
    return sum(path.stat().st_size for path in source.rglob("*") if path.is_file() and not path.is_symlink())
