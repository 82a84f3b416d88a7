"""Records of Windows event logs as python-evtx reads them.

Only its reading of bytes is used (`Evtx.Evtx`, `Evtx.Nodes`), each record straight at its offset, so that logs with stale headers are
read too. Its view as XML is passed over: it drops control characters, and a crafted template makes it grow without bound. python-evtx
loads a chunk's whole string table, which a crafted one turns into an endless loop: names and templates are looked up one by one instead.
Its times are computed in floating point and wrong by up to 3 µs: of a FILETIME its 64-bit number is taken, and converted here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import metadata
from typing import Any

from parsers.second.event_names import Element, Text, named
from parsers.second.reading import Place, Reading, Tool, Unread
from parsers.windows.places import chunk_base

_CHUNK = 0x10000  # bytes: MS-EVEN6, and Libyal's description of the file
_BUDGET = 200_000  # elements and values of one record; a record of 64 KiB holds far fewer unless it repeats itself
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_JOIN = " ¦ "  # as the timeline joins the items of an array
_WRITTEN = 0x10  # where a record's header has its time
_INSTANTS = range(1678, 2262)  # years in which the timeline can hold an instant


def tool() -> Tool:
    """The package and its version."""
    return Tool("python-evtx", metadata.version("python-evtx"), "the record at the row's offset, value by value")


class _Lookup(dict[int, Any]):
    """Names or templates of a chunk by offset, each read when it is asked for."""

    def __init__(self, make: Callable[[int], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, offset: int) -> Any:
        self[offset] = made = self._make(offset)
        return made


class EventRecords:
    """Reads records of one log."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._base = -1
        self._chunk: Any = None
        self._bytes = b""

    def read(self, place: Place) -> Reading | Unread:
        """All values of the record at `place`, by the names that columns have."""
        from Evtx.BinaryParser import ParseException
        from Evtx.Evtx import Record

        try:
            record = Record(self._data(place.offset), place.offset - self._base, self._chunk)
            if record.magic() != 0x2A2A:
                return Unread("no record signature at the row's offset")
            tree = _Walk().record(record.root())
            values = named(tree)
            values["length"] = str(record.size())
            values["event"] = values.get("EventID")
            values["RecordTime"] = _usable(_filetime(record.unpack_qword(_WRITTEN)))
            values["time"] = _usable(values.get("time"))
        except (_Exhausted, _Overwritten) as error:
            return Unread(str(error))
        except ParseException as error:
            return Unread(f"python-evtx: {error}")
        except (
            KeyError,
            IndexError,
            AttributeError,
            TypeError,
            ValueError,
            NotImplementedError,
            RuntimeError,
            struct.error,
        ) as error:
            return Unread(f"python-evtx cannot read it: {type(error).__name__}")
        return Reading(values, complete=True)

    def _data(self, offset: int) -> bytes:
        base = chunk_base(self._view, offset)
        if base != self._base:
            from Evtx.Evtx import ChunkHeader
            from Evtx.Nodes import NameStringNode, TemplateNode

            data = bytes(self._view[base : base + _CHUNK])
            chunk = ChunkHeader(data, 0)
            names = _Lookup(lambda at: _name(NameStringNode(data, at, chunk, chunk)))
            templates = _Lookup(lambda at: TemplateNode(data, at, chunk, chunk))
            chunk._strings, chunk._templates = names, templates
            chunk.strings, chunk.templates = (lambda: names), (lambda: templates)
            self._base, self._chunk, self._bytes = base, chunk, data
        return self._bytes


def _filetime(ticks: int) -> str:
    """100 ns since 1601 as ISO 8601 with seven decimals; the number in hex past the year 9999."""
    seconds, rest = divmod(int(ticks), 10_000_000)
    try:
        return f"{(datetime(1601, 1, 1) + timedelta(seconds=seconds)).isoformat()}.{rest:07d}Z"
    except OverflowError:
        return f"0x{ticks:x}"


