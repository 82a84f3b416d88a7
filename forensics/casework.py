"""`athar case note|answer|set|exhibit|handover`: what the examiner writes into a case, each entry by name, through custody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from forensics.summary_languages import languages_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.case import Case

CASE = click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
WHO = click.option("--who", required=True, metavar="NAME", help="Who says so: name and capacity.")
_EXHIBIT = click.argument("exhibit", metavar="E001")


_DETAILS = (
    click.option("--number", help="Case number."),
    click.option("--title", help="Title of the case."),
    click.option("--request-number", help="Number of the request."),
    click.option("--authority", help="Authority that asks."),
    click.option("--requester", help="Person who asks."),
    click.option("--examiner", help="Who examines."),
    click.option("--laboratory", help="Laboratory."),
    click.option("--legal-basis", help="Legal basis of the request."),
    click.option(
        "--document",
        metavar="KIND",
        help="Heading of the summaries: summary, analysis, expertise (only if commissioned) or proces-verbal.",
    ),
    click.option("--tz", "zone", metavar="ZONE", help="IANA zone in which local times are printed."),
    languages_option(),
)
_Command = TypeVar("_Command", bound="Callable[..., Any]")


def details(command: _Command) -> _Command:
    """The options that say what a case is about, in the order in which help lists them."""
    for option in reversed(_DETAILS):
        command = option(command)
    return command


def by(case_folder: Path, who: str | None) -> Case:
    """The case, in the name of `who`: custody records who acts as it was told."""
    from cases.case import Case, Hand
    from cases.notebook import one_line

    return Case.open(case_folder, Hand(who=one_line("--who", who)) if who is not None else None)


@click.command(
    epilog='\b\nExamples:\n  athar case note CASE "The portal was restored on 4 March." --who "A. Analyst"\n'
    '  athar case note CASE "Seen in the capture too." --finding F-1a2b3c4d5e --who "A. Analyst"'
)
@CASE
@click.argument("text")
@click.option("--finding", help="The finding that the note is on: its id, or the beginning of it.")
@click.option("--question", metavar="Q1", help="The question that the note is on.")
@WHO
def note(case_folder: Path, text: str, finding: str | None, question: str | None, who: str) -> int:
    """Write a note: the examiner's opinion on the case, or on one finding or question. It is printed as an opinion, never as a fact."""
    from cases.opinions import note as write
    from cases.reviews import reviews
    from forensics.terminal import say

    case = by(case_folder, who)
    on = reviews(case).find(finding).finding.finding_id if finding is not None else None
    write(case, text, question, on)
    say(f"noted{f' on {on}' if on else ''}{f' on {question}' if question else ''}")
    return 0


@click.command(
    epilog='\b\nExamples:\n  athar case answer CASE Q1 "Yes, on 3 March 2026 at 21:14 UTC." --who "A. Analyst"'
)
@CASE
@click.argument("question", metavar="Q1")
@click.argument("sentence")
@WHO
def answer(case_folder: Path, question: str, sentence: str, who: str) -> int:
    """Answer a question of the request in one sentence; the first page prints it. A later answer replaces it, both are kept."""
    from cases.opinions import answer as write
    from forensics.terminal import say

    say(f"{write(by(case_folder, who), question, sentence).question} answered")
    return 0


@click.command(
    "set",
    epilog='\b\nExamples:\n  athar case set CASE --authority "Tribunal of Tamrirt" --examiner "A. Analyst"\n'
    "  athar case set CASE --question 'Which data left the server?'",
)
@CASE
@details
@click.option("--question", "questions", multiple=True, help="One more question of the request; repeatable.")
@click.option("--who", metavar="NAME", help="Who says so; the account that runs the tool unless given.")
def change(
    case_folder: Path, lang: str | None, questions: tuple[str, ...], who: str | None, **given: str | None
) -> int:
    """Set details of CASE. What is set to nothing ("") prints as "not supplied" again. Questions are added, never changed."""
    from cases.case import Question
    from forensics.reporting import languages
    from forensics.terminal import Failure, say

    case = by(case_folder, who)
    changes: dict[str, Any] = {name: text or None for name, text in given.items() if text is not None}
    if lang is not None:
        changes["languages"] = languages(lang)
    if questions:
        held = case.info.questions
        new = tuple(Question(f"Q{at}", text) for at, text in enumerate(questions, len(held) + 1))
        changes["questions"] = (*held, *new)
    if not changes:
        raise Failure("nothing to set; athar case set --help lists the details")
    case.amend(**changes)
    say(f"{case_folder}: {', '.join(name.replace('_', ' ') for name in sorted(changes))} set")
    return 0


