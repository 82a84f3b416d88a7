"""The option `--lang` of commands that write summaries in several languages: a list, or the option again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_HELP = "Languages of the summaries (HTML, PDF, JSON): a list, or the option again."


def _joined(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> str | None:
    """All that was given, as one list; None where nothing was."""
    return ",".join(given) if given else None


def languages_option(default: str | None = None) -> Callable[[_Command], _Command]:
    """`--lang` as one text of codes with commas between, `default` where it is not given. See `forensics.reporting.languages`."""
    given = None if default is None else (default,)
    return click.option(
        "--lang",
        multiple=True,
        default=given,
        show_default=True,
        metavar="en,fr,ar",
        callback=_joined,
        help=_HELP,
    )
