"""Logs made to break the columns: however they are read, the rows are the same, no byte is lost, and work and memory stay bounded."""

from __future__ import annotations

import struct

import pytest

from parsers.windows import inline, singles
from tests.fuzz.checks import check

DEFINITION = 512 + 24 + 14  # where the first record of a chunk defines its template


def utf16(text):
    return text.encode("utf-16-le", "surrogatepass")


def filled(made, body, rows, channel=lambda number: "Security"):
    """A log of one chunk whose records fill one template, each with its own values behind those of System."""
    out = b""
    for number, row in enumerate(rows, 1):
        given = [*made.head_values(number, channel=channel(number)), *row]
        out += made.record(
            number, made.instance(512 + 24, body, given) if number == 1 else made.again(DEFINITION, given)
        )
    return made.log(made.chunk(out))


def one_value(made):
    return lambda at: made.event(
        at, lambda at: made.element(at, "EventData", lambda at: made.data(at, "A", made.slot(4, 1)))
    )


def lean_data(made, at, name, text):
    """`<Data Name="name">text</Data>` as it stands outside templates: no dependency."""
    first = at + 9
    out = struct.pack("<I", first) + made.name("Data")
    attribute = b"\x06" + struct.pack("<I", first + len(made.name("Data")) + 9) + made.name("Name") + made.text(name)
    out += struct.pack("<I", len(attribute)) + attribute + b"\x02" + made.text(text) + b"\x04"
    return b"\x41" + struct.pack("<I", len(out)) + out


def documents(made, fields):
    """A log of records without templates, each an EventID and one named value."""
    chunks, out = [], b""

    def record(number, name, text):
        def data(at):
            return made.element(at, "EventData", lambda at: lean_data(made, at, name, text), lean=True)

        def system(at):
            event = made.text("4624")
            return made.element(at, "System", lambda at: made.element(at, "EventID", event, lean=True), lean=True)

        start = 512 + len(out) + 24 + 4
        body = made.element(start, "Event", lambda at: made.run(at, system, data), lean=True)
        return made.record(number, b"\x0f\x01\x01\x00" + body + b"\0")

    for number, (name, text) in enumerate(fields, 1):
        if len(out) > 60_000:
            chunks.append(made.chunk(out))
            out = b""
        out += record(number, name, text)
    return made.log(*chunks, made.chunk(out))


def column(rows, name):
    return [row.get(name) for row in sorted(rows.values(), key=lambda row: row["offset"])]


def test_texts_that_end_in_nuls_and_lone_surrogates(made, tmp_path):
    texts = [
        "",
        "\0",
        "\0\0\0",
        "a\0",
        "a",
        "a\0b\0\0",
        "\0a",
        "\ud83d",
        "\ude00",
        "x\ud83d\ude00",
        "\ud83d\0",
        "\ufeffa",
    ]
    rows = check(filled(made, one_value(made), [[(1, utf16(text))] for text in texts]), tmp_path)
    shown = ["", "", "", "a", "a", "a\0b", "\0a", "\\ud83d", "\\ude00", "x\U0001f600", "\\ud83d", "\ufeffa"]
    assert column(rows, "A") == shown


def test_a_slot_of_every_type_and_of_sizes_that_do_not_fit(made, tmp_path):
    kinds = (0, 1, 2, 6, 13, 14, 16, 19, 0x21, 0x42, 0x81, 0x88)
    given = [[(kind, bytes(range(1, 1 + size)))] for size in (0, 2, 3, 4, 8) for kind in kinds]
    rows = check(filled(made, one_value(made), given), tmp_path)
    assert len(rows) == len(given)
    nulls = column(rows, "A")[kinds.index(0) :: len(kinds)]
    assert nulls == [None, None, "010203", None, None]  # a null keeps the room of a fixed type; other bytes are kept


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize(
    ("kind", "raw"), [(6, b"\x11\x22\x33"), (14, b"\x11\x22"), (0, b"\x11\x22\x33"), (19, b"\x11\x22")]
)
def test_bytes_in_hex_are_no_number(made, tmp_path, read, count, kind, raw):
    """An EventID of three bytes, or of a type that is no number, is shown in hex: `112233`, which is not event 112,233."""
    records = b""
    for number in range(1, count + 1):
        given = [(kind, raw), *made.head_values(number)[1:], (1, utf16("x"))]
        whole = made.instance(512 + 24, one_value(made), given) if number == 1 else made.again(DEFINITION, given)
        records += made.record(number, whole)
    log = made.log(made.chunk(records))
    found = read(log)
    assert [(row["event"], row["EventID"], row["A"]) for row in found.rows] == [(None, None, "x")] * count
    assert {row["flags"] for row in found.rows} == {"incomplete"}
    assert f"record 1: EventID 'bytes {raw.hex()}' is no int32; left empty" in found.reasons
    assert column(check(log, tmp_path), "A") == ["x"] * count


def test_channels_that_differ_in_one_shape(made, tmp_path):
    names = ["Security", "System", "", "Example"] * 5
    rows = check(filled(made, one_value(made), [[(1, b"")]] * 20, channel=lambda number: names[number - 1]), tmp_path)
    assert {row["family"] for row in rows.values()} == {"windows/security", "windows/system", "windows/other"}


