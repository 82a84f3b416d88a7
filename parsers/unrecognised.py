"""Why a file is not read: what its first bytes say it is."""

from __future__ import annotations

from timelines.inventory import CARVABLE

# First bytes of formats that investigators meet and that no reader here takes. Sources: the formats' own specifications.
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"MZ", "a Windows program (PE)"),
    (0, b"\x7fELF", "a Linux program (ELF)"),
    (0, b"\xcf\xfa\xed\xfe", "a macOS program (Mach-O)"),
    (0, b"\xca\xfe\xba\xbe", "a macOS program (Mach-O) or Java class"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"EVF\x09\x0d\x0a\xff\0", "an EnCase disk image (E01); mount it and add the files in it"),
    (0, b"LVF\x09\x0d\x0a\xff\0", "an EnCase logical image (L01); mount it and add the files in it"),
    (0, b"EVF2\x0d\x0a\x81\0", "an EnCase disk image (Ex01); mount it and add the files in it"),
    (0, b"QFI\xfb", "a QEMU disk image; mount it and add the files in it"),
    (0, b"KDMV", "a VMware disk image; mount it and add the files in it"),
    (0, b"vhdxfile", "a Hyper-V disk image; mount it and add the files in it"),
    (0, b"conectix", "a Virtual PC disk image; mount it and add the files in it"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it and add its contents"),
    (0, b"Rar!\x1a\x07", "a RAR archive; unpack it and add its contents"),
    (0, b"\xfd7zXZ\0", "an XZ file; unpack it and add its contents"),
    (0, b"\x04\x22\x4d\x18", "an LZ4 file; unpack it and add its contents"),
    (0, b"\x1f\x9d", "a compress (.Z) file; unpack it and add its contents"),
    (0, b"MSCF", "a cabinet archive; unpack it and add its contents"),
    (0, b"regf", "a Windows registry hive"),
    (0, b"LfLe", "a Windows event log of the old format (EVT)"),
    (48, b"LfLe", "a Windows event log of the old format (EVT)"),
    (4, b"LfLe", "a Windows event log of the old format (EVT)"),
    (4, b"SCCA", "a Windows prefetch file"),
    (0, b"MAM\x04", "a compressed Windows prefetch file"),
    (0, b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", "a Windows shortcut"),
    (0, b"FILE0", "an NTFS master file table"),
    (4, b"\xef\xcd\xab\x89", "an ESE database"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE document or Windows installer"),
    (0, b"PAGEDU64", "a Windows memory dump"),
    (0, b"LPKSHHRH", "a systemd journal"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"<?xml", "an XML document"),
    (0, b"<!DOCTYPE html", "an HTML document"),
    (257, b"ustar", "a tar archive whose first header is damaged"),
)
_CHUNK = b"ElfChnk\0"
_CHUNKS_BEGIN = (4096, 0)  # where an event log's first chunk stands: behind the file header, or where that was cut off
_TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1b")


def _printable(head: bytes) -> bool:
    low = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in head[:4096])
    return low == 0


def reason_for(head: bytes) -> str:
    """One line that says why no reader takes a file that begins with `head`."""
    if any(head.startswith(_CHUNK, offset) for offset in _CHUNKS_BEGIN):
        return CARVABLE
    for offset, magic, what in _MAGIC:
        if head.startswith(magic, offset):
            return f"no reader for this format: {what}"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16 text, but no line fits a known log format"
    if _printable(head):
        return "text, but no line fits a known log format"
    if not any(head):
        return f"no reader for these bytes: the first {len(head)} are all zero"
    return f"no reader for these bytes: the file begins with {head[:8].hex(' ')}"
