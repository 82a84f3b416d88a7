"""Hostile values: what is replaced in running text, and what only holds the same letters."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pyarrow as pa
import pytest

from cases.errors import CaseError

from .redacting import KEY, redactor

HASH = "3cadm" + "0" * 59


def test_a_value_within_a_hash_or_word_stays() -> None:
    under = redactor({"account": ["cafe", "adm", "42"]})
    for text in ("00cafe00" * 8, "admiral", "row 1042", f"{HASH}"):
        assert under.text(text) == text
    assert under.replaced == {}


def test_a_value_is_replaced_whatever_its_case_accents_or_invisible_letters() -> None:
    under = redactor({"account": ["hélène.b", "عُمر"]})
    name = under.whole("account", "hélène.b")
    assert name.startswith("account-")
    for text in ("HÉLÈNE.B", "helene.b", "He\u0301le\u0300ne.b", "hélè\u200bne.b"):
        assert under.text(f"<{text}>") == f"<{name}>"
    omar = under.whole("account", "عُمر")
    assert under.text("دخل عمر اليوم") == f"دخل {omar} اليوم"
    assert under.text("طلب من \u2066عُمـر\u2069") == f"طلب من \u2066{omar}\u2069"
    assert under.text("وعمر") == f"و{omar}"  # "and" is written onto the name
    assert under.text("معمر") == "معمر"  # another word


def test_signs_of_patterns_and_templates_are_plain_letters() -> None:
    values = ["a.*b+", "(x|y)", "{{7*7}}", "${u}", "\\d+q", "end$n"]
    under = redactor({"account": values})
    for value in values:
        assert value not in under.text(f"user {value} logged on")
    assert under.text("aXXb") == "aXXb"


def test_names_of_one_letter_are_replaced_only_as_whole_values() -> None:
    under = redactor({"account": ["a"]})
    name = under.whole("account", "a")
    assert name.startswith("account-")
    assert under.text("a request carried a command") == "a request carried a command"
    assert under.text("C:\\Users\\a\\x") == f"C:\\Users\\{name}\\x"
    assert under.text("/home/a/.ssh") == f"/home/{name}/.ssh"
    assert under.text("user=a&x=1") == f"user={name}&x=1"


def test_encoded_values_are_found() -> None:
    under = redactor({"account": ["j.doe", "عمر"]})
    assert under.text("/u?n=%6A%2Edoe&x=1") == f"/u?n={under.whole('account', 'j.doe')}&x=1"
    assert quote("عمر") not in under.text(f"/u?n={quote('عمر')}")
    assert quote(quote("192.0.2.7", safe=""), safe="") not in under.text("/u?n=192%252E0%252E2%252E7")
    assert "192%252E0" not in under.text("/u?n=192%252E0%252E2%252E7")
    for encoding in ("utf-16-le", "utf-8"):
        hidden = base64.b64encode("net user j.doe /add; ping 192.0.2.7".encode(encoding)).decode()
        changed = under.text(f"powershell -enc {hidden}").split()[-1]
        plain = base64.b64decode(changed).decode(encoding)
        assert plain.startswith("net user account-")
        assert "address-" in plain
    assert "j.doe" not in under.text("".join(c + "\0" for c in "user j.doe!")).replace("\0", "")
    same = base64.b64encode(b"nothing of note in this text").decode()
    assert under.text(same) == same
    assert under.text("%ZZ %E9 100%") == "%ZZ %E9 100%"


def test_a_text_that_was_cut_ends_before_half_a_name() -> None:
    assert redactor({"account": ["jane.doe"]}).text("cmd.exe /c net user jane.d…") == "cmd.exe /c net user …"


def test_one_value_has_one_pseudonym_in_every_spelling() -> None:
    under = redactor({"person": ["Jane Doe"]})
    for kind, texts in {
        "address": ("2001:db8::1", "2001:DB8:0:0::1"),
        "phone": ("+212612345678", "0612345678", "06 12 34 56 78"),
        "person": ("Jane Doe", "DOE Jane", "jane.doe", "jane_doe", "Jane+Doe"),
    }.items():
        assert len({under.text(f"({text})") for text in texts}) == 1, kind
    assert under.text("(192.0.2.1)") != under.text("(192.0.2.10)")


def test_a_domain_and_the_account_of_a_machine_are_told_apart() -> None:
    under = redactor({"account": ["svc"], "host": ["WEB01"]})
    domain, _, name = under.whole("account", "ORG\\svc").partition("\\")
    assert (domain[:5], name) == ("host-", under.whole("account", "svc"))
    assert under.whole("account", "WEB01$") == under.whole("host", "WEB01") + "$"


def test_what_findings_name_stays_in_court_and_shields_what_lies_in_it() -> None:
    values = {"account": ["svc_web", "web", "j.doe"]}
    under = redactor(values, named=["svc_web", "192.0.2.7"], under="court")
    assert under.text("svc_web from 192.0.2.7") == "svc_web from 192.0.2.7"
    assert "j.doe" not in under.text("j.doe from 192.0.2.8")
    assert "192.0.2.8" not in under.text("j.doe from 192.0.2.8")
    assert under.text("SYSTEM at 127.0.0.1 and ::1") == "SYSTEM at 127.0.0.1 and ::1"
    assert under.whole("account", "NT AUTHORITY\\SYSTEM") == "NT AUTHORITY\\SYSTEM"
    assert "svc_web" not in redactor(values, named=["svc_web"], under="public").text("svc_web")


def test_words_of_a_rule_stay_words() -> None:
    under = redactor({"account": ["request", "svc-7"]})
    assert under.text("A request by svc-7 from 192.0.2.7", authored=True).startswith("A request by account-")
    assert "192.0.2.7" not in under.text("A request by svc-7 from 192.0.2.7", authored=True)


@pytest.mark.parametrize(
    "text", ["", "\0", "\ud800", "\u202e\u2066", "é" * 5_000, "%" * 3_000, "=" * 3_000, "A" * 20_000]
)
def test_odd_texts_come_through(text: str) -> None:
    assert redactor({"account": ["x"]}).text(text) == text


def test_pseudonyms_do_not_hold_what_they_stand_for() -> None:
    under = redactor({"account": ["j.doe"]})
    assert under.whole("account", "j.doe") == redactor({}, key=KEY).whole("account", "J.DOE")
    assert under.whole("account", "j.doe") != redactor({}, key=b"x" * 32).whole("account", "j.doe")


def test_a_table_is_searched_whatever_its_texts_are_made_of() -> None:
    under = redactor({"account": ["jdoe1"]})
    table = pa.table(
        {
            "user": pa.array(["jdoe1", None]).dictionary_encode(),
            "object": pa.array(["of jdoe1", "/"], pa.large_string()),
            "flags": ["jdoe1", ""],
            "record": pa.array([1, 2], pa.uint64()),
            "field of jdoe1": ["x", "y"],
        }
    )
    made = under.table(table)
    assert "jdoe1" not in str(made.drop_columns("flags").to_pydict())
    assert made.column("user").to_pylist()[0] == under.whole("account", "jdoe1")
    assert made.column("flags").to_pylist() == ["jdoe1", ""]
    assert made.column("record").to_pylist() == [1, 2]


def test_columns_whose_names_become_alike_stay_apart() -> None:
    under = redactor({"account": ["jdoe1"]})
    names = under.table(pa.table({"a jdoe1": ["x"], "a JDOE1": ["y"]})).schema.names
    assert len(set(names)) == 2
    assert not any("jdoe1" in name.lower() for name in names)


def test_what_cannot_be_searched_is_never_handed_on() -> None:
    with pytest.raises(CaseError, match="column answers: list"):
        redactor({}).table(pa.table({"answers": [["192.0.2.1"]]}))
