"""A signed head shows what the chain alone cannot: a tail that was cut off, and a journal that was written anew."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cases import signing
from cases.case import Case, CaseInfo, Hand
from cases.checks import Check
from cases.custody import Act, Custody, Subject
from cases.errors import CaseError
from cases.verify import Trust, verify


@pytest.fixture
def key(tmp_path: Path) -> Path:
    signing.make_key(tmp_path / "lab.pem")
    return tmp_path / "lab.pem"


@pytest.fixture
def public(key: Path) -> Path:
    return key.with_name("lab.pub.pem")


@pytest.fixture
def signed(case: Case, key: Path) -> signing.Signed:
    """A case of three entries whose head was signed; the record of that is entry 4."""
    return signing.sign(case, signing.private_key(key))


def checks(case: Case, *keys: Path, outside: tuple[Path, ...] = ()) -> list[tuple[str, str]]:
    return [(check.state, check.detail) for check in signing.checks(case, keys, outside)]


def rewrite(case: Case, keep: int) -> None:
    """What a forger does who can write to the case: a journal of the first `keep` entries, with a head that fits."""
    journal = case.custody.journal
    lines = journal.read_bytes().splitlines(keepends=True)[:keep]
    journal.write_bytes(b"".join(lines))
    last = json.loads(lines[-1])
    case.custody.head_file.write_text(f'{{"hash":"{last["hash"]}","seq":{last["seq"]}}}\n', "ascii")


def test_a_signature_covers_the_entries_up_to_its_head(case: Case, signed: signing.Signed, public: Path) -> None:
    assert (signed.head.seq, signed.signature_file.stat().st_size) == (3, 64)
    mark = signing.fingerprint(signing.public_key(public))
    assert checks(case, public) == [("ok", f"entries 1 to 3 signed by key {mark}; entries 4 to 4 came after it")]
    assert verify(case, trust=Trust((public,))).ok


def test_what_is_signed_is_the_content_of_the_head_file(case: Case, key: Path) -> None:
    anchored = case.custody.head_file.read_bytes()
    assert signing.sign(case, signing.private_key(key)).head_file.read_bytes() == anchored


def test_the_same_head_gives_the_same_signature(tmp_path: Path, case: Case, key: Path) -> None:
    shutil.copytree(case.folder, tmp_path / "copy")
    one = signing.sign(case, signing.private_key(key)).signature_file.read_bytes()
    assert signing.sign(Case.open(tmp_path / "copy"), signing.private_key(key)).signature_file.read_bytes() == one


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_agrees(signed: signing.Signed, public: Path) -> None:
    def run(signature: Path) -> int:
        words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", signed.head_file]
        return subprocess.run([*words, "-sigfile", signature], capture_output=True, check=False).returncode

    assert run(signed.signature_file) == 0
    forged = signed.signature_file.with_name("forged.sig")
    forged.write_bytes(bytes([signed.signature_file.read_bytes()[0] ^ 1]) + signed.signature_file.read_bytes()[1:])
    assert run(forged) != 0


def test_without_the_key_a_signature_is_not_counted_as_good(case: Case, signed: signing.Signed) -> None:
    result = verify(case)
    assert [(c.state, c.detail.partition(" of key")[0]) for c in result.checks if c.name == "signature"] == [
        ("not-checked", "head of entry 3 fits; give --public-key")
    ]
    assert result.verdict == "incomplete"


def test_a_cut_tail_that_the_chain_passes_is_caught(case: Case, signed: signing.Signed, public: Path) -> None:
    rewrite(case, 2)
    assert case.custody.check() == []  # the chain by itself has nothing to say
    assert checks(case, public)[0] == ("failed", "the journal ends at entry 2: entries up to 3 were cut off")


def test_a_tail_cut_together_with_its_signature_is_caught_by_a_copy_kept_elsewhere(
    case: Case, signed: signing.Signed, public: Path, tmp_path: Path
) -> None:
    kept = [Path(shutil.copy(path, tmp_path)) for path in (signed.head_file, signed.signature_file)]
    shutil.rmtree(case.folder / signing.FOLDER)
    rewrite(case, 2)
    assert checks(case, public) == [
        ("failed", f"no signature by this key ({signed.key}…): it was taken away, or never made")
    ]
    assert checks(case, public, outside=(kept[1],))[0] == (
        "failed",
        "the journal ends at entry 2: entries up to 3 were cut off",
    )


def test_a_journal_written_anew_is_caught(case: Case, signed: signing.Signed, public: Path, hand: Hand) -> None:
    entries = case.custody.entries()
    case.custody.journal.unlink()
    case.custody.head_file.unlink()
    forged = Custody(case.folder)
    for entry in entries:  # the same acts, the second by somebody else
        act = entry.act
        who = "somebody.else" if entry.seq == 2 else act.who
        forged.append(Act(act.time, who, act.action, act.tool, act.version, act.options, act.subjects))
    assert forged.check() == []
    (found,) = checks(case, public)[:1]
    assert found[0] == "failed"
    assert found[1].startswith("entry 3 is not the one that was vouched for")


def test_an_edited_or_reordered_entry_under_a_signature_is_caught(
    case: Case, signed: signing.Signed, public: Path
) -> None:
    journal = case.custody.journal
    whole = journal.read_bytes()
    journal.write_bytes(whole.replace(b'"exhibit":"E002"', b'"exhibit":"E001"'))
    assert checks(case, public)[0] == ("failed", "entry 3: does not fit its own hash (edited)")
    lines = whole.splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    assert checks(case, public)[0] == (
        "failed",
        "entry 1: holds number 2, expected 1 (entries deleted, moved or inserted)",
    )


def test_another_key_does_not_pass(case: Case, signed: signing.Signed, tmp_path: Path) -> None:
    other = signing.make_key(tmp_path / "other.pem")
    assert [state for state, _ in checks(case, other)] == ["not-checked", "failed"]


def test_a_damaged_signature_or_head_fails(case: Case, signed: signing.Signed, public: Path) -> None:
    good = signed.signature_file.read_bytes()
    signed.signature_file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert checks(case, public)[0] == ("failed", f"does not fit the head of entry 3 under key {signed.key}…")
    signed.signature_file.write_bytes(good[:40])
    assert checks(case, public)[0] == ("failed", "40 bytes, expected 64: edited or damaged")
    signed.signature_file.write_bytes(good)
    signed.head_file.write_bytes(signed.head_file.read_bytes().replace(b'"seq":3', b'"seq": 3'))
    assert checks(case, public)[0] == ("failed", "custody-000003.head is not a custody head: edited or damaged")
    signed.head_file.unlink()
    assert checks(case, public)[0][0] == "failed"


def test_a_broken_chain_is_not_signed(case: Case, key: Path) -> None:
    journal = case.custody.journal
    journal.write_bytes(journal.read_bytes().replace(b'"exhibit":"E002"', b'"exhibit":"E001"'))
    with pytest.raises(CaseError, match=r"entry 3: does not fit its own hash.*nothing was signed"):
        signing.sign(case, signing.private_key(key))
    assert not (case.folder / signing.FOLDER).exists()


def test_signatures_are_files_of_the_case(case: Case, signed: signing.Signed, public: Path) -> None:
    planted = case.folder / signing.FOLDER / "custody-000001-00000000.sig"
    planted.write_bytes(b"x" * 64)
    found = {(c.name, c.subject) for c in verify(case, trust=Trust((public,))).failed}
    assert found == {("record", f"signatures/{planted.name}"), ("signature", f"signatures/{planted.name}")}


def test_keys_are_never_overwritten_and_private_ones_are_private(key: Path, public: Path) -> None:
    before = key.read_bytes()
    with pytest.raises(CaseError, match="never overwritten"):
        signing.make_key(key)
    assert key.read_bytes() == before
    if sys.platform != "win32":
        assert os.stat(key).st_mode & 0o077 == 0


def test_keys_that_cannot_be_used_are_told_in_one_line(tmp_path: Path, key: Path, public: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec

    locked, curve, junk = (tmp_path / name for name in ("locked.pem", "curve.pem", "junk.pem"))
    signing.make_key(locked, b"secret")
    junk.write_bytes(b"\x00\xff junk")
    other = ec.generate_private_key(ec.SECP256R1())
    curve.write_bytes(other.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    signing.private_key(locked, b"secret")
    for path, passphrase, said in (
        (locked, None, "is encrypted"),
        (locked, b"wrong", "passphrase is wrong"),
        (key, b"secret", "is not encrypted"),
        (curve, None, "expected an Ed25519 key"),
        (junk, None, "no private key in PEM"),
        (tmp_path / "none.pem", None, "cannot read"),
    ):
        with pytest.raises(CaseError, match=said) as told:
            signing.private_key(path, passphrase)
        assert "\n" not in str(told.value)
    for path in (junk, key):
        with pytest.raises(CaseError, match="no public key in PEM"):
            signing.public_key(path)


def test_the_fingerprint_is_that_of_the_der_form(public: Path) -> None:
    import base64

    body = "".join(public.read_text("ascii").splitlines()[1:-1])
    assert signing.fingerprint(signing.public_key(public)) == hashlib.sha256(base64.b64decode(body)).hexdigest()


def test_a_case_without_signatures_has_nothing_to_check(tmp_path: Path, hand: Hand) -> None:
    made = Case.create(tmp_path / "fresh", CaseInfo(), hand)
    assert list(signing.checks(made)) == []
    assert Check("x", "y", "ok", "z").ok
    assert made.log("noted", {}, (), [Subject("x", "0" * 64)]).seq == 2
