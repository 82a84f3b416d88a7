"""A case is a folder that can be copied, zipped and opened elsewhere: nothing inside names a place outside by absolute path,
but for where each exhibit was read from, which is optional.

```
CASE/  case.toml        number, title, request, people, questions, display zone, languages
       custody.jsonl    chain of custody     custody.head   its anchored head
       exhibits.json    exhibits and every file of them
       timeline/        rows (timelines.store)     findings/  findings, matches, rule outcomes, reviews, opinions
       reports/         issued summaries
```
"""

from __future__ import annotations

import getpass
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from cases import durable, exhibits, toml
from cases.custody import Act, Custody, Entry, Subject
from cases.errors import CaseError
from timelines.hashing import sha256_file
from timelines.inventory import Exhibit
from timelines.times import zone as iana_zone

FORMAT = 1
FILE = "case.toml"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the request, in the words of the authority; `texts` holds its translations by language, where there are any."""

    id: str
    text: str
    texts: Mapping[str, str] = field(default_factory=dict)

    def said(self, language: str) -> str:
        """The question in a language, else as it was put."""
        return self.texts.get(language, self.text)


DOCUMENTS = ("summary", "analysis", "expertise", "proces-verbal")


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """What the case is about. A field that nobody supplied is None, and is printed as "not supplied".

    `document` is what the summary is headed as, one of DOCUMENTS: `expertise` only where an expert was commissioned.
    """

    number: str | None = None
    title: str | None = None
    request_number: str | None = None
    authority: str | None = None
    requester: str | None = None
    examiner: str | None = None
    laboratory: str | None = None
    legal_basis: str | None = None
    zone: str | None = None
    document: str | None = None
    languages: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def utc_now() -> datetime:
    return datetime.now(UTC)


def tool_version() -> str:
    """The version of the installed tool, as custody and reports name it."""
    try:
        return metadata.version("athar-forensics")
    except metadata.PackageNotFoundError:
        return "unknown"


def operator() -> str:
    """The account that runs the tool, as the system names it; `unknown` where it does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts on the case, with what, and by which clock: what every custody entry needs."""

    who: str = field(default_factory=operator)
    tool: str = "athar"
    version: str = field(default_factory=tool_version)
    clock: Callable[[], datetime] = utc_now

    def now(self) -> str:
        """The clock's time in UTC, to the second: `2026-01-02T03:04:05Z`."""
        return self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Case:
    """An open case. Make one with `Case.create` or `Case.open`."""

    def __init__(self, folder: Path, info: CaseInfo, hand: Hand) -> None:
        self.folder = folder
        self.info = info
        self.hand = hand
        self.custody = Custody(folder)
        self.register = exhibits.Register(folder)
        self.hashed: set[str] = set()  # numbers of the exhibits that were hashed since the case was opened

    @classmethod
    def create(cls, folder: Path | str, info: CaseInfo | None = None, hand: Hand | None = None) -> Case:
        """Make a case in a new or empty folder. Raises CaseError, also when the folder can't be written."""
        folder, info, hand = Path(folder), info or CaseInfo(), hand or Hand()
        _check(info)
        if (folder / FILE).exists():
            raise CaseError(f"{folder}: a case is here already; open it, or choose another folder")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise CaseError(f"{folder}: the folder is not empty; a case needs a new or empty folder")
            for name in ("timeline", "findings", "reports"):
                (folder / name).mkdir()
        except OSError as error:
            raise CaseError(
                f"{folder}: cannot make a case here: {error.strerror or error}; choose a folder you can write to"
            ) from error
        case = cls(folder, info, hand)
        durable.write(folder / FILE, _document(info).encode())
        case.register.save()
        case.log("case-created", {}, [FILE, exhibits.FILE])
        return case

    @classmethod
    def open(cls, folder: Path | str, hand: Hand | None = None) -> Case:
        """Open a case. Raises CaseError when the folder is not one, or was made by a newer version."""
        folder = Path(folder)
        path = folder / FILE
        if not path.is_file():
            raise CaseError(
                f"{folder}: not a case (no {FILE} in it); give the folder that `athar case new` or `athar run` made"
            )
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise CaseError(f"{path}: cannot read: {error.strerror or error}") from error
        except ValueError as error:
            raise CaseError(f"{path}: not valid TOML: {error}; correct it or restore it from a copy") from error
        return cls(folder, _info(values, path), hand or Hand())

    @property
    def timeline_folder(self) -> Path:
        return self.folder / "timeline"

    @property
    def findings_folder(self) -> Path:
        return self.folder / "findings"

    @property
    def reports_folder(self) -> Path:
        return self.folder / "reports"

    def amend(self, **changes: Any) -> None:
        """Change fields of the case's details; custody keeps the old values beside the new. Raises CaseError for a value that
        can't be."""
        unknown = sorted(set(changes) - {f.name for f in fields(CaseInfo)})
        if unknown:
            raise CaseError(
                f"no such case field: {', '.join(unknown)}; there are {', '.join(f.name for f in fields(CaseInfo))}"
            )
        info = replace(self.info, **changes)
        _check(info)
        before, after = asdict(self.info), asdict(info)
        told = {name: {"from": before[name], "to": after[name]} for name in sorted(changes)}
        durable.write(self.folder / FILE, _document(info).encode())
        self.info = info
        self.log("case-amended", {"fields": sorted(changes), "changes": told}, [FILE])

    def log(
        self, action: str, options: Mapping[str, Any], files: Iterable[str] = (), subjects: Iterable[Subject] = ()
    ) -> Entry:
        """Record an act in custody: `files` are files of the case (relative, `/` between parts), hashed now; `subjects` come hashed.

        `athar verify` compares each file of the case with the hash in the last entry that names it.
        """
        hashed = [Subject(name, sha256_file(self.folder / name)) for name in files]
        hand = self.hand
        return self.custody.append(
            Act(hand.now(), hand.who, action, hand.tool, hand.version, options, [*hashed, *subjects])
        )

    def save_register(self, action: str, options: Mapping[str, Any], number: str) -> Entry:
        """Save the register and record it, with the hash of every file on disk of exhibit `number`."""
        self.register.save()
        subjects = [Subject(f"{e.exhibit}/{e.file}", e.sha256) for e in self.register.on_disk(number)]
        return self.log(action, options, [exhibits.FILE], subjects)

    def locate(self, exhibit: Exhibit | str, override: Path | None = None) -> Path:
        """Where an exhibit lies on this machine (`override`: where the evidence is now). Raises CaseError when it is not there."""
        found = self.register.exhibit(exhibit) if isinstance(exhibit, str) else exhibit
        return exhibits.locate(found, override, alone=len(self.register.exhibits) == 1)

    def locate_file(self, number: str, file: str, override: Path | None = None) -> Path:
        """The file on disk that holds the bytes of `file`: itself, or its outermost container. Raises CaseError when it is not there."""
        exhibit, entry = self.register.exhibit(number), self.register.entry(number, file)
        path = exhibits.place_in(self.locate(exhibit, override), exhibit, entry.on_disk or entry.file)
        if not path.is_file():
            raise CaseError(f"{number}/{file}: the evidence file is not at {path}; say where the evidence is now")
        return path


