"""The option `--year`: the year of stamps that are written without one, where nothing in their file tells it."""

from __future__ import annotations

import click

year_option = click.option(
    "--year",
    type=click.IntRange(1970, 2261),
    metavar="YYYY",
    help="Year of a log's first syslog stamp (`Nov 28 06:39:29`), where no line of the log says it. Later turns of the year are followed.",
)
