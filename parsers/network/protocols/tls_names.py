"""Names of TLS numbers: versions and alerts in Zeek's spelling, cipher suites from dpkt's table, groups (IANA, TLS Supported Groups)."""

from __future__ import annotations

from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any

_VERSIONS = {
    0x0002: "SSLv2", 0x0300: "SSLv3", 0x0301: "TLSv10", 0x0302: "TLSv11", 0x0303: "TLSv12", 0x0304: "TLSv13",
    0x0100: "DTLSv10", 0xFEFF: "DTLSv10", 0xFEFD: "DTLSv12", 0xFEFC: "DTLSv13",
}  # fmt: skip
_ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
    60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name",
    113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
    116: "certificate_required", 120: "no_application_protocol",
}  # fmt: skip
_GROUPS = {
    1: "sect163k1", 3: "sect163r2", 6: "sect233k1", 7: "sect233r1", 9: "sect283k1", 10: "sect283r1", 11: "sect409k1",
    12: "sect409r1", 13: "sect571k1", 14: "sect571r1", 18: "secp192k1", 19: "secp192r1", 20: "secp224k1",
    21: "secp224r1", 22: "secp256k1", 23: "secp256r1", 24: "secp384r1", 25: "secp521r1", 26: "brainpoolP256r1",
    27: "brainpoolP384r1", 28: "brainpoolP512r1", 29: "x25519", 30: "x448", 256: "ffdhe2048", 257: "ffdhe3072",
    258: "ffdhe4096", 259: "ffdhe6144", 260: "ffdhe8192", 4587: "SecP256r1MLKEM768", 4588: "X25519MLKEM768",
    4589: "SecP384r1MLKEM1024", 25497: "X25519Kyber768Draft00",
}  # fmt: skip


def version_name(version: int) -> str:
    if version >> 8 == 0x7F:  # drafts of TLS 1.3
        return f"TLSv13-draft{version & 0xFF}"
    return _VERSIONS.get(version, f"unknown-{version:#06x}")


def is_tls13(version: int) -> bool:
    """TLS 1.3, its drafts, and DTLS 1.3."""
    return version in (0x0304, 0xFEFC) or version >> 8 == 0x7F


def alert_name(alert: int) -> str:
    return _ALERTS.get(alert, f"unknown-{alert}")


def curve_name(group: int) -> str:
    return _GROUPS.get(group, f"unknown-{group}")


@cache
def cipher_name(cipher: int) -> str:
    suite = _suites().get(cipher)
    return suite.name if suite else f"unknown-{cipher}"


@cache
def _suites() -> dict[int, Any]:
    """dpkt's table of cipher suites by number, loaded without the package, whose other protocols take 70 ms."""
    name = "dpkt.ssl_ciphersuites"
    package = find_spec("dpkt")
    spec = package and PathFinder.find_spec(name, package.submodule_search_locations)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{name} is not installed", name=name)
    table: Any = module_from_spec(spec)
    spec.loader.exec_module(table)
    suites: dict[int, Any] = table.BY_CODE
    return suites