@click.command(
    epilog="\b\nExamples:\n  athar case exhibit CASE E001 --seal SC-02 --description 'Disk of the portal'\n"
    "  athar case exhibit CASE E001 --clock-offset 187 --clock-source 'compared with the capture'"
)
@CASE
@_EXHIBIT
@click.option("--seal", help="Seal number.")
@click.option("--sha256", "supplied_sha256", metavar="HEX", help="SHA-256 that came with the exhibit.")
@click.option(
    "--clock-offset", "clock_offset_s", metavar="SECONDS", help="How far the exhibit's clock runs ahead of true time."
)
@click.option("--clock-source", help="How the clock offset is known.")
@click.option("--description", help="What the exhibit is, in a few words.")
@click.option("--who", metavar="NAME", help="Who says so; the account that runs the tool unless given.")
def exhibit(case_folder: Path, exhibit: str, who: str | None, **details: str | None) -> int:
    """Change what was said of an exhibit; custody keeps the old beside the new. Nothing ("") prints as "not supplied" again."""
    from cases.handover import amend_exhibit
    from forensics.terminal import Failure, say

    changes: dict[str, Any] = {name: text or None for name, text in details.items() if text is not None}
    if not changes:
        raise Failure("nothing to change; athar case exhibit --help lists the details")
    if changes.get("clock_offset_s") is not None:
        changes["clock_offset_s"] = _seconds(changes["clock_offset_s"])
    amend_exhibit(by(case_folder, who), exhibit, changes)
    say(f"{exhibit}: changed")
    return 0


def _seconds(text: str) -> float:
    import math

    from forensics.terminal import Failure

    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Failure(f"--clock-offset {text!r}: expected a number of seconds such as 187 or -2.5")
    return value


@click.command(
    epilog='\b\nExamples:\n  athar case handover CASE E001 --giver "Clerk of the court" --receiver "A. Analyst" \\\n'
    "      --seal SC-02 --sha256 9f86d0… --when 2026-01-20T10:00+01:00 --who 'A. Analyst'"
)
@CASE
@_EXHIBIT
@click.option("--giver", required=True, help="Who hands the exhibit over.")
@click.option("--receiver", required=True, help="Who receives it.")
@click.option("--seal", help="Seal number that it bears.")
@click.option("--sha256", "giver_sha256", metavar="HEX", help="SHA-256 that the giver states.")
@click.option("--received-sha256", "receiver_sha256", metavar="HEX", help="SHA-256 that the receiver states.")
@click.option("--when", metavar="TIME", help="When, with its zone: 2026-01-20T10:00+01:00; now unless given.")
@click.option("--who", metavar="NAME", help="Who records it; the account that runs the tool unless given.")
def handover(case_folder: Path, exhibit: str, who: str | None, **form: str | None) -> int:
    """Record that an exhibit changed hands. Stated hashes are compared with the one computed when it was taken in.

    Exit code 1: a hash differs; the hand-over is recorded all the same, with both.
    """
    from cases.handover import Form, hand_over
    from forensics.terminal import complain, say

    case = by(case_folder, who)
    giver, receiver = form.pop("giver") or "", form.pop("receiver") or ""
    made = hand_over(case, exhibit, Form(giver, receiver, **form))
    words = {
        "same": "the stated hashes are the one computed",
        "different": "recorded",
        "not-supplied": "no hash was stated",
    }
    say(f"{made.exhibit}: {made.giver} to {made.receiver}, {made.when}; {words[made.agreement]}")
    if made.agreement != "different":
        return 0
    stated = ", ".join(
        f"the {side} states {text}"
        for side, text in (("giver", made.giver_sha256), ("receiver", made.receiver_sha256))
        if text
    )
    complain(f"{made.exhibit}: the hashes differ: {stated}; computed when it was taken in: {made.computed or 'none'}")
    return 1


COMMANDS = (note, answer, change, exhibit, handover)
