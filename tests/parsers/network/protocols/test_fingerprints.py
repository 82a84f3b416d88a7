"""JA3, JA3S and JA4: the published worked examples, GREASE, and the corners of JA4's definition."""

from __future__ import annotations

import hashlib

import pytest

from parsers.network.protocols.fingerprints import is_grease, ja3, ja3_text, ja3s, ja4
from parsers.network.protocols.hellos import Hello

# The browser hello that JA4's technical details work through, GREASE values included.
BROWSER = Hello(
    version=0x0303,
    session=b"",
    ciphers=(
        *(0x2A2A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030),
        *(0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035),
    ),
    extensions=(
        *(0x1A1A, 0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D),
        *(0x0005, 0x0023, 0x0012, 0x002B, 0xFF01, 0x000B, 0x000A, 0x0015, 0xFAFA),
    ),
    server_name="www.example.com",
    groups=(0x3A3A, 0x001D, 0x0017, 0x0018),
    points=(0,),
    signatures=(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
    protocols=(b"h2", b"http/1.1"),
    versions=(0x5A5A, 0x0304, 0x0303),
)


def changed(**fields: object) -> Hello:
    return Hello(**{name: fields.get(name, getattr(BROWSER, name)) for name in Hello.__slots__ if name != "ja4"})  # type: ignore[arg-type]


def test_ja4_worked_example() -> None:
    assert ja4(BROWSER) == "t13d1516h2_8daaf6152771_e5627efa2ab1"


@pytest.mark.parametrize(
    ("line", "digest"),
    [
        ("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", "ada70206e40642a3e4461f35503241d5"),
        ("769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6"),
    ],
)
def test_ja3_worked_examples(line: str, digest: str) -> None:
    version, *lists = line.split(",")
    ciphers, extensions, groups, points = (tuple(map(int, part.split("-"))) if part else () for part in lists)
    hello = Hello(int(version), b"", ciphers, extensions, groups=groups, points=points)
    assert (ja3_text(hello), ja3(hello)) == (line, digest)


def test_ja3_leaves_grease_out() -> None:
    assert ja3_text(BROWSER).startswith("771,4865-4866-4867-49195-")
    assert ",29-23-24,0" in ja3_text(BROWSER)
    assert "6682" not in ja3_text(BROWSER)  # 0x1A1A


def test_ja3s_is_version_cipher_extensions() -> None:
    server = Hello(0x0303, b"", (0x1301,), (0x0033, 0x002B), versions=(0x0304,))
    assert ja3s(server) == hashlib.md5(b"771,4865,51-43", usedforsecurity=False).hexdigest()


def test_grease_values() -> None:
    grease = [value for value in range(0x10000) if is_grease(value)]
    assert grease == [0x0A0A + 0x1010 * step for step in range(16)]


@pytest.mark.parametrize(
    ("fields", "head"),
    [
        ({"protocols": ()}, "t13d151600"),
        ({"protocols": (b"",)}, "t13d151600"),
        ({"protocols": (b"http/1.1",)}, "t13d1516h1"),
        ({"protocols": (b"\xabxy\xcd",)}, "t13d1516ad"),  # not alphanumeric: first and last digit of the hex form
        ({"protocols": (b"a\x99",)}, "t13d151669"),
        ({"protocols": (b"x",)}, "t13d1516xx"),
        ({"protocols": (b"\x0a\x0a", b"h2")}, "t13d1516h2"),  # GREASE among the protocols
        ({"versions": ()}, "t12d1516h2"),  # no supported_versions: the field counts
        ({"versions": (), "version": 0x0301}, "t10d1516h2"),
        ({"versions": (), "version": 0x0300}, "ts3d1516h2"),
        ({"extensions": (0x000D,)}, "t13i1501h2"),  # no server name
        ({"ciphers": tuple(range(1, 121))}, "t13d9916h2"),  # two digits at most
    ],
)
def test_ja4_first_part(fields: dict[str, object], head: str) -> None:
    assert ja4(changed(**fields)).split("_")[0] == head


def test_ja4_without_ciphers_extensions_or_signatures() -> None:
    assert ja4(changed(ciphers=())).split("_")[1] == "000000000000"
    assert ja4(changed(extensions=(), signatures=())).split("_")[2] == "000000000000"
    without = hashlib.sha256(b"000a,002b").hexdigest()[:12]
    assert ja4(changed(extensions=(0x2B, 0, 0x10, 0x0A), signatures=())).split("_")[2] == without
