"""Media types by content: each kind by bytes that its own specification gives."""

from __future__ import annotations

import io
import zipfile

import pytest

from parsers.network.protocols.media_types import SIGNATURES, START, media_type

OFFICE = "application/vnd.openxmlformats-officedocument."


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x" * 10)
    return out.getvalue()


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"MZ\x90\0", "application/x-dosexec"),
        (b"\x7fELF\x02\x01\x01", "application/x-executable"),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01", "application/x-mach-o-executable"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02", "application/x-mach-o-executable"),  # two architectures
        (b"\xca\xfe\xba\xbe\0\0\0\x34", "application/x-java-applet"),  # class file version 52
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"\0\0\0\x18ftypqt  ", "video/quicktime"),
        (b"a.txt".ljust(257, b"\0") + b"ustar\x0000", "application/x-tar"),
        (bytes(32_769) + b"CD001\x01", "application/x-iso9660-image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "application/x-ole-storage"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le"), "application/msword"),
        (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0", "application/x-ms-shortcut"),
        (b"ElfFile\0" + bytes(8), "application/x-ms-evtx"),
        (b"\x28\xb5\x2f\xfd\x04", "application/zstd"),
        (b"  <!-- a --><!DOCTYPE html><p>", "text/html"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><note/>', "application/xml"),
        (b'<?xml version="1.0"?><svg xmlns="x">', "image/svg+xml"),
        (b'{"a": 1}', "application/json"),
        (b"[1, 2]", "application/json"),
        (b"var a = 1; document.write(a);", "text/javascript"),
        ("Set o = CreateObject(1)".encode("utf-16"), "text/vbscript"),
        (b"@echo off\r\ndel x", "text/x-msdos-batch"),
        (b"$a = New-Object Net.WebClient", "text/x-powershell"),
        (b"just words", "text/plain"),
        (b"\x01\x02\x03\x04", None),
    ],
)
def test_by_content(start: bytes, expected: str | None) -> None:
    assert media_type(start, None, True) == expected
    assert len(start) <= START


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("a.txt",), "application/zip"),
        (("[Content_Types].xml", "word/document.xml"), OFFICE + "wordprocessingml.document"),
        (("[Content_Types].xml", "xl/workbook.xml"), OFFICE + "spreadsheetml.sheet"),
        (("META-INF/MANIFEST.MF", "A.class"), "application/java-archive"),
        (("AndroidManifest.xml",), "application/vnd.android.package-archive"),
    ],
)
def test_archives_by_their_members(names: tuple[str, ...], expected: str) -> None:
    assert media_type(archive(*names), "application/octet-stream", True) == expected


def test_a_declared_type_comes_before_a_guess_at_text_and_after_a_signature() -> None:
    assert media_type(b"hello", "Text/CSS; charset=utf-8", True) == "text/css"
    assert media_type(b"MZ\x90\0", "text/plain", True) == "application/x-dosexec"
    assert media_type(b"hello", " ; ", True) == "text/plain"
    assert media_type(b"", "text/plain", False) is None


def test_every_signature_is_reached() -> None:
    for signature, name in SIGNATURES:
        assert media_type(signature + bytes(16), None, True) == name
