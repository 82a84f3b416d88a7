"""Plain TLS conversations are read in columns: the same rows as one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from parsers.network.protocols import ssl, tabular
from parsers.network.protocols.ssl import together
from tests.parsers.network.protocols.alone import one_by_one, rows_of
from tests.parsers.network.protocols.conftest import make_certificate
from tests.parsers.network.protocols.test_ssl import (
    CLIENT_EXTENSIONS,
    FINISHED,
    RETRY,
    VERSIONS_13,
    client,
    extension,
    handshake,
    pairs,
    record,
    server,
    vector,
    version2_hello,
)
from timelines import compiled

CERTIFICATES = (
    make_certificate(), make_certificate(7, 2020, 2021), make_certificate(8, 2030, 2031), make_certificate(9, issuer=""),
)  # fmt: skip

ALERTS = (b"\x02\x28", b"\x01\x00", b"\x01\x5a", b"\x02\x28\x00", b"", b"\x02\xfe")


@pytest.fixture(autouse=True)
def _together(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.load()
    monkeypatch.setattr(tabular, "FEW", 0)


def _grease(dice: random.Random) -> int:
    return 0x1010 * dice.randrange(16) + 0x0A0A


def _extension(dice: random.Random) -> bytes:
    """One that is read, whole or odd inside, or any other."""
    name = dice.choice((b"www.example.com", b"a.example.net", b"other.example.org", b"\xc3\xa9\xff", b""))
    return dice.choice(
        (
            extension(0, vector(dice.choice((b"\0", b"\0", b"\0", b"\1")) + vector(name, 2), 2)),
            extension(10, vector(pairs(_grease(dice), dice.choice((29, 23, 4588))), 2)),
            extension(11, vector(bytes(dice.randrange(3)), 1)),
            extension(13, vector(pairs(0x0403, dice.choice((0x0804, 0x0401))) + bytes(dice.randrange(2)), 2)),
            extension(16, vector(vector(dice.choice((b"h2", b"http/1.1", b"", b"\x0a\x0a", b"\xff")), 1), 2)),
            extension(35, bytes(dice.choice((0, 8)))),
            extension(43, vector(pairs(_grease(dice), 0x0304, 0x0303), 1)),
            extension(41, bytes(dice.choice((0, 9)))),
            extension(dice.choice((51, 23, 5, 0xFF01)), bytes(dice.randrange(6))),
            extension(_grease(dice), b""),
            extension(dice.choice((0, 10, 11, 13, 16, 43)), bytes(dice.choice((0, 1, 2, 7)))),
            extension(dice.choice((0, 10, 11, 13, 16, 43)), b"\0\5abc"),
        )
    )  # fmt: skip


def _client(dice: random.Random) -> bytes:
    session = dice.choice((b"", b"s" * 32, b"t" * 32, bytes(32)))
    if dice.random() < 0.6:
        return client(CLIENT_EXTENSIONS + dice.choice((b"", VERSIONS_13)) + _extension(dice), session)
    version = dice.choice((0x0303, 0x0301, 0x0300))
    return client(b"".join(_extension(dice) for _ in range(dice.randrange(7))), session, version)


def _server(dice: random.Random) -> bytes:
    versions = extension(43, dice.choice((pairs(0x0304), pairs(0x0304), pairs(0x7F1C), pairs(2), b"\3")))
    parts = [
        dice.choice((b"", versions)),
        dice.choice((b"", extension(51, dice.choice((pairs(29) + bytes(34), b"\0"))))),
        dice.choice((b"", extension(16, vector(vector(dice.choice((b"h2", b"\xff", b"")), 1), 2)))),
        dice.choice((b"", extension(41, b"\0\0"))),
    ]
    extensions, session = b"".join(parts), dice.choice((b"", b"s" * 32, bytes(32)))
    random_ = RETRY if dice.random() < 0.1 else bytes(32)
    return server(extensions, dice.choice((0xC02F, 0x009C, 0x1301, 0xFE00)), session, random_)


def _chain(dice: random.Random) -> bytes:
    found = b"".join(vector(dice.choice(CERTIFICATES), 3) for _ in range(dice.randrange(3)))
    whole = vector(found, 3)
    return handshake(11, whole if dice.random() < 0.9 else dice.choice((whole[:-9], whole + b"x", b"", b"\0\0\5abcde")))


def _messages(dice: random.Random, first: bytes, others: tuple[bytes, ...]) -> bytes:
    """Handshake messages in records: each in its own, all in one, or cut anywhere."""
    said = [first] if dice.random() < 0.95 else []
    said += [dice.choice(others) for _ in range(dice.randrange(4))]
    way = dice.random()
    if way < 0.4:
        return b"".join(record(22, one) for one in said)
    whole, out = b"".join(said), b""
    size = 1 << 14 if way < 0.7 else dice.choice((7, 50, 333))
    while whole:
        out, whole = out + record(22, whole[:size]), whole[size:]
    return out


def _side(dice: random.Random, first: bytes, *others: bytes) -> bytes:
    """What one side says: its handshake, then an alert, ChangeCipherSpec, encrypted records, rarely anything odd."""
    out = _messages(dice, first, (*others, handshake(dice.choice((0, 4, 14, 15, 16, 22, 99)), bytes(9))))
    for _ in range(dice.randrange(4)):
        out += dice.choice(
            (
                FINISHED, record(20, b"\1"), record(23, bytes(dice.choice((19, 20, 60)))), record(21, dice.choice(ALERTS)),
                record(24, b"\1"), record(22, bytes(40)),
            )
        )  # fmt: skip
    if dice.random() < 0.1:
        odd = (
            b"\x16",
            b"\x16\x03\x03\x00",
            record(22, client()),
            record(22, b"\2\0\1\0"),
            b"GET /",
            record(22, bytes(20))[:-3],
        )
        out += dice.choice(odd)
    return out


def _conversation(wire: Any, dice: random.Random, port: int) -> list[bytes]:
    key_exchange = handshake(12, dice.choice((b"\x03\x00\x17" + bytes(10), b"\x03\x00", b"\x01" + bytes(9))))
    hello, reply = _client(dice), _server(dice)
    again = ([hello, _client(dice)], [_server(dice)]) if dice.random() < 0.15 else ([], [])
    asked = _side(dice, hello, handshake(16, bytes(33)), _chain(dice), *again[0])
    told = _side(dice, reply, _chain(dice), _chain(dice), key_exchange, *again[1])
    if dice.random() < 0.03:
        asked = version2_hello(0x0301) + asked
    sides = [("c", asked), ("s", told)] if dice.random() < 0.9 else [("s", asked), ("c", told)]
    sent, size = [], dice.choice((1, 40, 300, 1_400, 9_000) if dice.random() < 0.3 else (1_400, 9_000))
    for side, said in sides:
        sent += [(side, said[at : at + size]) for at in range(0, len(said), size)]
    if dice.random() < 0.3:  # in each other's way; each side's own order stays
        keys = sorted(dice.random() for _ in sent)
        own = {side: iter([one for one in sent if one[0] == side]) for side in "cs"}
        sent = [next(own[side]) for side in dice.sample([side for side, _ in sent], len(keys))]
    packets = wire.session(sent, port=443, sport=port)
    way = dice.random()
    if way < 0.08 and len(packets) > 6:
        del packets[dice.randrange(3, len(packets))]
    elif way < 0.16:
        packets.insert(4, packets.pop(dice.randrange(len(packets))))
    elif way < 0.2:
        packets.append(dice.choice(packets))
    return list(packets)


def _capture(wire: Any, dice: random.Random, flows: int) -> bytes:
    """Conversations side by side, each packet with a time of its own or that of those around it."""
    lines = [_conversation(wire, dice, 40_000 + port) for port in range(flows)]
    order = [number for number, line in enumerate(lines) for _ in line]
    dice.shuffle(order)
    places = [iter(line) for line in lines]
    step = dice.choice((0, 700, 400_000))
    records = [
        wire.pcap_record(next(places[number]), wire.start + at * step // 10**6, at * step % 10**6)
        for at, number in enumerate(order)
    ]
    if dice.random() < 0.3:
        dice.shuffle(records)
    return bytes(wire.pcap_head() + b"".join(records))


@pytest.mark.parametrize("seed", range(12))
def test_rows_and_problems_are_those_of_reading_one_by_one(
    read: Any, wire: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _capture(wire, random.Random(seed), 60)
    columns = rows_of(read(data))
    monkeypatch.setattr(ssl.Ssl, "tabulate_streams", one_by_one)
    assert columns == rows_of(read(data))


def _plain(extensions: bytes = CLIENT_EXTENSIONS) -> list[tuple[str, bytes]]:
    chain = handshake(11, vector(vector(CERTIFICATES[0], 3), 3))
    answer = record(22, server(extension(16, vector(vector(b"h2", 1), 2))) + chain)
    return [("c", record(22, client(extensions))), ("s", answer), ("c", FINISHED), ("s", FINISHED)]


def test_plain_conversations_are_not_read_alone(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a plain conversation is read alone")

    monkeypatch.setattr(ssl.Ssl, "read", never)
    flows = [wire.session(_plain(), port=443, sport=40_000 + at) for at in range(3)]
    result = read(wire.pcap([packet for flow in flows for packet in flow]))
    assert [(row["ssl_history"], row["sni_matches_cert"], row["subject"]) for row in result.ssl] == [
        ("CsxIi", True, "CN=www.example.com,O=Example")
    ] * 3
    assert [(row["chain_place"], row["host_cert"], row["packet_first"]) for row in result.x509] == [
        (0, True, 5),
        (0, True, 15),
        (0, True, 25),
    ]
    assert [row["service"] for row in result.conn] == ["ssl"] * 3


def test_a_retry_is_plain_but_not_for_another_name(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alone: list[int] = []
    by_itself = ssl.Ssl.read
    monkeypatch.setattr(
        ssl.Ssl, "read", lambda self, talk, time: alone.append(talk.orig_port) or by_itself(self, talk, time)
    )
    retry = server(extension(43, pairs(0x0304)) + extension(51, pairs(23)), 0x1301, random=RETRY)
    share = extension(43, pairs(0x0304)) + extension(51, pairs(23) + vector(bytes(65), 2))
    other = extension(0, vector(b"\0" + vector(b"other.example.net", 2), 2)) + VERSIONS_13
    flows = []
    for at, again in enumerate((CLIENT_EXTENSIONS + VERSIONS_13, other, VERSIONS_13)):
        hellos = [record(22, client(extensions)) for extensions in (CLIENT_EXTENSIONS + VERSIONS_13, again)]
        sent = [("c", hellos[0]), ("s", record(22, retry) + record(20, b"\1")), ("c", record(20, b"\1") + hellos[1])]
        sent += [("s", record(22, server(share, 0x1301)) + record(23, bytes(50))), ("c", record(23, bytes(50)))]
        flows.append(wire.session(sent, sport=40_000 + at))
    result = read(wire.pcap([packet for flow in flows for packet in flow]))
    assert alone == [40_001, 40_002]
    told = [(row["ssl_history"], row["version"], row["established"], row["packet_last"]) for row in result.ssl]
    assert sorted(told)[0] == ("CjiICs", "TLSv13", True, 7)
    assert [row["name"] for row in result.weird] == ["tls_other_hello"] * 2


def test_numbers_that_mean_nothing_make_no_other_fingerprint(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hellos: list[bytes] = []

    def noted(which: Any, bodies: list[bytes]) -> Any:
        hellos.extend(bodies)
        return ways(which, bodies)

    ways = together.offers
    monkeypatch.setattr(together, "offers", noted)
    groups = [extension(10, vector(pairs(grease, 29), 2)) for grease in (0x0A0A, 0xFAFA, 0x3A3A)]
    flows = [wire.session(_plain(one), sport=40_000 + at) for at, one in enumerate((*groups, CLIENT_EXTENSIONS))]
    result = read(wire.pcap([packet for flow in flows for packet in flow]))
    assert len(hellos) == 2
    assert [row["ja3"] == result.ssl[0]["ja3"] for row in result.ssl] == [True, True, True, False]


def test_as_many_conversations_are_read_at_a_time_as_there_is_room_for(
    read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _capture(wire, random.Random(99), 30)
    whole = rows_of(read(data))
    monkeypatch.setattr(together, "ROOM", together.records.ROOM + 2_000)
    assert rows_of(read(data)) == whole


def test_a_hello_that_fills_its_room_is_left_inside_it(read: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 KiB of handshake from both sides, in records of the greatest size."""
    monkeypatch.setattr(together, "ROOM", together.records.ROOM)
    many = b"".join(handshake(4, bytes(60_000)) for _ in range(3))
    sides = [
        hello + b"".join(record(22, many[at : at + 65_535]) for at in range(0, len(many), 65_535))
        for hello in (record(22, client()), record(22, server()))
    ]
    sent = [
        (side, said[at : at + 1_400])
        for side, said in zip("cs", sides, strict=True)
        for at in range(0, len(said), 1_400)
    ]
    flows = [wire.session(sent, sport=40_000 + at) for at in range(2)]
    result = read(wire.pcap([packet for flow in flows for packet in flow]))
    assert [(row["flags"], row["ssl_history"]) for row in result.ssl] == [("truncated", "CTst")] * 2
