"""Rules on the terminal: a list, what is wrong with files of them, one in words, and the log sources that they may name."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.rule_options import chosen
from forensics.terminal import Failure, as_json, say, table, wrapped
from timelines.visible import visible

if TYPE_CHECKING:
    from timelines.detection.rules import About, Correlation, Rule, RuleSet


def show(paths: Sequence[Path], logsource: str | None, options: Mapping[str, Any], json: bool) -> int:
    """Rules at `paths`, or ours where there are none, gravest first. Raises Failure for a path that is not there."""
    from timelines.findings import LEVELS

    picked = chosen({**options, "rules": paths})
    selection = picked.selection()
    rules = _loaded(paths, options, own=not paths)
    every: list[Rule | Correlation] = [*rules.rules, *rules.correlations]
    found = [rule for rule in every if not selection.why_not(rule.about)]
    found = [rule for rule in found if logsource is None or logsource.lower() in source_of(rule)]
    order = {level: at for at, level in enumerate(reversed(LEVELS))}
    found.sort(key=lambda rule: (order.get(rule.about.level, 9), rule.about.title.lower(), rule.about.rule_id))
    rows = [_row(rule) for rule in found]
    if json:
        as_json(rows)
        return 0
    names: tuple[str, ...] = ("level", "status", "logsource", "technique", "rule_id", "title")
    if sys.stdout.isatty():
        names = ("level", "logsource", "technique", "title")
        rows = [{**row, "technique": _first(row["technique"])} for row in rows]
    note = f"{len(found):,} rules" + (
        f"; {len(rules.refused):,} cannot run: athar rules check" if rules.refused else ""
    )
    table(
        "", names, [tuple(",".join(v) if isinstance(v, list) else v for v in (r[n] for n in names)) for r in rows], note
    )
    return 0


def _loaded(paths: Sequence[Path], options: Mapping[str, Any], own: bool) -> RuleSet:
    from timelines.detection import load_rules

    return load_rules(tuple(paths), own=own, given=chosen({**options, "rules": paths}).given())


def source_of(rule: Rule | Correlation) -> str:
    """A rule's log source as `windows/process_creation`; the kind of a correlation."""
    from timelines.detection.rules import Rule

    if isinstance(rule, Rule):
        return "/".join(filter(None, rule.about.logsource)).lower()
    return rule.type


def _row(rule: Rule | Correlation) -> dict[str, Any]:
    about = rule.about
    return {
        "rule_id": about.rule_id,
        "title": about.title,
        "level": about.level,
        "status": about.status,
        "logsource": source_of(rule),
        "technique": list(about.attack),
        "tags": list(about.tags),
        "path": about.path,
        "output": rule.output,
    }


def _first(techniques: Sequence[str]) -> str:
    return techniques[0] + (f" +{len(techniques) - 1}" if len(techniques) > 1 else "") if techniques else ""


def show_logsources(json: bool) -> None:
    """The mapping of log sources, file by file: what a rule may name, which families it means, and which rows of them."""
    from timelines.detection.logsources import entries
    from timelines.detection.wording import row_condition

    rows = [
        {
            "product": ", ".join(product or "(none)" for product in entry.products),
            "category": entry.category,
            "service": entry.service,
            "families": ", ".join(entry.source.families),
            "rows": row_condition(entry.source, "en"),
            "fields": len(entry.source.fields),
        }
        for entry in entries()
    ]
    if json:
        as_json(rows)
        return
    names: tuple[str, ...] = ("product", "category", "service", "families", "fields", "rows")
    note = f"{len(rows)} log sources; a pipe gets product, category and service apart, and the number of fields that have other names"
    if sys.stdout.isatty():
        names = ("log source", "rows")
        rows = [
            {"log source": "/".join(filter(None, _parts(row))), "rows": row["rows"] or f"all of {row['families']}"}
            for row in rows
        ]
    table("", names, [tuple(row[name] for name in names) for row in rows], note)


def _parts(row: Mapping[str, Any]) -> tuple[str, str, str]:
    product = str(row["product"]).partition(",")[0].replace("(none)", "")
    return product, str(row["category"]), str(row["service"])


def check(paths: Sequence[Path], options: Mapping[str, Any], quiet: bool, json: bool) -> int:
    """What is wrong, one line each. 1 where a rule cannot run. Raises Failure for a path that is not there."""
    from timelines.detection.lint import lint

    rules, found = lint(paths, chosen({**options, "rules": paths}).given())
    errors = sum(item.severity == "error" for item in found)
    told = [item for item in found if item.severity == "error" or not quiet]
    if json:
        as_json([asdict(item) for item in told])
        return 1 if errors else 0
    for item in told:
        place = f":{item.line}:{item.column}" if item.line else ""
        title = f" [{item.rule}]" if item.rule != Path(item.path).name else ""
        say(visible(f"{item.path}{place}: {item.severity}: {item.reason}{title}"))
    count = len(rules.rules) + len(rules.correlations)
    say(f"{count:,} rules can run; {errors:,} errors, {len(found) - errors:,} warnings")
    return 1 if errors else 0


def explain(wanted: str, lang: str, options: Mapping[str, Any], json: bool) -> int:
    """One rule in words. Raises Failure where none or several are so named."""
    from timelines.detection.wording import explanation

    paths = list(options.get("rules") or ())
    if Path(wanted).is_file():
        paths.append(Path(wanted))
    rules = _loaded(paths, options, own=True)
    found = _named(wanted, rules)
    told = explanation(found, rules, lang)
    if json:
        as_json(
            {"rule_id": found.about.rule_id, "lang": lang, "sections": [{"title": t, "lines": ls} for t, ls in told]}
        )
        return 0
    for title, lines in told:
        say(title)
        for line in lines:
            say(wrapped(f"  {visible(line)}"))
        say()
    return 0


def _named(wanted: str, rules: RuleSet) -> Rule | Correlation:
    from timelines.detection.selection import fits

    every: list[Rule | Correlation] = [*rules.rules, *rules.correlations]
    found = [rule for rule in every if rule.about.path == wanted] or [
        rule for rule in every if fits(wanted, rule.about)
    ]
    if len(found) == 1:
        return found[0]
    refused = [r for r in rules.refused if wanted in (r.rule_id, r.title, r.path)]
    if not found and refused:
        place = f"{refused[0].path}:{refused[0].line}:{refused[0].column}" if refused[0].line else refused[0].path
        raise Failure(f"{place}: this rule cannot run: {refused[0].reason}", 1)
    if not found:
        near = _near(wanted, [rule.about for rule in every])
        raise Failure(f"no rule {wanted!r}{near}; athar rules list shows them, --rules PATH adds others")
    names = ", ".join(f"{rule.about.rule_id} ({rule.about.title})" for rule in found[:4])
    raise Failure(f"{len(found)} rules are named by {wanted!r}: {names}{' …' if len(found) > 4 else ''}; give an id")


def _near(wanted: str, abouts: Sequence[About]) -> str:
    import difflib

    names = {name: about for about in abouts for name in (about.name, about.title) if name}
    near = difflib.get_close_matches(wanted, names, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
