"""Every type of value and every token of binary XML (MS-EVEN6 2.2.12 to 2.2.17), hand-made, beside what two other readers make of it."""

from __future__ import annotations

import struct
from xml.etree import ElementTree

import pytest

from parsers.second.event_records import EventRecords
from parsers.second.reading import Place, Reading
from parsers.windows.binxml import Reader
from parsers.windows.render import record_xml

SYSTEM_SID = b"\x01\x01\0\0\0\0\0\x05\x12\0\0\0"  # revision, count, authority 5, sub-authority 18
GUID = bytes(range(16))
GUID_TEXT = "{03020100-0504-0706-0809-0A0B0C0D0E0F}"
TICKS = struct.pack("<Q", 132_593_328_001_234_567)  # 100 ns since 1601
DAY = struct.pack("<8H", 2021, 3, 4, 4, 5, 6, 7, 89)  # year, month, weekday, day, hour, minute, second, millisecond


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


# type, bytes, our text, python-evtx's text, evtx's texts; None where that reader can't read the type as it is
VALUES = [
    (0x01, wide("a\u0142\0"), "ał", "ał", ["ał"]),
    (0x02, b"plain\0", "plain", "plain", ["plain"]),
    (0x03, b"\xfe", "-2", "-2", ["-2"]),
    (0x04, b"\xfe", "254", "254", ["254"]),
    (0x05, b"\x00\x80", "-32768", "-32768", ["-32768"]),
    (0x06, b"\x10\x12", "4624", "4624", ["4624"]),
    (0x07, b"\xfe\xff\xff\xff", "-2", "-2", ["-2"]),
    (0x08, b"\xff\xff\xff\xff", "4294967295", "4294967295", ["4294967295"]),
    (0x09, b"\0" * 7 + b"\x80", "-9223372036854775808", "-9223372036854775808", ["-9223372036854775808"]),
    (0x0A, b"\xff" * 8, "18446744073709551615", "18446744073709551615", ["18446744073709551615"]),
    (0x0B, struct.pack("<f", 2.5), "2.5", "2.5", ["2.5"]),
    (0x0C, struct.pack("<d", -0.125), "-0.125", "-0.125", ["-0.125"]),
    (0x0D, b"\1\0\0\0", "true", "True", ["true"]),
    (0x0E, b"\0\xaf\xff", "00AFFF", "AK//", ["00AFFF"]),  # python-evtx: base64
    (0x0F, GUID, GUID_TEXT, GUID_TEXT.lower(), [GUID_TEXT.strip("{}")]),
    (0x10, b"\x1f\0\0\0\0\0\0\0", "0x1f", "31", ["0x1f"]),  # pointer-sized
    (0x11, TICKS, "2021-03-04T12:00:00.1234567Z", "2021-03-04T12:00:00.1234567Z", ["2021-03-04T12:00:00.123456Z"]),
    (0x12, DAY, "2021-03-04T05:06:07.089Z", None, ["2021-03-04T05:06:07.089000Z"]),
    (0x13, SYSTEM_SID, "S-1-5-18", "S-1-5-18", ["S-1-5-18"]),
    (0x14, b"\xe7\x03\0\0", "0x3e7", "0x000003e7", ["0x3e7"]),
    (0x15, b"\0\0\0\0\0\0\x20\x80", "0x8020000000000000", "0x8020000000000000", ["0x8020000000000000"]),
    (0x20, b"\x0c\0\0\0\0\0\0\0", "0xc", None, None),  # EvtHandle
    (0x23, wide("<a>b</a>"), "<a>b</a>", None, None),  # EvtXml
    (0x81, wide("one\0two\0"), "one ¦ two", "one ¦ two", ["one", "two"]),
    (0x82, b"one\0two\0", "one ¦ two", None, None),
    (0x83, b"\xff\x01", "-1 ¦ 1", None, ["-1", "1"]),
    (0x84, b"\xff\x01", "255 ¦ 1", None, ["255", "1"]),
    (0x85, b"\xff\xff\1\0", "-1 ¦ 1", None, ["-1", "1"]),
    (0x86, b"\xff\xff\1\0", "65535 ¦ 1", None, ["65535", "1"]),
    (0x87, b"\xff\xff\xff\xff\1\0\0\0", "-1 ¦ 1", None, ["-1", "1"]),
    (0x88, b"\1\0\0\0\2\0\0\0", "1 ¦ 2", None, ["1", "2"]),
    (0x89, b"\xff" * 8 + b"\1" + b"\0" * 7, "-1 ¦ 1", None, ["-1", "1"]),
    (0x8A, b"\1" + b"\0" * 7 + b"\2" + b"\0" * 7, "1 ¦ 2", None, ["1", "2"]),
    (0x8B, struct.pack("<2f", 0.5, 2), "0.5 ¦ 2", None, ["0.5", "2.0"]),
    (0x8C, struct.pack("<2d", 0.5, 2), "0.5 ¦ 2", None, ["0.5", "2.0"]),
    (0x8D, b"\1\0\0\0\0\0\0\0", "true ¦ false", None, ["true", "false"]),
    (0x8F, GUID * 2, f"{GUID_TEXT} ¦ {GUID_TEXT}", None, [GUID_TEXT.strip("{}")] * 2),
    (0x90, b"\x1f\0\0\0\0\0\0\0" * 2, "0x1f ¦ 0x1f", None, None),
    (0x91, TICKS * 2, "2021-03-04T12:00:00.1234567Z ¦ 2021-03-04T12:00:00.1234567Z", None, ["2021-03-04T12:00:00.123456Z"] * 2),
    (0x92, DAY * 2, "2021-03-04T05:06:07.089Z ¦ 2021-03-04T05:06:07.089Z", None, ["2021-03-04T05:06:07.089000Z"] * 2),
    (0x93, SYSTEM_SID * 2, "S-1-5-18 ¦ S-1-5-18", None, ["S-1-5-18"] * 2),
    (0x94, b"\x1f\0\0\0\x20\0\0\0", "0x1f ¦ 0x20", None, ["0x1f", "0x20"]),
    (0x95, b"\x1f\0\0\0\0\0\0\0" * 2, "0x1f ¦ 0x1f", None, ["0x1f", "0x1f"]),
]  # fmt: skip


