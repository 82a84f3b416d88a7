"""`athar verify`: is everything what it was?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forensics.rule_options import NAMES, chosen, rule_options

if TYPE_CHECKING:
    from cases.checks import Verification
    from cases.second_reading import SecondReading

_PATH = click.Path(path_type=Path)


@click.command(
    epilog="\b\nExamples:\n  athar verify CASE\n  athar verify CASE --evidence /mnt/copy --json\n"
    "  athar verify CASE --rows --rerun-rules --rules sigma/rules\n"
    "  athar verify CASE --public-key laboratory.pub.pem --signed /mnt/safe/custody-000012-1a2b3c4d.sig"
)
@click.argument("case_folder", metavar="CASE", type=_PATH)
@click.option("--evidence", type=_PATH, help="Where the evidence lies now, if it was moved.")
@click.option(
    "--rows", is_flag=True, help="Read every cited row again with a second reader, and keep the result in the case."
)
@click.option("--limit", type=click.IntRange(min=0), help="Cited rows to read again: 200 unless --rows; 0 for none.")
@click.option("--rerun-rules", is_flag=True, help="Run the rules again and compare their findings with those kept.")
@rule_options
@click.option("--public-key", "keys", multiple=True, type=_PATH, help="Key that signed custody (PEM); repeatable.")
@click.option(
    "--signed", multiple=True, type=_PATH, help="Signature (.sig) kept outside the case, its .head beside it."
)
@click.option(
    "--tsa-ca", "authorities", multiple=True, type=_PATH, help="Certificate of a time-stamping authority (PEM)."
)
@click.option("--json", "as_json", is_flag=True, help="Print every check as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
def command(case_folder: Path, as_json: bool, quiet: bool, **options: Any) -> int:
    """Check evidence, custody, timeline, findings and reports of CASE against their recorded hashes, and cited rows against a second,
    independent reading of their bytes (python-evtx, scapy, regular expressions).

    With --rerun-rules, --rules and the options after it are those that the case was run with.

    Exit code 0: everything holds; 1: something does not, or could not be checked, and is named.
    """
    from cases.case import Case
    from cases.verify import Trust
    from forensics.progress import on_terminal
    from forensics.verification import SAMPLE, Wanted, verify

    given = [name for name in NAMES if options[name]]
    if given and not options["rerun_rules"]:
        raise click.UsageError(f"--{given[0]} is for --rerun-rules; give both")
    sample = None if options["rows"] else SAMPLE
    wanted = Wanted(
        evidence=options["evidence"],
        trust=Trust(options["keys"], options["signed"], options["authorities"]),
        limit=sample if options["limit"] is None else options["limit"],
        keep=options["rows"],
        rules=chosen(options) if options["rerun_rules"] else None,
    )
    case = Case.open(case_folder)
    with on_terminal(quiet or as_json) as progress:
        result, reading = verify(case, wanted, progress)
    _show(result, reading, as_json)
    return 0 if result.ok else 1


def _show(result: Verification, reading: SecondReading | None, as_json: bool) -> None:
    from dataclasses import asdict

    from forensics.terminal import as_json as print_json
    from forensics.terminal import say, table

    if as_json:
        document = {"verdict": result.verdict, "ok": result.ok, "checks": [asdict(check) for check in result.checks]}
        print_json({**document, "second_reading": asdict(reading) if reading else None})
        return
    states = ("ok", "failed", "not-checked")
    counts: dict[str, dict[str, int]] = {}
    for check in result.checks:
        counts.setdefault(check.name, dict.fromkeys(states, 0))[check.state] += 1
    table("", ("checked", *states), [(name, *by_state.values()) for name, by_state in counts.items()])
    told = [(c.subject, c.detail) for c in result.checks if c.ok and c.name in ("second reading", "rules run again")]
    if told:
        say()
        table("Second readings", ("by", "result"), told)
    rest = [(c.name, c.subject, c.state, c.detail) for c in result.checks if not c.ok]
    if rest:
        say()
        table("What does not hold, or could not be checked", ("check", "subject", "state", "detail"), rest)
    say(f"\nVerdict: {result.verdict}")
