"""Names of LDAP numbers as Zeek writes them: results (RFC 4511 appendix A), scopes, extended operations."""

from __future__ import annotations

START_TLS = "1.3.6.1.4.1.1466.20037"
IN_PROGRESS = 14  # a SASL bind that goes on
SCOPES = {0: "base", 1: "single", 2: "tree"}
DEREF = {0: "never", 1: "searching", 2: "finding", 3: "always"}
EXTENDED = {
    START_TLS: "StartTLS", "1.3.6.1.4.1.4203.1.11.3": "whoami", "1.3.6.1.4.1.4203.1.11.1": "password modify", "1.3.6.1.1.8": "cancel",
    "1.2.840.113556.1.4.1781": "fast concurrent bind",
}  # fmt: skip
_RESULTS = {
    0: "success", 1: "operations error", 2: "protocol error", 3: "time limit exceeded", 4: "size limit exceeded", 5: "compare false",
    6: "compare true", 7: "auth method not supported", 8: "stronger auth required", 9: "partial results", 10: "referral",
    11: "admin limit exceeded", 12: "unavailable critical extension", 13: "confidentiality required", 14: "SASL bind in progress",
    16: "no such attribute", 17: "undefined attribute type", 18: "inappropriate matching", 19: "constraint violation",
    20: "attribute or value exists", 21: "invalid attribute syntax", 32: "no such object", 33: "alias problem", 34: "invalid DN syntax",
    36: "alias dereferencing problem", 48: "inappropriate authentication", 49: "invalid credentials",
    50: "insufficient access rights", 51: "busy", 52: "unavailable", 53: "unwilling to perform", 54: "loop detect",
    60: "sort control missing", 61: "offset range error", 64: "naming violation", 65: "object class violation",
    66: "not allowed on non-leaf", 67: "not allowed on RDN", 68: "entry already exists", 69: "object class mods prohibited",
    70: "results too large", 71: "affects multiple DSAs", 76: "control error", 80: "other", 118: "canceled", 119: "no such operation",
    120: "too late", 121: "cannot cancel", 122: "assertion failed", 123: "authorization denied",
}  # fmt: skip


def result_name(code: int) -> str:
    return _RESULTS.get(code, f"unknown-{code}")


def failed(code: int) -> bool:
    """Whether an operation failed; comparisons, referrals and binds that go on did not (RFC 4511 appendix A.1)."""
    return code not in (0, 5, 6, 10, IN_PROGRESS)
