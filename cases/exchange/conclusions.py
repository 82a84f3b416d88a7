"""Findings as exports tell them: in the reader's words, with what they do not show beside what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cases.examiner import State
from cases.exchange.content import Content
from cases.languages import Language, language
from timelines.findings import Finding


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One finding, its plain words in the language of the export (the examiner's before the rule's), and its review."""

    finding: Finding
    words: Mapping[str, str]
    language: Language
    review: State = "open"

    @property
    def title(self) -> str:
        return self.words.get("title") or self.finding.title

    def statement(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """What it shows, what it does not show, other explanations, what would change it, why the rule was fulfilled, grade, level, id."""
        found, word = self.finding, self.language.word
        lines = [
            ("finding.shows", self.words.get("shows") or found.description),
            ("finding.does_not_show", self.words.get("does_not_show") or word("finding.not_given")),
            ("finding.alternatives", self.words.get("alternatives") or "; ".join(found.falsepositives)),
            ("finding.would_change", self.words.get("would_change", "")),
            ("finding.why", found.why),
            ("finding.cve", ", ".join(found.cve)),
            ("finding.grade", self._known("grade", found.grade)),
            ("finding.level", self._known("level", found.level)),
            ("finding.id", found.finding_id),
        ]
        said = [f"{word(key)}: {text}" for key, text in lines if text]
        said += [
            f"{word('record.id')} {row}: {self._known('role', role)}"
            for role, rows in found.followed.items()
            for row in rows
        ]
        return [*said, word("finding.not_person")]

    def _known(self, group: str, name: str) -> str:
        return self.language.word(f"{group}.{name}") if self.language.known(f"{group}.{name}") else name


def every(case: Content, lang: str) -> list[Conclusion]:
    """All findings in order as they were made, those set aside included."""
    words = language(lang)
    return [
        Conclusion(found, {**found.texts.get(lang, {}), **review.words(lang)}, words, review.state)
        for found, review in ((one.finding, one.review) for one in case.findings)
    ]


def conclusions(case: Content, lang: str) -> tuple[list[Conclusion], int]:
    """The findings that stand, in order, and how many are set aside: rejected, or merged into another, which then cites their rows."""
    known = case.findings
    made = {one.finding.finding_id: one.finding for one in known}
    standing = [
        replace(told, finding=_joined(told.finding, [made[other] for other in one.review.merged]))
        for told, one in zip(every(case, lang), known, strict=True)
        if one.review.stands
    ]
    return standing, len(known) - len(standing)


def _joined(kept: Finding, others: Sequence[Finding]) -> Finding:
    whole = (kept, *others)
    moments = [moment for found in whole for moment in (found.first, found.last) if moment is not None]
    return replace(
        kept,
        rows=tuple(dict.fromkeys(row for found in whole for row in found.rows)),
        attack=tuple(sorted({technique for found in whole for technique in found.attack})),
        cve=tuple(sorted({number for found in whole for number in found.cve})),
        followed=_followed(whole),
        first=min(moments, default=None),
        last=max(moments, default=None),
    )


def _followed(whole: Sequence[Finding]) -> dict[str, tuple[str, ...]]:
    """The rows that followed what any of the findings found, and that none of them found itself."""
    found = {row for one in whole for row in one.rows} - {
        row for one in whole for rows in one.followed.values() for row in rows
    }
    by_role: dict[str, dict[str, None]] = {}
    for one in whole:
        for role, rows in one.followed.items():
            by_role.setdefault(role, {}).update(dict.fromkeys(row for row in rows if row not in found))
    return {role: tuple(rows) for role, rows in sorted(by_role.items()) if rows}


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
