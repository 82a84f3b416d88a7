"""Kerberos by hand (DER spelled out by its tags) and by scapy, over UDP and TCP and inside SMB."""

from __future__ import annotations

import random
import struct
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.network.protocols.kerberos import messages
from parsers.network.protocols.kerberos.messages import ticket_use

CIPHER = bytes(range(40))


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 0x80 else b"\x82" + struct.pack(">H", size)
    return bytes([tag]) + length + body


def integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def name(*parts: str) -> bytes:
    # PrincipalName: [0] kind, [1] its parts as GeneralStrings
    return der(0x30, der(0xA0, integer(1)), der(0xA1, der(0x30, *(der(0x1B, part.encode()) for part in parts))))


def sealed(etype: int, cipher: bytes = CIPHER) -> bytes:
    # EncryptedData: [0] encryption type, [2] cipher
    return der(0x30, der(0xA0, integer(etype)), der(0xA2, der(0x04, cipher)))


def ticket(etype: int, *service: str) -> bytes:
    # Ticket: [0] version, [1] realm, [2] service, [3] encrypted part
    return der(
        0x61, der(0x30, der(0xA0, integer(5)), der(0xA1, realm()), der(0xA2, name(*service)), der(0xA3, sealed(etype)))
    )


def realm() -> bytes:
    return der(0x1B, b"CORP.EXAMPLE")


def asked(tag: int, kind: int, *service: str, client: str | None = "amina", padata: bytes = b"") -> bytes:
    body = [der(0xA0, der(0x03, bytes.fromhex("0040810010")))]  # forwardable, renewable, canonicalize
    if client:
        body.append(der(0xA1, name(client)))
    body += [der(0xA2, realm()), der(0xA3, name(*service)), der(0xA5, der(0x18, b"20370913024805Z"))]
    body += [der(0xA7, integer(7)), der(0xA8, der(0x30, integer(18), integer(23), integer(-135)))]
    data = [der(0xA3, der(0x30, padata))] if padata else []
    return der(tag, der(0x30, der(0xA1, integer(5)), der(0xA2, integer(kind)), *data, der(0xA4, der(0x30, *body))))


def padata(kind: int, value: bytes) -> bytes:
    return der(0x30, der(0xA1, integer(kind)), der(0xA2, der(0x04, value)))


def answered(tag: int, kind: int, etypes: tuple[int, int], *service: str) -> bytes:
    parts = (der(0xA0, integer(5)), der(0xA1, integer(kind)), der(0xA3, realm()), der(0xA4, name("amina")))
    return der(tag, der(0x30, *parts, der(0xA5, ticket(etypes[0], *service)), der(0xA6, sealed(etypes[1], b"reply"))))


def error(code: int, *service: str) -> bytes:
    times = (der(0xA4, der(0x18, b"20260102030405Z")), der(0xA5, integer(1)))
    return der(
        0x7E, der(0x30, der(0xA0, integer(5)), der(0xA1, integer(30)), *times, der(0xA6, integer(code)), der(0xA9, realm()),
                  der(0xAA, name(*service)))
    )  # fmt: skip


KRBTGT = ("krbtgt", "CORP.EXAMPLE")
FIRST, REFUSED = asked(0x6A, 10, *KRBTGT), error(25, *KRBTGT)
SECOND = asked(0x6A, 10, *KRBTGT, padata=padata(2, sealed(23)) + padata(128, b"\x30\0"))
GIVEN = answered(0x6B, 11, (18, 23), *KRBTGT)
WANTED = asked(0x6C, 12, "MSSQLSvc", "db.corp.example", client=None, padata=padata(1, b"\x6e\0"))
SERVICE = answered(0x6D, 13, (23, 18), "MSSQLSvc", "db.corp.example")


