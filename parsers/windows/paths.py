"""From an event's document to named fields: which column each value belongs to.

`System` has fixed columns. `Data` takes its `Name`, or `Data` where it has none. Everywhere else a leaf's own name is its element's
name and an attribute's is `Element_Attribute`; where such names repeat under different parents they are stored as `Parent_Leaf`.
Sections other than System, EventData and UserData (RenderingInfo, ProcessingErrorData …) put their name before it.
Namespace declarations and the names of elements that only hold others are markup, not values: `athar show` prints them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

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
    """A document whose names are themselves values, or that has too many; read it record by record."""


def layout(roots: list[Part]) -> Layout:
    """The fields of an event's document. Raises Unnameable where a name is a slot or MAX_FIELDS is passed."""
    system: dict[str, Text] = {}
    found: list[Field] = []
    for root in roots:
        if not isinstance(root, Element):
            _add(found, "Event", (), (root,))
        elif root.name == "Event":
            found += [Field(f"Event_{name}", f"Event_{name}", text) for name, text in _attributes(root)]
            for part in root.children:
                _section(part, system, found)
        else:
            _section(root, system, found)
    return Layout(system, _distinct(found))


def _section(part: Part, system: dict[str, Text], found: list[Field]) -> None:
    if not isinstance(part, Element):
        _add(found, "Event", (), (part,))
    elif part.name == "System":
        _system(part, system, found)
    elif part.name in ("EventData", "UserData"):
        _values(part, "", (), found)
    else:
        _values(part, f"{part.name}_", (), found)


def _system(section: Element, system: dict[str, Text], found: list[Field]) -> None:
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
                found.append(Field(own, own, text))
        for child in part.children:
            if isinstance(child, Element):
                _values(child, f"{part.name}_", (part.name,), found)


def _values(element: Element, prefix: str, parents: tuple[str, ...], found: list[Field]) -> None:
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


def _add(found: list[Field], own: str, parents: tuple[str, ...], text: tuple[Part, ...]) -> None:
    if len(found) >= MAX_FIELDS:
        raise Unnameable(f"more than {MAX_FIELDS} values in one event")
    stored = f"{parents[-1]}_{own}" if parents else own
    found.append(Field(own, stored, tuple(part for part in text if not isinstance(part, Element))))


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
    counts = Counter(field.own for field in found)
    return tuple(
        field if counts[field.own] > 1 and field.own != "Data" else Field(field.own, field.own, field.text)
        for field in found
    )
