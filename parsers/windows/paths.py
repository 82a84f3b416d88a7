"""From an event's document to named fields: which column each value belongs to.

`System` has fixed columns. `Data` takes its `Name`, or `Data` where it has none. Everywhere else a leaf's own name is its element's
name and an attribute's is `Element_Attribute`; where such names repeat under different parents they are stored as `Parent_Leaf`.
Sections other than System, EventData and UserData (RenderingInfo, ProcessingErrorData …) put their name before it.
Namespace declarations and the names of elements that only hold others are markup, not values: `athar show` prints them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from parsers.windows.document import Element, Part, Slot

TIME = "time"
RECORD = "EventRecordID"

SYSTEM = {
    ("Provider", "Name"): "Provider_Name",
    ("Provider", "Guid"): "Provider_Guid",
    ("Provider", "EventSourceName"): "EventSourceName",
    ("EventID", ""): "EventID",
    ("EventID", "Qualifiers"): "Qualifiers",
    ("Version", ""): "Version",
    ("Level", ""): "Level",
    ("Task", ""): "Task",
    ("Opcode", ""): "Opcode",
    ("Keywords", ""): "Keywords",
    ("TimeCreated", "SystemTime"): TIME,
    ("EventRecordID", ""): RECORD,
    ("Correlation", "ActivityID"): "Correlation_ActivityID",
    ("Correlation", "RelatedActivityID"): "Correlation_RelatedActivityID",
    ("Execution", "ProcessID"): "Execution_ProcessID",
    ("Execution", "ThreadID"): "Execution_ThreadID",
    ("Channel", ""): "Channel",
    ("Computer", ""): "Computer",
    ("Security", "UserID"): "Security_UserID",
}
MAX_FIELDS = 4096  # columns of one event; Windows allows far fewer
MAX_NAMES = 1 << 18  # characters of their names; a long name can stand once and be used for every value

Text = tuple[str | Slot, ...]  # pieces of one value, in order; none at all is null


@dataclass(frozen=True, slots=True)
class Field:
    """A value of an event: its name in the evidence, the name to store it under, and its pieces."""

    own: str
    stored: str
    text: Text


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an event's values go: `system` by declared column, the rest in document order."""

    system: dict[str, Text]
    fields: tuple[Field, ...]


class Unnameable(ValueError):
    """A document whose names are themselves values, or that has too many; read it record by record. `before`: what could be named."""

    before: Layout = Layout({}, ())


@dataclass(slots=True)
class _Found:
    """The fields that were met so far, and how many characters their names take."""

    fields: list[Field] = field(default_factory=list)
    named: int = 0

    def add(self, own: str, stored: str, text: Text) -> None:
        """Raises Unnameable past MAX_FIELDS or MAX_NAMES."""
        self.named += len(own) + len(stored)
        if len(self.fields) >= MAX_FIELDS:
            raise Unnameable(f"more than {MAX_FIELDS} values in one event")
        if self.named > MAX_NAMES:
            raise Unnameable(f"names of more than {MAX_NAMES} characters in one event")
        self.fields.append(Field(own, stored, text))


def layout(roots: list[Part]) -> Layout:
    """The fields of an event's document. Raises Unnameable where a name is a slot or a limit is passed."""
    system: dict[str, Text] = {}
    found = _Found()
    try:
        for root in roots:
            _root(root, system, found)
    except Unnameable as error:
        error.before = Layout(system, _distinct(found.fields))
        raise
    return Layout(system, _distinct(found.fields))


def _root(root: Part, system: dict[str, Text], found: _Found) -> None:
    if not isinstance(root, Element):
        _add(found, "Event", (), (root,))
    elif root.name == "Event":
        for name, text in _attributes(root):
            found.add(f"Event_{name}", f"Event_{name}", text)
        for part in root.children:
            _section(part, system, found)
    else:
        _section(root, system, found)


def _section(part: Part, system: dict[str, Text], found: _Found) -> None:
    if not isinstance(part, Element):
        _add(found, "Event", (), (part,))
    elif part.name == "System":
        _system(part, system, found)
    elif part.name in ("EventData", "UserData"):
        _values(part, "", (), found)
    else:
        _values(part, f"{part.name}_", (), found)


def _system(section: Element, system: dict[str, Text], found: _Found) -> None:
    """Values of System: declared columns once each, everything else as `Element_Attribute`."""
    for part in section.children:
        if not isinstance(part, Element):
            _add(found, "System", (), (part,))
            continue
        pairs = [(name, text) for name, text in _attributes(part)]
        pairs.append(("", _text(part)))
        for attribute, text in pairs:
            column = SYSTEM.get((part.name, attribute))
            if column is not None and column not in system:
                system[column] = text
            elif text or (attribute and column is None):
                own = f"{part.name}_{attribute}" if attribute else part.name
                found.add(own, own, text)
        for child in part.children:
            if isinstance(child, Element):
                _values(child, f"{part.name}_", (part.name,), found)


def _values(element: Element, prefix: str, parents: tuple[str, ...], found: _Found) -> None:
    """An element outside System: its attributes, its text, then its children."""
    name = element.name
    prefix_here = prefix if parents else ""  # a section does not stand before its own name
    attributes = _attributes(element)
    if name in ("Data", "ComplexData"):
        given = dict(attributes).pop("Name", None)
        attributes = [(key, text) for key, text in attributes if key != "Name"]
        if given is not None:
            if not all(isinstance(piece, str) for piece in given):
                raise Unnameable("the name of a Data element is itself a value")
            name = "".join(str(piece) for piece in given).strip() or name
    for key, text in attributes:
        _add(found, f"{prefix_here}{name}_{key}", parents, text)
    held = [part for part in element.children if isinstance(part, Element)]
    text = _text(element)
    data = (
        element.name in ("Data", "ComplexData") and not held
    )  # counted even when empty: names of its like are numbered
    if text or data or (parents and not held and not attributes):
        _add(found, f"{prefix_here}{name}", parents, text)
    for part in held:
        _values(part, prefix, (*parents, element.name), found)


def _add(found: _Found, own: str, parents: tuple[str, ...], text: tuple[Part, ...]) -> None:
    stored = f"{parents[-1]}_{own}" if parents else own
    found.add(own, stored, tuple(part for part in text if not isinstance(part, Element)))


def _attributes(element: Element) -> list[tuple[str, Text]]:
    return [
        (name, tuple(part for part in parts if not isinstance(part, Element)))
        for name, parts in element.attributes
        if name != "xmlns" and not name.startswith("xmlns:")
    ]


def _text(element: Element) -> Text:
    """The text directly inside an element; white space between its children is layout, not text."""
    parts = tuple(part for part in element.children if not isinstance(part, Element))
    if len(parts) < len(element.children) and all(isinstance(part, str) and not part.strip() for part in parts):
        return ()
    return parts


def _distinct(found: list[Field]) -> tuple[Field, ...]:
    """Names that stand once are stored as they are; repeated ones with their parent, save unnamed Data."""
    counts = Counter(one.own for one in found)
    return tuple(
        one if counts[one.own] > 1 and one.own != "Data" else Field(one.own, one.own, one.text) for one in found
    )
