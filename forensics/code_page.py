"""The option `--code-page`: how text of event logs reads that Windows stored in a code page and not in Unicode."""

from __future__ import annotations

import click

from timelines.code_pages import PAGES

code_page_option = click.option(
    "--code-page",
    type=click.Choice([str(page) for page in PAGES]),
    callback=lambda context, option, given: None if given is None else int(given),
    metavar="NUMBER",
    help="Windows code page of ANSI text in event logs, which do not store it: 1256 Arabic, 1252 Western European (read so unless given, "
    "and told as a problem), 1250 to 1258, 874, 932, 936, 949, 950, 65001.",
)
