"""Which name each value gets."""

from __future__ import annotations

import pytest

from parsers.windows.document import Element, Slot
from parsers.windows.paths import Unnameable, layout


def event(*sections: Element) -> list[Element]:
    return [Element("Event", [("xmlns", ["http://example.org/events"])], list(sections))]


def names(*sections: Element) -> list[tuple[str, str, tuple[object, ...]]]:
    return [(field.own, field.stored, field.text) for field in layout(event(*sections)).fields]


def test_system_has_declared_columns_and_the_rest_keeps_its_own_name():
    system = Element(
        "System",
        [],
        [
            Element("Provider", [("Name", ["P"]), ("EventSourceName", ["S"])]),
            Element("EventID", [("Qualifiers", ["16384"])], ["7036"]),
            Element("Execution", [("ProcessID", [Slot(8, 8)]), ("ProcessorID", ["3"])]),
        ],
    )
    found = layout(event(system))
    assert found.system == {
        "Provider_Name": ("P",),
        "EventSourceName": ("S",),
        "Qualifiers": ("16384",),
        "EventID": ("7036",),
        "Execution_ProcessID": (Slot(8, 8),),
    }
    assert [(field.own, field.text) for field in found.fields] == [("Execution_ProcessorID", ("3",))]


def test_data_by_name_and_without():
    data = Element(
        "EventData",
        [("Name", ["TASK_EVENT"])],
        [
            Element("Data", [("Name", ["Image"])], [Slot(0, 1)]),
            Element("Data", [], ["a"]),
            Element("Data", [], []),
            Element("Binary", [], ["00"]),
        ],
    )
    assert names(data) == [
        ("EventData_Name", "EventData_Name", ("TASK_EVENT",)),
        ("Image", "Image", (Slot(0, 1),)),
        ("Data", "Data", ("a",)),
        ("Data", "Data", ()),
        ("Binary", "Binary", ("00",)),
    ]


def test_user_data_by_leaf_and_by_parent_when_repeated():
    data = Element(
        "UserData",
        [],
        [
            Element(
                "Operation",
                [("xmlns", ["http://example.org"])],
                [
                    Element("Source", [("Kind", ["k"])], [Element("Name", [], ["a"])]),
                    Element("Target", [], ["\n  ", Element("Name", [], ["b"]), Element("Only", [], [Slot(1, 1)])]),
                ],
            )
        ],
    )
    assert names(data) == [
        ("Source_Kind", "Source_Kind", ("k",)),
        ("Name", "Source_Name", ("a",)),
        ("Name", "Target_Name", ("b",)),
        ("Only", "Only", (Slot(1, 1),)),
    ]


def test_other_sections_put_their_name_before():
    info = Element("RenderingInfo", [("Culture", ["fr-FR"])], [Element("Message", [], ["m"])])
    assert [own for own, _, _ in names(info)] == ["RenderingInfo_Culture", "RenderingInfo_Message"]


def test_a_name_that_is_a_value_is_left_to_the_plain_reader():
    with pytest.raises(Unnameable):
        names(Element("EventData", [], [Element("Data", [("Name", [Slot(0, 1)])], [Slot(1, 1)])]))


def test_text_outside_any_field_is_kept():
    assert names(Element("EventData", [], ["loose"])) == [("EventData", "EventData", ("loose",))]


def test_an_empty_data_element_counts_whatever_attributes_it_has():
    """Else the numbers of unnamed Data would depend on which of them are empty."""
    data = Element("EventData", [], [Element("Data", [("Kind", ["k"])], text) for text in ([Slot(0, 1)], [""], [])])
    assert [own for own, _, _ in names(data)] == ["Data_Kind", "Data"] * 3
