"""What rules could not see, on the terminal: by machine and log source. Without it, "nothing found" says little."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cases import findings as kept
from cases.errors import CaseError
from forensics.terminal import as_json, instant, narrow, say, table, wrapped
from timelines.visible import visible

NARROW = 36  # characters of a log source's name on a narrow terminal

if TYPE_CHECKING:
    from forensics.api import OpenCase
    from timelines.detection.coverage import Coverage


def loaded(case: OpenCase) -> list[Coverage]:
    """The coverage that the last run of the rules kept. Raises CaseError where there is none."""
    from timelines.detection.coverage import Coverage

    rows = kept.load_coverage(case.case.findings_folder)
    try:
        return [Coverage(**{**row, "logs": tuple(row["logs"])}) for row in rows]
    except (TypeError, KeyError) as error:
        raise CaseError(f"{case.case.findings_folder / kept.COVERAGE}: {error}; run `athar analyze` again") from error


def show(case: OpenCase, host: str | None, every: bool, json: bool) -> None:
    """Machines one after the other, the log sources that most rules ask for first."""
    from timelines.detection.coverage import statement

    found = [item for item in loaded(case) if host is None or host.casefold() in item.host.casefold()]
    blind = [item for item in found if item.state != "seen"]
    if json:
        as_json([_row(item, statement(item)) for item in (found if every else blind)])
        return
    told = found if every else blind
    names = ("host", "logsource", "rules", "rows", "what is there")
    if sys.stdout.isatty():
        for host in dict.fromkeys(item.host for item in told):
            rows = [(_cut(item.logsource), item.rules, _there(item)) for item in told if item.host == host]
            table(visible(host) if host else "In the whole case", names[1:3] + names[4:], rows)
            say()
    else:
        table("", names, [(i.host or "(case)", i.logsource, i.rules, i.rows, _there(i)) for i in told])
    machines = len({item.host for item in found} - {""})
    if sys.stdout.isatty():
        say(f"{machines:,} machines, {len(found):,} times a log source: {len(blind):,} had no row to look at")
    grave = [item for item in blind if item.state == "no-such-records"]
    if grave and sys.stdout.isatty():
        say(wrapped(visible(statement(max(grave, key=lambda item: item.rules))) + "."))


def _there(item: Coverage) -> str:
    if item.state == "seen":
        return f"{instant(item.first)} to {instant(item.last)}" if item.first is not None else "rows without a time"
    logs = " and ".join(map(_short, item.logs[:2])) + (f" and {len(item.logs) - 2} more" if len(item.logs) > 2 else "")
    if item.state == "no-such-records":
        return f"{item.log_rows:,} rows of {logs}, none of this kind"
    return f"no row of {logs}"


def _cut(logsource: str) -> str:
    """A log source with room beside it."""
    return logsource if not narrow() or len(logsource) <= NARROW else logsource[: NARROW - 1] + "…"


def _short(log: str) -> str:
    """A log's name without what most of them share."""
    return log.removeprefix("Microsoft-Windows-").removesuffix("/Operational")


def _row(item: Coverage, said: str) -> dict[str, Any]:
    times = {"first": instant(item.first), "last": instant(item.last)} if item.first is not None else {}
    return {
        "host": item.host,
        "logsource": item.logsource,
        "rules": item.rules,
        "rows": item.rows,
        **({"first": None, "last": None} | times),
        "state": item.state,
        "log_rows": item.log_rows,
        "logs": list(item.logs),
        "statement": said,
    }


def blind_spots(case: OpenCase) -> str:
    """One line for the overview: the gravest blind spot, and how many there are; empty where nothing is known."""
    if not (case.case.findings_folder / kept.COVERAGE).exists():
        return ""
    blind = [item for item in loaded(case) if item.state != "seen"]
    if not blind:
        return ""
    worst = max(blind, key=lambda item: (item.state == "no-such-records", item.rules))
    where = f" on {worst.host}" if worst.host else ""
    more = f", and {len(blind) - 1:,} more" if len(blind) > 1 else ""
    told = f"{worst.logsource}{where} ({worst.rules:,} rule{'' if worst.rules == 1 else 's'}){more}"
    return wrapped(visible(f"Unseen: {told}: athar rules coverage {case.case.folder}"))
