"""Which rules ran, to the byte: one SHA-256 a rule set, so that the same rules can be told from changed ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from timelines.hashing import sha256_file

OWN = "athar"


def rule_digests(paths: Sequence[Path]) -> dict[str, str]:
    """SHA-256 by rule set: our own under `athar`, each given file or folder under its name.

    A file's own hash; for a folder that of the lines `sha256  path` of its YAML files in order, as sha256sum writes them.
    """
    with resources.as_file(resources.files("timelines") / "rules") as own:
        found = {OWN: _digest(own)}
    for path in paths:
        found[path.name] = _digest(path)
    return found


def _digest(path: Path) -> str:
    if path.is_file():
        return sha256_file(path)
    files = {
        p.relative_to(path).as_posix(): p for p in path.rglob("*") if p.suffix in (".yml", ".yaml") and p.is_file()
    }
    lines = [f"{sha256_file(files[name])}  {name}\n" for name in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
