"""`athar case`: make a case, show what is in it, write into it."""

from __future__ import annotations

from pathlib import Path

import click

from forensics import casework, sealing


@click.group(
    epilog='\b\nExamples:\n  athar case new CASE --number 2026/17 --authority "Tribunal of Tamrirt"\n  athar case show CASE\n'
    '  athar case answer CASE Q1 "Yes, on 3 March 2026." --who "A. Analyst"'
)
def command() -> None:
    """Make a case, show what it holds, or write into it: details, notes, answers, hand-overs."""


@command.command(
    epilog="\b\nExamples:\n  athar case new CASE --number 2026/17 --question 'Was the portal entered?' --lang fr,ar"
)
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@casework.details
@click.option("--question", "questions", multiple=True, help="A question of the request; repeatable, in order.")
def new(case_folder: Path, lang: str | None, questions: tuple[str, ...], **given: str | None) -> int:
    """Make a case in the folder CASE. What is not given prints as "not supplied", never as a guess."""
    from cases.case import Case, CaseInfo, Question
    from forensics.terminal import say

    asked = tuple(Question(f"Q{at}", text) for at, text in enumerate(questions, 1))
    info = CaseInfo(languages=_languages(lang) if lang else (), questions=asked, **given)
    Case.create(case_folder, info)
    say(f"{case_folder}: case made; next: athar add {case_folder} EVIDENCE")
    return 0


def _languages(text: str) -> tuple[str, ...]:
    # loaded here alone: with it comes all that writes a summary, which takes longer than to make a case
    from forensics.reporting import languages

    return languages(text)


@command.command(epilog="\b\nExamples:\n  athar case show CASE\n  athar case show CASE --files --json")
@click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
@click.option("--files", is_flag=True, help="List every file handed in.")
@click.option("--problems", is_flag=True, help="List every problem.")
@click.option("--ledger", is_flag=True, help="List the byte account of every file.")
@click.option("--ledger-parts", is_flag=True, help="List it in detail: headers, records, slack, free space, damage …")
@click.option("--rules", is_flag=True, help="List what became of every rule.")
@click.option("--opinions", is_flag=True, help="List the examiner's notes and answers.")
@click.option("--handovers", is_flag=True, help="List the exhibits that changed hands.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(case_folder: Path, as_json: bool, **chosen: bool) -> int:
    """Show exhibits, counts, findings; or one list in full."""
    from forensics import open_case, overview
    from forensics.terminal import as_json as print_json
    from forensics.terminal import table

    case = open_case(case_folder)
    lists = [name for name, wanted in chosen.items() if wanted]
    for name in lists:
        frame = case.ledger(detail=True) if name == "ledger_parts" else getattr(case, name)()
        if as_json:
            print_json(frame.to_dict("records"))
        else:
            table(name, list(frame.columns), frame.itertuples(index=False, name=None))
    if not lists:
        overview.show(case, (), as_json)
    return 0


for _command in (*casework.COMMANDS, *sealing.COMMANDS):
    command.add_command(_command)
