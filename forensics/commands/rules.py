"""`athar rules`: list the rules, check files of them, say one in words, and try rules on sample rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forensics.rule_options import EXCLUDE, LEVEL, PIPELINE, PLACEHOLDERS, RULES, STATUS, TAG

_PATH = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.group(
    epilog="\b\nExamples:\n  athar rules list --level high\n  athar rules check sigma/rules\n"
    "  athar rules explain password_spraying --lang fr\n  athar rules test house-rules/"
)
def command() -> None:
    """List the rules, check rule files, say a rule in words, or try rules on sample rows. No case is needed."""


@command.command(
    "list",
    epilog="\b\nExamples:\n  athar rules list\n  athar rules list sigma/rules --level high --tag 'attack.t1003*'\n"
    "  athar rules list sigma/rules --logsource windows/process_creation\n  athar rules list --logsources",
)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=_PATH)
@LEVEL
@STATUS
@TAG
@EXCLUDE
@click.option(
    "--logsource", metavar="TEXT", help="Only rules whose log source has this in it, such as windows/dns_query."
)
@click.option("--logsources", is_flag=True, help="List the log sources that Athar knows, and the rows each means.")
@PLACEHOLDERS
@PIPELINE
@_JSON
def listed(paths: tuple[Path, ...], logsource: str | None, logsources: bool, as_json: bool, **options: Any) -> int:
    """List the rules at PATH, or ours: level, status, log source, techniques, id and title. Rules that cannot run are counted; `check`
    says why."""
    from forensics import rules_list

    if logsources:
        rules_list.show_logsources(as_json)
        return 0
    return rules_list.show(paths, logsource, options, as_json)


@command.command(
    epilog="\b\nExamples:\n  athar rules check house-rules/\n  athar rules check rule.yml --placeholders admins.yaml --json"
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_PATH)
@PLACEHOLDERS
@PIPELINE
@click.option("--quiet", is_flag=True, help="Errors only, no warnings.")
@_JSON
def check(paths: tuple[Path, ...], quiet: bool, as_json: bool, **options: Any) -> int:
    """Check the rules at PATH: one line for all that is wrong, as FILE:LINE:COLUMN. An error stops a rule, a warning does not.

    Exit code 0: every rule can run; 1: a rule cannot.
    """
    from forensics import rules_list

    return rules_list.check(paths, options, quiet, as_json)


@command.command(
    epilog="\b\nExamples:\n  athar rules explain password_spraying\n  athar rules explain sigma/rule.yml --lang ar\n"
    "  athar rules explain 'Mimikatz*' --rules sigma/rules"
)
@click.argument("rule")
@RULES
@click.option("--lang", type=click.Choice(("en", "fr", "ar")), default="en", show_default=True, help="Language.")
@PLACEHOLDERS
@PIPELINE
@_JSON
def explain(rule: str, lang: str, as_json: bool, **options: Any) -> int:
    """Say in words what RULE (an id, title, name or file) looks for, in which records, and within what limits."""
    from forensics import rules_list

    return rules_list.explain(rule, lang, options, as_json)


@command.command(
    epilog="\b\nExamples:\n  athar rules coverage CASE\n  athar rules coverage CASE --host DC01\n  athar rules coverage CASE --all --json"
)
@click.argument("case_folder", metavar="CASE", type=_PATH)
@click.option("--host", metavar="TEXT", help="Only machines with this in their name.")
@click.option("--all", "every", is_flag=True, help="Log sources that were seen too.")
@_JSON
def coverage(case_folder: Path, host: str | None, every: bool, as_json: bool) -> int:
    """Say what the rules last run on CASE could not see: by machine and log source, and how many rules asked for it."""
    from forensics import open_case, rules_coverage

    rules_coverage.show(open_case(case_folder), host, every, as_json)
    return 0


@command.command(
    epilog="\b\nExamples:\n  athar rules test house-rules/              samples beside the rules: NAME.samples.yml\n"
    "  athar rules test house-rules/ --samples tests/samples"
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_PATH)
@click.option("--samples", type=_PATH, metavar="FOLDER", help="Where samples lie, in the same folders as the rules.")
@RULES
@PLACEHOLDERS
@PIPELINE
@_JSON
def test(paths: tuple[Path, ...], samples: Path | None, as_json: bool, **options: Any) -> int:
    """Try the rules at PATH on their sample rows: those that must match and those that must not. docs/rules-howto.md has the shape.

    Exit code 0: all as written; 1: a sample missed, or a rule with samples cannot run.
    """
    from forensics import rules_trial

    return rules_trial.run(paths, samples, options, as_json)
