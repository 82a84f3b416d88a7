"""The options by which commands take rows of a timeline; `listing.chosen` makes a filter of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option("--from", "start", metavar="WHEN", help="From this instant (UTC unless it says otherwise)."),
    click.option("--to", "end", metavar="WHEN", help="Up to, not including, this instant."),
    click.option(
        "--family", "families", multiple=True, help="Family or group, such as net/dns or windows; repeatable."
    ),
    click.option("--event", "events", multiple=True, help="EventID or verb, such as 4625 or dns.query; repeatable."),
    click.option("--host", "hosts", multiple=True, help="Host, ignoring case; repeatable."),
    click.option("--user", "users", multiple=True, help="Account, ignoring case; repeatable."),
    click.option("--ip", "ips", multiple=True, help="Source or destination address; repeatable."),
)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options `--from` to `--ip`, in this order of help."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
