"""Two readers that know nothing of our writer must read its logs, and agree with each other and with what was written."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from forensics.demo import scenario as story
from forensics.demo.binxml_values import Kind, encode
from forensics.demo.evtx_writer import CHUNK_BYTES, FILE_HEADER_BYTES, Event, UserData, write_log

NOON = 1_768_392_000_123_456_700  # 2026-01-14 12:00:00.1234567 UTC, in ns
SECURITY = "Microsoft-Windows-Security-Auditing"
SECURITY_GUID = "{54849625-5478-4994-A5BA-3E3B0328C30D}"
SID = "S-1-5-21-1004336348-1177238915-682003330-1107"
NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"

EVERY_KIND = (
    ("Text", Kind.UNICODE, "Réunion du conseil — المجلس"),
    ("Empty", Kind.UNICODE, ""),
    ("Missing", Kind.UNICODE, None),
    ("Ansi", Kind.ANSI, "plain ASCII"),
    ("Int8", Kind.INT8, -7),
    ("UInt8", Kind.UINT8, 200),
    ("Int16", Kind.INT16, -30000),
    ("UInt16", Kind.UINT16, 65535),
    ("Int32", Kind.INT32, -2_000_000_000),
    ("UInt32", Kind.UINT32, 4_000_000_000),
    ("Int64", Kind.INT64, -(1 << 62)),
    ("UInt64", Kind.UINT64, (1 << 64) - 1),
    ("Float", Kind.FLOAT, 1.5),
    ("Double", Kind.DOUBLE, -2.25),
    ("Yes", Kind.BOOLEAN, True),
    ("No", Kind.BOOLEAN, False),
    ("Guid", Kind.GUID, SECURITY_GUID),
    ("Filetime", Kind.FILETIME, NOON),
    ("Sid", Kind.SID, SID),
    ("Hex32", Kind.HEX32, 0xC000006D),
    ("Hex64", Kind.HEX64, 0x3E7),
)


def event(number: int = 1, **changes: object) -> Event:
    fields: dict[str, object] = {
        "provider": SECURITY,
        "provider_guid": SECURITY_GUID,
        "event_id": 4624,
        "time_ns": NOON + number * 1_000_000_000,
        "record_id": number,
        "computer": "WEB01.tamrirt.example",
        "data": (("TargetUserName", Kind.UNICODE, f"user{number}"), ("LogonType", Kind.UINT32, 3)),
    }
    return Event(**{**fields, **changes})  # type: ignore[arg-type]


def canonical(text: str | None) -> str:
    """What both readers mean: without their differing spaces, braces, hex padding and letter case."""
    text = (text or "").strip().lower().strip("{}")
    number = re.fullmatch(r"0x0*([0-9a-f]+)", text)
    if number:
        return "0x" + number[1]
    if re.match(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d", text) and text.endswith(("z", "+00:00")):
        moment = datetime.fromisoformat(text.upper())
        return f"{moment.timestamp():.3f}"  # python-evtx goes through floats: microseconds may be off by one
    return text


def flat(xml: str) -> list[tuple[str, str]]:
    """(element name and Name attribute, value) of every element and attribute, in document order."""
    out = []
    for element in ElementTree.fromstring(xml).iter():
        tag = element.tag.replace(NAMESPACE, "")
        label = f"{tag}/{element.get('Name')}" if tag == "Data" else tag
        out.append((label, canonical(element.text)))
        out += [(f"{label}@{name}", canonical(value)) for name, value in sorted(element.items()) if value]
    return out


def by_python_evtx(path: Path) -> list[str]:
    from Evtx.Evtx import Evtx

    with Evtx(str(path)) as log:
        assert log.get_file_header().verify()
        assert all(chunk.verify() for chunk in log.chunks())
        return [record.xml() for record in log.records()]


def by_rust_evtx(path: Path) -> list[str]:
    evtx = pytest.importorskip("evtx", reason="the Rust reader is a development dependency on Linux only")
    parser = evtx.PyEvtxParser(str(path))
    records = parser.records()
    out = []
    while True:
        try:
            out.append(next(records)["data"])
        except StopIteration:
            return out


def read_by_both(path: Path) -> list[dict[str, str]]:
    """The values of every event, once both readers agree on all of them."""
    ours, theirs = by_python_evtx(path), by_rust_evtx(path)
    assert [flat(xml) for xml in ours] == [flat(xml) for xml in theirs]
    return [dict(flat(xml)) for xml in theirs]


@pytest.mark.parametrize("nested", [True, False], ids=["nested", "one-template"])
def test_every_value_type_is_read_alike(tmp_path: Path, nested: bool) -> None:
    path = tmp_path / "Security.evtx"
    write_log(path, "Security", [event(data=EVERY_KIND, nested=nested)])
    values = read_by_both(path)[0]
    assert values["Data/Text"] == "réunion du conseil — المجلس"
    assert values["Data/Empty"] == values["Data/Missing"] == ""
    assert values["Data/Ansi"] == "plain ascii"
    assert [values[f"Data/Int{bits}"] for bits in (8, 16, 32, 64)] == ["-7", "-30000", "-2000000000", str(-(1 << 62))]
    assert [values[f"Data/UInt{bits}"] for bits in (8, 16, 32)] == ["200", "65535", "4000000000"]
    assert values["Data/UInt64"] == str((1 << 64) - 1)
    assert (values["Data/Float"], values["Data/Double"]) == ("1.5", "-2.25")
    assert (values["Data/Yes"], values["Data/No"]) == ("true", "false")
    assert values["Data/Guid"] == SECURITY_GUID.strip("{}").lower()
    assert values["Data/Filetime"] == "1768392000.123"  # 2026-01-14 12:00:00
    assert values["Data/Sid"] == SID.lower()
    assert (values["Data/Hex32"], values["Data/Hex64"]) == ("0xc000006d", "0x3e7")


def test_bytes_and_sizes_hold_the_same_value_in_each_readers_own_writing(tmp_path: Path) -> None:
    path = tmp_path / "Security.evtx"
    write_log(path, "Security", [event(data=(("Raw", Kind.BINARY, b"\x01\xab\xff"), ("Size", Kind.SIZE_T, 0x1F4)))])
    by_python, by_rust = dict(flat(by_python_evtx(path)[0])), dict(flat(by_rust_evtx(path)[0]))
    assert by_python["Data/Raw"] == base64.b64encode(b"\x01\xab\xff").decode().lower()
    assert (by_python["Data/Size"], by_rust["Data/Size"]) == ("500", "0x1f4")
    assert by_rust["Data/Raw"] == "01abff"


def test_moments_by_calendar_and_lists_of_text(tmp_path: Path) -> None:
    """python-evtx takes SYSTEMTIME's milliseconds for microseconds and writes lists its own way: the Rust reader alone judges."""
    path = tmp_path / "Security.evtx"
    data = (("When", Kind.SYSTEMTIME, NOON), ("Names", Kind.UNICODE_ARRAY, ("un", "deux")))
    write_log(path, "Security", [event(data=data)])
    values = flat(by_rust_evtx(path)[0])
    assert ("Data/When", "1768392000.123") in values
    assert [value for name, value in values if name == "Data/Names"] == ["un", "deux"]