def _usable(text: str | None) -> str | None:
    """A time that the timeline's own column can hold; None for any other."""
    return text if text and text[:4].isdigit() and int(text[:4]) in _INSTANTS else None


class _Exhausted(ValueError):
    """A record that grows past the budget."""


class _Overwritten(ValueError):
    """A record whose template or names are gone. python-evtx takes whatever stands in their place."""


def _name(node: Any) -> Any:
    """A name whose hash is its own: times 65,599 and the next UTF-16 unit, 16 bits of it."""
    digest = 0
    units = node.string().encode("utf-16-le", "surrogatepass")
    for (unit,) in struct.iter_unpack("<H", units):
        digest = (digest * 65_599 + unit) & 0xFFFF
    if digest != node.hash():
        raise _Overwritten("newer bytes stand where a name of its template was; python-evtx cannot tell")
    return node


@dataclass(slots=True)
class _Walk:
    """python-evtx's nodes to plain elements."""

    left: int = field(default=_BUDGET)

    def record(self, root: Any) -> Element:
        """The document of a record or of a value that is itself binary XML, under one unnamed element."""
        from Evtx.Nodes import TemplateInstanceNode

        top = Element("")
        instances = [child for child in root.children() if isinstance(child, TemplateInstanceNode)]
        for instance in instances:
            if instance.template_id() != instance.template().template_id():
                raise _Overwritten("newer bytes stand where its template was; python-evtx cannot tell")
        if instances:
            values = root.substitutions()
            self._fill(top, root.template().children(), values)
        else:
            self._fill(top, root.children(), [])
        return top

    def _fill(self, element: Element, nodes: list[Any], values: list[Any]) -> None:
        from Evtx import Nodes

        for node in nodes:
            self.left -= 1
            if self.left < 0:
                raise _Exhausted(f"the record repeats its values past {_BUDGET} pieces")
            if isinstance(node, Nodes.OpenStartElementNode):
                child = Element(str(node.tag_name()))
                element.children.append(child)
                self._fill(child, node.children(), values)
            elif isinstance(node, Nodes.AttributeNode):
                held = Element("")
                self._fill(held, [node.attribute_value()], values)
                pieces = [piece for piece in held.children if isinstance(piece, Text)]
                element.attributes.append((str(node.attribute_name().string()), pieces))
            elif isinstance(node, Nodes.NormalSubstitutionNode | Nodes.ConditionalSubstitutionNode):
                self._value(element, values[node.index()])
            else:
                element.children += _literal(node)

    def _value(self, element: Element, value: Any) -> None:
        from Evtx import Nodes

        if isinstance(value, Nodes.BXmlTypeNode):
            element.children += self.record(value.root()).children
        elif isinstance(value, Nodes.NullTypeNode):
            element.children.append(Text(None, True))
        elif isinstance(value, Nodes.WstringArrayTypeNode):
            items = bytes(value.binary()).decode("utf-16-le").removesuffix("\0").split("\0")
            element.children.append(Text(_JOIN.join(items), True))
        elif isinstance(value, Nodes.FiletimeTypeNode):
            element.children.append(Text(_filetime(value.unpack_qword(0)), True))
        else:
            element.children.append(Text(str(value.string()), True))


def _literal(node: Any) -> Iterator[Text]:
    """Text that the template itself holds."""
    from Evtx import Nodes

    if isinstance(node, Nodes.ValueNode):
        yield Text(str(node.value().string()), False)
    elif isinstance(node, Nodes.CDataSectionNode):
        yield Text(str(node.cdata()), False)
    elif isinstance(node, Nodes.CharacterReferenceNode):
        yield Text(chr(node.entity()), False)
    elif isinstance(node, Nodes.EntityReferenceNode):
        name = str(node.entity_reference())[1:-1]
        yield Text(_ENTITIES.get(name, f"&{name};"), False)
