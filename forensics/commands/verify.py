"""`athar verify`: is everything what it was?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cases.checks import Verification

_PATH = click.Path(path_type=Path)


@click.command(
    epilog="\b\nExamples:\n  athar verify CASE\n  athar verify CASE --evidence /mnt/copy --json\n"
    "  athar verify CASE --public-key laboratory.pub.pem --signed /mnt/safe/custody-000012-1a2b3c4d.sig"
)
@click.argument("case_folder", metavar="CASE", type=_PATH)
@click.option("--evidence", type=_PATH, help="Where the evidence lies now, if it was moved.")
@click.option("--public-key", "keys", multiple=True, type=_PATH, help="Key that signed custody (PEM); repeatable.")
@click.option(
    "--signed", multiple=True, type=_PATH, help="Signature (.sig) kept outside the case, its .head beside it."
)
@click.option(
    "--tsa-ca", "authorities", multiple=True, type=_PATH, help="Certificate of a time-stamping authority (PEM)."
)
@click.option("--json", "as_json", is_flag=True, help="Print every check as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
def command(
    case_folder: Path,
    evidence: Path | None,
    as_json: bool,
    quiet: bool,
    **brought: tuple[Path, ...],
) -> int:
    """Check evidence, custody, timeline, findings and reports of CASE against their recorded hashes.

    Exit code 0: everything holds; 1: something does not, or could not be checked, and is named.
    """
    from cases.case import Case
    from cases.verify import Trust, verify
    from forensics.progress import on_terminal

    case = Case.open(case_folder)
    with on_terminal(quiet or as_json) as progress:
        progress.stage("Verify", sum(x.size for x in case.register.exhibits))
        result = verify(case, evidence, progress.advance, Trust(**brought))
    _show(result, as_json)
    return 0 if result.ok else 1


def _show(result: Verification, as_json: bool) -> None:
    from dataclasses import asdict

    from forensics.terminal import as_json as print_json
    from forensics.terminal import say, table

    if as_json:
        print_json({"verdict": result.verdict, "ok": result.ok, "checks": [asdict(check) for check in result.checks]})
        return
    states = ("ok", "failed", "not-checked")
    counts: dict[str, dict[str, int]] = {}
    for check in result.checks:
        counts.setdefault(check.name, dict.fromkeys(states, 0))[check.state] += 1
    table("", ("checked", *states), [(name, *by_state.values()) for name, by_state in counts.items()])
    rest = [(c.name, c.subject, c.state, c.detail) for c in result.checks if not c.ok]
    if rest:
        say()
        table("What does not hold, or could not be checked", ("check", "subject", "state", "detail"), rest)
    say(f"\nVerdict: {result.verdict}")