def test_system_fields(tmp_path: Path) -> None:
    path = tmp_path / "System.evtx"
    written = event(
        42, provider="Service Control Manager", event_id=7045, level=4, task=3, opcode=2, keywords=0x8080000000000000,
        version=1, pid=612, tid=7344, user_sid=SID, qualifiers=16384, activity_id=SECURITY_GUID,
    )  # fmt: skip
    write_log(path, "System", [written])
    values = read_by_both(path)[0]
    assert values["Provider@Name"] == "service control manager"
    assert (values["EventID"], values["EventID@Qualifiers"]) == ("7045", "16384")
    assert [values[name] for name in ("Version", "Level", "Task", "Opcode")] == ["1", "4", "3", "2"]
    assert values["Keywords"] == "0x8080000000000000"
    assert values["TimeCreated@SystemTime"] == "1768392042.123"
    assert values["EventRecordID"] == "42"
    assert (values["Execution@ProcessID"], values["Execution@ThreadID"]) == ("612", "7344")
    assert values["Correlation@ActivityID"] == SECURITY_GUID.strip("{}").lower()
    assert (values["Channel"], values["Computer"]) == ("system", "web01.tamrirt.example")
    assert values["Security@UserID"] == SID.lower()


def test_user_data(tmp_path: Path) -> None:
    path = tmp_path / "Security.evtx"
    space = "http://manifests.microsoft.com/win/2004/08/windows/eventlog"
    cleared = UserData("LogFileCleared", space, (("SubjectUserSid", Kind.SID, SID), ("Who", Kind.UNICODE, "root")))
    write_log(path, "Security", [event(provider="Microsoft-Windows-Eventlog", event_id=1102, user_data=cleared)])
    values = read_by_both(path)[0]
    assert values[f"{{{space}}}Who"] == "root"
    assert values[f"{{{space}}}SubjectUserSid"] == SID.lower()


def test_unnamed_data_and_no_data(tmp_path: Path) -> None:
    path = tmp_path / "Application.evtx"
    write_log(path, "Application", [event(1, data=(("", Kind.UNICODE, "stopped"),)), event(2, data=(), nested=False)])
    first, second = read_by_both(path)
    assert first["Data/None"] == "stopped"
    assert "EventData" not in second


def test_many_chunks_keep_every_record_in_order(tmp_path: Path) -> None:
    path = tmp_path / "Security.evtx"
    mixed = [event(number, event_id=4624 + number % 3, nested=number % 2 == 0) for number in range(1, 301)]
    assert write_log(path, "Security", mixed) == 300
    values = read_by_both(path)
    assert [record["EventRecordID"] for record in values] == [str(number) for number in range(1, 301)]
    assert [record["Data/TargetUserName"] for record in values] == [f"user{number}" for number in range(1, 301)]
    assert path.stat().st_size > FILE_HEADER_BYTES + CHUNK_BYTES


