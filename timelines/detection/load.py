"""Rule files to a rule set, through pySigma. A rule that cannot be honoured exactly is refused with the reason and the place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timelines.detection.given import Given
from timelines.detection.logsources import sources_for
from timelines.detection.places import located
from timelines.detection.rule_files import RuleFileError, documents_of, rule_files
from timelines.detection.rules import About, Refused, Rule, RuleSet
from timelines.detection.sigma_conditions import Unsupported, condition_of
from timelines.detection.weaknesses import numbers_of, weaknesses_of

if TYPE_CHECKING:
    from sigma.rule import SigmaRule, SigmaRuleBase

_HARMLESS = frozenset(
    f"Sigma{name}Error"
    for name in (
        "Date",
        "Status",
        "References",
        "Author",
        "Description",
        "FalsePositives",
        "Fields",
        "Related",
        "License",
    )
)  # what a rule says of itself, not what it looks for: no reason to refuse it
_TECHNIQUE = re.compile(r"t\d{4}(\.\d{3})?", re.IGNORECASE)


def load_rules(
    paths: Sequence[Path] = (), own: bool = True, given: Given | None = None, remarks: list[Refused] | None = None
) -> RuleSet:
    """Read rules, correlations and filters. `own` adds those that come with Athar; `given` is what the user gives for them
    (`timelines.detection.given`). Never raises for what a file holds. `remarks` takes what is wrong but stops no rule."""
    remarks = [] if remarks is None else remarks
    with as_file(files("timelines") / "rules") as folder:
        listed, missing = rule_files([*([folder] if own else []), *paths])
        refused = [
            Refused(str(p), p.name, "no such file or folder; expected .yml files or a folder of them") for p in missing
        ]
        parsed: list[SigmaRuleBase] = []
        for path in listed:
            shown = f"athar:{path.relative_to(folder).as_posix()}" if own and path.is_relative_to(folder) else str(path)
            for item in _read(path, shown, remarks):
                if isinstance(item, Refused):
                    refused.append(item)
                else:
                    parsed.append(item)
    return _assemble(parsed, refused, given or Given(), remarks)


def _read(path: Path, shown: str, remarks: list[Refused]) -> Iterator[Any]:
    """pySigma's rules of one file, and what of it is refused."""
    from timelines.detection.sigma_modifiers import know_all_modifiers

    know_all_modifiers()
    try:
        documents = documents_of(path)
    except RuleFileError as error:
        yield Refused(shown, path.name, str(error), error.line, error.column)
        return
    if any("action" in document for document in documents):  # a rule collection: its documents build on each other
        yield from _parse(documents, path, shown, remarks)
        return
    for document in documents:
        yield from _parse([document], path, shown, remarks)


def _parse(documents: list[dict[str, Any]], path: Path, shown: str, remarks: list[Refused]) -> Iterator[Any]:
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError, SigmaRuleLocation

    from timelines.detection.linear_regex import POLICY
    from timelines.detection.load_correlations import one_limit

    first = documents[0]
    kind: Any = "correlation" if "correlation" in first else "match"
    base = Refused(shown, _text(first.get("title"), path.name), "", rule_id=_text(first.get("id"), ""), kind=kind)
    try:
        collection = SigmaCollection.from_dicts(
            [one_limit(document) for document in documents],
            True,
            SigmaRuleLocation(path),
            collect_filters=True,
            resolve_references=False,
            policy=POLICY,
        )
    except (SigmaError, TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
        yield _refusal(base, error)
        return
    rules = (*collection.rules, *collection.filters)
    owned = {id(error) for rule in rules for error in rule.errors}
    yield from (_refusal(base, fault) for fault in collection.errors if id(fault) not in owned)
    for rule in rules:
        rule.custom_attributes = {**rule.custom_attributes, "_shown": shown}
        grave = [error for error in rule.errors if type(error).__name__ not in _HARMLESS]
        remarks += [
            _refusal(_refused_as(rule, ""), error) for error in rule.errors if type(error).__name__ in _HARMLESS
        ]
        if grave:
            yield _refusal(_refused_as(rule, ""), grave[0])
        else:
            yield rule


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) and value else default


def _refusal(base: Refused, error: Exception) -> Refused:
    source = getattr(error, "source", None)
    line, column = (source.line or 0, source.char or 0) if source is not None else (0, 0)
    reason = str(error.args[0]) if error.args else type(error).__name__
    if isinstance(
        error, TypeError | AttributeError | KeyError
    ):  # Python's words on a value that pySigma took for another
        reason = f"a value is not of the kind that Sigma asks for here: {reason}"
    return replace(base, reason=" ".join(reason.split())[:300], line=line, column=column)


