"""`athar findings accept|reject|edit|merge|add`: the examiner's decisions on findings, each by name and with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forensics.casework import CASE, WHO, by
from timelines.findings import LEVELS

_FINDING = click.argument("finding", metavar="FINDING")
_WHY = click.option("--why", required=True, metavar="TEXT", help="Why.")
_LANG = click.option(
    "--lang",
    type=click.Choice(("en", "fr", "ar")),
    help="Language of the words; unless given they are printed in every language.",
)


def _words(command: Any) -> Any:
    """The options that put a finding into words."""
    for name, about in (
        ("would-change", "What would change it: which other record would strengthen or overturn it."),
        ("alternatives", "Other explanations."),
        ("does-not-show", "What it does not show."),
        ("shows", "What it shows."),
        ("title", "What it is, in a few words."),
    ):
        command = click.option(f"--{name}", help=about)(command)
    return command


def _given(words: dict[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in words.items() if text is not None}


@click.command(
    epilog='\b\nExamples:\n  athar findings accept CASE F-1a2b3c4d5e --why "seen in two sources" --who "A. Analyst"'
)
@CASE
@_FINDING
@WHO
@_WHY
def accept(case_folder: Path, finding: str, who: str, why: str) -> int:
    """Accept FINDING: the examiner answers for it. A finding that was rejected or merged stands again."""
    from cases import review
    from forensics.terminal import say

    say(f"{review.accept(by(case_folder, who), finding, why).finding_id}: accepted")
    return 0


@click.command(
    epilog='\b\nExamples:\n  athar findings reject CASE F-1a2b3c4d5e --why "the scan of our own service" --who "A. Analyst"'
)
@CASE
@_FINDING
@WHO
@_WHY
def reject(case_folder: Path, finding: str, who: str, why: str) -> int:
    """Reject FINDING: it leaves the first page and stands in a list of its own, with who and why. Nothing is deleted."""
    from cases import review
    from forensics.terminal import say

    say(f"{review.reject(by(case_folder, who), finding, why).finding_id}: rejected")
    return 0


@click.command(
    epilog='\b\nExamples:\n  athar findings edit CASE F-1a2b3c4d5e --lang fr --title "Dépôt d’un fichier" \\\n'
    '      --does-not-show "Ne montre pas qui." --why "plainer words" --who "A. Analyst"'
)
@CASE
@_FINDING
@_words
@_LANG
@WHO
@_WHY
def edit(case_folder: Path, finding: str, lang: str | None, who: str, why: str, **words: str | None) -> int:
    """Put FINDING into the examiner's words. The words of the rule stay, and are printed beside them."""
    from cases import review
    from forensics.terminal import say

    found = review.edit(by(case_folder, who), finding, why, _given(words), lang or "")
    say(f"{found.finding_id}: put into words")
    return 0


@click.command(
    epilog='\b\nExamples:\n  athar findings merge CASE F-1a2b3c4d5e F-5e4d3c2b1a --why "one act" --who "A. Analyst"'
)
@CASE
@_FINDING
@click.argument("others", metavar="OTHER…", nargs=-1, required=True)
@WHO
@_WHY
def merge(case_folder: Path, finding: str, others: tuple[str, ...], who: str, why: str) -> int:
    """Join OTHER findings to FINDING, which tells them all. Accepting one makes it stand alone again."""
    from cases import review
    from forensics.terminal import say

    found = review.merge(by(case_folder, who), finding, others, why)
    say(f"{found.finding_id}: {len(others)} joined to it")
    return 0


@click.command(
    epilog="\b\nExamples:\n  athar timeline CASE --grep backup --columns row_id,time,message\n"
    "  athar findings add CASE --row 5e974c2b52be274b96d260fa --level high --title 'A backup was deleted' \\\n"
    "      --shows 'A file was deleted.' --does-not-show 'Who did it.' --why 'no rule looks for it' --who 'A. Analyst'"
)
@CASE
@click.option("--row", "rows", multiple=True, required=True, help="Id of a row that it rests on; repeatable.")
@click.option("--level", type=click.Choice(LEVELS), required=True, help="Importance.")
@_words
@_LANG
@WHO
@_WHY
def add(
    case_folder: Path,
    rows: tuple[str, ...],
    level: str,
    lang: str | None,
    who: str,
    why: str,
    **words: str | None,
) -> int:
    """Add a finding of the examiner's own over rows of the timeline. Its grade follows from the rows alone."""
    from cases import review
    from forensics.terminal import say

    stated = review.Added(rows, level, _given(words), lang or "")
    found = review.add(by(case_folder, who), stated, why)
    say(f"{found.finding_id}: added; grade {found.grade}")
    return 0


COMMANDS = (accept, reject, edit, merge, add)
