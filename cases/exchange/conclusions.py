"""Findings as exports tell them: in the reader's words, with what they do not show beside what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cases.case import Case
from cases.findings import load_findings
from cases.languages import Language, language
from timelines.findings import Finding


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One finding and its plain words in the language of the export."""

    finding: Finding
    words: Mapping[str, str]
    language: Language

    @property
    def title(self) -> str:
        return self.words.get("title") or self.finding.title

    def statement(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """What it shows, what it does not show, other explanations, why the rule was fulfilled, grade, level, id."""
        found, word = self.finding, self.language.word
        lines = [
            ("finding.shows", self.words.get("shows") or found.description),
            ("finding.does_not_show", self.words.get("does_not_show") or word("finding.not_given")),
            ("finding.alternatives", self.words.get("alternatives") or "; ".join(found.falsepositives)),
            ("finding.why", found.why),
            ("finding.grade", self._known("grade", found.grade)),
            ("finding.level", self._known("level", found.level)),
            ("finding.id", found.finding_id),
        ]
        said = [f"{word(key)}: {text}" for key, text in lines if text]
        return [*said, word("finding.not_person")]

    def _known(self, group: str, name: str) -> str:
        return self.language.word(f"{group}.{name}") if self.language.known(f"{group}.{name}") else name


def conclusions(case: Case, lang: str) -> list[Conclusion]:
    """The findings in order."""
    words = language(lang)
    return [Conclusion(found, found.texts.get(lang, {}), words) for found in load_findings(case.findings_folder)]


def cited(told: Sequence[Conclusion]) -> tuple[str, ...]:
    """Every row id that a finding cites, once, in order of the findings."""
    return tuple(dict.fromkeys(row for one in told for row in one.finding.rows))


def techniques(told: Sequence[Conclusion]) -> dict[str, list[Conclusion]]:
    """The findings of each ATT&CK technique, techniques in order."""
    found: dict[str, list[Conclusion]] = {}
    for one in told:
        for technique in one.finding.attack:
            found.setdefault(technique, []).append(one)
    return dict(sorted(found.items()))
