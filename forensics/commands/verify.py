"""`athar verify`: is everything what it was?"""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="\b\nExamples:\n  athar verify CASE\n  athar verify CASE --evidence /mnt/copy --json")
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.option("--evidence", type=click.Path(path_type=Path), help="Where the evidence lies now, if it was moved.")
@click.option("--json", "as_json", is_flag=True, help="Print every check as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
def command(case_folder: Path, evidence: Path | None, as_json: bool, quiet: bool) -> int:
    """Check evidence, custody, timeline, findings and reports of CASE against their recorded hashes.

    Exit code 0: everything holds; 1: something does not, or could not be checked, and is named.
    """
    from dataclasses import asdict

    from cases.case import Case
    from cases.verify import verify
    from forensics.progress import on_terminal
    from forensics.terminal import as_json as print_json
    from forensics.terminal import say, table

    case = Case.open(case_folder)
    with on_terminal(quiet or as_json) as progress:
        progress.stage("Verify", sum(x.size for x in case.register.exhibits))
        result = verify(case, evidence, progress.advance)
    if as_json:
        print_json({"verdict": result.verdict, "ok": result.ok, "checks": [asdict(check) for check in result.checks]})
        return 0 if result.ok else 1
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
    return 0 if result.ok else 1