def _kind(rule: Any) -> Any:
    from sigma.correlations import SigmaCorrelationRule

    return "correlation" if isinstance(rule, SigmaCorrelationRule) else "match"


def _level(rule: SigmaRuleBase) -> str:
    return str(
        getattr(rule.level, "name", None) or "informational"
    ).lower()  # pySigma leaves a wrong level as it was written


def _id_of(rule: SigmaRuleBase) -> str:
    path = Path(rule.custom_attributes["_shown"])
    return str(rule.id or rule.name or f"{path.name}: {_text(rule.title, 'no title')}")


def _about(rule: SigmaRuleBase) -> About:
    path = rule.custom_attributes["_shown"]
    tags = {str(tag.name) for tag in rule.tags if tag.namespace == "attack"}
    texts = rule.custom_attributes.get("athar")
    words = texts if isinstance(texts, dict) else {}
    source = getattr(rule, "logsource", None)
    return About(
        _id_of(rule),
        _text(rule.title, Path(path).name),
        _level(rule),
        path,
        _text(rule.name, ""),
        " ".join(_text(rule.description, "").split()),
        tuple(sorted(tag.upper() for tag in tags if _TECHNIQUE.fullmatch(tag))),
        tuple(str(item) for item in rule.falsepositives),
        {lang: {k: str(v) for k, v in said.items()} for lang, said in words.items() if isinstance(said, dict)},
        str(getattr(rule.status, "name", None) or "").lower(),
        tuple(f"{tag.namespace}.{tag.name}" for tag in rule.tags),
        (source.product or "", source.category or "", source.service or "") if source is not None else ("", "", ""),
        numbers_of(rule.tags),
    )


def _part_only(rule: SigmaRuleBase) -> bool:
    """Whether a rule says, by `athar: {output: false}`, that its matches mean something in correlations only."""
    texts = rule.custom_attributes.get("athar")
    return isinstance(texts, dict) and texts.get("output") is False


def _refused_as(rule: SigmaRuleBase, reason: str) -> Refused:
    about = _about(rule)
    return Refused(about.path, about.title, reason, 0, 0, about.rule_id, about.level, _kind(rule))


def _assemble(parsed: Iterable[SigmaRuleBase], refused: list[Refused], given: Given, remarks: list[Refused]) -> RuleSet:
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
    applied: set[int] = set()
    for single in singles:
        try:
            rules[_id_of(single)] = _compile(single, filters, given, applied)
        except Unsupported as error:
            refused.append(_refused_as(single, str(error)))
    for collection in list(collections):
        try:
            given.apply_to_correlation(collection, by_id.values())
        except Unsupported as error:
            collections.remove(collection)
            refused.append(_refused_as(collection, str(error)))
    correlations, silent, unfit = correlations_of({_id_of(c): (c, _about(c)) for c in collections}, rules)
    refused += unfit
    silent |= {_id_of(single) for single in singles if _part_only(single)}
    lone = (item for at, item in enumerate(filters) if at not in applied)
    remarks += [_refused_as(item, "this filter fits no rule that is loaded, so it has no effect") for item in lone]
    final = tuple(replace(rule, output=False) if name in silent else rule for name, rule in rules.items())
    return RuleSet(
        final, tuple(correlations), tuple(sorted(located(refused), key=lambda item: (item.path, item.line, item.title)))
    )


def _compile(rule: SigmaRule, filters: Sequence[Any], given: Given, applied: set[int]) -> Rule:
    """A rule narrowed by the filters that name it, then through what the user gave, which may change its log source."""
    from sigma.exceptions import SigmaError

    about = _about(rule)
    try:
        for at, item in enumerate(filters):
            known = len(rule.detection.detections)
            rule = item.apply_on_rule(rule)
            applied |= {at} if len(rule.detection.detections) > known else set()
    except SigmaError as error:
        raise Unsupported(" ".join(str(error.args[0] if error.args else error).split())) from error
    given.apply(rule)
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
        condition, weaknesses = condition_of(rule), weaknesses_of(rule, about.cve)
    except SigmaError as error:
        raise Unsupported(" ".join(str(error.args[0] if error.args else error).split())) from error
    except RecursionError as error:
        raise Unsupported("condition nested too deeply") from error
    return Rule(about, condition, sources, weaknesses=weaknesses)