def one(made, rest, extra=()):
    """A log of one record: `rest` makes what follows System; `extra` are values from number 4 on."""

    def whole(at):
        return made.event(at, rest)

    return made.log(made.chunk(made.records(lambda at: made.instance(at, whole, [*made.head_values(1), *extra]))))


def theirs(log: bytes):
    """python-evtx's values."""
    return EventRecords(memoryview(log)).read(Place("r", "windows/security", 4608, 0))


def rust(tmp_path, log: bytes):
    """The texts of `Data` elements as the Rust reader writes them in XML (an array's items one each); None where it gives up."""
    evtx = pytest.importorskip("evtx")
    (tmp_path / "rust.evtx").write_bytes(log)
    try:
        record = next(evtx.PyEvtxParser(str(tmp_path / "rust.evtx"), number_of_threads=1).records())
    except (RuntimeError, StopIteration, ValueError, OSError):
        return None
    return [data.text or "" for data in ElementTree.fromstring(record["data"]).iter("Data")]


@pytest.mark.parametrize(("kind", "raw", "ours", "python", "evtx"), VALUES, ids=lambda value: str(value)[:24])
def test_values_of_every_type(made, read, tmp_path, kind, raw, ours, python, evtx):
    log = one(
        made,
        lambda at: made.element(at, "EventData", lambda at: made.data(at, "Value", made.slot(4, kind))),
        [(kind, raw)],
    )
    found = read(log)
    assert [(row["Value"], row["flags"]) for row in found.rows] == [(ours, "")]
    assert found.problems == []
    other = theirs(log)
    if python is None:
        assert not isinstance(other, Reading) or other.values.get("Value") != ours
    else:
        assert isinstance(other, Reading)
        assert other.values["Value"] == python
    texts = rust(tmp_path, log)
    if evtx is None:
        assert texts != ours.split(" ¦ ")
    else:
        assert texts == evtx