_TEXTS = tuple(f.name for f in fields(CaseInfo) if f.name not in ("languages", "questions"))
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_TRANSLATED = re.compile(r"text_[a-z]{2,3}")


def _check(info: CaseInfo) -> None:
    for language in (*info.languages, *(code for question in info.questions for code in question.texts)):
        if not _LANGUAGE.fullmatch(language):
            raise CaseError(f"language {language!r}: expected a code such as en, fr or ar")
    ids = [question.id for question in info.questions]
    if len(set(ids)) != len(ids):
        raise CaseError(f"two questions share an id among {', '.join(ids)}; give each its own")
    if info.document is not None and info.document not in DOCUMENTS:
        raise CaseError(f"document {info.document!r}: expected one of {', '.join(DOCUMENTS)}")
    try:
        if info.zone is not None:
            iana_zone(info.zone)
        _document(info)
    except ValueError as error:
        raise CaseError(str(error)) from error


def _document(info: CaseInfo) -> str:
    values: dict[str, toml.Value] = {"athar_case": FORMAT}
    values |= {name: value for name in _TEXTS if (value := getattr(info, name)) is not None}
    if info.languages:
        values["languages"] = info.languages
    if info.questions:
        values["questions"] = [
            {"id": asked.id, "text": asked.text, **{f"text_{code}": text for code, text in asked.texts.items()}}
            for asked in info.questions
        ]
    return toml.dump(values)


def _is_question(table: Mapping[str, Any]) -> bool:
    return {"id", "text"} <= set(table) and all(_TRANSLATED.fullmatch(name) for name in set(table) - {"id", "text"})


def _asked(table: Mapping[str, str]) -> Question:
    texts = {name.removeprefix("text_"): text for name, text in table.items() if name not in ("id", "text")}
    return Question(table["id"], table["text"], texts)


def _info(values: dict[str, Any], path: Path) -> CaseInfo:
    version = values.pop("athar_case", None)
    if type(version) is not int:
        raise CaseError(f"{path}: not a case (no whole number `athar_case`); it was not written by Athar")
    if version > FORMAT:
        raise CaseError(f"{path}: case format {version}, this version of Athar reads up to {FORMAT}; use a newer Athar")
    unknown = sorted(set(values) - {f.name for f in fields(CaseInfo)})
    if unknown:
        raise CaseError(
            f"{path}: unknown field {unknown[0]!r}; there are {', '.join(f.name for f in fields(CaseInfo))}"
        )
    for name in _TEXTS:
        if not isinstance(values.get(name, ""), str):
            raise CaseError(f'{path}: {name}: expected text in "quotes", found {values[name]!r}')
    languages, questions = values.pop("languages", []), values.pop("questions", [])
    if not isinstance(languages, list) or not all(isinstance(code, str) for code in languages):
        raise CaseError(f'{path}: languages: expected a list such as ["fr", "ar"]')
    if not isinstance(questions, list) or not all(
        isinstance(q, dict) and _is_question(q) and all(isinstance(v, str) for v in q.values()) for q in questions
    ):
        raise CaseError(
            f"{path}: questions: expected [[questions]] with id and text, and its translations as text_fr and the like"
        )
    info = CaseInfo(**values, languages=tuple(languages), questions=tuple(map(_asked, questions)))
    _check(info)
    return info
