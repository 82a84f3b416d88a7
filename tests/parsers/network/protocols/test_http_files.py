"""What HTTP carries: bodies and parts as files, codings taken off, bombs stopped."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from typing import Any

import pytest
import zstandard

from parsers.network.protocols.http1 import contents

GET = b"GET /files/r%C3%A9port.pdf?x=1 HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 20


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(body: bytes, size: int = 100) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x;ext=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nX-Sum: 1\r\n\r\n"


def talk(read: Any, wire: Any, *sent: tuple[str, bytes]) -> Any:
    return read(wire.pcap(wire.session(list(sent))))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_response_body_is_a_file(read: Any, wire: Any) -> None:
    result = talk(read, wire, ("c", GET), ("s", answer(PDF, b"Content-Type: application/octet-stream")))
    (file,), (row,) = result.files, result.http
    assert (file["filename"], file["mime_type"], file["declared_type"]) == (
        "réport.pdf",
        "application/pdf",
        "application/octet-stream",
    )
    assert (file["sha256"], file["seen_bytes"], file["total_bytes"], file["complete"], file["is_orig"]) == (
        sha(PDF),
        len(PDF),
        len(PDF),
        True,
        False,
    )
    assert (row["resp_fuids"], row["resp_filenames"], row["resp_mime_types"]) == (
        file["fuid"],
        "réport.pdf",
        "application/pdf",
    )
    assert (len(file["fuid"]), file["fuid"][0], file["uid"]) == (21, "F", row["uid"])


ENCODED = [
    (b"gzip", gzip.compress(PDF, mtime=0)),
    (b"x-gzip", gzip.compress(PDF[:100], mtime=0) + gzip.compress(PDF[100:], mtime=0)),
    (b"deflate", zlib.compress(PDF)),
    (b"deflate", zlib.compressobj(wbits=-15).compress(b"") + zlib.compress(PDF, wbits=-15)),
    (b"zstd", zstandard.compress(PDF)),
    (b"gzip, identity, gzip", gzip.compress(gzip.compress(PDF))),
]


@pytest.mark.parametrize(("coding", "body"), ENCODED)
@pytest.mark.parametrize("in_chunks", [False, True])
def test_content_codings_are_taken_off(read: Any, wire: Any, coding: bytes, body: bytes, in_chunks: bool) -> None:
    said = b"Content-Encoding: " + coding
    reply = answer(body, said)
    if in_chunks:
        reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + said + b"\r\n\r\n" + chunked(body)
    result = talk(read, wire, ("c", GET), ("s", reply[:200]), ("s", reply[200:]))
    (file,), (row,) = result.files, result.http
    assert (file["sha256"], file["seen_bytes"], file["complete"]) == (sha(PDF), len(PDF), True)
    assert (row["response_body_len"], row["resp_mime_types"]) == (len(body), "application/pdf")
    assert result.problems == []


def test_a_coding_that_is_not_read_is_left_on_and_told(read: Any, wire: Any) -> None:
    result = talk(read, wire, ("c", GET), ("s", answer(b"\x1f\x9dhello", b"Content-Encoding: compress")))
    assert (result.files[0]["encoding"], result.files[0]["sha256"]) == ("compress", sha(b"\x1f\x9dhello"))
    assert result.weird == []


def test_content_that_is_not_encoded_at_all_is_kept(read: Any, wire: Any) -> None:
    result = talk(read, wire, ("c", GET), ("s", answer(PDF, b"Content-Encoding: gzip")))
    assert result.files[0]["sha256"] == sha(PDF)
    assert [row["name"] for row in result.weird] == ["http_bad_content_encoding"]


def test_a_bomb_is_stopped_by_its_ratio(read: Any, wire: Any) -> None:
    bomb = gzip.compress(bytes(64 << 20))
    result = talk(read, wire, ("c", GET), *(("s", part) for part in _cut(answer(bomb, b"Content-Encoding: gzip"))))
    (file,) = result.files
    assert (file["complete"], file["flags"]) == (False, "truncated")
    assert file["seen_bytes"] <= contents.RATIO_FREE + contents.RATIO_LIMIT * contents.PIECE
    assert [row["name"] for row in result.weird] == ["http_content_bomb"]
    assert "grows more than 250 times" in result.reasons[0]


def _cut(data: bytes, size: int = 1400) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def test_content_beyond_the_size_limit_is_stopped(read: Any, wire: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(contents, "DECODED_LIMIT", 1 << 20)
    body = zstandard.compress(bytes(range(256)) * 8192)
    result = talk(read, wire, ("c", GET), ("s", answer(body, b"Content-Encoding: zstd")))
    assert (result.files[0]["complete"], result.files[0]["seen_bytes"]) == (False, 1 << 20)
    assert [row["name"] for row in result.weird] == ["http_content_bomb"]


FORM = (
    b"--XyZ\r\n"
    b'Content-Disposition: form-data; name="who"\r\n\r\n'
    b"j.doe\r\n"
    b"--XyZ\r\n"
    b'Content-Disposition: form-data; name="f"; filename="a \\"b\\".pdf"; filename*=UTF-8\'\'%D9%85.pdf\r\n'
    b"Content-Type: application/pdf\r\n\r\n" + PDF + b"\r\n"
    b"--XyZ\r\n"
    b'Content-Disposition: form-data; name="g"; filename="../../evil.exe"\r\n\r\n'
    b"\r\n"
    b"--XyZ--\r\n"
)


def post(body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST /up.php HTTP/1.1", b"Host: www.example.com", b'Content-Type: multipart/form-data; boundary="XyZ"']
    return b"\r\n".join([*lines, *headers]) + b"\r\n\r\n" + body


@pytest.mark.parametrize("form", ["plain", "chunked", "gzip"])
def test_uploads_of_a_form_are_files_with_their_names(read: Any, wire: Any, form: str) -> None:
    if form == "plain":
        request = post(FORM, b"Content-Length: %d" % len(FORM))
    elif form == "chunked":
        request = post(chunked(FORM, 37), b"Transfer-Encoding: chunked")
    else:
        body = gzip.compress(FORM)
        request = post(body, b"Content-Encoding: gzip", b"Content-Length: %d" % len(body))
    result = talk(read, wire, *(("c", part) for part in _cut(request, 700)), ("s", answer(b"ok")))
    uploads = sorted((file for file in result.files if file["is_orig"]), key=lambda file: file["depth"])
    assert [(file["depth"], file.get("filename"), file["seen_bytes"]) for file in uploads] == [
        (1, None, 5),
        (2, "م.pdf", len(PDF)),
        (3, "../../evil.exe", 0),
    ]
    assert (uploads[1]["sha256"], uploads[1]["mime_type"], uploads[1]["complete"]) == (
        sha(PDF),
        "application/pdf",
        True,
    )
    (row,) = result.http
    assert row["orig_fuids"] == ",".join(file["fuid"] for file in uploads)
    assert row["orig_filenames"] == "م.pdf,../../evil.exe"
    assert result.problems == []


def test_an_upload_whose_lines_end_with_lf_alone(read: Any, wire: Any) -> None:
    form = FORM.replace(b"\r\n", b"\n")
    result = talk(read, wire, ("c", post(form, b"Content-Length: %d" % len(form))))
    found = sorted(result.files, key=lambda file: file["depth"])
    assert [(file["sha256"], file["complete"]) for file in found] == [
        (sha(data), True) for data in (b"j.doe", PDF.replace(b"\r\n", b"\n"), b"")
    ]


def test_an_upload_that_is_cut_keeps_what_there_is(read: Any, wire: Any) -> None:
    result = talk(read, wire, ("c", post(FORM[:500], b"Content-Length: %d" % len(FORM))))
    first, second = sorted(result.files, key=lambda file: file["depth"])
    assert (first["complete"], second["complete"], second["flags"]) == (True, False, "truncated")
    assert second["sha256"] == sha(FORM[FORM.index(b"%PDF") : 500])


def test_ranges_keep_their_place(read: Any, wire: Any) -> None:
    part = answer(PDF[100:200], b"Content-Range: bytes 100-199/5129", status=b"206 Partial Content")
    several = (
        b"--B\r\nContent-Type: application/pdf\r\nContent-Range: bytes 0-8/5129\r\n\r\n" + PDF[:9] + b"\r\n"
        b"--B\r\nContent-Range: bytes 9-19/5129\r\n\r\n" + PDF[9:20] + b"\r\n--B--\r\n"
    )
    both = answer(several, b"Content-Type: multipart/byteranges; boundary=B", status=b"206 Partial Content")
    result = talk(read, wire, ("c", GET + GET), ("s", part + both))
    found = {file["content_range"]: file["sha256"] for file in result.files}
    assert found == {
        "bytes 100-199/5129": sha(PDF[100:200]),
        "bytes 0-8/5129": sha(PDF[:9]),
        "bytes 9-19/5129": sha(PDF[9:20]),
    }
    assert [row.get("content_range") for row in result.http] == ["bytes 100-199/5129", None]


def test_a_name_from_the_response_comes_before_the_url(read: Any, wire: Any) -> None:
    reply = answer(b"MZ\x90\0", b"Content-Disposition: attachment; filename=setup.exe")
    result = talk(read, wire, ("c", GET), ("s", reply))
    assert (result.files[0]["filename"], result.files[0]["mime_type"]) == ("setup.exe", "application/x-dosexec")


def test_bytes_that_are_missing_are_counted(read: Any, wire: Any) -> None:
    reply = answer(PDF)
    packets = wire.session([("c", GET), *(("s", part) for part in _cut(reply, 1000))])
    del packets[6]  # the third piece of the answer
    (file,) = read(wire.pcap(packets)).files
    assert (file["missing_bytes"], file["seen_bytes"], file["complete"]) == (1000, len(PDF) - 1000, False)


def test_shuffled_packets_give_the_same_files(read: Any, wire: Any) -> None:
    reply = answer(gzip.compress(PDF), b"Content-Encoding: gzip")
    packets = wire.session([("c", GET), *(("s", part) for part in _cut(reply, 300))])
    straight = read(wire.pcap(packets)).files[0]
    turned = read(wire.pcap([*packets[:3], *packets[:2:-1]])).files[0]
    same = ("sha256", "filename", "mime_type", "seen_bytes", "complete")
    assert [turned[name] for name in same] == [straight[name] for name in same]


def test_one_byte_segments(read: Any, wire: Any) -> None:
    request = post(FORM, b"Content-Length: %d" % len(FORM))
    result = talk(read, wire, *(("c", bytes([byte])) for byte in request))
    assert [file["complete"] for file in result.files] == [True, True, True]


def test_ids_are_the_same_in_another_capture(read: Any, wire: Any) -> None:
    packets = wire.session([("c", GET), ("s", answer(PDF))])
    other = wire.udp((wire.client, 5, wire.server, 6), b"x")
    first, second = read(wire.pcap(packets)), read(wire.pcap([*packets, other]))
    assert first.files[0]["fuid"] == second.files[0]["fuid"]
