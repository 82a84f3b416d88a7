"""`athar extract` of network rows: carried files behind a wrapper or as they were, packets of a row, whole connections."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

import forensics
from cases.case import Case
from forensics import open_case
from tests.parsers.network.conftest import Wire

EVIL = b"MZ\x90\0" + bytes(range(256)) * 300
ASK = b"GET /a%2F..%2F..%2Fx/..%5Cinvoice%20%E2%80%AEfdp.exe HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
LATER = b"GET /later HTTP/1.1\r\nHost: www.example.com\r\n\r\n"


def chunked(body: bytes) -> bytes:
    pieces = [body[at : at + 1300] for at in range(0, len(body), 1300)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def capture() -> bytes:
    wire = Wire()
    reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(EVIL)
    empty = b"HTTP/1.1 204 No Content\r\n\r\n"
    parts = [("s", reply[at : at + 1400]) for at in range(0, len(reply), 1400)]
    one = wire.session([("c", ASK), *parts, ("c", LATER), ("s", empty)])
    other = wire.session([("c", LATER), ("s", empty)], sport=40001)
    mixed = [packet for pair in zip(one, other, strict=False) for packet in pair] + one[len(other) :]
    return wire.pcap(mixed)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A case of one capture, and the folder it was made from."""
    root = tmp_path_factory.mktemp("extract")
    evidence = root / "evidence"
    evidence.mkdir()
    (evidence / "traffic.pcap").write_bytes(capture())
    forensics.run([evidence], case=root / "case", rules=[])
    return root / "case", evidence


def row(case: Path, query: str) -> dict[str, Any]:
    found: dict[str, Any] = open_case(case).query.sql(query).to_pylist()[0]
    return found


FILE = "select row_id, filename, sha256, seen_bytes, packet_first, packet_last from net_files"


def test_a_carried_file_comes_in_a_wrapper(athar: Any, made: tuple[Path, Path], tmp_path: Path) -> None:
    wanted = row(made[0], FILE)
    done = athar("extract", made[0], wanted["row_id"], "-o", tmp_path, "--json")
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert (told["form"], told["sha256"], told["complete"]) == ("defanged", hashlib.sha256(EVIL).hexdigest(), True)
    (path,) = tmp_path.iterdir()
    assert (str(path), path.suffixes[-2:], stat.S_IMODE(path.stat().st_mode) & 0o111) == (
        told["path"],
        [".defanged", ".zip"],
        0,
    )
    with zipfile.ZipFile(path) as archive:
        manifest, inside = archive.infolist()
        assert archive.testzip() is None
        assert archive.read(inside) == EVIL
        described = json.loads(archive.read(manifest))
    assert inside.filename.endswith(".exe.defanged")
    assert (inside.external_attr >> 16) & 0o111 == 0
    assert not {"/", "\\", "\u202e", " "} & set(inside.filename)
    assert (described["row"], described["file"]["sha256"]) == (wanted["row_id"], wanted["sha256"])
    assert described["file"]["filename"] == wanted["filename"]


def test_the_same_wrapper_each_time(athar: Any, made: tuple[Path, Path], tmp_path: Path) -> None:
    wanted = row(made[0], FILE)
    for name in ("one.zip", "two.zip"):
        assert athar("extract", made[0], wanted["row_id"], "-o", tmp_path / name).code == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_raw_writes_it_as_it_was_and_custody_says_so(athar: Any, made: tuple[Path, Path], tmp_path: Path) -> None:
    wanted = row(made[0], FILE)
    done = athar("extract", made[0], wanted["row_id"], "-o", tmp_path / "sample", "--raw")
    assert (done.code, "do not open it" in done.out) == (0, True)
    assert (tmp_path / "sample").read_bytes() == EVIL
    assert stat.S_IMODE((tmp_path / "sample").stat().st_mode) & 0o111 == 0
    act = Case.open(made[0]).custody.entries()[-1].act
    assert (act.options["form"], act.options["sha256"]) == ("raw", wanted["sha256"])
    again = athar("extract", made[0], wanted["row_id"], "-o", tmp_path / "sample", "--raw")
    assert (again.code, "never overwritten" in again.err, again.err.count("\n")) == (2, True, 1)


def packets(path: Path) -> list[bytes]:
    from scapy.utils import RawPcapReader

    with RawPcapReader(str(path)) as reader:
        return [packet for packet, _ in reader]


def numbered(numbers: list[int]) -> list[bytes]:
    from scapy.utils import RawPcapReader

    with RawPcapReader(io.BytesIO(capture())) as reader:
        found = [packet for packet, _ in reader]
    return [found[number - 1] for number in numbers]


def test_other_rows_give_the_packets_they_were_read_from(athar: Any, made: tuple[Path, Path], tmp_path: Path) -> None:
    wanted = row(
        made[0], "select row_id, packet_first, packet_last from net_http where id_orig_p = 40000 and trans_depth = 2"
    )
    done = athar("extract", made[0], wanted["row_id"], "-o", tmp_path / "a.pcap", "--json")
    assert json.loads(done.out)["form"] == "packets"
    assert packets(tmp_path / "a.pcap") == numbered([wanted["packet_first"], wanted["packet_last"]])


def test_packets_between_first_and_last_are_those_of_the_connection_alone(
    athar: Any, made: tuple[Path, Path], tmp_path: Path
) -> None:
    wanted = row(made[0], "select row_id, packet_first, packet_last from net_http where id_orig_p = 40001")
    athar("extract", made[0], wanted["row_id"], "-o", tmp_path / "a.pcap")
    assert packets(tmp_path / "a.pcap") == numbered([8, 10])  # the other connection's packets have odd numbers
    assert (wanted["packet_first"], wanted["packet_last"]) == (8, 10)


def test_the_whole_connection(athar: Any, made: tuple[Path, Path], tmp_path: Path) -> None:
    wanted = row(made[0], "select row_id from net_http where id_orig_p = 40001")
    assert athar("extract", made[0], wanted["row_id"], "-o", tmp_path / "a.pcap", "--flow").code == 0
    assert packets(tmp_path / "a.pcap") == numbered([2, 4, 6, 8, 10, 12, 14, 16])


def test_the_record_alone(athar: Any, made: tuple[Path, Path], tmp_path: Path) -> None:
    wanted = row(made[0], 'select row_id, "offset", length from net_http where id_orig_p = 40001')
    assert athar("extract", made[0], wanted["row_id"], "-o", tmp_path / "a.bin", "--record").code == 0
    assert (tmp_path / "a.bin").read_bytes() == capture()[wanted["offset"] : wanted["offset"] + wanted["length"]]


def test_raw_is_for_files(athar: Any, made: tuple[Path, Path], tmp_path: Path) -> None:
    wanted = row(made[0], "select row_id from net_http")
    done = athar("extract", made[0], wanted["row_id"], "-o", tmp_path / "a", "--raw")
    assert (done.code, "tells of no file" in done.err, done.err.count("\n")) == (2, True, 1)
    assert not (tmp_path / "a").exists()


def test_a_file_that_is_not_the_rows_is_not_left_behind(
    athar: Any, made: tuple[Path, Path], tmp_path: Path, monkeypatch: Any
) -> None:
    from parsers.network import refinding

    def wrong(file: Any, sha256: str) -> Any:
        return real(file, "0" * 64)

    real = refinding.verified
    monkeypatch.setattr(refinding, "verified", wrong)
    wanted = row(made[0], FILE)
    done = athar("extract", made[0], wanted["row_id"], "-o", tmp_path / "a", "--raw")
    assert (done.code, "its row says" in done.err) == (2, True)
    assert not (tmp_path / "a").exists()
