"""`docs/messages.md`, generated from the meanings: `python -m timelines.messages_page > docs/messages.md`."""

from __future__ import annotations

import sys
from importlib.resources import files

from timelines.meanings import Source, sources
from timelines.messages.codes import tables

_HEAD = """# Events that have a sentence

Generated from `timelines/messages/` by `python -m timelines.messages_page > docs/messages.md`; a test keeps it true.

Each of these events is told in one sentence, in English, French and Arabic, wherever rows are shown or exported; any other event is
named by its number, its provider and its machine. A sentence says what the event records, not who did it. Codes in it are decoded by
the tables at the end; `athar show` gives the meaning beside the raw value. A family may be written by several providers; where the
table names none, any provider of the family is meant.
"""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _number(event: str) -> tuple[int, str]:
    return (int(event), "") if event.isdecimal() else (0, event)


def _rows(source: Source) -> list[str]:
    providers = ", ".join(f"`{name}`" for name in source.providers)
    return [
        "| " + " | ".join((event, _cell(source.events[event].title["en"]), providers)) + " |"
        for event in sorted(source.events, key=_number)
    ]


def event_types() -> set[tuple[str, tuple[str, ...], str]]:
    """Every event that has a sentence of its own: family, providers, event."""
    return {(source.family, source.providers, event) for source in sources() for event in source.events}


def _section(family: str, found: list[Source]) -> str:
    rows = [row for source in found for row in _rows(source)]
    return "\n".join([f"## `{family}`\n", "| event | what it records | written by |", "|---|---|---|", *rows]) + "\n"


def _codes() -> str:
    folder = files("timelines") / "messages" / "codes"
    names = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    lines = ["## Code tables\n", "| table | codes | source |", "|---|---|---|"]
    for name in names:
        text = (folder / f"{name}.toml").read_text("utf-8").split("\n")
        comment = " ".join(line.removeprefix("#").strip() for line in text[: _first(text)])
        lines.append(f"| `{name}` | {len(tables(name).meanings)} | {_cell(comment)} |")
    return "\n".join(lines) + "\n"


def _first(lines: list[str]) -> int:
    """How many lines the comment at the head of a file has."""
    return next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))


def messages_page() -> str:
    """The whole page, as Markdown."""
    told = [source for source in sources() if source.events]
    families = sorted({source.family for source in told})
    windows = sum(family.startswith("windows/") for family, _, _ in event_types())
    count = f"{len(event_types())} kinds of events, {windows} of them of Windows logs.\n"
    sections = [_section(family, [source for source in told if source.family == family]) for family in families]
    return "\n".join([_HEAD, count, *sections, _codes()])


def main() -> None:
    """Write the page to standard output, as UTF-8 with `\\n` on every system."""
    sys.stdout.buffer.write(messages_page().encode("utf-8"))


if __name__ == "__main__":
    main()
