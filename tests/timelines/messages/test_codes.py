"""Codes are decoded as the specifications say; what no table holds is not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from timelines.messages.codes import KINDS, MOST_ITEMS, decode, number_of, tables

FOLDER = Path(__file__).resolve().parents[3] / "timelines" / "messages" / "codes"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize(
    ("value", "names", "expected"),
    [
        # MS-ERREF section 2.3.1; upper case, decimal and negative decimal are the same number
        ("0xC000006A", "ntstatus", "wrong password"),
        ("3221225578", "ntstatus", "wrong password"),
        ("-1073741718", "ntstatus", "wrong password"),
        ("0x0", "ntstatus", "success"),
        ("0x00000000", "ntstatus", "success"),
        # RFC 4120 section 7.5.9: 24 is KDC_ERR_PREAUTH_FAILED, 37 KRB_AP_ERR_SKEW
        ("0x18", "kerberos", "wrong password"),
        ("0x25", "kerberos", "clocks too far apart"),
        # RFC 4120 section 5.4.1: bits 1, 8, 15 and 27 from the highest
        ("0x40810010", "ticket_options", "renewable if too long, name canonicalisation, renewable, forwardable"),
        # RFC 3962, RFC 4757
        ("0x12", "encryption", "AES-256"),
        ("0x17", "encryption", "RC4 (weak)"),
        # MS-SAMR section 2.2.1.12: USER_NORMAL_ACCOUNT, USER_ACCOUNT_DISABLED, USER_PASSWORD_NOT_REQUIRED
        ("0x15", "uac", "account disabled, password not required, normal account"),
        ("0x10000", "uac", "Kerberos pre-authentication not required"),
        # winnt.h: PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_VM_READ, and PROCESS_ALL_ACCESS
        ("0x1010", "access_process+access_standard", "read its memory, query it in part"),
        ("0x1fffff", "access_process+access_standard", "full control of a process"),
        # MS-SMB2 section 2.2.13.1.1: FILE_READ_DATA | FILE_READ_EA | FILE_READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE
        (
            "0x120089",
            "access_file+access_standard",
            "read data or list folder, read extended attributes, read attributes, read permissions, synchronise",
        ),
        # MS-ADTS section 5.1.3.2: RIGHT_DS_CONTROL_ACCESS
        ("0x100", "access_directory+access_standard", "extended right (control access)"),
        # MS-ADTS section 5.1.3.2.1: DS-Replication-Get-Changes-All
        (
            "%%7688\n\t\t\t{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}",
            "directory_right+parameter",
            "control access, replicate all directory changes, secrets included",
        ),
        # msobjs.dll: 4416 ReadData, 1937 TokenElevationTypeFull, 1833 Impersonation, 2313 bad name or password
        ("%%4416", "parameter", "read data or list folder"),
        ("%%1937", "parameter", "elevated token: full rights (2)"),
        ("%%1833", "parameter", "impersonation"),
        ("%%2313", "parameter", "unknown name or wrong password"),
        ("%%1537\r\n\t\t\t\t%%1538", "parameter", "delete, read permissions"),
        # MS-DTYP section 2.4.2.4
        ("S-1-5-18", "sid", "the system (LocalSystem) (S-1-5-18)"),
        ("%{S-1-5-32-544}", "sid", "Administrators of the machine (S-1-5-32-544)"),
        ("S-1-5-21-1-2-3-512", "sid", "Domain Admins (S-1-5-21-1-2-3-512)"),
        (
            "\r\n\t\t%{S-1-5-21-1-2-3-1104}\r\n\t\t%{S-1-1-0}",
            "sid",
            "S-1-5-21-1-2-3-1104, everyone (S-1-1-0)",
        ),
        # MS-ERREF sections 2.1.1 and 2.2; the Service Control Manager writes the error as %%1053
        ("%%1053", "win32_error", "service did not answer in time (1053)"),
        ("0x80070005", "win32_error", "access denied (5)"),
        ("2147942405", "win32_error", "access denied (5)"),
        # MS-TSCH section 2.3.14
        ("267014", "task_result+win32_error", "task terminated by the user (0x41306)"),
        # MS-FASP
        ("3", "firewall_action", "allow"),
        ("6", "firewall_profile", "private, public"),
        ("2147483647", "firewall_profile", "all"),
        # MS-ADTS section 6.1.6.7.12
        ("3", "trust_direction", "both ways"),
        (
            "SeDebugPrivilege\r\n\t\t\tSeBackupPrivilege",
            "privilege",
            "open any process (debug), read any file (backup)",
        ),
        ("demand start", "start_type", "on demand"),
    ],
)
def test_values_by_the_specifications(value: str, names: str, expected: str) -> None:
    assert decode(value, names, "en") == expected


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("0xc0ffee00", "ntstatus"),
        ("99", "logon_type"),
        ("%%9999", "parameter"),
        ("1537", "parameter"),  # a bare number is not a numbered text
        ("%%1537 %%9999", "parameter"),
        ("0x0", "access_file+access_standard"),
        ("read", "access_file"),
        ("S-1-5-21-1-2-3-1104", "sid"),
        ("Administrators", "sid"),
        ("0x80310053", "win32_error"),  # another facility
        ("", "parameter"),
        ("9" * 40, "uac"),
    ],
)
def test_what_no_table_holds_is_not_guessed(value: str, names: str) -> None:
    assert decode(value, names, "en") is None


def test_a_mask_known_in_part_says_which_bits_are_not() -> None:
    assert decode("0x80000010", "uac", "en") == "normal account, unknown bits 0x80000000"
    assert decode("0x80000010", "uac", "fr") == "compte normal, bits inconnus 0x80000000"
    assert decode("0x80000010", "uac", "ar") == "حساب عادي، بتات غير معروفة 0x80000000"


def test_identifiers_keep_their_direction_in_arabic() -> None:
    assert decode("S-1-5-18 S-1-5-21-1-2-3-1104", "sid", "ar") == (
        "النظام (LocalSystem) (\u2066S-1-5-18\u2069)، \u2066S-1-5-21-1-2-3-1104\u2069"
    )


def test_a_list_too_long_to_read_is_left_as_it_is() -> None:
    assert decode(" ".join(["S-1-1-0"] * (MOST_ITEMS + 1)), "sid", "en") is None


@pytest.mark.parametrize("name", NAMES)
def test_every_table_says_its_source_and_holds_what_its_kind_asks(name: str) -> None:
    assert (FOLDER / f"{name}.toml").read_text("utf-8").startswith("# ")
    found = tables(name)
    assert found.kind in KINDS
    if found.kind == "mask":
        assert all(number_of(code) is not None for code in found.meanings)
        assert any(int(code) & (int(code) - 1) == 0 for code in found.meanings if int(code))


def test_a_table_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="code table that does not exist: 'none_such'"):
        decode("1", "uac+none_such", "en")


def test_the_large_tables_are_large() -> None:
    assert len(tables("parameter").meanings) >= 200
    assert len(tables("ntstatus").meanings) >= 90
    assert len(tables("kerberos").meanings) >= 60
    assert len(tables("sid").meanings) >= 80