@pytest.mark.parametrize("name", [story.SRV_SECURITY, story.SRV_RDP, story.SRV_SESSIONS, story.WEB_POWERSHELL])
def test_logs_of_the_demo_case_are_read_alike(evidence: Path, name: str) -> None:
    values = read_by_both(evidence / name)
    assert len(values) > 3
    assert len({record["EventRecordID"] for record in values}) == len(values)


def test_layout_of_headers_and_records(tmp_path: Path) -> None:
    path = tmp_path / "Security.evtx"
    write_log(path, "Security", [event(number) for number in (7, 8, 9)])
    raw = path.read_bytes()
    assert len(raw) == FILE_HEADER_BYTES + CHUNK_BYTES
    # ElfFile, first chunk, last chunk, next record id, header size, minor, major, header block, chunk count
    assert struct.unpack_from("<8sQQQIHHHH", raw) == (b"ElfFile\0", 0, 0, 10, 128, 1, 3, 4096, 1)
    assert struct.unpack_from("<I", raw, 124)[0] == zlib.crc32(raw[:120])
    chunk = raw[FILE_HEADER_BYTES:]
    # ElfChnk, first and last number, first and last id, header size
    assert struct.unpack_from("<8sQQQQI", chunk) == (b"ElfChnk\0", 1, 3, 7, 9, 128)
    last, free, checksum = struct.unpack_from("<III", chunk, 44)
    assert checksum == zlib.crc32(chunk[512:free])
    assert struct.unpack_from("<I", chunk, 124)[0] == zlib.crc32(chunk[:120] + chunk[128:512])
    position, starts = 512, []
    while position < free:
        magic, size = struct.unpack_from("<4sI", chunk, position)
        assert (magic, size % 8) == (b"**\0\0", 0)
        assert struct.unpack_from("<I", chunk, position + size - 4)[0] == size
        starts.append(position)
        position += size
    assert (len(starts), starts[-1], position) == (3, last, free)


def test_string_and_template_tables_reach_every_name(tmp_path: Path) -> None:
    path = tmp_path / "Security.evtx"
    write_log(path, "Security", [event(1), event(2, data=(("IpAddress", Kind.UNICODE, "192.0.2.20"),))])
    chunk = path.read_bytes()[FILE_HEADER_BYTES:]
    names = set()
    for head in struct.unpack_from("<64I", chunk, 128):
        while head:
            following, _, count = struct.unpack_from("<IHH", chunk, head)
            names.add(chunk[head + 8 : head + 8 + 2 * count].decode("utf-16-le"))
            head = following
    assert {"Event", "System", "EventData", "Data", "Name", "SystemTime", "UserID"} <= names
    templates = 0
    for head in struct.unpack_from("<32I", chunk, 384):
        while head:
            # A definition is preceded by 0x0c 0x01, the template id and the definition's own offset.
            assert chunk[head - 10 : head - 8] == b"\x0c\x01"
            assert chunk[head - 8 : head - 4] == chunk[head + 4 : head + 8]
            templates += 1
            head = struct.unpack_from("<I", chunk, head)[0]
    assert templates == 3  # the event around, and two shapes of EventData


def test_a_record_larger_than_a_chunk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="record 5 is larger than a 64 KiB chunk"):
        write_log(tmp_path / "x.evtx", "System", [event(5, data=(("Big", Kind.UNICODE, "x" * 32_000),) * 2)])


def test_a_value_larger_than_its_descriptor_can_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="more than 65535 bytes"):
        write_log(tmp_path / "x.evtx", "System", [event(5, data=(("Big", Kind.UNICODE, "x" * 40_000),))])


def test_renumbered_headers_leave_the_event_record_ids_alone(tmp_path: Path) -> None:
    path = tmp_path / "Security.evtx"
    write_log(path, "Security", [event(900), event(901)], renumber=True)
    raw = path.read_bytes()
    assert struct.unpack_from("<QQ", raw, FILE_HEADER_BYTES + 24) == (1, 2)  # first and last record id of the chunk
    assert struct.unpack_from("<Q", raw, 24) == (3,)  # next record id of the file
    assert [record["EventRecordID"] for record in read_by_both(path)] == ["900", "901"]


def test_what_is_no_sid_is_refused() -> None:
    with pytest.raises(ValueError, match="expected S-1-"):
        encode(Kind.SID, "administrator")


def test_a_value_its_type_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be stored as UINT8"):
        encode(Kind.UINT8, 256)


def test_an_empty_log_has_one_empty_chunk(tmp_path: Path) -> None:
    path = tmp_path / "Empty.evtx"
    assert write_log(path, "System", []) == 0
    assert by_rust_evtx(path) == []
    assert path.stat().st_size == FILE_HEADER_BYTES + CHUNK_BYTES