def named(made, token: bytes, at: int, name: str) -> bytes:
    """A token that is followed by the offset of a name, and the name right there."""
    return token + struct.pack("<I", at + 5) + made.name(name)


def counted(token: bytes, text: str) -> bytes:
    """A token that is followed by a count of characters and the characters."""
    return token + struct.pack("<H", len(text)) + wide(text)


def cdata(made, at):
    return counted(b"\x07", "<raw & kept>")


def character(made, at):
    return b"\x08" + struct.pack("<H", 0x20AC)  # the euro sign by number


def entity(made, at):
    return named(made, b"\x09", at, "lt")


def unknown_entity(made, at):
    return named(made, b"\x09", at, "nbsp")


# what stands in an element, its text, python-evtx's; evtx's
TOKENS = [
    (cdata, "<raw & kept>", None, None),  # python-evtx takes the count for bytes; evtx knows no CDATA
    (character, "\u20ac", "\u20ac", None),  # evtx knows no character references
    (entity, "<", "<", ["<"]),
    (unknown_entity, "&nbsp;", "&nbsp;", None),
]


@pytest.mark.parametrize(("token", "ours", "python", "evtx"), TOKENS, ids=lambda value: getattr(value, "__name__", ""))
def test_texts_that_are_no_values(made, read, tmp_path, token, ours, python, evtx):
    """Between two texts, so that what follows a token is seen to be read from the right byte."""

    def data(at):
        def inside(at):
            return made.run(at, lambda at: made.text("a"), lambda at: token(made, at), lambda at: made.text("z"))

        return made.element(at, "EventData", lambda at: made.element(at, "Data", inside))

    log = one(made, data)
    found = read(log)
    assert ([row["Data"] for row in found.rows], found.problems) == ([f"a{ours}z"], [])
    other = theirs(log)
    if python is None:
        assert not isinstance(other, Reading) or other.values.get("Data") != f"a{ours}z"
    else:
        assert isinstance(other, Reading)
        assert other.values["Data"] == f"a{python}z"
    if evtx is not None:
        assert rust(tmp_path, log) == [f"a{text}z" for text in evtx]


def test_a_processing_instruction_is_no_text(made, read):
    """It is kept under its own name, and the text around it stays whole."""

    def data(at):
        def inside(at):
            return made.run(
                at,
                lambda at: made.text("a"),
                lambda at: named(made, b"\x0a", at, "style") + counted(b"\x0b", "type=x"),
                lambda at: made.text("z"),
            )

        return made.element(at, "EventData", lambda at: made.element(at, "Data", inside))

    log = one(made, data)
    found = read(log)
    (row,) = found.rows
    assert (row["Data"], found.problems) == ("az", [])
    assert "type=x" in row.values()
    assert "<?style type=x?>" in record_xml(memoryview(log), 4608)


def test_an_attribute_of_several_pieces(made, read):
    """`Path="C:\\[value];&"`: text, a substitution, a character by number."""

    def data(at):
        first = at + 11
        out = struct.pack("<I", first) + made.name("File")
        attributes_at = first + len(made.name("File")) + 4
        value = made.text("C:\\") + made.slot(4, 1) + made.text(";") + b"\x08" + struct.pack("<H", 38)
        attribute = named(made, b"\x06", attributes_at, "Path") + value
        out += struct.pack("<I", len(attribute)) + attribute + b"\x03"
        return b"\x41\xff\xff" + struct.pack("<I", len(out)) + out

    log = one(made, lambda at: made.element(at, "UserData", data), [(1, wide("temp"))])
    found = read(log)
    assert ([row["File_Path"] for row in found.rows], found.problems) == (["C:\\temp;&"], [])
    assert '<File Path="C:\\temp;&amp;"/>' in record_xml(memoryview(log), 4608)


def test_binary_xml_in_a_value(made, read):
    """A value of type 0x21 without a template of its own: elements lack the dependency."""

    def log_with(at):
        fragment = b"\x0f\x01\x01\0" + made.element(at + 4, "Note", made.text("seen"), lean=True) + b"\0"
        return one(made, lambda at: made.element(at, "UserData", made.slot(4, 0x21)), [(0x21, fragment)]), fragment

    place = log_with(0)[0].index(log_with(0)[1]) - 4096  # where it stands in the chunk, which its names must tell
    log = log_with(place)[0]
    found = read(log)
    assert ([row["Note"] for row in found.rows], found.problems) == (["seen"], [])


