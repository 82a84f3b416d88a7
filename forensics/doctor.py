"""Checks of the installation: the interpreter, the libraries by their metadata, and the data that the package carries."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources.abc import Traversable
from pathlib import Path

_MODULES = {  # distributions whose module has another name
    "ahocorasick-rs": "ahocorasick_rs",
    "google-re2": "re2",
    "pysigma": "sigma",
    "python-evtx": "Evtx",
    "pyyaml": "yaml",
    "vl-convert-python": "vl_convert",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str


def examine() -> list[Check]:
    """All checks, in order."""
    return [_python(), *_libraries(), *_contents(), _scratch()]


def _python() -> Check:
    shown = ".".join(map(str, sys.version_info[:3]))
    return Check("Python 3.11 or later", sys.version_info >= (3, 11), f"{shown} on {sys.platform}")


def _libraries() -> Iterator[Check]:
    try:
        needed = requires("athar-forensics") or []
    except PackageNotFoundError:
        yield Check("athar-forensics", False, "not installed: pip install .")
        return
    for requirement in needed:
        if "extra ==" in requirement:
            continue
        name, _, rest = requirement.partition(">=")
        name, lowest = name.strip(), rest.partition(";")[0].strip() or None
        module = _MODULES.get(name.lower(), name.replace("-", "_").lower())
        try:
            importlib.import_module(module)
            found = version(name)
        except (ImportError, PackageNotFoundError) as error:
            yield Check(name, False, f"{error}; pip install '{requirement}'")
            continue
        yield Check(name, _at_least(found, lowest), found if lowest is None else f"{found}, needs {lowest}")


def _at_least(found: str, lowest: str | None) -> bool:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", text)[:4]]

    return lowest is None or numbers(found) >= numbers(lowest)


def _contents() -> Iterator[Check]:
    from importlib.resources import files

    from parsers.registry import all_parsers
    from timelines.families import all_families
    from timelines.meanings import sources

    readers = [parser.name for parser in all_parsers()]
    yield Check("readers", len(readers) >= 4, ", ".join(readers))
    yield Check("families", len(all_families()) > 0, f"{len(all_families())} declared")
    yield Check(
        "messages", len(sources()) > 0, f"{sum(len(s.events) for s in sources())} events in {len(sources())} files"
    )
    rules = [p for p in _walk(files("timelines") / "rules") if str(p).endswith(".yml")]
    yield Check("rules", len(rules) > 0, f"{len(rules)} files")
    languages = sorted(p.name[:-5] for p in (files("cases") / "languages").iterdir() if p.name.endswith(".toml"))
    yield Check("languages", {"ar", "en", "fr"} <= set(languages), ", ".join(languages))
    templates = [p.name for p in _walk(files("cases") / "templates") if p.name.endswith((".html", ".css"))]
    yield Check("templates", len(templates) > 0, f"{len(templates)} files")


def _walk(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def _scratch() -> Check:
    try:
        with tempfile.TemporaryDirectory(prefix="athar-") as folder:
            (Path(folder) / "probe").write_bytes(b"athar")
    except OSError as error:
        return Check("scratch folder", False, f"cannot write to {tempfile.gettempdir()}: {error.strerror}; set TMPDIR")
    free = shutil.disk_usage(tempfile.gettempdir()).free
    return Check("scratch folder", True, f"writable, {free / 1e9:,.0f} GB free")
