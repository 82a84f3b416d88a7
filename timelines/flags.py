"""Every remark that a reader may put in the core column `flags`: its name there, and what it says of the row.

Summaries say them in the reader's language (`flag.` in `cases/languages/`). A test finds any that a reader sets and this list lacks.
"""

from __future__ import annotations

from collections.abc import Mapping

FLAGS: Mapping[str, str] = {
    "ambiguous-time": "The local time occurred twice, when clocks were set back; the first is taken.",
    "arp-conflict": "Another hardware address claimed the same IP address just before.",
    "assumed-endpoint": "The bind of the calls was not captured; the interface is that which the name of the pipe tells.",
    "bad-checksum": "The checksum of the block that holds the record does not fit its bytes.",
    "bad-encoding": "Some bytes are no text in the file's encoding.",
    "bad-escape": "A text holds an escape that its format does not know; it stays as written.",
    "bad-ip-checksum": "The checksum of an IPv4 header does not fit.",
    "bad-time": "What stands in the place of the time is no moment.",
    "bad-transport-checksum": "The checksum of a TCP, UDP or ICMP packet does not fit, and is not what a network card was to complete.",
    "caplen-exceeds-original": "A packet says that more bytes were captured than it had.",
    "control-bytes": "The line holds control characters.",
    "duplicate-keys": "One name stands twice in an object; each value is kept.",
    "empty-field": "A field is empty although the format forbids it.",
    "expired": "The certificate was no longer valid when it was seen.",
    "extra-fields": "More stands in the line than its format has fields.",
    "fragment-overlap": "Fragments overlap with other bytes; those that came first were kept.",
    "fragmented": "Packets came in fragments and were put together.",
    "fragments-missing": "Packets came in fragments of which some are missing; only the first was read.",
    "id-differs": "The record's number in its header and in the event differ.",
    "incomplete": "Some values could not be rendered.",
    "inferred-year": "The time was written without a year; it was inferred (`wrapper_year_told`: by what).",
    "interleaved": "Two lines were written into one.",
    "joined-parts": "The log service passed the line on in parts, which were put together.",
    "loose": "The line departs from its format and was read loosely.",
    "malformed": "Parts of what the row describes break their format and are missing from it.",
    "many-keys": "The line says more under names of its own than become columns; the whole line stands in `extra`.",
    "no-date": "The record bears no date.",
    "no-line-end": "The last line does not end.",
    "no-time": "The record holds no usable time.",
    "no-zone": "The time was written without a zone.",
    "not-yet-valid": "The certificate was not valid yet when it was seen.",
    "odd-request": "The request departs from `METHOD target HTTP/n`.",
    "outer-quotes": "The whole line stands in quotes.",
    "overlap-conflict": "TCP segments repeat a range of their stream with other bytes; those that came first in sequence were read.",
    "partial": "The log service passed on a part of a line only.",
    "prefix": "Other text stands before the client's address.",
    "recovered": "The record was recovered from space that its file no longer counts as in use.",
    "self-signed": "The certificate is signed with its own key.",
    "sender-differs": "The message names another hardware address as its sender than its frame does.",
    "skipped-time": "The local time never occurred, since clocks were set forward over it.",
    "snapped": "Packets were captured in part only (snap length).",
    "time-backwards": "A packet is earlier than the one before it in the file.",
    "time-differs": "The time of the record's header and of the event are apart: forwarded, or altered.",
    "truncated": "The record is cut off.",
    "tunnel": "The packets carry others inside, which have rows of their own.",
    "wrapper-differs": "The line's own time and that at which the log service took it are more than ten minutes apart.",
    "wrapper-time": "The line's own time cannot be placed; the time is that at which the log service took it.",
    "wrong-type": "A value is not of the kind that its name asks for; it is kept as text under its own name.",
}