def test_what_follows_a_template_instance_is_read_too(made, tmp_path):
    """A record with more than its template: all records of the group but this one end there."""
    body = one_value(made)

    def whole(n):
        return [*made.head_values(n), (1, utf16("x"))]

    out = made.record(1, made.instance(512 + 24, body, whole(1)) + b"\0")
    out += made.record(2, made.again(DEFINITION, whole(2)) + b"\0")
    at = 512 + len(out) + 24
    plain = made.again(DEFINITION, whole(3))
    out += made.record(3, plain + made.element(at + len(plain), "Extra", made.text("more")) + b"\0")
    rows = check(made.log(made.chunk(out)), tmp_path)
    assert column(rows, "Extra") == [None, None, "more"]
    assert column(rows, "A") == ["x", "x", "x"]


@pytest.mark.parametrize("others", [[], [(0x21, b"")]])
@pytest.mark.parametrize("kind", [0, 14])
def test_what_is_no_fragment_where_one_is_expected(made, tmp_path, others, kind):
    def body(at):
        return made.event(at, lambda at: made.slot(4, 0x21, optional=True))

    rows = check(filled(made, body, [[(kind, b"\x0f\1")], *([other] for other in others)]), tmp_path)
    assert column(rows, "Event_")[0] == (None if kind == 0 else "0F01")  # a null keeps the room of a fixed type


def bomb(made):
    """250 small records of one template that holds 14,000 characters of its own: 64 KiB that ask for 3.5 MB."""

    def body(at):
        text = made.text("x" * 14_000) + made.slot(4, 1)
        return made.event(at, lambda at: made.element(at, "EventData", lambda at: made.element(at, "A", text)))

    return filled(made, body, [[(1, utf16("v"))]] * 250)


def test_a_long_text_of_a_template_that_small_records_repeat(made, tmp_path):
    rows = check(bomb(made), tmp_path)
    assert {row["A"] for row in rows.values()} == {"x" * 14_000 + "v"}


def test_texts_of_templates_that_swell_past_the_limit_are_refused(made, read, monkeypatch):
    monkeypatch.setattr(singles, "TEXT_A_FILE", 1 << 20)
    found = read(bomb(made))
    assert len(found.rows) == 250
    assert sum(len(row["A"] or "") for row in found.rows if "A" in row) < 2 << 20
    assert any("expands past" in reason for reason in found.reasons)
    assert "incomplete" in found.rows[-1]["flags"]


@pytest.mark.parametrize("count", [1, inline.FEW - 1, inline.FEW, inline.FEW + 1, 200])
def test_documents_without_templates(made, tmp_path, count):
    rows = check(documents(made, [("A", f"text {n}") for n in range(count)]), tmp_path)
    assert column(rows, "A") == [f"text {n}" for n in range(count)]


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x7FFF_FFFF, 70_000, 5_000])
@pytest.mark.parametrize("name", ["Event", "System", "EventID", "EventData"])
def test_a_document_without_template_whose_element_has_a_size_that_cannot_be(made, tmp_path, read, name, size):
    """Its name still stands behind the size, which tells what kind of element it is; what follows is read and the size told."""
    log = bytearray(documents(made, [("A", f"text {n}") for n in range(20)]))
    third = [at for at in range(4608, len(log)) if log[at : at + 4] == b"**\0\0"][2]
    place = log.index(utf16(name) + b"\0\0", third) - 8 - 4 - 4
    log[place : place + 4] = struct.pack("<I", size)
    found = read(bytes(log))
    assert [(row["event"], row["A"]) for row in found.rows] == [("4624", f"text {n}") for n in range(20)]
    assert [row["flags"].endswith("incomplete") for row in found.rows] == [n == 2 for n in range(20)]
    told = [problem for problem in found.problems if problem.reason.startswith(f"record 3: element of {size} bytes; ")]
    assert [problem.offset for problem in told] == [place]
    assert len(check(bytes(log), tmp_path)) == 20


def steps_taken(made, monkeypatch, tmp_path, shapes, repeats):
    """How often records were sent on their way, and how many steps they tried, for so many shapes that part at their last name."""
    tried = []
    follow = inline.follow

    def counted(data, tree, walk, *given):
        before = int(walk.tries[0])
        reached = follow(data, tree, walk, *given)
        tried.append(int(walk.tries[0]) - before)
        return reached

    fields = [(f"Name{n % shapes}", "x") for n in range(shapes * repeats)]
    log = documents(made, fields)
    with monkeypatch.context() as patched:
        patched.setattr(inline, "follow", counted)
        patched.setattr(inline, "_library", inline._Library())
        rows = check(log, tmp_path)
    assert column(rows, fields[-1][0])[-1] == "x"
    return len(tried), sum(tried)


def test_documents_that_part_at_a_name_are_not_tried_again_for_each(made, monkeypatch, tmp_path):
    """A shape that was tried in vain by a record is not tried by it again when the next is learned."""
    _, small = steps_taken(made, monkeypatch, tmp_path / "small", 10, inline.FEW)
    _, large = steps_taken(made, monkeypatch, tmp_path / "large", 40, inline.FEW)
    assert large < 10 * small  # 18 times as many if all were tried again


def test_documents_that_come_once_each_take_no_steps_of_their_own(made, monkeypatch, tmp_path):
    calls, _ = steps_taken(made, monkeypatch, tmp_path, 150, 1)
    assert calls < 10 * 150
