"""The values of System, whose places are the same in every event that the Windows log service writes.

Its templates ask for 18 values (provider and channel among them) or for 20 (these two are part of the template). All 7,673 records of the
real logs that the tests read keep to it. So a record whose template was written over still tells its event, time and account.
"""

from __future__ import annotations

from collections.abc import Sequence

from parsers.windows import values
from parsers.windows.document import Element, Part, Slot

_KINDS = (
    4, 4, 6, 6, 6, values.HEX64, values.FILETIME, values.GUID, 8, 8, 10, 4, values.SID,
)  # fmt: skip
_ALWAYS = (0, 2, 3, 5, 6, 10)  # values that every event has
_WITH_PROVIDER, _WITHOUT = 18, 20


def system_document(kinds: Sequence[int]) -> tuple[Part, ...] | None:
    """The document of an event whose values have these types; None where they are not those of a Windows event."""
    count = len(kinds)
    if count not in (_WITH_PROVIDER, _WITHOUT) or kinds[-1] not in (values.BINXML, values.NULL):
        return None
    if any(kind not in (expected, values.NULL) for kind, expected in zip(kinds, _KINDS, strict=False)):
        return None
    if any(kinds[index] != _KINDS[index] for index in _ALWAYS):
        return None
    if count == _WITH_PROVIDER and (kinds[14] != values.STRING or kinds[16] != values.STRING):
        return None
    return (_event(kinds),)


def _event(kinds: Sequence[int]) -> Element:
    def slot(index: int) -> Slot:
        return Slot(index, kinds[index])

    def leaf(name: str, index: int) -> Element:
        return Element(name, [], [slot(index)])

    full = len(kinds) == _WITH_PROVIDER
    provider = [Element("Provider", [("Name", [slot(14)]), ("Guid", [slot(15)])])] if full else []
    parts: list[Part] = [
        *provider,
        Element("EventID", [("Qualifiers", [slot(4)])], [slot(3)]),
        leaf("Version", 11),
        leaf("Level", 0),
        leaf("Task", 2),
        leaf("Opcode", 1),
        leaf("Keywords", 5),
        Element("TimeCreated", [("SystemTime", [slot(6)])]),
        leaf("EventRecordID", 10),
        Element("Correlation", [("ActivityID", [slot(7)]), ("RelatedActivityID", [slot(13 if full else 18)])]),
        Element("Execution", [("ProcessID", [slot(8)]), ("ThreadID", [slot(9)])]),
        *([leaf("Channel", 16)] if full else []),
        Element("Security", [("UserID", [slot(12)])]),
    ]
    return Element("Event", [], [Element("System", [], parts), slot(len(kinds) - 1)])
