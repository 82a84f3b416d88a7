"""Media types by first bytes, for the kinds of content investigators ask for first."""

from __future__ import annotations

# (first bytes, media type); names as Zeek gives them where it has one
SIGNATURES = (
    (b"MZ", "application/x-dosexec"),
    (b"\x7fELF", "application/x-executable"),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar!\x1a\x07", "application/x-rar-compressed"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"%PDF-", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\xca\xfe\xba\xbe", "application/x-java-applet"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"{\\rtf", "text/rtf"),
    (b"FWS", "application/x-shockwave-flash"),
    (b"CWS", "application/x-shockwave-flash"),
    (b"MSCF", "application/vnd.ms-cab-compressed"),
    (b"<?php", "text/x-php"),
    (b"#!/", "text/x-shellscript"),
)
_ANY = tuple(signature for signature, _ in SIGNATURES)


def media_type(start: bytes, declared: str | None, body: bool) -> str | None:
    """By the body's first bytes, else as declared (parameters taken off); None where there is no body."""
    if not body:
        return None
    if start.startswith(_ANY):
        return next(name for signature, name in SIGNATURES if start.startswith(signature))
    return (declared or "").split(";")[0].strip().lower() or None
