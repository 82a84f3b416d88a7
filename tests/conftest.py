"""What many tests share: the demo case, made and run once for all workers, and the command line run in this process."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from forensics.executors import default_workers
from tests.made_once import made_once, shared_root
from tests.shared_engines import SharedEngines, watch
from timelines import views
from timelines.detection import RuleSet, load, rule_cache

settings.register_profile("athar", deadline=None)  # how long an example takes says more of the machine than of us
settings.load_profile("athar")
# The collector of cycles looks seldom, as in commands: else it takes a twentieth of a run, of some tests a quarter.
gc.set_threshold(50_000, *gc.get_threshold()[1:])
SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def pytest_xdist_auto_num_workers(config):
    """One worker more than there are processors: many tests wait, for a process that they started or for what another worker makes."""
    return default_workers() + 1


def pytest_collection_modifyitems(items):
    """Tests marked `long` come first; those marked `evidence` need the real evidence beside the checkout."""
    items.sort(key=lambda item: "long" not in item.keywords)
    if not (SHARED / "evidence").is_dir():
        for item in items:
            if "evidence" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="no real evidence beside this checkout"))


def pytest_collection_finish(session):
    """What was imported and collected stays to the end: the garbage collector need not walk it again and again. Who collects alone leaves
    the constants of our sources for the workers that come after, in hypothesis' own folder: to find them takes each of them seconds."""
    if session.config.option.collectonly:
        getattr(providers, "_get_local_constants", int)()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _rule_cache(tmp_path_factory):
    """Rule sets are kept in a folder of the run, never in the user's own; commands that tests start see it too. Of the same bytes a process
    makes one rule set, which is frozen."""
    read, made = rule_cache._read, {}

    def read_once(path: Path) -> RuleSet | None:
        if not path.is_file():
            return read(path)
        digest = hashlib.sha256(path.read_bytes()).digest()
        if digest not in made:
            found = read(path)
            if found is None:
                return None
            if len(made) == rule_cache.KEPT:
                made.clear()
            made[digest] = found
        os.utime(path)
        return made[digest]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATHAR_CACHE", str(shared_root(tmp_path_factory) / "rule-cache"))
        patch.setattr(rule_cache, "_read", read_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk():
    """What a power cut leaves is nothing that a test here can see, and a run would wait some 20,000 times for the disk. A file that cannot
    be synchronised is an error all the same; commands that tests start as processes of their own wait as users' do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", _there)
        yield


def _there(handle: int) -> None:
    os.fstat(handle)


@pytest.fixture(scope="session", autouse=True)
def _chance_is_drawn():
    """Nothing here asks Python's or numpy's own generator for chance in an example: all of it is drawn, or from a generator that the test
    makes. To put those two back before and after every example, and to look at one after every argument, takes longer than many
    examples do. Another hypothesis may not have these names; then it is as slow as it was."""
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "hypothesis"]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("deterministic_PRNG", "deprecate_random_in_strategy"):
            for module in modules:
                if hasattr(module, name):
                    patch.setattr(module, name, _nothing_put_back)
        yield


def _nothing_put_back(*_: object) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


@pytest.fixture(scope="session", autouse=True)
def _shared_engines(tmp_path_factory):
    """Cases share engines. Who asks for `own_engine` has what a user has: one that reads the case's folder alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "_opened", SharedEngines(shared_root(tmp_path_factory), views._opened))
        watch(patch, shared_root(tmp_path_factory))
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_rules_read_once():
    """A process parses each file of our own rules once; who loads them again gets copies of what the parser made. They are compiled
    as often as they are loaded. Other rule files, and one of ours that changed, are read as ever."""
    read, kept = load._read, {}

    def items(path, shown, remarks):
        if not shown.startswith("athar:"):
            yield from read(path, shown, remarks)
            return
        stat = path.stat()
        key = (path, shown, stat.st_size, stat.st_mtime_ns)
        if key in kept:
            yield from pickle.loads(kept[key])
            return
        before = len(remarks)
        parsed = list(read(path, shown, remarks))
        refused = any(getattr(item, "errors", True) for item in parsed)
        if len(remarks) == before and not refused:
            kept[key] = pickle.dumps(parsed)
        yield from parsed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "_read", items)
        yield


@pytest.fixture
def own_engine(monkeypatch):
    """An engine for each case, as outside of tests."""
    monkeypatch.setattr(views, "_opened", views._Opened())


@dataclass(frozen=True)
class Demo:
    """The demo's folder: `evidence/` and `case/`, read and analysed with our own rules by one worker."""

    folder: Path

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    @property
    def case(self) -> Path:
        return self.folder / "case"


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Demo:
    """The demo case, made once a run. Shared: a test that changes it copies it first."""
    return Demo(made_once(tmp_path_factory, "demo", _run_demo))


def _run_demo(folder: Path) -> None:
    from forensics import demo_case

    demo_case.make(folder, seed=1)
    demo_case.run(folder, ["en", "fr", "ar"], workers=1)


@pytest.fixture(scope="session")
def windows_case(tmp_path_factory) -> Path:
    """A case of all the shared Windows evidence, read and not analysed, made once a run. Shared: a test that changes it copies it first."""
    return made_once(tmp_path_factory, "windows", _read_windows)


def _read_windows(folder: Path) -> None:
    from forensics import api, pipeline

    pipeline.ingest(api.start(folder, [SHARED / "evidence" / "windows"], None), 1)


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def athar(monkeypatch, capsys) -> Callable[..., Ran]:
    """Run `athar` with arguments, as a shell would, output piped."""
    from forensics.cli import main

    def call(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["athar", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capsys.readouterr()
        code = stop.value.code
        return Ran(code if isinstance(code, int) else 1, shown.out, shown.err)

    return call