def test_both_sections_unnamed_and_repeated_data_and_names_with_spaces(made, read):
    def both(at):
        return made.run(
            at,
            lambda at: made.element(
                at,
                "EventData",
                lambda at: made.run(
                    at,
                    lambda at: made.data(at, "Threat Name", made.slot(4, 1)),
                    lambda at: made.element(at, "Data", made.slot(5, 8)),
                    lambda at: made.element(at, "Data", made.slot(6, 8)),
                    lambda at: made.data(at, "Path", made.text("one")),
                    lambda at: made.data(at, "Path", made.text("two")),
                ),
            ),
            lambda at: made.element(
                at,
                "UserData",
                lambda at: made.element(at, "Kept", lambda at: made.element(at, "Reason", made.text("r"))),
            ),
        )

    extra = [(1, wide("Trojan")), (8, b"\1\0\0\0"), (8, b"\2\0\0\0")]
    found = read(one(made, both, extra))
    (row,) = found.rows
    assert found.problems == []
    assert [row[name] for name in ("Threat Name", "Data", "Data_2", "EventData_Path", "EventData_Path_2", "Reason")] == [
        "Trojan", "1", "2", "one", "two", "r",
    ]  # fmt: skip


def test_text_in_a_code_page_that_is_not_stored_says_so(made):
    reader = Reader(b"caf\xe9\0" + b"plain")
    assert reader.value(2, 0, 5, 0) == ["café"]
    assert [remark.reason for remark in reader.remarks] == [
        "ANSI text whose code page is not stored; read as Windows-1252"
    ]
    assert reader.value(2, 5, 5, 0) == ["plain"]
    assert len(reader.remarks) == 1


def test_a_null_that_keeps_the_room_of_its_type_is_null(made):
    """Windows leaves the bytes of an absent value in place in logs that were not exported; other sizes are told."""
    reader = Reader(b"\1" * 40)
    assert [reader.value(0, 0, size, 0) for size in (0, 1, 2, 4, 8, 16)] == [[]] * 6
    assert reader.remarks == []
    assert reader.value(0, 0, 3, 0) == ["010101"]
    assert [remark.reason for remark in reader.remarks] == ["null value that takes 3 bytes; kept as hex"]


def test_what_depends_on_an_absent_value_is_left_out_of_the_xml(made, read):
    """As Windows leaves it out; the row has the column, empty."""

    def data(at):
        def dependent(at):
            made_so = bytearray(made.element(at, "Extra", made.slot(4, 1, optional=True)))
            made_so[1:3] = b"\x04\0"  # stands or falls with value 4
            return bytes(made_so)

        return made.element(
            at, "UserData", lambda at: made.run(at, dependent, lambda at: made.element(at, "Kept", made.slot(5, 1)))
        )

    log = one(made, data, [(0, b""), (1, wide("k"))])
    assert [(row["Extra"], row["Kept"]) for row in read(log).rows] == [(None, "k")]
    shown = record_xml(memoryview(log), 4608)
    assert "<Kept>k</Kept>" in shown
    assert "Extra" not in shown


@pytest.mark.parametrize("header", [True, False])
def test_a_template_in_a_value_with_and_without_fragment_header(made, read, header):
    """Windows leaves the header away in logs that were not exported."""
    guid = bytes(range(16, 32))

    def log_with(at):
        def body(at):
            return made.element(at, "EventData", lambda at: made.data(at, "Image", made.slot(0, 1)))

        whole = made.instance(at if header else at - 4, body, [(1, wide("nested.exe"))], guid)
        fragment = whole if header else whole[4:]
        return one(made, lambda at: made.slot(4, 0x21), [(0x21, fragment)]), fragment

    place = log_with(0x200)[0].index(log_with(0x200)[1]) - 4096
    log = log_with(place)[0]
    found = read(log)
    assert ([(row["Image"], row["flags"]) for row in found.rows], found.problems) == ([("nested.exe", "")], [])
