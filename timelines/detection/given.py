"""What the user gives for rules beside the rules: values for placeholders, and processing pipelines in pySigma's own YAML.

A pipeline's transformations are pySigma's. Those that write a query, run a program, or fetch values from elsewhere are refused, and so is
a pipeline for another backend: what it says could only be honoured in part.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from timelines.detection.rule_files import RuleFileError, documents_of
from timelines.detection.sigma_conditions import Unsupported

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule
    from sigma.processing.pipeline import ProcessingPipeline
    from sigma.rule import SigmaRule, SigmaRuleBase

# https://sigmahq.io/docs/digging-deeper/pipelines.html#transformations: those that change a rule alone
TRANSFORMATIONS = frozenset(
    (
        *("field_name_mapping", "field_name_prefix_mapping", "field_name_suffix", "field_name_prefix"),
        *("add_field", "remove_field", "set_field", "drop_detection_item", "hashes_fields", "extract_fields"),
        *("wildcard_placeholders", "value_placeholders", "add_condition", "change_logsource"),
        *("replace_string", "map_string", "regex", "set_value", "convert_type", "case"),
        *("set_state", "rule_failure", "detection_item_failure", "strict_field_mapping_failure", "nest"),
    )
)
_KEYS = ("name", "priority", "vars", "transformations", "allowed_backends")


class GivenError(ValueError):
    """A file of the user's that cannot be used: one line, with the file and the place."""


@dataclass(frozen=True, slots=True)
class Given:
    """Pipelines in the order in which they are applied; the first fills the placeholders."""

    pipelines: tuple[ProcessingPipeline, ...] = ()

    def apply(self, rule: SigmaRule) -> None:
        """Change the rule as the pipelines say. Raises Unsupported where one fails, or says that the rule is not to be run."""
        self._run(rule)

    def apply_to_correlation(self, rule: SigmaCorrelationRule, known: Iterable[SigmaRuleBase]) -> None:
        """The same for a correlation; `known` are the rules that it may refer to, since conditions of a pipeline look at them."""
        from sigma.collection import SigmaCollection
        from sigma.exceptions import SigmaRuleNotFoundError

        if not self.pipelines:
            return
        try:
            rule.resolve_rule_references(SigmaCollection(list(known), collect_filters=True, resolve_references=False))
        except SigmaRuleNotFoundError:
            return  # it is refused where its references are resolved, with the name that is not there
        self._run(rule)

    def _run(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        from sigma.exceptions import SigmaError

        for pipeline in self.pipelines:
            try:
                pipeline.apply(rule)
            except (SigmaError, TypeError, ValueError, AttributeError, RecursionError) as error:
                reason = " ".join(str(error.args[0] if error.args else type(error).__name__).split())
                raise Unsupported(f"pipeline {pipeline.name!r}: {reason}") from error


def given_by(placeholders: Path | None = None, pipelines: Sequence[Path] = ()) -> Given:
    """Read the user's files. Raises GivenError for a file that cannot be used as it stands."""
    made = [_filling(placeholders)] if placeholders is not None else []
    read = [_pipeline(path) for path in pipelines]
    return Given((*made, *sorted(read, key=lambda pipeline: pipeline.priority)))


def _mapping(path: Path, expected: str) -> dict[str, Any]:
    try:
        documents = documents_of(path)
    except RuleFileError as error:
        place = f":{error.line}:{error.column}" if error.line else ""
        raise GivenError(f"{path}{place}: {error}") from error
    if len(documents) != 1 or not all(isinstance(key, str) for key in documents[0]):
        raise GivenError(f"{path}: {len(documents)} YAML documents; expected one, {expected}")
    return documents[0]


def _filling(path: Path) -> ProcessingPipeline:
    """A pipeline that fills the placeholders that the file names, and leaves others as they are: a rule with one is refused."""
    from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
    from sigma.processing.transformations import ValueListPlaceholderTransformation

    values = _mapping(path, "a mapping such as `admins: [alice, bob]`")
    for name, value in values.items():
        listed = value if isinstance(value, list) else [value]
        if not listed or not all(isinstance(item, str | int | float) and not isinstance(item, bool) for item in listed):
            raise GivenError(
                f"{_at(path, name)}: placeholder {name!r}: expected texts or numbers, one or a list of them"
            )
    fill = ProcessingItem(ValueListPlaceholderTransformation(include=list(values)))
    return ProcessingPipeline([fill], vars=dict(values), name=path.name)


def _pipeline(path: Path) -> ProcessingPipeline:
    from sigma.exceptions import SigmaError
    from sigma.processing.pipeline import ProcessingPipeline

    from timelines.detection.linear_regex import POLICY

    written = _mapping(path, "a pySigma processing pipeline")
    for key in written:
        if key in ("postprocessing", "finalizers"):
            raise GivenError(
                f"{_at(path, key)}: {key} work on the text of a query, and Athar makes none; take them out"
            )
        if key not in _KEYS:
            raise GivenError(f"{_at(path, key)}: {key!r} is no key of a pipeline; expected one of {', '.join(_KEYS)}")
    backends = written.get("allowed_backends") or []
    if backends and "athar" not in backends:
        raise GivenError(f"{_at(path, 'allowed_backends')}: made for the backends {backends}; Athar is none of them")
    _check(path, written.get("transformations") or [])
    try:
        pipeline = ProcessingPipeline.from_dict({**written, "name": str(written.get("name") or path.name)}, POLICY)
    except (SigmaError, TypeError, ValueError, KeyError, AttributeError) as error:
        reason = " ".join(str(error.args[0] if error.args else error).split())
        raise GivenError(f"{path}: not a pipeline that pySigma takes: {reason}") from error
    if not isinstance(pipeline.priority, int):
        raise GivenError(f"{_at(path, 'priority')}: priority {pipeline.priority!r}; expected a whole number")
    return pipeline


def _check(path: Path, items: object) -> None:
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise GivenError(f"{_at(path, 'transformations')}: transformations: expected a list of mappings with a `type`")
    for item in items:
        kind = str(item.get("type"))
        if kind not in TRANSFORMATIONS:
            near = difflib.get_close_matches(kind, TRANSFORMATIONS, 1)
            hint = f"did you mean {near[0]!r}?" if near else "docs/rules-howto.md lists those that can"
            raise GivenError(f"{_at(path, kind)}: transformation {kind!r} cannot be honoured; {hint}")
        if kind == "nest":
            _check(path, item.get("items"))


def _at(path: Path, text: str) -> str:
    """`path:line:column` of the first key or value that is `text`; the path alone where there is none."""
    for token in yaml.scan(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(token, yaml.ScalarToken) and token.value == text:
            return f"{path}:{token.start_mark.line + 1}:{token.start_mark.column + 1}"
    return str(path)
