"""Why tshark and we differ: each difference that is known, by capture and measure. What is not here is not explained."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.parsers.network.agreement.measures import COUNTS, TUPLES, VALUES, Values

WEB = ("HTTP requests", "HTTP responses", "http method, uri", "http host", "http status")
SAMPLED = (
    "sFlow: tshark dissects the sampled packet heads inside the reports as packets of their own. They were not sent here: we read the"
    " flow of reports."
)
SEARCH = "SSDP: tshark counts its M-SEARCH datagrams as HTTP. Zeek's http.log, which we follow, is HTTP over TCP; here they are net/ssdp."
PLAIN_2 = "HTTP/2 in clear on port 443: tshark goes by the port and sees broken TLS; with `-d tcp.port==443,http2` it shows the same."
UNFINISHED = (
    "A response of 142,628 bytes lacks 35,308 in the capture: tshark shows no response until it has all; we keep its head,"
    " flagged."
)
SSH_443 = "SSH on port 443: tshark goes by the port and sees broken TLS; we go by what is said."
ADDITIONAL = (
    "tshark counts addresses in the additional section; `answers` of net/dns holds the answer section, as in Zeek."
)
AUTHORITY = (
    "A request whose `:authority` and Host field differ, on purpose: tshark's field is the first, our `host_` the second"
    " (net/weird tells)."
)
TWICE = (
    "A second client hello in one connection: net/ssl has one row a connection; the second hello is told in net/weird."
)
DIFFERENCES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("filestore-5408", (*TUPLES, *WEB), SAMPLED),
    ("base64-decode-5885", WEB, SEARCH),
    ("smb2-ntlmssp-negotiateflags", WEB, SEARCH),
    ("http2-bugfixes", WEB, PLAIN_2),
    ("http2-compression-bug", WEB, PLAIN_2),
    ("bug-4953__file76", WEB, UNFINISHED),
    ("firewall__app-layer-protocol-unknown-tls-boundary", ("SSH version lines",), SSH_443),
    ("pcaps__20250129-dns-with-additionals", ("dns a, aaaa",), ADDITIONAL),
    ("sip-method__sip", ("dns a, aaaa",), ADDITIONAL),
    ("http2-authority-mismatch__authority_and_host_2", ("http host",), AUTHORITY),
    ("tls-duplicate-hello", ("ssl SNI", "ssl JA3"), TWICE),
)
HELLOS = ("TLS client hellos", "TLS server hellos", "ssl SNI", "ssl JA3", "ssl JA3S", "ssl version", "ssl cipher")
SAME_IDS = (
    "QUIC: the copies share their connection ids, which lie inside payloads; tshark knows connections by id, so it decrypts one copy and"
    " takes the others for more of the same. We go by flow and read all."
)
READDRESSED = (
    "sFlow as above; in the copies no flow has the addresses of a sampled packet any more, so more of those stand out."
)
Difference = tuple[str, Counter[Any], Counter[Any]]


def differences(theirs: Values, ours: Values) -> list[Difference]:
    """Measure, what only tshark has, what only we have."""
    found = [(name, theirs[name] - ours[name], ours[name] - theirs[name]) for name in (*TUPLES, *COUNTS, *VALUES)]
    return [one for one in found if one[1] or one[2]]


def reason(capture: str, measure: str) -> str | None:
    return next(
        (why for start, measures, why in DIFFERENCES if capture.startswith(start) and measure in measures), None
    )


def mixed_reason(measure: str) -> str | None:
    """Of what the copies do not repeat from their originals."""
    return SAME_IDS if measure in HELLOS else READDRESSED if measure in TUPLES else None


def left_over(apart: Difference, copied: Counter[Any]) -> Counter[Any]:
    """What of a difference in the mixed capture `copied` (ours less tshark's, all copies together) does not account for; signed."""
    rest = Counter(apart[2])
    rest.subtract(apart[1])
    rest.subtract(copied)
    return Counter({value: count for value, count in rest.items() if count})
