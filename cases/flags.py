"""Remarks on records (`flags`) in the words of a language."""

from __future__ import annotations

from cases.languages import Language


def told(flags: str, words: Language) -> str:
    """`loose,no-date` as a reader reads it; a remark of a foreign reader that has no words stays as it is."""
    return words.word("common.comma").join(named(flag, words) for flag in flags.split(",")) if flags else ""


def named(flag: str, words: Language) -> str:
    key = f"flag.{flag}"
    return words.word(key) if words.known(key) else flag
