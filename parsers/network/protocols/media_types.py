"""Media types by first bytes, for the kinds of content investigators ask for first.

Names as Zeek gives them where it has one. Bytes that no signature knows are looked at as text (`text_types.py`).
"""

from __future__ import annotations

from parsers.network.protocols.text_types import text_type

START = 34_816  # bytes that recognition may look at: a disc image is marked at byte 32,769
_MEMBERS = 16_384  # bytes of a zip archive in which the names of its first members are looked for

# (first bytes, media type); a longer signature stands before a shorter one that begins like it
SIGNATURES = (
    (b"MZ", "application/x-dosexec"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xfe\xed\xfa\xce", "application/x-mach-o-executable"),
    (b"\xfe\xed\xfa\xcf", "application/x-mach-o-executable"),
    (b"\xce\xfa\xed\xfe", "application/x-mach-o-executable"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-o-executable"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"PK\x07\x08", "application/zip"),
    (b"Rar!\x1a\x07", "application/x-rar-compressed"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"\x1f\x9d", "application/x-compress"),
    (b"LZIP", "application/x-lzip"),
    (b"MSCF", "application/vnd.ms-cab-compressed"),
    (b"ISc(", "application/x-installshield"),
    (b"!<arch>\n", "application/x-archive"),
    (b"\xed\xab\xee\xdb", "application/x-rpm"),
    (b"MSWIM\0\0\0", "application/x-ms-wim"),
    (b"ITSF", "application/vnd.ms-htmlhelp"),
    (b"%PDF-", "application/pdf"),
    (b"%!PS", "application/postscript"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "text/rtf"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "application/onenote"),
    (b"!BDN", "application/vnd.ms-outlook"),
    (b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    (b"L\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut"),
    (b"ElfFile\0", "application/x-ms-evtx"),
    (b"regf", "application/x-ms-registry-hive"),
    (b"PAGEDU64", "application/x-ms-memory-dump"),
    (b"MDMP", "application/x-ms-minidump"),
    (b"SQLite format 3\0", "application/x-sqlite3"),
    (b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"),
    (b"\x4d\x3c\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (b"\xa1\xb2\x3c\x4d", "application/vnd.tcpdump.pcap"),
    (b"\x0a\x0d\x0d\x0a", "application/x-pcapng"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\x01\0", "image/vnd.microsoft.icon"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (b"FWS", "application/x-shockwave-flash"),
    (b"CWS", "application/x-shockwave-flash"),
    (b"ZWS", "application/x-shockwave-flash"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "application/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"MThd", "audio/midi"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"\0\0\x01\xba", "video/mpeg"),
    (b"wOFF", "application/font-woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO", "application/vnd.ms-opentype"),
    (b"\0\x01\0\0\0", "application/x-font-ttf"),
    (b"\0asm", "application/wasm"),
    (b"dex\n03", "application/vnd.android.dex"),
    (b"\x30\x82", "application/x-asn1-der"),
    (b"-----BEGIN CERTIFICATE", "application/x-pem-certificate"),
    (b"-----BEGIN ", "application/x-pem"),
    (b"<?php", "text/x-php"),
    (b"#!", "text/x-shellscript"),
)
_BY_FIRST: dict[int, list[tuple[bytes, str]]] = {}
for _signature, _name in SIGNATURES:
    _BY_FIRST.setdefault(_signature[0], []).append((_signature, _name))

# What stands in a RIFF file at byte 8, and in an ISO base media file at byte 8 behind `ftyp` (ISO/IEC 14496-12)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"heic": "image/heic", b"avif": "image/avif"}
_OFFICE = "application/vnd.openxmlformats-officedocument."
# (bytes among the first member names, media type) of archives that are zip files; the first that is found decides
_ZIPS = (
    (b"word/", _OFFICE + "wordprocessingml.document"),
    (b"xl/", _OFFICE + "spreadsheetml.sheet"),
    (b"ppt/", _OFFICE + "presentationml.presentation"),
    (b"AndroidManifest.xml", "application/vnd.android.package-archive"),
    (b"META-INF/MANIFEST.MF", "application/java-archive"),
    (b"mimetypeapplication/epub+zip", "application/epub+zip"),
    (b"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"),
    (b"mimetypeapplication/vnd.oasis.opendocument.presentation", "application/vnd.oasis.opendocument.presentation"),
)
# (name of a stream as its directory holds it, media type) of OLE files whose directory lies near the start
_OLES = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
)


def media_type(start: bytes, declared: str | None, body: bool) -> str | None:
    """By the first bytes, else as declared (parameters taken off), else by what the text looks like; None where there is no body.

    `start` may be shorter than START; what lies beyond it is not recognised then.
    """
    if not body:
        return None
    known = _signed(start) or _within(start)
    if known is None and declared:
        known = declared.split(";")[0].strip().lower() or None
    return known or text_type(start)


def _signed(start: bytes) -> str | None:
    for signature, name in _BY_FIRST.get(start[0], ()) if start else ():
        if start.startswith(signature):
            if name == "application/zip":
                return _archive(start)
            if name == "application/x-ole-storage":
                return next((kind for word, kind in _OLES if word.encode("utf-16-le") in start), name)
            return name
    return None


def _archive(start: bytes) -> str:
    names = start[:_MEMBERS]
    return next((kind for mark, kind in _ZIPS if mark in names), "application/zip")


def _within(start: bytes) -> str | None:
    """Types whose mark does not stand first."""
    if start[:4] == b"RIFF":
        return _RIFF.get(start[8:12])
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12], "video/mp4")
    if (
        start[:4] == b"\xca\xfe\xba\xbe"
    ):  # a Java class, or a Mach-O for several machines: they are few, Java's version is 45 or more
        many = int.from_bytes(start[4:8], "big")
        return "application/x-mach-o-executable" if 0 < many < 45 else "application/x-java-applet"
    if start[257:262] == b"ustar":
        return "application/x-tar"
    if start[32_769:32_774] == b"CD001":
        return "application/x-iso9660-image"
    if (
        start[:2] == b"BM"
        and len(start) > 18
        and start[14:18] in (b"\x28\0\0\0", b"\x0c\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    ):
        return "image/x-ms-bmp"
    return None
