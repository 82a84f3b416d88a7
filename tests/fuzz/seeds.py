"""Where fuzzing begins: chunks of real logs, and logs of our own writer with every value type."""

from __future__ import annotations

import tempfile
from pathlib import Path

from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, UserData, write_log
from parsers.windows.chunks import CHUNK, FILE_HEADER
from tests.fuzz.mutation import Seed, real_seeds, seed

NOON = 1_614_859_200_000_000_000  # 2021-03-04 12:00:00 UTC
GUID = "{03020100-0504-0706-0809-0a0b0c0d0e0f}"
VALUES = (
    ("Text", Kind.UNICODE, "caf\u00e9 \u0645 \U0001f512"),
    ("Ansi", Kind.ANSI, "caf\u00e9"),
    ("Int8", Kind.INT8, -1),
    ("UInt8", Kind.UINT8, 255),
    ("Int16", Kind.INT16, -2),
    ("UInt16", Kind.UINT16, 4624),
    ("Int32", Kind.INT32, -3),
    ("UInt32", Kind.UINT32, 3),
    ("Int64", Kind.INT64, -4),
    ("UInt64", Kind.UINT64, 4),
    ("Float", Kind.FLOAT, 0.1),
    ("Double", Kind.DOUBLE, 2.5),
    ("Boolean", Kind.BOOLEAN, True),
    ("Binary", Kind.BINARY, b"\0\xaf"),
    ("Guid", Kind.GUID, GUID),
    ("Size", Kind.SIZE_T, 31),
    ("Time", Kind.FILETIME, NOON),
    ("Civil", Kind.SYSTEMTIME, NOON),
    ("Sid", Kind.SID, "S-1-5-18"),
    ("Hex32", Kind.HEX32, 999),
    ("Hex64", Kind.HEX64, 2**63),
    ("Texts", Kind.UNICODE_ARRAY, ("one", "two")),
    ("None", Kind.UNICODE, None),
)


def all_seeds(every: int) -> list[Seed]:
    """Our own first, then chunks of each so manieth real log, where there are some."""
    return [*written_seeds(), *real_seeds(every)]


def written_seeds() -> list[Seed]:
    """Chunks of every value type: nested, flat, in UserData, and of many shapes."""
    event = {"provider": "Example-Provider", "provider_guid": GUID, "time_ns": NOON, "computer": "host.example"}

    def of(number: int, **more: object) -> Event:
        return Event(event_id=1 + number % 5, record_id=number, **event, **more)

    logs = (
        [of(n, data=VALUES) for n in range(1, 9)],
        [of(n, data=VALUES, nested=False) for n in range(1, 9)],
        [of(n, user_data=UserData("Example", "urn:example", VALUES)) for n in range(1, 9)],
        [of(n, data=VALUES[: n % 7], user_sid="S-1-5-18", activity_id=GUID, qualifiers=n) for n in range(1, 40)],
        [of(n, data=(("", Kind.UNICODE, f"text {n % 3}"), ("", Kind.BINARY, bytes(n)))) for n in range(1, 30)],
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "written.evtx"
        found = []
        for events in logs:
            write_log(path, "Security", events)
            found.append(seed(path.read_bytes()[FILE_HEADER : FILE_HEADER + CHUNK]))
    return found
