"""One readable sentence a row, in three languages, whatever the row holds."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines.messages.sentences import LANGUAGES, MISSING, VALUE_LIMIT, sentences
from timelines.schema import CORE_NAMES, named_field, stored_names
from timelines.visible import visible

AUDIT = "Microsoft-Windows-Security-Auditing"
LOGON = {
    "family": "windows/security", "event": "4625", "Provider_Name": AUDIT, "Computer": "SRV02", "TargetUserName": "agent",
    "TargetDomainName": "COMMUNE", "LogonType": "10", "IpAddress": "::ffff:192.0.2.7", "Status": "0xC000006D", "SubStatus": "0xc000006a",
}  # fmt: skip


def rows(*written: dict[str, Any]) -> pa.Table:
    """Rows as a timeline stores them: `User` of the evidence lies in `User_` beside the core column `user`."""
    names = list(dict.fromkeys(name for row in written for name in row))
    own = [name for name in names if name not in CORE_NAMES]
    stored = dict(zip(own, stored_names(own), strict=True))
    fields = [named_field(stored[n], n) if n in stored else pa.field(n, pa.string()) for n in names]
    return pa.table([pa.array([row.get(n) for row in written], pa.string()) for n in names], schema=pa.schema(fields))


def said(row: dict[str, Any], lang: str = "en") -> str:
    return str(sentences(rows(row), lang)[0])


def test_codes_are_decoded_and_filters_applied() -> None:
    assert said(LOGON) == (
        r"A logon to SRV02 with account COMMUNE\agent failed; logon type: Remote Desktop (10); from 192.0.2.7; "
        "reason: wrong name or credentials / wrong password"
    )
    assert said(LOGON, "fr") == (
        r"Une ouverture de session sur SRV02 avec le compte COMMUNE\agent a échoué ; type : Bureau à distance (10) ; depuis 192.0.2.7 ; "
        "motif : nom ou identifiants erronés / mot de passe erroné"
    )


def test_arabic_keeps_each_value_in_its_own_direction() -> None:
    assert said(LOGON, "ar") == (
        "فشلت محاولة تسجيل الدخول إلى الجهاز \u2066SRV02\u2069 بالحساب \u2066COMMUNE\\agent\u2069؛ "
        "نوع الدخول: سطح المكتب البعيد (10)؛ من العنوان \u2066192.0.2.7\u2069؛ "
        "السبب: اسم أو بيانات اعتماد خاطئة / كلمة سر خاطئة"
    )


def test_unknown_codes_stand_as_they_are() -> None:
    assert "logon type: 99;" in said({**LOGON, "LogonType": "99"})
    assert "نوع الدخول: \u206699\u2069؛" in said({**LOGON, "LogonType": "99"}, "ar")


def test_lists_of_codes_are_decoded_whole_or_not_at_all() -> None:
    change = {"family": "windows/security", "event": "4719", "Provider_Name": AUDIT, "Computer": "SRV02"}
    assert said({**change, "AuditPolicyChanges": "%%8448, %%8450"}).endswith(
        "success auditing removed, failure auditing removed"
    )
    assert said({**change, "AuditPolicyChanges": "%%8448, %%9999"}).endswith(": %%8448, %%9999")
    assert said({**change, "AuditPolicyChanges": "%%8448, %%8450"}, "ar").endswith(
        "إلغاء تدقيق النجاح، إلغاء تدقيق الفشل"
    )


def test_missing_values_are_marked_and_half_names_have_no_stray_joint() -> None:
    bare = {"family": "windows/security", "event": "4625", "Provider_Name": AUDIT, "Computer": "SRV02"}
    assert said(bare).startswith(f"A logon to SRV02 with account {MISSING} failed; logon type: {MISSING};")
    assert "with account agent failed" in said({**LOGON, "TargetDomainName": "-"})
    assert "with account COMMUNE failed" in said({**LOGON, "TargetUserName": None})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "192.0.2.1 opened a on 192.0.2.2 (SMB::FILE_OPEN)"),
        (
            {"user": "X\\u[{status}]", "status": "SUCCESS"},
            "192.0.2.1 opened a on 192.0.2.2 as X\\u[{status}] (SMB::FILE_OPEN); answer: SUCCESS",
        ),
    ],
)
def test_what_stands_in_brackets_is_left_out_without_its_value(values: dict[str, str], expected: str) -> None:
    row = {"family": "net/smb_files", "event": "smb.open", "src_ip": "192.0.2.1", "dst_ip": "192.0.2.2", "object": "a"}
    assert said(row | {"action": "SMB::FILE_OPEN"} | values) == expected


def test_brackets_are_dropped_row_by_row() -> None:
    row = {"family": "net/tftp", "event": "tftp.transfer", "src_ip": "192.0.2.1", "dst_ip": "192.0.2.2", "fname": "f"}
    counts = {"size": "1", "block_sent": "1", "block_acked": "1"}
    told = sentences(rows(row | counts | {"error_msg": None}, row | counts | {"error_msg": "disk full"})).to_pylist()
    assert [text.partition("acknowledged 1")[2] for text in told] == ["", ", error disk full"]


def test_what_the_evidence_wrote_cannot_turn_or_hide_text() -> None:
    hostile = {**LOGON, "TargetUserName": "a\u202egnp.exe\x1b[2J\u2069"}
    assert r"account COMMUNE\a⟨U+202E⟩gnp.exe⟨U+001B⟩[2J⟨U+2069⟩ failed" in said(hostile)
    assert "\u2066COMMUNE\\a⟨U+202E⟩gnp.exe⟨U+001B⟩[2J⟨U+2069⟩\u2069" in said(hostile, "ar")


def test_braces_in_a_value_are_text() -> None:
    assert r"account COMMUNE\{Status}{event} failed" in said({**LOGON, "TargetUserName": "{Status}{event}"})


def test_long_values_are_cut_with_a_mark() -> None:
    task = {"family": "windows/sysmon", "event": "5", "Provider_Name": "Microsoft-Windows-Sysmon", "Computer": "A"}
    assert said({**task, "Image": "x" * VALUE_LIMIT}) == f"On A, the program {'x' * VALUE_LIMIT} ended"
    assert said({**task, "Image": "x" * (VALUE_LIMIT + 1)}) == f"On A, the program {'x' * (VALUE_LIMIT - 1)}… ended"
    assert said({**task, "Image": "a\r\n\t b"}) == "On A, the program a b ended"


def test_events_without_a_sentence_of_their_own_get_the_general_one() -> None:
    other = {"family": "windows/other", "event": "77", "Provider_Name": "Maker", "Computer": "SRV02"}
    assert said(other) == "Event 77 of Maker on SRV02"
    assert said(other, "fr") == "Événement 77 de Maker sur SRV02"
    assert said(other, "ar") == "الحدث \u206677\u2069 من \u2066Maker\u2069 على الجهاز \u2066SRV02\u2069"
    # The same number from another provider is another event.
    assert (
        said({"family": "windows/system", "event": "7045", "Provider_Name": "Maker", "Computer": "A"})
        == "Event 7045 of Maker on A"
    )


def test_unnamed_values_are_found_as_columns_and_as_items_of_one_value() -> None:
    event = {"family": "windows/exchange", "event": "6", "Provider_Name": "MSExchange CmdletLogs", "Computer": "EX1"}
    expected = "The Exchange command Get-X -All failed on EX1, under account dom/agent"
    assert said({**event, "Data": "Get-X ¦ -All ¦ dom/agent"}) == expected
    assert said({**event, "Data": "Get-X", "Data_2": "-All", "Data_3": "dom/agent"}) == expected


def test_a_name_that_a_core_column_shadows_is_read_with_and_without_its_own_name() -> None:
    event = {
        "family": "windows/sysmon",
        "event": "1",
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "user": "agent",
        "User": r"D\agent",
    }
    assert r"under account D\agent" in said(event)
    plain = rows(event).rename_columns(["family", "event", "Provider_Name", "user", "User_"])
    assert r"under account D\agent" in str(sentences(plain.replace_schema_metadata(None))[0])


def test_mixed_rows_keep_their_order() -> None:
    other = {"family": "windows/other", "event": "77", "Provider_Name": "Maker", "Computer": "X"}
    mixed = [LOGON, other, {**LOGON, "Computer": "SRV03"}, {"family": "none/such", "event": "a.b"}, {"family": None}]
    assert [text.split(" with")[0] for text in sentences(rows(*mixed)).to_pylist()] == [
        "A logon to SRV02", "Event 77 of Maker on X", "A logon to SRV03", "a.b", MISSING,
    ]  # fmt: skip
    table = rows(*mixed)
    chunked = pa.concat_tables([table.slice(0, 2), table.slice(2)])
    assert sentences(chunked).to_pylist() == sentences(table).to_pylist()


def test_no_rows_no_sentences_and_no_other_language() -> None:
    assert len(sentences(rows(LOGON).slice(0, 0))) == 0
    with pytest.raises(ValueError, match="'de'; there are en, fr, ar"):
        sentences(rows(LOGON), "de")


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(set(LOGON) - {"family", "event", "Provider_Name"})), st.text(), min_size=1)
)
def test_any_text_gives_one_visible_sentence(values: dict[str, str]) -> None:
    written = {**LOGON, **{k: v.encode("utf-8", "replace").decode() for k, v in values.items()}}
    for lang in LANGUAGES:
        text = said(written, lang)
        bare = text.replace("\u2066", "").replace("\u2069", "")
        assert visible(bare) == bare
        assert lang == "ar" or bare == text
        assert text.count("\u2066") == text.count("\u2069")


LOST = {
    "family": "windows/security", "event": "4624", "Provider_Name": AUDIT, "host": "SRV02", "flags": "recovered,incomplete",
    "Data": "S-1-5-18", "Data_2": "-", "Data_3": "agent\x1b", "Data_20": "fe80::1", "Data_21": "past",
}  # fmt: skip


def test_events_whose_values_lost_their_names_are_told_by_the_values() -> None:
    """No account, no address: `A session was opened on SRV02 with account –; logon type: –; from –` would say less than the row holds."""
    kept = "S-1-5-18, agent⟨U+001B⟩, fe80::1"
    assert (
        said(LOST) == f"Successful logon (4624) on SRV02; the names of its values are lost, the first of them: {kept}"
    )
    assert said(LOST, "fr").endswith(f"(4624) sur SRV02 ; les noms de ses valeurs sont perdus, les premières : {kept}")
    assert "\u2066fe80::1\u2069" in said(LOST, "ar")
    alone = {name: value for name, value in LOST.items() if not name.startswith("Data")}
    assert said(alone) == "Successful logon (4624) on SRV02; no value of it was read"
    unknown = {**LOST, "family": "windows/other", "event": "104", "Provider_Name": None, "host": None}
    assert said(unknown).startswith(
        "Windows event (104); the names of its values are lost, the first of them: S-1-5-18,"
    )


def test_events_that_hold_some_of_their_values_or_were_read_in_full_keep_their_sentence() -> None:
    both = rows(LOST, {**LOST, "TargetUserName": "agent"}, {**LOST, "flags": "recovered"}, LOST)
    first, some, full, last = sentences(both).to_pylist()
    assert first == last == said(LOST)
    assert some.startswith("A session was opened on")
    assert "with account agent" in some
    assert full.startswith("A session was opened on")
