"""The option `--log-format`: layouts of log lines, as the configuration of Apache or nginx writes them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cases.errors import CaseError

log_format_option = click.option(
    "--log-format",
    "log_formats",
    multiple=True,
    metavar="STRING",
    help="How the evidence's logs are laid out: a LogFormat or ErrorLogFormat string of Apache, a log_format string of nginx. "
    "May be repeated; tried before the formats that are known. Tomcat before 10.1 counts milliseconds in %D: write %{ms}T there.",
)


def checked_formats(given: Sequence[str]) -> tuple[str, ...]:
    """The strings, each once. Raises CaseError for one by which no line could be cut."""
    from parsers.web.directives import check

    for text in given:
        try:
            check(text)
        except ValueError as error:
            raise CaseError(str(error)) from error
    return tuple(dict.fromkeys(given))
