"""SSDP by hand: searches, notices, answers, and what is none."""

from __future__ import annotations

from typing import Any

GROUP = "239.255.255.250"
SEARCH = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\n'
    b"ST: ssdp:all\r\nUSER-AGENT: Example/1.0\r\n\r\n"
)
NAME = b"uuid:2fac1234-31f8-11b4-a222-08002b34c003"
NOTICE = (
    b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age = 1800\r\nLOCATION: http://198.51.100.7:80/d.xml\r\n"
    b"NT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nSERVER: Linux/5.0 UPnP/2.0 camera/1.4\r\nUSN: "
    + NAME
    + b"::upnp:rootdevice\r\n\r\n"
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=60\r\nEXT:\r\nLOCATION: http://198.51.100.7/d.xml\r\nSERVER: camera/1.4\r\n"
    b"ST: upnp:rootdevice\r\nUSN: " + NAME + b"\r\n\r\n"
)
TURNS = [("c", SEARCH), ("s", ANSWER)]


def test_a_search_and_its_answer(read: Any, wire: Any) -> None:
    """The answer comes from the device's own address, so it is a flow of its own."""
    packets = [
        wire.udp((wire.client, 50_000, GROUP, 1900), SEARCH),
        wire.udp((wire.server, 1900, wire.client, 50_000), ANSWER),
    ]
    result = read(wire.pcap(packets))
    search, answer = result.ssdp
    assert (search["event"], search["method"], search["target"], search["man"], search["user_agent"]) == (
        "ssdp.search", "M-SEARCH", "ssdp:all", "ssdp:discover", "Example/1.0",
    )  # fmt: skip
    assert (answer["event"], answer["status_code"], answer["location"], answer["max_age"], answer["outcome"]) == (
        "ssdp.response", 200, "http://198.51.100.7/d.xml", 60, "success",
    )  # fmt: skip
    assert answer["object"] == NAME.decode()
    assert [row["service"] for row in result.conn] == ["ssdp", "ssdp"]
    assert result.row_bytes(answer).endswith(ANSWER)


def test_a_notice(read: Any, wire: Any) -> None:
    (row,) = read(wire.pcap([wire.udp((wire.server, 40_000, GROUP, 1900), NOTICE)])).ssdp
    assert (row["event"], row["notice"], row["target"], row["server"], row["max_age"]) == (
        "ssdp.notify", "ssdp:alive", "upnp:rootdevice", "Linux/5.0 UPnP/2.0 camera/1.4", 1800,
    )  # fmt: skip
    assert (row["usn"], row["location"]) == (f"{NAME.decode()}::upnp:rootdevice", "http://198.51.100.7:80/d.xml")


def test_what_is_cut_or_none(read: Any, wire: Any) -> None:
    ends = (wire.server, 40_000, GROUP, 1900)
    result = read(
        wire.pcap(
            [wire.udp(ends, NOTICE[:-30]), wire.udp(ends, b"\xff" * 60), wire.udp(ends, b"NOTIFY sip:a HTTP\r\n")]
        )
    )
    assert [(row["flags"], row["notice"]) for row in result.ssdp] == [("truncated", "ssdp:alive")]
    assert [row["name"] for row in result.weird] == ["ssdp_malformed", "ssdp_malformed"]


def test_the_first_of_a_repeated_field_and_odd_bytes(read: Any, wire: Any) -> None:
    raw = b"NOTIFY * HTTP/1.0\nNT: one\nnt : two\nSERVER: \xff\x1b[31m\nCACHE-CONTROL: none\nno colon\nNTS:\n\n"
    (row,) = read(wire.pcap([wire.udp((wire.server, 40_000, GROUP, 1900), raw)])).ssdp
    assert (row["target"], row["server"], row.get("max_age"), row.get("notice")) == ("one", "\\xff\x1b[31m", None, None)


def test_sip_is_left_to_sip(read: Any, wire: Any) -> None:
    raw = b"NOTIFY sip:bob@example.com SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 NOTIFY\r\n\r\n"
    result = read(wire.pcap([wire.udp((wire.client, 5060, wire.server, 5060), raw)]))
    assert not result.ssdp
