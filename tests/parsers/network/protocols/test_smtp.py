"""SMTP by hand and by scapy: envelopes, pipelining, contents, parts, logins, what is odd and what is cut."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.network.protocols.hardships import bear_session, by_scapy
from tests.parsers.network.tshark import TSHARK, by_tshark

ATTACHED = bytes(range(256)) * 3
MESSAGE = (
    b"Received: from edge.example.net ([203.0.113.9]) by mx.example.org; Fri, 2 Jan 2026 03:00:02 +0000\r\n"
    b"Received: from desk (desk.example.net [192.0.2.77])\r\n\tby edge.example.net; Fri, 2 Jan 2026 03:00:01 +0000\r\n"
    b"Date: Fri, 2 Jan 2026 03:00:00 +0000\r\n"
    b"From: =?utf-8?Q?Jos=C3=A9?= <jose@example.net>\r\n"
    b"To: Ann <ann@example.org>,\r\n Bob <bob@example.org>\r\n"
    b"Cc: carol@example.org\r\n"
    b"Reply-To: <office@example.net>\r\n"
    b"Message-ID: <one@example.net>\r\n"
    b"In-Reply-To: <zero@example.org>\r\n"
    b"Subject: =?iso-8859-1?B?" + base64.b64encode("Été".encode("latin-1")) + b"?= plan\r\n"
    b"X-Originating-IP: [198.51.100.77]\r\n"
    b"X-Mailer: Roundcube Webmail/1.6\r\n"
    b'Content-Type: multipart/mixed; boundary="cut here"\r\n\r\n'
    b"preamble, not a part\r\n"
    b"--cut here\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"caf=C3=A9 =\r\nau lait\r\n..one dot before this line\r\n"
    b"--cut here\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment;\r\n filename*0*=utf-8''plan%20;\r\n filename*1=secret.bin\r\n\r\n"
    + base64.encodebytes(ATTACHED).replace(b"\n", b"\r\n")
    + b"--cut here--\r\nepilogue\r\n"
)
SENT = [
    ("s", b"220 mx.example.org ESMTP ready\r\n"),
    ("c", b"EHLO desk.example.net\r\n"),
    ("s", b"250-mx.example.org\r\n250-PIPELINING\r\n250 SIZE 1000000\r\n"),
    ("c", b"MAIL FROM:<jose@example.net> SIZE=2000\r\nRCPT TO:<ann@example.org>\r\nRCPT TO:<nobody@example.org>\r\nDATA\r\n"),
    ("s", b"250 ok\r\n250 ok\r\n550 no such user\r\n354 go on\r\n"),
    ("c", MESSAGE[:700]),
    ("c", MESSAGE[700:] + b".\r\n"),
    ("s", b"250 queued as 1\r\n"),
    ("c", b"QUIT\r\n"),
    ("s", b"221 bye\r\n"),
]  # fmt: skip


def test_a_message_with_parts(read: Any, wire: Any) -> None:
    result = read(wire.pcap(wire.session(SENT, port=25)))
    (row,) = result.smtp
    assert (row["event"], row["helo"], row["mailfrom"]) == ("smtp.message", "desk.example.net", "jose@example.net")
    assert (row["rcptto"], row["outcome"], row["last_reply"]) == ("ann@example.org", "success", "250 queued as 1")
    assert (row["from"], row["subject"], row["object"]) == ("José <jose@example.net>", "Été plan", "Été plan")
    assert (row["to"], row["cc"]) == ("Ann <ann@example.org>, Bob <bob@example.org>", "carol@example.org")
    assert (row["date"], row["msg_id"]) == ("Fri, 2 Jan 2026 03:00:00 +0000", "<one@example.net>")
    assert (row["in_reply_to"], row["reply_to"]) == ("<zero@example.org>", "<office@example.net>")
    assert (row["x_originating_ip"], row["path"]) == ("198.51.100.77", "203.0.113.9,192.0.2.77")
    assert row["first_received"].startswith("from desk (desk.example.net [192.0.2.77]) by edge")
    assert row["second_received"].startswith("from edge.example.net")
    assert (row["user_agent"], row["is_webmail"], row["tls"]) == ("Roundcube Webmail/1.6", True, False)
    assert (row["message_bytes"], row["trans_depth"], row["attachments"]) == (len(MESSAGE), 1, "plan secret.bin")
    assert (row["packet_first"], row["packet_last"], row["flags"]) == (7, 11, "")
    assert (result.conn[0]["service"], result.problems) == ("smtp", [])
    body, attached = result.files
    plain = "café au lait\r\n.one dot before this line".encode()
    assert (body["sha256"], body["declared_type"]) == (hashlib.sha256(plain).hexdigest(), "text/plain")
    assert (attached["filename"], attached["complete"]) == ("plan secret.bin", True)
    assert (attached["sha256"], attached["seen_bytes"]) == (hashlib.sha256(ATTACHED).hexdigest(), 768)
    assert (attached["source"], attached["is_orig"]) == ("smtp", True)


def test_hardships(read: Any, wire: Any) -> None:
    bear_session(read, wire, SENT, 25, "smtp", "files")


def test_content_and_not_the_port_decides(read: Any, wire: Any) -> None:
    assert read(wire.pcap(wire.session(SENT, port=4444))).smtp[0]["subject"] == "Été plan"
    assert read(wire.pcap(wire.session([("s", b"220 files.example.org FTP\r\n")], port=21))).smtp == []


def test_a_message_made_by_scapy(read: Any, tmp_path: Path) -> None:
    talk = [
        ("s", b"220 mx ESMTP\r\n"), ("c", b"HELO a.example\r\n"), ("s", b"250 mx\r\n"),
        ("c", b"MAIL FROM:<a@a.example>\r\n"), ("s", b"250 ok\r\n"), ("c", b"RCPT TO:<b@b.example>\r\n"), ("s", b"250 ok\r\n"),
        ("c", b"DATA\r\n"), ("s", b"354 go\r\n"), ("c", b"Subject: hello\r\n\r\nbody\r\n.\r\n"), ("s", b"451 later\r\n"),
    ]  # fmt: skip
    data = by_scapy(tmp_path, talk, 25)
    (row,) = read(data).smtp
    assert (row["mailfrom"], row["rcptto"], row["subject"]) == ("a@a.example", "b@b.example", "hello")
    assert (row["outcome"], row["last_reply"]) == ("failure", "451 later")
    assert read(data[:-30]).smtp[0]["subject"] == "hello"
    damaged = bytearray(data)
    damaged[24:40] = b"\xff" * 16  # the first record's header
    assert [row["mailfrom"] for row in read(bytes(damaged)).smtp] == ["a@a.example"]


def test_two_messages_a_reset_and_none(read: Any, wire: Any) -> None:
    talk = [
        ("s", b"220 ESMTP\r\n"), ("c", b"EHLO a\r\n"), ("s", b"250 x\r\n"),
        ("c", b"MAIL FROM:<one@a.example>\r\n"), ("s", b"250 ok\r\n"), ("c", b"RSET\r\n"), ("s", b"250 ok\r\n"),
        ("c", b"MAIL FROM:<two@a.example>\r\n"), ("s", b"250 ok\r\n"), ("c", b"RCPT TO:<x@b.example>\r\n"), ("s", b"554 no relay\r\n"),
        ("c", b"DATA\r\n"), ("s", b"503 no recipients\r\n"), ("c", b"QUIT\r\n"), ("s", b"221 bye\r\n"),
    ]  # fmt: skip
    rows = read(wire.pcap(wire.session(talk, port=25))).smtp
    assert [(row["event"], row["mailfrom"], row["outcome"], row["trans_depth"]) for row in rows] == [
        ("smtp.session", "one@a.example", "success", 1),
        ("smtp.session", "two@a.example", "failure", 2),
    ]
    (row,) = read(wire.pcap(wire.session([("s", b"220 mx ESMTP\r\n")], port=25))).smtp
    assert row["last_reply"] == "220 mx ESMTP"


def test_chunks_instead_of_data(read: Any, wire: Any) -> None:
    talk = [
        ("s", b"220 ESMTP\r\n"), ("c", b"EHLO a\r\n"), ("s", b"250-x\r\n250 CHUNKING\r\n"),
        ("c", b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nBDAT 18\r\nSubject: in chunksBDAT 11 LAST\r\n\r\n\r\n..two\r\n"),
        ("s", b"250 ok\r\n250 ok\r\n250 ok\r\n250 all\r\n"), ("c", b"QUIT\r\n"), ("s", b"221 bye\r\n"),
    ]  # fmt: skip
    result = read(wire.pcap(wire.session(talk, port=25)))
    (row,) = result.smtp
    assert (row["subject"], row["message_bytes"], row["last_reply"]) == ("in chunks", 29, "250 all")
    assert result.files[0]["sha256"] == hashlib.sha256(b"..two\r\n").hexdigest()


LOGINS = [
    (
        [("c", b"AUTH PLAIN " + base64.b64encode(b"\0ann\0pa ss") + b"\r\n"), ("s", b"235 welcome\r\n")],
        {"scheme": "plain", "username": "ann", "secret": "pa ss", "accepted": True, "outcome": "success"},
    ),
    (
        [
            ("c", b"AUTH LOGIN\r\n"), ("s", b"334 VXNlcm5hbWU6\r\n"), ("c", base64.b64encode(b"bob") + b"\r\n"),
            ("s", b"334 UGFzc3dvcmQ6\r\n"), ("c", base64.b64encode(b"wrong") + b"\r\n"), ("s", b"535 no\r\n"),
        ],
        {"scheme": "login", "username": "bob", "secret": "wrong", "accepted": False, "outcome": "failure"},
    ),
    (  # RFC 2195 section 2
        [
            ("c", b"AUTH CRAM-MD5\r\n"), ("s", b"334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"),
            ("c", b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n"), ("s", b"235 ok\r\n"),
        ],
        {
            "scheme": "cram-md5", "username": "tim", "secret": "b913a602c7eda7a495b4e6e7334d3890",
            "challenge": "<1896.697170952@postoffice.reston.mci.net>",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("exchange", "expected"), LOGINS, ids=lambda item: str(item)[:20])
def test_logins(read: Any, wire: Any, exchange: list[tuple[str, bytes]], expected: dict[str, Any]) -> None:
    talk = [("s", b"220 ESMTP\r\n"), ("c", b"EHLO a\r\n"), ("s", b"250 AUTH\r\n"), *exchange]
    result = read(wire.pcap(wire.session(talk, port=587)))
    (row,) = result.credentials
    assert {name: row[name] for name in expected} == expected
    assert row["service"] == "smtp"
    bear_session(read, wire, talk, 587, "credentials")


def test_ntlm_login(read: Any, wire: Any) -> None:
    challenge = b"NTLMSSP\0" + b"\2\0\0\0" + b"\0" * 8 + b"\1\0\0\0" + b"ABCDEFGH" + b"\0" * 16
    domain, user, response = "CORP".encode("utf-16-le"), "ann".encode("utf-16-le"), b"\x55" * 40

    def place(size: int, at: int) -> bytes:
        return size.to_bytes(2, "little") * 2 + at.to_bytes(4, "little")

    answer = (
        b"NTLMSSP\0" + b"\3\0\0\0" + place(0, 0) + place(40, 78) + place(8, 64) + place(6, 72) + place(0, 0) + place(0, 0)
        + b"\1\0\0\0" + domain + user + response
    )  # fmt: skip
    talk = [
        ("s", b"220 ESMTP\r\n"), ("c", b"EHLO a\r\n"), ("s", b"250 AUTH NTLM\r\n"), ("c", b"AUTH NTLM\r\n"), ("s", b"334 \r\n"),
        ("c", base64.b64encode(b"NTLMSSP\0\1\0\0\0\0\0\0\0") + b"\r\n"), ("s", b"334 " + base64.b64encode(challenge) + b"\r\n"),
        ("c", base64.b64encode(answer) + b"\r\n"), ("s", b"235 ok\r\n"),
    ]  # fmt: skip
    (row,) = read(wire.pcap(wire.session(talk, port=25))).credentials
    assert (row["scheme"], row["username"], row["realm"]) == ("ntlmv2", "ann", "CORP")
    assert (row["challenge"], row["secret"], row["accepted"]) == (b"ABCDEFGH".hex(), "55" * 40, True)


def test_what_follows_starttls_is_tls(read: Any, wire: Any) -> None:
    # record of 45 bytes; ClientHello of 41: version, random, no session, one cipher, no compression
    hello = bytes.fromhex("160301002d" + "01000029" + "0303" + "11" * 32 + "00" + "0002c02f" + "0100")
    talk = [
        ("s", b"220 ESMTP\r\n"), ("c", b"EHLO a\r\n"), ("s", b"250 STARTTLS\r\n"), ("c", b"STARTTLS\r\n"), ("s", b"220 go\r\n"),
        ("c", hello), ("s", b"\x15\x03\x01\x00\x02\x02\x28"),
    ]  # fmt: skip
    result = read(wire.pcap(wire.session(talk, port=25)))
    (row,) = result.smtp
    assert (row["tls"], row["helo"], row["last_reply"]) == (True, "a", "220 go")
    assert result.conn[0]["service"] == "smtp,ssl"


def test_a_cut_message_says_so(read: Any, wire: Any) -> None:
    packets = wire.session(SENT[:7], port=25)
    lost = [
        packet for at, packet in enumerate(packets) if at not in (9, 10, 11, 12)
    ]  # the rest of the content, both FINs
    (row,) = read(wire.pcap(lost)).smtp
    assert (row["flags"], row["subject"]) == ("truncated", "Été plan")


def test_deep_nesting_and_many_parts_end(read: Any, wire: Any) -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(40)
    )
    many = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\na\r\n" * 3_000
    for message in (deep, many):
        talk = [*SENT[:3], ("c", b"MAIL FROM:<a@a.example>\r\nDATA\r\n"), ("s", b"250 ok\r\n354 go\r\n")]
        talk += [("c", message[at : at + 1400]) for at in range(0, len(message), 1400)]
        result = read(wire.pcap(wire.session([*talk, ("c", b"\r\n.\r\n"), ("s", b"250 ok\r\n")], port=25)))
        assert len(result.smtp) == 1
        assert len(result.files) <= 1_000


def test_lines_that_are_no_commands_are_told(read: Any, wire: Any) -> None:
    talk = [*SENT[:3], ("c", b"\x00\x01\x02\r\n"), ("c", b"QUIT\r\n"), ("s", b"221 bye\r\n")]
    result = read(wire.pcap(wire.session(talk, port=25)))
    assert [row["name"] for row in result.weird] == ["smtp_unknown_command"]
    assert len(result.smtp) == 1


@pytest.mark.evidence
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_real_mail_as_tshark_reads_it(read_file: Any, captures: list[Path]) -> None:
    mail = [path for path in captures if "smtp" in path.name or path.name.startswith("mime__")]
    assert len(mail) > 8
    for path, packets in zip(mail, by_tshark(mail, ("imf", "imf.subject", "imf.message_id")), strict=True):
        theirs = [(",".join(subject), ",".join(number)) for imf, subject, number in packets if imf]
        ours = [
            (row.get("subject", ""), row.get("msg_id", ""))
            for row in read_file(path).smtp
            if row["event"] == "smtp.message"
        ]
        assert ours == theirs, path.name
