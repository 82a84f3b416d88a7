"""Rule files to a rule set, through pySigma. A rule that cannot be honoured exactly is refused with the reason and the place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from timelines.detection.logsources import sources_for
from timelines.detection.rules import About, Refused, Rule, RuleSet
from timelines.detection.sigma_conditions import Unsupported, condition_of

if TYPE_CHECKING:
    from sigma.rule import SigmaRule, SigmaRuleBase

RULE_BYTES = 4 << 20  # the largest rule file that is read; real ones are a few KB
SUFFIXES = (".yml", ".yaml")
_TECHNIQUE = re.compile(r"t\d{4}(\.\d{3})?", re.IGNORECASE)
_Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


def rule_files(paths: Sequence[Path]) -> tuple[list[Path], list[Refused]]:
    """Rule files of files and folders (recursive), each once, in path order; and paths that are not there."""
    found: dict[Path, None] = {}
    refused: list[Refused] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            found.update(dict.fromkeys(inside))
        elif path.is_file():
            found[path] = None
        else:
            refused.append(
                Refused(str(path), path.name, "no such file or folder; expected a .yml file or a folder of them")
            )
    unique: dict[Path, Path] = {}
    for file in found:
        unique.setdefault(file.resolve(), file)
    return list(unique.values()), refused


def load_rules(paths: Sequence[Path] = (), own: bool = True) -> RuleSet:
    """Read rules, correlations and filters. `own` adds those that come with Athar. Never raises for what a file holds."""
    with as_file(files("timelines") / "rules") as folder:
        listed, refused = rule_files([*([folder] if own else []), *paths])
        parsed: list[SigmaRuleBase] = []
        for path in listed:
            shown = f"athar:{path.relative_to(folder).as_posix()}" if own and path.is_relative_to(folder) else str(path)
            for item in _read(path, shown):
                if isinstance(item, Refused):
                    refused.append(item)
                else:
                    parsed.append(item)
    return _assemble(parsed, refused)


def _read(path: Path, shown: str) -> Iterator[Any]:
    """pySigma's rules of one file, and what of it is refused."""
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError, SigmaRuleLocation

    _know_all_modifiers()
    title = path.name
    try:
        if path.stat().st_size > RULE_BYTES:
            yield Refused(shown, title, f"file of {path.stat().st_size} bytes; a rule file has at most {RULE_BYTES}")
            return
        documents = list(yaml.load_all(path.read_bytes(), _Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        yield Refused(shown, title, f"not readable as YAML: {error.problem or error.context}", *place)
        return
    except (OSError, yaml.YAMLError, RecursionError, ValueError) as error:
        yield Refused(shown, title, f"not readable as YAML: {_first_line(error)}")
        return
    if any(document is not None and not isinstance(document, dict) for document in documents):
        yield Refused(shown, title, "not a Sigma rule: expected a mapping with title, logsource and detection")
        return
    try:
        collection = SigmaCollection.from_dicts(
            documents, True, SigmaRuleLocation(path), collect_filters=True, resolve_references=False
        )
    except (SigmaError, TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
        yield Refused(shown, title, _first_line(error))
        return
    owned = {id(error) for rule in (*collection.rules, *collection.filters) for error in rule.errors}
    for fault in collection.errors:
        if id(fault) not in owned:
            yield _refusal(shown, title, fault)
    for rule in (*collection.rules, *collection.filters):
        rule.custom_attributes = {**rule.custom_attributes, "_shown": shown}
        if rule.errors:
            refusal = _refusal(shown, rule.title or title, rule.errors[0])
            yield replace(refusal, rule_id=_id_of(rule), level=_level(rule), kind=_kind(rule))
        else:
            yield rule


def _know_all_modifiers() -> None:
    """Sigma 2.1 has `utf16le`, the same as `wide`; pySigma 2.0 does not know it."""
    from sigma.modifiers import SigmaWideModifier, modifier_mapping

    modifier_mapping.setdefault("utf16le", SigmaWideModifier)


def _refusal(shown: str, title: str, error: Exception) -> Refused:
    source = getattr(error, "source", None)
    line, column = (source.line or 0, source.char or 0) if source is not None else (0, 0)
    reason = str(error.args[0]) if error.args else _first_line(error)
    return Refused(shown, title, " ".join(reason.split()), line, column)


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _kind(rule: Any) -> Any:
    from sigma.correlations import SigmaCorrelationRule

    return "correlation" if isinstance(rule, SigmaCorrelationRule) else "match"


def _level(rule: SigmaRuleBase) -> str:
    return rule.level.name.lower() if rule.level is not None else "informational"


def _id_of(rule: SigmaRuleBase) -> str:
    return str(rule.id or rule.name or f"{Path(rule.custom_attributes['_shown']).name}: {rule.title}")


def _about(rule: SigmaRuleBase) -> About:
    techniques = {
        str(tag.name).upper() for tag in rule.tags if tag.namespace == "attack" and _TECHNIQUE.fullmatch(tag.name)
    }
    texts = rule.custom_attributes.get("athar")
    words = texts if isinstance(texts, dict) else {}
    return About(
        _id_of(rule),
        rule.title,
        _level(rule),
        rule.custom_attributes["_shown"],
        rule.name or "",
        " ".join((rule.description or "").split()),
        tuple(sorted(techniques)),
        tuple(str(item) for item in rule.falsepositives),
        {lang: {k: str(v) for k, v in said.items()} for lang, said in words.items() if isinstance(said, dict)},
    )


def _refused_as(rule: SigmaRuleBase, reason: str) -> Refused:
    about = _about(rule)
    return Refused(about.path, about.title, reason, 0, 0, about.rule_id, about.level, _kind(rule))


def _assemble(parsed: Iterable[SigmaRuleBase], refused: list[Refused]) -> RuleSet:
    from sigma.correlations import SigmaCorrelationRule
    from sigma.filters import SigmaFilter
    from sigma.rule import SigmaRule

    from timelines.detection.load_correlations import correlations_of

    by_id: dict[str, SigmaRuleBase] = {}
    filters: list[SigmaFilter] = []
    for rule in parsed:
        if isinstance(rule, SigmaFilter):
            filters.append(rule)
        elif (known := by_id.setdefault(_id_of(rule), rule)) is not rule:
            refused.append(_refused_as(rule, f"has the same id as a rule in {known.custom_attributes['_shown']}"))
    singles = [rule for rule in by_id.values() if isinstance(rule, SigmaRule)]
    collections = [rule for rule in by_id.values() if isinstance(rule, SigmaCorrelationRule)]
    rules: dict[str, Rule] = {}
    for single in singles:
        try:
            rules[_id_of(single)] = _compile(single, filters)
        except Unsupported as error:
            refused.append(_refused_as(single, str(error)))
    correlations, silent, unfit = correlations_of({_id_of(c): (c, _about(c)) for c in collections}, rules)
    refused += unfit
    final = tuple(replace(rule, output=False) if name in silent else rule for name, rule in rules.items())
    return RuleSet(
        final, tuple(correlations), tuple(sorted(refused, key=lambda item: (item.path, item.line, item.title)))
    )


def _compile(rule: SigmaRule, filters: Sequence[Any]) -> Rule:
    from sigma.exceptions import SigmaError

    source = rule.logsource
    sources = sources_for(source.product, source.category, source.service)
    if not sources:
        named = ", ".join(
            f"{key} {value}"
            for key, value in (("product", source.product), ("category", source.category), ("service", source.service))
            if value
        )
        raise Unsupported(f"no family of Athar's holds the log source {named}")
    try:
        for item in filters:
            rule = item.apply_on_rule(rule)
        condition = condition_of(rule)
    except SigmaError as error:
        raise Unsupported(" ".join(str(error.args[0] if error.args else error).split())) from error
    except RecursionError as error:
        raise Unsupported("condition nested too deeply") from error
    return Rule(_about(rule), condition, sources)
