"""What codes of a row mean, beside the raw values, as `athar show` gives them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from timelines.families import all_families
from timelines.meanings import general_meaning, sources
from timelines.messages.codes import tables
from timelines.messages.decoded import decoded_values, tables_of_fields

AUDIT = "Microsoft-Windows-Security-Auditing"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "evidence" / "windows"
HONEYPOT = SHARED / "TA0007-Discovery/T1087-Account discovery/ID4662-4624-Honeypot account property read.evtx"


def decoded(event: str, lang: str = "en", **own: str) -> dict[str, str | None]:
    row: dict[str, Any] = {"family": "windows/security", "event": event, "Provider_Name": AUDIT, **own}
    return decoded_values(row, lang)


def test_fields_of_a_logon() -> None:
    assert decoded(
        "4624", LogonType="3", ImpersonationLevel="%%1833", ElevatedToken="%%1842", TargetUserSid="S-1-5-18",
        SubjectUserSid="S-1-5-21-1-2-3-1104", LogonGuid="{0}", VirtualAccount="-",
    ) == {
        "LogonType": "over the network (3)", "ImpersonationLevel": "impersonation", "ElevatedToken": "yes",
        "TargetUserSid": "the system (LocalSystem) (S-1-5-18)",
    }  # fmt: skip


def test_a_mask_is_read_by_the_kind_of_object() -> None:
    # 0x10: FILE_WRITE_EA (MS-SMB2), KEY_NOTIFY (MS-RRP), PROCESS_VM_READ (winnt.h), RIGHT_DS_READ_PROPERTY (MS-ADTS)
    read = {
        kind: decoded("4663", ObjectType=kind, AccessMask="0x10").get("AccessMask")
        for kind in ("File", "Key", "Process")
    }
    assert read == {"File": "write extended attributes", "Key": "be told of changes", "Process": "read its memory"}
    assert decoded("4662", ObjectType="%{bf967aba-0de6-11d0-a285-00aa003049e2}", AccessMask="0x10") == {
        "ObjectType": "user account class", "AccessMask": "read a property",
    }  # fmt: skip
    assert "AccessMask" not in decoded("4663", ObjectType="Mystery", AccessMask="0x10")
    assert "AccessMask" not in decoded("4663", ObjectType="by", AccessMask="0x10")


def test_accounts_show_their_flags() -> None:
    # MS-SAMR section 2.2.1.12; msobjs.dll 2080 is "Account Disabled", 2082 "Password Not Required - Enabled", 1794 "<never>"
    found = decoded("4738", OldUacValue="0x10", NewUacValue="0x11", UserAccountControl="%%2080\n\t\t%%2082", AccountExpires="%%1794",
                    DisplayName="A %% person", PrimaryGroupId="513")  # fmt: skip
    assert found == {
        "OldUacValue": "normal account", "NewUacValue": "account disabled, normal account",
        "UserAccountControl": "account disabled, password not required: on", "AccountExpires": "never",
        "PrimaryGroupId": "Domain Users (513)",
    }  # fmt: skip


def test_an_unknown_code_is_said_to_be_unknown_and_text_is_left_alone() -> None:
    assert decoded("4624", LogonType="99") == {"LogonType": None}
    assert decoded("4738", DisplayName="Anna", PasswordLastSet="5/7/2020", AllowedToDelegateTo="cifs/a") == {}
    assert decoded("4738", DisplayName="%%9999") == {"DisplayName": None}


def test_every_language_reads_the_same_codes() -> None:
    assert decoded("4768", "fr", TicketOptions="0x40810010", PreAuthType="0") == {
        "TicketOptions": "renouvelable si durée trop longue, canonisation du nom, renouvelable, transférable",
        "PreAuthType": "aucune : non exigée de ce compte",
    }
    assert decoded("4768", "ar", PreAuthType="2") == {"PreAuthType": "كلمة سر (طابع زمني مشفر)"}


def test_events_that_no_file_knows_are_read_as_far_as_their_log_is() -> None:
    assert decoded("9999", TokenElevationType="%%1937") == {"TokenElevationType": "elevated token: full rights (2)"}
    assert decoded_values({"family": "web/access", "event": "GET", "LogonType": "3"}) == {}
    assert decoded_values({}) == {}


def test_every_declared_table_exists() -> None:
    meanings = [m for source in sources() for m in (source.default, *source.events.values())]
    meanings += [general_meaning(family, None) for family in all_families()]
    for found in meanings:
        for declared in tables_of_fields(found).values():
            names = [declared] if isinstance(declared, str) else [v for k, v in declared.items() if k != "by"]
            assert all(tables(name).meanings for name in names)
            assert isinstance(declared, str) or isinstance(declared["by"], str)


@pytest.mark.evidence
@pytest.mark.skipif(not HONEYPOT.exists(), reason="the shared evidence is not beside this checkout")
def test_show_gives_meanings_beside_the_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from forensics import open_case, row_sheet, run

    shutil.copy(HONEYPOT, tmp_path / "a.evtx")
    run([tmp_path / "a.evtx"], case=tmp_path / "case", rules=[], workers=1)
    case = open_case(tmp_path / "case")
    row_id = case.sql(
        "select row_id from timeline where event = '4662' and not contains(flags, 'recovered') order by \"offset\" limit 1"
    )["row_id"][0]
    sheet = row_sheet.find(case, row_id)
    capsys.readouterr()
    row_sheet.as_json(sheet)
    assert json.loads(capsys.readouterr().out)["decoded"]["AccessMask"] == "read a property"
    row_sheet.show(case, sheet, None, 16)
    shown = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert ["column", "value", "meaning"] in shown
    assert ["AccessMask", "0x10", "read a property"] in shown
    assert ["EventID", "4662", ""] in shown
