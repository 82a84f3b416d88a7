"""An event's values under the names of its columns, by the rules that docs/verification.md states, written apart from the parser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from timelines.families.windows import COLUMNS
from timelines.schema import stored_names

_SYSTEM = {
    "Provider/Name": "Provider_Name",
    "Provider/Guid": "Provider_Guid",
    "Provider/EventSourceName": "EventSourceName",
    "EventID/Qualifiers": "Qualifiers",
    "TimeCreated/SystemTime": "time",
    "EventRecordID/": "record",
    "Correlation/ActivityID": "Correlation_ActivityID",
    "Correlation/RelatedActivityID": "Correlation_RelatedActivityID",
    "Execution/ProcessID": "Execution_ProcessID",
    "Execution/ThreadID": "Execution_ThreadID",
    "Security/UserID": "Security_UserID",
    **{
        f"{name}/": name
        for name in ("EventID", "Version", "Level", "Task", "Opcode", "Keywords", "Channel", "Computer")
    },
}


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text; `filled`: a record's own value, not its template's."""

    text: str | None
    filled: bool


@dataclass(slots=True)
class Element:
    """An element of an event's document."""

    name: str
    attributes: list[tuple[str, list[Text]]] = field(default_factory=list)
    children: list[Element | Text] = field(default_factory=list)

    def elements(self) -> list[Element]:
        return [child for child in self.children if isinstance(child, Element)]

    def texts(self) -> list[Text]:
        found = [child for child in self.children if isinstance(child, Text)]
        blank = self.elements() and all(not piece.filled and not (piece.text or "").strip() for piece in found)
        return [] if blank else found


_Named = tuple[str, str, str | None]  # its own name, its name beside others of that name, its text


def named(document: Element) -> dict[str, str | None]:
    """Every value of a document by the name of its column."""
    system: dict[str, str | None] = {}
    others: list[_Named] = []
    for top in document.elements():
        sections = top.elements() if top.name == "Event" else [top]
        if top.name == "Event":
            others += [(f"Event_{key}", f"Event_{key}", text) for key, text in _attributes(top)]
        for section in sections:
            if section.name == "System":
                others += _system(section, system)
            else:
                prefix = "" if section.name in ("EventData", "UserData") else f"{section.name}_"
                others += _values(section, prefix, ())
    counts = Counter(own for own, _, _ in others)
    names = [own if counts[own] == 1 or own == "Data" else beside for own, beside, _ in others]
    stored = stored_names(names, (*(column.name for column in COLUMNS), "index"))
    return {**system, **{name: text for name, (_, _, text) in zip(stored, others, strict=True)}}


def _joined(pieces: list[Text]) -> str | None:
    known = [piece.text for piece in pieces if piece.text is not None]
    return "".join(known) if known else None


def _attributes(element: Element) -> list[tuple[str, str | None]]:
    return [(k, _joined(v)) for k, v in element.attributes if k != "xmlns" and not k.startswith("xmlns:")]


def _system(section: Element, system: dict[str, str | None]) -> Iterator[_Named]:
    """Fills `system`; gives what has no column of its own."""
    for part in section.elements():
        own = [(key, text, True) for key, text in _attributes(part)]
        for key, text, _ in [*own, ("", _joined(part.texts()), False)]:
            column = _SYSTEM.get(f"{part.name}/{key}")
            if column is not None and column not in system:
                system[column] = text
            elif key or part.texts():
                name = f"{part.name}_{key}" if key else part.name
                if column is None or part.texts():
                    yield name, name, text
        for child in part.elements():
            yield from _values(child, f"{part.name}_", (part.name,))


def _values(element: Element, prefix: str, parents: tuple[str, ...]) -> Iterator[_Named]:
    name, here = element.name, prefix if parents else ""
    attributes = _attributes(element)
    if name in ("Data", "ComplexData"):
        given = dict(attributes).get("Name")
        attributes = [(key, text) for key, text in attributes if key != "Name"]
        name = (given or "").strip() or name
    before = f"{parents[-1]}_" if parents else ""
    for key, text in attributes:
        yield f"{here}{name}_{key}", f"{before}{here}{name}_{key}", text
    texts, leaf = element.texts(), not element.elements() and not attributes
    if any(piece.filled or (piece.text or "").strip() for piece in texts) or (leaf and (parents or texts)):
        yield f"{here}{name}", f"{before}{here}{name}", _joined(texts)
    for child in element.elements():
        yield from _values(child, prefix, (*parents, element.name))
