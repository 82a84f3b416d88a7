"""Signing and time stamps from the command line, and `verify` with what the verifier brings along."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def case(demo, tmp_path: Path) -> Path:
    shutil.copytree(demo.case, tmp_path / "case")
    return tmp_path / "case"


def test_a_signed_case_verifies_with_the_key_only(case: Path, tmp_path: Path, athar) -> None:
    (tmp_path / "pass").write_text("open sesame\n", "utf-8")
    key = tmp_path / "lab.pem"
    assert athar("case", "keygen", key, "--passphrase-file", tmp_path / "pass").code == 0
    assert "is encrypted" in athar("case", "sign", case, "--key", key).err
    signed = athar("case", "sign", case, "--key", key, "--passphrase-file", tmp_path / "pass")
    assert (signed.code, "entries 1 to" in signed.out) == (0, True)
    assert athar("verify", case, "--limit", 0, "--public-key", tmp_path / "lab.pub.pem").code == 0
    without = athar("verify", case, "--limit", 0)
    assert (without.code, without.out.rstrip().endswith("Verdict: incomplete")) == (1, True)
    assert athar("verify", case, "--public-key", tmp_path / "pass").code == 2


def test_a_signature_kept_elsewhere_shows_a_cut_tail(case: Path, tmp_path: Path, athar) -> None:
    key = tmp_path / "lab.pem"
    athar("case", "keygen", key)
    athar("case", "sign", case, "--key", key)
    shutil.copytree(case / "signatures", tmp_path / "safe")
    (kept,) = (tmp_path / "safe").glob("*.sig")
    options = ("--limit", 0, "--public-key", tmp_path / "lab.pub.pem", "--signed", kept)
    assert athar("verify", case, *options).code == 0
    journal = case / "custody.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:3]))
    done = athar("verify", case, *options)
    assert (done.code, "were cut off" in done.out) == (1, True)


def test_requests_are_never_written_over_a_file(case: Path, tmp_path: Path, athar) -> None:
    pytest.importorskip("rfc3161_client")
    assert athar("case", "timestamp-request", case, "-o", tmp_path / "head.tsq").code == 0
    again = athar("case", "timestamp-request", case, "-o", tmp_path / "head.tsq")
    assert (again.code, "never overwritten" in again.err, again.err.count("\n")) == (2, True, 1)
    (tmp_path / "bad.tsr").write_bytes(b"not an answer")
    refused = athar("case", "timestamp-accept", case, tmp_path / "bad.tsr")
    assert (refused.code, "no RFC 3161" in refused.err, refused.err.count("\n")) == (2, True, 1)
