"""`docs/messages.md` says what the meanings say, and there are as many as investigators were promised."""

from __future__ import annotations

from pathlib import Path

from timelines.meanings import Meaning, Source, sources
from timelines.messages_page import _rows, event_types, messages_page

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"
PROMISED = 280  # kinds of events of Windows logs with a sentence in three languages


def test_the_page_in_the_repository_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == messages_page(), (
        "docs/messages.md is out of date; run: python -m timelines.messages_page > docs/messages.md"
    )


def test_enough_windows_events_are_told_in_three_languages() -> None:
    told = {
        (source.family, source.providers, event)
        for source in sources()
        for event, found in source.events.items()
        if all(found.message.get(language) and found.title.get(language) for language in ("en", "fr", "ar"))
    }
    assert told == event_types()
    assert sum(family.startswith("windows/") for family, _, _ in told) >= PROMISED


def test_no_event_of_a_provider_is_told_twice() -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for source in sources():
        for event in source.events:
            for provider in source.providers or ("",):
                seen[source.family, provider, event] = seen.get((source.family, provider, event), 0) + 1
    assert [key for key, count in seen.items() if count > 1] == []


def test_every_event_is_a_row_and_a_bar_does_not_break_it() -> None:
    page = messages_page()
    assert sum(len(source.events) for source in sources()) == len(event_types())
    for source in sources():
        for row in _rows(source):
            assert f"{row}\n" in page
    told = Source(
        "windows/x", ("A", "B*"), Meaning({}), {"10": Meaning({}, {"en": "a | b"}), "9": Meaning({}, {"en": "c"})}
    )
    assert _rows(told) == ["| 9 | c | `A`, `B*` |", "| 10 | a \\| b | `A`, `B*` |"]