def told(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


def grams(wire: Any, *exchange: bytes) -> list[bytes]:
    ends = (wire.client, 50000, wire.server, 88), (wire.server, 88, wire.client, 50000)
    return [wire.udp(ends[at % 2], data) for at, data in enumerate(exchange)]


def test_tickets_over_udp(read: Any, wire: Any) -> None:
    result = read(wire.pcap(grams(wire, FIRST, REFUSED, SECOND, GIVEN, WANTED, SERVICE)))
    assert told(
        result.kerberos, "request_type", "client", "service", "success", "error_msg", "cipher", "reply_cipher"
    ) == [
        ("AS", "amina/CORP.EXAMPLE", "krbtgt/CORP.EXAMPLE", False, "KDC_ERR_PREAUTH_REQUIRED", None, None),
        ("AS", "amina/CORP.EXAMPLE", "krbtgt/CORP.EXAMPLE", True, None, "aes256-cts-hmac-sha1-96", "rc4-hmac"),
        ("TGS", "amina/CORP.EXAMPLE", "MSSQLSvc/db.corp.example", True, None, "rc4-hmac", "aes256-cts-hmac-sha1-96"),
    ]
    second = result.kerberos[1]
    assert (second["etypes"], second["preauth"]) == (
        "aes256-cts-hmac-sha1-96,rc4-hmac,rc4-hmac-old-exp", "enc-timestamp,pac-request",
    )  # fmt: skip
    assert (second["forwardable"], second["renewable"], second["user"]) == (True, True, "amina")
    assert second["till"].isoformat() == "2037-09-13T02:48:05+00:00"
    assert (second["packet_first"], second["packet_last"]) == (3, 4)
    assert told(result.credentials, "scheme", "username", "secret", "accepted") == [
        ("krb5-preauth-rc4-hmac", "amina", CIPHER.hex(), True),
        ("krb5-as-rep-rc4-hmac", "amina", b"reply".hex(), None),
        ("krb5-tgs-rep-rc4-hmac", "MSSQLSvc/db.corp.example", CIPHER.hex(), None),
    ]
    assert (result.conn[0]["service"], result.problems) == ("kerberos", [])


def framed(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def speech() -> list[tuple[str, bytes]]:
    return [("c" if at % 2 == 0 else "s", framed(data)) for at, data in enumerate((FIRST, REFUSED, SECOND, GIVEN))]


def test_wrong_password_over_tcp(read: Any, wire: Any) -> None:
    sent = [("c", framed(SECOND)[:50]), ("c", framed(SECOND)[50:]), ("s", framed(error(24, *KRBTGT)))]
    result = read(wire.pcap(wire.session(sent, 88)))
    assert told(result.kerberos, "error_code", "error_msg", "packet_first", "packet_last") == [
        (24, "KDC_ERR_PREAUTH_FAILED", 4, 6)
    ]
    assert told(result.credentials, "scheme", "accepted") == [("krb5-preauth-rc4-hmac", False)]


def test_on_behalf_of_another(read: Any, wire: Any) -> None:
    other = der(0x30, der(0xA0, name("administrator")), der(0xA1, realm()), der(0xA2, b""), der(0xA3, b""))
    data = asked(0x6C, 12, "web$", client=None, padata=padata(1, b"\x6e\0") + padata(129, other))
    (row,) = read(wire.pcap(grams(wire, data))).kerberos
    assert (row["for_user"], row["preauth"], row["service"]) == ("administrator", "tgs-req,for-user", "web$")
    assert not {"success", "outcome", "cipher"} & set(row)


def test_logon_by_certificate(read: Any, wire: Any) -> None:
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, subject = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "amina")]),
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
    )
    made = made.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    # SignedData: version, digests, content, [0] certificates, signers; inside ContentInfo; inside [0] of PA-PK-AS-REQ
    signed = der(0x30, integer(3), der(0x31), der(0x30, der(0x06, b"\x2b")), der(0xA0, certificate), der(0x31))
    content = der(0x30, der(0x06, bytes.fromhex("2a864886f70d010702")), der(0xA0, signed))
    data = asked(0x6A, 10, *KRBTGT, padata=padata(16, der(0x30, der(0x80, content))) + padata(128, b"\x30\0"))
    (row,) = read(wire.pcap(grams(wire, data))).kerberos
    assert (row["client_cert_subject"], row["preauth"]) == ("CN=amina", "pk-as-req,pac-request")
    broken = asked(0x6A, 10, *KRBTGT, padata=padata(16, der(0x30, der(0x80, content[:90]))))
    assert "client_cert_subject" not in read(wire.pcap(grams(wire, broken))).kerberos[0]


def test_answers_without_requests(read: Any, wire: Any) -> None:
    result = read(wire.pcap(grams(wire, b"", GIVEN)[1:]))
    assert told(result.kerberos, "event", "client", "success") == [("kerberos.answer", "amina/CORP.EXAMPLE", True)]


def test_mixed_cut_and_damaged(read: Any, wire: Any) -> None:
    packets = wire.session(speech(), 88)
    records = [wire.pcap_record(packet, wire.start, at) for at, packet in enumerate(packets)]
    names = ("time", "request_type", "client", "success", "cipher", "error_msg")
    whole, mixed = (
        read(wire.pcap_head() + b"".join(given)) for given in (records, random.Random(3).sample(records, len(records)))
    )
    assert told(whole.kerberos, *names) == sorted(told(mixed.kerberos, *names))
    cut = [wire.pcap_record(p[:120], wire.start, n, wire=len(p)) for n, p in enumerate(packets)]
    result = read(wire.pcap_head(snaplen=120) + b"".join(cut))
    assert result.kerberos == []
    assert {row["name"] for row in result.weird} == {"kerberos_malformed"}
    damaged = wire.session([*speech()[:2], ("c", framed(SECOND[:6] + b"\xff" * 9 + SECOND[15:])), *speech()[3:]], 88)
    result = read(wire.pcap(damaged))
    assert told(result.kerberos, "error_msg")[0] == ("KDC_ERR_PREAUTH_REQUIRED",)
    assert [row["name"] for row in result.weird] == ["kerberos_malformed"]


