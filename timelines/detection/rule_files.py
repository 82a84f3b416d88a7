"""Rule files on disk: which there are, and the YAML documents in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

RULE_BYTES = 4 << 20  # the largest rule file that is read; real ones are a few KB
MOST_NESTED = 100  # lists and mappings inside one another; real rules have about six
_TOO_DEEP = f"nested more than {MOST_NESTED} deep"
SUFFIXES = (".yml", ".yaml")
SAMPLES = (".samples.yml", ".samples.yaml")  # rows beside a rule to try it on: no rules
_BEGINS = re.compile(
    rb"[-?:](?=[\s\x00\xc2\xe2]|\Z)"
)  # a list or a mapping, outside of brackets: before what YAML takes for a space
_Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RuleFileError(ValueError):
    """A file that holds no readable rules: one line, and the place (from 1; 0 where it is not known)."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(" ".join(reason.split())[:300])
        self.line, self.column = line, column


class _Loader(_Base):  # type: ignore[misc,valid-type]
    """YAML 1.1 that refuses a key given twice: of two conditions under one key, one would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key.value!r} given twice", key.start_mark
                    )
                seen.add(key.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


def rule_files(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Rule files of files and folders (recursive), each once, in path order; and the paths that are not there."""
    found: dict[Path, Path] = {}
    missing: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if is_rule_name(p.name) and p.is_file())
        elif path.is_file():
            inside = [path]
        else:
            missing.append(path)
            continue
        for file in inside:
            found.setdefault(file.resolve(), file)
    return list(found.values()), missing


def is_rule_name(name: str) -> bool:
    """Whether a file of this name in a folder of rules holds rules."""
    return name.lower().endswith(SUFFIXES) and not name.lower().endswith(SAMPLES)


def documents_of(path: Path) -> list[dict[str, Any]]:
    """The YAML documents of a rule file, empty ones left out. Raises RuleFileError."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= RULE_BYTES else None
    except OSError as error:
        raise RuleFileError(f"not readable: {error}") from error
    if content is None:
        raise RuleFileError(f"file of {size} bytes; a rule file has at most {RULE_BYTES}")
    try:
        _check_nesting(content)
        documents = [document for document in yaml.load_all(content, _Loader) if document is not None]
    except RuleFileError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        if "nesting depth" in (error.problem or ""):  # newer YAML libraries have a limit of their own, and look ahead
            raise RuleFileError(_TOO_DEEP, *place) from error
        raise RuleFileError(f"not readable as YAML: {error.problem or error.context}", *place) from error
    except (
        yaml.YAMLError,
        ValueError,
        OverflowError,
        RecursionError,
    ) as error:  # ValueError: a date such as 2026-99-99
        raise RuleFileError(f"not readable as YAML: {error}") from error
    if any(not isinstance(document, dict) for document in documents):
        raise RuleFileError("not a Sigma rule: expected a mapping with title, logsource and detection")
    return documents


def _beginnings(content: bytes) -> int:
    """At least as many as there are lists and mappings: each has a sign of its own that it begins with. Within brackets some of them stand
    before anything. To count them takes a hundredth of the time of reading them."""
    brackets = content.count(b"[") + content.count(b"{")
    return brackets + sum(map(content.count, (b"-", b"?", b":"))) if brackets else len(_BEGINS.findall(content))


def _check_nesting(content: bytes) -> None:
    """Raises RuleFileError where YAML is nested so deep that the C library, which recurses over nodes, would overflow its stack."""
    if _beginnings(content) <= MOST_NESTED:
        return
    depth = 0
    for event in yaml.parse(content, _Base):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_NESTED:
            mark = event.start_mark
            place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            raise RuleFileError(_TOO_DEEP, *place)
