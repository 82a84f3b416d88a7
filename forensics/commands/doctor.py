"""`athar doctor`: is the installation whole?"""

from __future__ import annotations

import click


@click.command(epilog="\b\nExamples:\n  athar doctor\n  athar doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(as_json: bool) -> int:
    """Check Python, the libraries, and the rules, messages, languages and templates that the package carries.

    Exit code 1 when something lacks.
    """
    from forensics.doctor import examine
    from forensics.terminal import as_json as print_json
    from forensics.terminal import say, table

    checks = examine()
    if as_json:
        print_json([{"check": c.name, "ok": c.ok, "detail": c.detail} for c in checks])
    else:
        table("", ("", "check", "detail"), [("ok" if c.ok else "LACKS", c.name, c.detail) for c in checks])
        bad = sum(not c.ok for c in checks)
        say(
            "\nAthar is ready."
            if not bad
            else f"\n{bad} checks failed: reinstall athar-forensics, or install what lacks."
        )
    return 0 if all(c.ok for c in checks) else 1
