"""The examiner's decisions on findings: accept, reject, edit, merge, add. Each is a record of its own, by a name and with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from dataclasses import replace as with_changes
from typing import Any

from cases.case import Case
from cases.errors import CaseError
from cases.examiner import WORDS, Action, Review
from cases.languages import language
from cases.notebook import one_line
from cases.reviews import Reviewed, digest, notebook, reviews
from timelines.findings import LEVELS, Finding
from timelines.query import Timeline

ACTIONS: dict[Action, str] = {
    "accept": "finding-accepted",
    "reject": "finding-rejected",
    "edit": "finding-edited",
    "merge": "findings-merged",
    "add": "finding-added",
}
RULE = "examiner"  # what stands for a rule in a finding that no rule made


@dataclass(frozen=True, slots=True)
class Added:
    """A finding as the examiner states it: the rows it cites (ids, or the beginnings of ids), its importance, its words by name."""

    rows: tuple[str, ...]
    level: str
    words: Mapping[str, str]
    lang: str = ""


def accept(case: Case, wanted: str, why: str) -> Finding:
    """Take a finding as one's own. What was rejected or merged stands again."""
    return _decide(case, "accept", reviews(case).find(wanted), why)


def reject(case: Case, wanted: str, why: str) -> Finding:
    """Set a finding aside. It leaves the first page, and stays in the case and in a list of its own."""
    return _decide(case, "reject", reviews(case).find(wanted), why)


def edit(case: Case, wanted: str, why: str, words: Mapping[str, str], lang: str = "") -> Finding:
    """Give a finding words (those of `examiner.WORDS`) in the language `lang`, or for every language.

    The words of the rule stay, and are printed beside them.
    """
    given = _words(words, lang)
    if not given:
        raise CaseError(f"nothing to edit; give one of {', '.join(WORDS)}")
    return _decide(case, "edit", reviews(case).find(wanted), why, words=given, lang=lang)


def merge(case: Case, keep: str, others: Sequence[str], why: str) -> Finding:
    """Join findings to one that tells them all. What was joined to one of them before is joined to the new one."""
    known = reviews(case)
    target = known.find(keep)
    if not target.review.stands:
        state = f"{target.review.state} into {target.review.into}" if target.review.into else target.review.state
        raise CaseError(f"{target.finding.finding_id} is {state}; merge into a finding that stands")
    joined = {found.finding.finding_id: found for found in map(known.find, others)}
    joined |= {key: known.find(key) for found in list(joined.values()) for key in found.review.merged}
    if not joined or target.finding.finding_id in joined:
        raise CaseError(f"{target.finding.finding_id}: a finding is not merged into itself; give the other findings")
    for found in joined.values():
        _decide(case, "merge", found, why, into=target.finding.finding_id)
    return target.finding


def add(case: Case, stated: Added, why: str) -> Finding:
    """Add a finding of the examiner's own over rows of the timeline. Raises CaseError for a row that is not there.

    Its grade follows from its rows alone (`timelines.findings.grade` for a rule of the lowest level): a person's judgement of how
    grave it is makes it no firmer.
    """
    words = _words(stated.words, stated.lang)
    if "title" not in words:
        raise CaseError("the finding has no title; expected words that say what it is")
    if stated.level not in LEVELS:
        raise CaseError(f"level {stated.level!r}: expected one of {', '.join(LEVELS)}")
    why = one_line("--why", why)
    finding = _concluded(case, stated, words["title"], why)
    if any(found.finding.finding_id == finding.finding_id for found in reviews(case).findings):
        raise CaseError(f"{finding.finding_id}: the same title over the same rows was added before; edit that one")
    return _decide(case, "add", Reviewed(finding, Review()), why, words=words, lang=stated.lang, added=asdict(finding))


def _concluded(case: Case, stated: Added, title: str, why: str) -> Finding:
    from timelines.detection.cited import CITED, Cited
    from timelines.detection.conclusions import CitedTexts
    from timelines.detection.rules import About

    timeline = Timeline(case.timeline_folder)
    rows = sorted({_row(timeline, wanted) for wanted in stated.rows})
    if not rows:
        raise CaseError("the finding cites no row; expected at least one row id")
    columns = ", ".join(f'"{name}"' for name in CITED)
    table = timeline.sql(
        f'select {columns} from timeline where row_id in (select unnest(?)) order by time nulls last, exhibit, file, "offset", row_id',
        [rows],
    )
    about = About(RULE, title, LEVELS[0], RULE)
    found = CitedTexts.of(Cited(table)).concluded(
        about, "human", "\n".join([title, *rows]), range(table.num_rows), why, strict=False
    )
    return with_changes(found, level=stated.level)


def _row(timeline: Timeline, wanted: str) -> str:
    """The id of the one row whose id begins with `wanted`."""
    beginning = wanted.strip().lower()
    query = "select row_id from timeline where starts_with(row_id, ?) limit 2"
    found = timeline.sql(query, [beginning]).column(0).to_pylist() if beginning else []
    if len(found) != 1:
        reason = "more than one row" if found else "no row"
        raise CaseError(
            f"{reason} of this case has an id that begins with {wanted!r}; athar timeline CASE --columns row_id,time,message"
        )
    return str(found[0])


def _words(words: Mapping[str, str], lang: str) -> dict[str, str]:
    if lang:
        language(lang)
    unknown = sorted(set(words) - set(WORDS))
    if unknown:
        raise CaseError(f"no such words: {', '.join(unknown)}; expected {', '.join(WORDS)}")
    return {name: one_line(name, text) for name, text in words.items()}


def _decide(case: Case, action: Action, found: Reviewed, why: str, **more: Any) -> Finding:
    record = {
        "finding": found.finding.finding_id,
        "action": action,
        "why": one_line("--why", why),
        "seen": digest(found.finding),
        **more,
    }
    notebook(case).add(ACTIONS[action], record)
    return found.finding
