"""Rules tried on their sample rows: what each case came to, and an exit code for scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.rule_options import chosen
from forensics.terminal import Failure, as_json, complain, say
from timelines.visible import visible

if TYPE_CHECKING:
    from timelines.detection.rules import RuleSet
    from timelines.detection.samples import Trial

_MISSED = {"match": "must match, and is not found", "no_match": "must not match, and is found"}


def run(paths: Sequence[Path], samples: Path | None, options: Mapping[str, Any], json: bool) -> int:
    """Try every rule at `paths` that has samples. 1 where one missed or cannot run. Raises Failure where there is nothing to try."""
    from timelines.detection import load_rules
    from timelines.detection.samples import SampleError

    if samples is not None and not samples.is_dir():
        raise Failure(f"{samples}: no such folder; expected samples, in the same folders as the rules")
    picked = chosen({**options, "rules": [*paths, *(options.get("rules") or ())]})
    rules = load_rules(picked.rules, given=picked.given())
    files = dict(_with_samples(paths, samples))
    try:
        tried = list(_tried(files, rules))
    except SampleError as error:
        raise Failure(str(error)) from error
    refused = [item for item in rules.refused if files.get(Path(item.path)) is not None]
    without = sum(path is None for path in files.values())
    if not tried and not refused:
        raise Failure(
            f"no samples for {len(files)} rule files; expected NAME.samples.yml beside NAME.yml, or --samples FOLDER"
        )
    missed = [trial for trial in tried if not trial.ok]
    if json:
        as_json({"trials": [{**asdict(t), "ok": t.ok} for t in tried], "refused": [asdict(r) for r in refused]})
    else:
        _show(tried, missed, without)
    for item in refused:
        complain(f"{item.path}:{item.line}:{item.column}: {item.title} cannot run: {item.reason}")
    return 1 if missed or refused else 0


def _with_samples(paths: Sequence[Path], samples: Path | None) -> Iterator[tuple[Path, Path | None]]:
    from timelines.detection.rule_files import rule_files
    from timelines.detection.samples import samples_path

    for path in paths:
        for file in rule_files([path])[0]:
            yield file, samples_path(file, path if path.is_dir() else path.parent, samples)


def _tried(files: Mapping[Path, Path | None], rules: RuleSet) -> Iterator[Trial]:
    from timelines.detection.samples import trials

    by_path: dict[str, list[str]] = {}
    for about in rules.abouts:
        by_path.setdefault(about.path, []).append(about.rule_id)
    own = {Path(path.removeprefix("athar:")).name: ids for path, ids in by_path.items() if path.startswith("athar:")}
    for file, path in files.items():
        if path is not None:
            mine = by_path.get(str(file)) or own.get(file.name, [])
            for rule_id in mine[-1:]:  # of several rules in a file the last: what stands before it are its steps
                yield from trials(rule_id, rules, path)


def _show(tried: Sequence[Trial], missed: Sequence[Trial], without: int) -> None:
    for trial in missed:
        say(visible(f"{trial.path}: {trial.kind} {trial.number}: {_MISSED[trial.kind]} [{trial.title}]"))
    ok = len(tried) - len(missed)
    rules = len({trial.rule_id for trial in tried})
    told = f"{ok:,} of {len(tried):,} samples of {rules:,} rules as written"
    say(told + (f"; {without:,} rule files have no samples" if without else ""))
    if missed and sys.stdout.isatty():
        say("athar rules explain RULE says what a rule asks for")