def test_numbers_without_measure(read: Any, wire: Any) -> None:
    assert read(wire.pcap(grams(wire, error(2**40, *KRBTGT)))).weird[0]["addl"].endswith("error code is none")
    assert (
        read(wire.pcap(grams(wire, error(2**90, *KRBTGT)))).weird[0]["addl"].endswith("integer is longer than 9 bytes")
    )


def presented(service: str) -> bytes:
    # AP-REQ: [0] version, [1] kind, [2] options, [3] ticket, [4] authenticator; in GSS-API: its identifier and 01 00
    head = der(0xA0, integer(5)), der(0xA1, integer(14)), der(0xA2, der(0x03, bytes(5)))
    request = der(0x6E, der(0x30, *head, der(0xA3, ticket(18, "cifs", service)), der(0xA4, sealed(18))))
    return der(0x60, bytes.fromhex("06092a864886f712010202") + b"\x01\x00" + request)


def test_a_ticket_presented_to_smb(read: Any, wire: Any) -> None:
    from tests.parsers.network.protocols.smb_messages import conversation, header

    blob = b"\x60\x82\x01\x00" + presented("srv1.corp.example")
    # size 25, flags, security mode, capabilities, channel, blob at 88, previous session
    ask = header(1, 1) + struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(blob), 0) + blob
    pair = (ask, header(1, 1, 1) + struct.pack("<HHHH", 9, 0, 72, 0))
    (row,) = read(wire.pcap(conversation(wire, [pair]))).kerberos
    assert told([row], "event", "request_type", "service", "cipher", "carrier", "success") == [
        ("kerberos.use", "AP", "cifs/srv1.corp.example", "aes256-cts-hmac-sha1-96", "smb", True)
    ]
    assert ticket_use(blob[:60], 0) is None


def test_scapy_messages(read: Any, wire: Any) -> None:
    from scapy.layers.kerberos import KRB_AS_REQ, KRB_ERROR, KRB_KDC_REQ_BODY, Kerberos, PrincipalName

    body = KRB_KDC_REQ_BODY(
        cname=PrincipalName.fromUPN("salma@CORP.EXAMPLE"), realm="CORP.EXAMPLE", sname=PrincipalName.fromSPN("krbtgt/CORP.EXAMPLE"),
        etype=[17, 23],
    )  # fmt: skip
    ask = bytes(Kerberos(root=KRB_AS_REQ(reqBody=body)))
    refuse = bytes(
        Kerberos(root=KRB_ERROR(errorCode=6, realm="CORP.EXAMPLE", sname=PrincipalName.fromSPN("krbtgt/CORP.EXAMPLE")))
    )
    (row,) = read(wire.pcap(grams(wire, ask, refuse))).kerberos
    assert told([row], "client", "service", "etypes", "error_msg") == [
        ("salma/CORP.EXAMPLE", "krbtgt/CORP.EXAMPLE", "aes128-cts-hmac-sha1-96,rc4-hmac", "KDC_ERR_C_PRINCIPAL_UNKNOWN")
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60), at=st.integers(0, 200), which=st.sampled_from([SECOND, GIVEN, REFUSED, SERVICE]))
def test_any_bytes(read: Any, wire: Any, data: bytes, at: int, which: bytes) -> None:
    broken = which[:at] + data + which[at + len(data) :]
    read(wire.pcap([*grams(wire, broken), *wire.session([("c", framed(broken))], 88)]))


def test_tickets_that_come_again_are_told_as_they_would_be_alone(monkeypatch: Any) -> None:
    """Changed and cut messages with a ticket, read with tickets that are kept and with none: the same message or the same complaint."""

    def said(data: bytes) -> Any:
        try:
            return messages.message(data, 3)
        except ValueError as error:
            return str(error)

    whole = answered(0x6D, 13, (18, 23), "cifs", "files.corp.example")
    begin = whole.index(b"\x61")  # the ticket's tag
    alike: list[bytes] = [whole[:at] for at in range(len(whole))]
    alike += [
        whole[:at] + bytes([byte]) + whole[at + 1 :] for at in range(begin, len(whole)) for byte in (0, 31, 128, 130)
    ]
    kept = [said(data) for data in (whole, *alike, whole)]
    monkeypatch.setattr(messages, "KEPT_TICKET", -1)
    alone = [said(data) for data in (whole, *alike, whole)]
    assert kept == alone
    assert kept[0] == kept[-1] != kept[1]
    assert sum(isinstance(one, str) for one in kept) > 100 < sum(not isinstance(one, str) for one in kept)
