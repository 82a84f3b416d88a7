"""The options that say which rules run and with what: the same for every command that runs rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from forensics.chosen_rules import Chosen

LEVELS = ("informational", "low", "medium", "high", "critical")
STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
_PATH = click.Path(path_type=Path)
NAMES = ("rules", "level", "statuses", "tags", "exclude", "allow", "placeholders", "pipelines")

RULES = click.option(
    "--rules", multiple=True, type=_PATH, help="Sigma rules beside ours: a file or folder; repeatable."
)
LEVEL = click.option("--level", type=click.Choice(LEVELS), help="Only rules of this level and above.")
STATUS = click.option(
    "--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Only rules of this status; repeatable."
)
TAG = click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="Only rules with this tag, such as attack.t1059*; repeatable."
)
EXCLUDE = click.option(
    "--exclude", multiple=True, metavar="RULE", help="Leave out rules of this id, title or path (* and ?); repeatable."
)
ALLOW = click.option("--allow", type=_PATH, metavar="FILE", help="Allow-list: matches to set aside, with reasons.")
PLACEHOLDERS = click.option("--placeholders", type=_PATH, metavar="FILE", help="Values for %placeholders% of rules.")
PIPELINE = click.option(
    "--pipeline", "pipelines", multiple=True, type=_PATH, metavar="FILE", help="pySigma pipeline; repeatable."
)


def rule_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """All of them, under the names `NAMES`."""
    for option in reversed((RULES, LEVEL, STATUS, TAG, EXCLUDE, ALLOW, PLACEHOLDERS, PIPELINE)):
        command = option(command)
    return command


def chosen(options: Mapping[str, Any]) -> Chosen:
    """What the options say, checked: before hours of reading, not after. Raises CaseError for what cannot be used."""
    from forensics.chosen_rules import Chosen

    given: dict[str, Any] = {name: options[name] for name in NAMES if options.get(name)}
    picked = Chosen(**given)
    picked.check()
    return picked
