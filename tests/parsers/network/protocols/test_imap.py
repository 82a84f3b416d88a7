"""IMAP by hand and by scapy: fetched and stored messages, literals, logins."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import bear_session, by_scapy

MAIL = (
    b'From: ann@example.org\r\nSubject: ready) * 9 FETCH {5}\r\nContent-Type: text/plain; name="n.txt"\r\n\r\nhello\r\n'
)
HEAD = b"From: carol@example.org\r\nSubject: a head\r\n\r\n"
SENT = [
    ("s", b"* OK IMAP4rev1 ready\r\n"),
    ("c", b'a1 LOGIN "bob" {7}\r\n'), ("s", b"+ go\r\n"), ("c", b"se cret\r\n"), ("s", b"a1 OK done\r\n"),
    ("c", b'a2 SELECT "Sent Items"\r\n'), ("s", b"* 3 EXISTS\r\na2 OK [READ-WRITE] done\r\n"),
    ("c", b"a3 UID FETCH 5 (UID BODY.PEEK[])\r\na4 FETCH 2 (BODY[HEADER.FIELDS (FROM SUBJECT)])\r\n"),
    ("s", b"* 1 FETCH (UID 5 BODY[] {%d}\r\n" % len(MAIL) + MAIL[:50]), ("s", MAIL[50:] + b" FLAGS (\\Seen))\r\na3 OK done\r\n"),
    ("s", b"* 2 FETCH (BODY[HEADER.FIELDS (FROM SUBJECT)] {%d}\r\n" % len(HEAD) + HEAD + b")\r\na4 OK done\r\n"),
    ("c", b"a5 APPEND Drafts (\\Seen) {%d+}\r\n" % len(MAIL) + MAIL + b"\r\n"), ("s", b"a5 OK done\r\n"),
    ("c", b"a6 LOGOUT\r\n"), ("s", b"* BYE\r\na6 OK bye\r\n"),
]  # fmt: skip


def test_a_session_and_its_messages(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=143)))
    by_event = {row["event"]: row for row in result.imap if row.get("number") != 2}
    session, mail, stored = (by_event[f"imap.{name}"] for name in ("session", "message", "append"))
    assert (session["username"], session["mailbox"], session["fetched"]) == ("bob", "Sent Items", 2)
    assert session["commands"] == "LOGIN,SELECT,UID FETCH,FETCH,APPEND,LOGOUT"
    assert (mail["number"], mail["message_uid"], mail["subject"]) == (1, 5, "ready) * 9 FETCH {5}")
    assert (mail["mailbox"], mail["user"], mail["attachments"]) == ("Sent Items", "bob", "n.txt")
    (head,) = [row for row in result.imap if row.get("number") == 2]
    assert (head["subject"], head["from"], head["message_bytes"]) == ("a head", "carol@example.org", len(HEAD))
    assert (stored["mailbox"], stored["message_bytes"]) == ("Drafts", len(MAIL))
    assert [(row["filename"], row["is_orig"]) for row in result.files] == [("n.txt", False), ("n.txt", True)]
    assert {row["sha256"] for row in result.files} == {hashlib.sha256(b"hello\r\n").hexdigest()}
    (login,) = result.credentials
    assert (login["username"], login["secret"], login["accepted"], login["scheme"]) == ("bob", "se cret", True, "login")
    assert (result.conn[0]["service"], result.problems) == ("imap", [])


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 143, "imap", "files", "credentials")


def test_a_message_fetched_in_pieces(read: Any, wire: Any) -> None:
    pieces = [
        ("s", b"* 1 FETCH (BODY[]<%d> {%d}\r\n" % (at, len(MAIL[at : at + 40])) + MAIL[at : at + 40] + b")\r\n")
        for at in range(0, len(MAIL), 40)
    ]
    result = read(wire.pcap(wire.session([SENT[0], ("c", b"x FETCH 1 BODY[]<0.40>\r\n"), *pieces], port=143)))
    assert [row["subject"] for row in result.imap if row["event"] == "imap.message"] == ["ready) * 9 FETCH {5}"]
    assert result.files[0]["sha256"] == hashlib.sha256(b"hello\r\n").hexdigest()


def test_authenticate_refused_and_starttls(read: Any, wire: Any) -> None:
    talk = [
        SENT[0], ("c", b"1 AUTHENTICATE PLAIN\r\n"), ("s", b"+ \r\n"), ("c", base64.b64encode(b"\0ann\0pw") + b"\r\n"),
        ("s", b"1 NO refused\r\n"), ("c", b"2 STARTTLS\r\n"), ("s", b"2 OK begin\r\n"), ("c", b"\x16\x03\x01\x00\x04\x01\x00\x00\x00"),
    ]  # fmt: skip
    result = read(wire.pcap(wire.session(talk, port=143)))
    assert [(row["username"], row["secret"], row["accepted"]) for row in result.credentials] == [("ann", "pw", False)]
    assert [(row["tls"], row["outcome"]) for row in result.imap] == [(True, "failure")]


def test_a_literal_larger_than_the_capture(read: Any, wire: Any) -> None:
    talk = [SENT[0], ("c", b"1 NOOP\r\n"), ("s", b"* 1 FETCH (RFC822 {9999999999}\r\nSubject: cut\r\n\r\nrest")]
    result = read(wire.pcap(wire.session(talk, port=143)))
    rows = [row for row in result.imap if row["event"] == "imap.message"]
    assert [(row["subject"], row["flags"]) for row in rows] == [("cut", "truncated")]
    assert [row["complete"] for row in result.files] == [False]


def test_a_session_made_by_scapy(read: Any, tmp_path: Path) -> None:
    data = by_scapy(tmp_path, SENT, 143)
    assert len(read(data).imap) == 4
    assert len(read(data[:-20]).imap) == 4


@pytest.mark.evidence
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_real_session_as_tshark_reads_it(read_file: Any, captures: list[Path]) -> None:
    (path,) = [path for path in captures if path.name == "imap-detection.pcap"]
    command = ["tshark", "-r", str(path), "-Y", "imap.request.command", "-T", "fields", "-e", "imap.request.command"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (session,) = [row for row in read_file(path).imap if row["event"] == "imap.session"]
    theirs = {name.upper() for line in done.stdout.split() for name in line.split(",")}
    assert set(session["commands"].split(",")) == theirs
