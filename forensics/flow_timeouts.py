"""The option `--flow-timeout`: how long nothing may pass in a network flow that goes on."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cases.errors import CaseError

flow_timeout_option = click.option(
    "--flow-timeout",
    "flow_timeouts",
    multiple=True,
    metavar="PROTO=TIME",
    help="How long nothing may pass between two ends of a capture before what passes next is another flow: tcp=1h, udp=90s or icmp=2min "
    "(ms, s, min, h, d); icmp is for all but TCP and UDP. Unless given as in Zeek: tcp=5min, udp=1min, icmp=1min. May be repeated.",
)


def checked_timeouts(given: Sequence[str]) -> tuple[str, ...]:
    """The times as the case keeps them. Raises CaseError for a text that says none."""
    from timelines.flow_timeouts import flow_timeouts, written

    try:
        return written(flow_timeouts(given))
    except ValueError as error:
        raise CaseError(str(error)) from error
