"""Time stamps by an exchange of files, with an authority made here: openssl answers, rfc3161-client checks."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases import timestamping
from cases.case import Case
from cases.errors import CaseError
from cases.verify import Trust, verify

pytest.importorskip("rfc3161_client")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to be the authority")

CONFIG = """
[tsa]
default_tsa = authority
[authority]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def certificates(folder: Path) -> None:
    """`ca.pem`, and `tsa.pem` with its key under it, whose one purpose is time stamping (critical, RFC 3161 section 2.3)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in ("Example CA", "Example TSA")]
    now = datetime.now(UTC)
    for at, name in enumerate(("ca", "tsa")):
        builder = (
            x509.CertificateBuilder(names[0], names[at], keys[at].public_key(), at + 1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(at == 0, None), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[at].public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), False)
        )
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
        usage |= dict.fromkeys(("encipher_only", "decipher_only"), False)
        builder = builder.add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=at == 0, crl_sign=at == 0, **usage), True
        )
        if at:
            builder = builder.add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING]), True)
        made = builder.sign(keys[0], hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "tsa.key").write_bytes(secret)


class Authority:
    """A time-stamping authority in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        certificates(folder)
        (folder / "serial").write_text("01\n", "ascii")
        (folder / "tsa.cnf").write_text(CONFIG, "ascii")
        self.folder = folder
        self.ca = folder / "ca.pem"

    def answer(self, question: bytes, name: str = "head.tsr") -> Path:
        (self.folder / "head.tsq").write_bytes(question)
        words = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "head.tsq", "-out", name]
        subprocess.run(words, cwd=self.folder, capture_output=True, check=True)
        return self.folder / name


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def test_the_question_is_the_same_each_time_and_holds_the_heads_hash(case: Case) -> None:
    import hashlib

    head, question = timestamping.request(case)
    assert timestamping.request(case) == (head, question)
    assert hashlib.sha256(case.custody.head_file.read_bytes()).digest() in question
    assert head.seq == 3


@needs_openssl
def test_an_answer_is_taken_in_and_verified(case: Case, authority: Authority) -> None:
    _, question = timestamping.request(case)
    case.log("noted", {}, ())  # life goes on while the question is away
    stamp = timestamping.accept(case, authority.answer(question), [authority.ca])
    assert (stamp.head.seq, stamp.checked) == (3, True)
    said = {(c.name, c.state) for c in verify(case, trust=Trust(authorities=(authority.ca,))).checks}
    assert ("time stamp", "ok") in said
    assert {state for _, state in said} == {"ok"}
    assert verify(case).verdict == "incomplete"  # who stamped it is not known without the certificate


@needs_openssl
def test_a_tail_cut_after_the_stamp_is_caught(case: Case, authority: Authority) -> None:
    _, question = timestamping.request(case)
    timestamping.accept(case, authority.answer(question), [authority.ca])
    lines = case.custody.journal.read_bytes().splitlines(keepends=True)
    case.custody.journal.write_bytes(b"".join(lines[:2]))
    (found,) = timestamping.checks(case, [authority.ca])
    assert (found.state, found.detail.partition(": ")[2].partition(":")[0]) == (
        "failed",
        "stamps no entry of this journal",
    )


@needs_openssl
def test_another_authority_a_tampered_answer_and_another_case_are_refused(
    case: Case, authority: Authority, tmp_path: Path, empty_case: Case
) -> None:
    _, question = timestamping.request(case)
    answer = authority.answer(question)
    other = Authority(tmp_path / "other")
    with pytest.raises(CaseError, match="not signed by an authority that was given"):
        timestamping.accept(case, answer, [other.ca])
    data = bytearray(answer.read_bytes())
    data[-5] ^= 1  # in the signature, at the answer's end
    answer.write_bytes(data)
    with pytest.raises(CaseError, match="not signed by an authority that was given"):
        timestamping.accept(case, answer, [authority.ca])
    from cases.case import CaseInfo

    stranger = Case.create(tmp_path / "stranger", CaseInfo(number="2026-999"), case.hand)
    fresh = authority.answer(timestamping.request(stranger)[1], "stranger.tsr")
    with pytest.raises(CaseError, match="stamps no entry of this journal"):
        timestamping.accept(case, fresh)
    assert not (case.folder / "signatures").exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 40, b"<html>not found</html>", b"0\x82\xff\xff", bytes.fromhex("30053003020102")],
    ids=["empty", "zeros", "a web page", "a length beyond the file", "a refusal"],
)
def test_what_is_no_answer_is_told_in_one_line(case: Case, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.tsr").write_bytes(data)
    with pytest.raises(CaseError, match=r"bad\.tsr: (no RFC 3161|the authority did not grant)") as told:
        timestamping.accept(case, tmp_path / "bad.tsr")
    assert "\n" not in str(told.value)


def test_garbage_among_the_signatures_is_a_failure_not_a_crash(case: Case) -> None:
    folder = case.folder / "signatures"
    folder.mkdir()
    (folder / "custody-000003-00000000.tsr").write_bytes(b"garbage")
    (found,) = timestamping.checks(case)
    assert found.state == "failed"


def test_without_the_package_one_line_says_what_to_install(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CaseError, match=r"pip install 'athar-forensics\[exchange\]'"):
        timestamping.request(case)
    folder = case.folder / "signatures"
    folder.mkdir()
    (folder / "custody-000003-00000000.tsr").write_bytes(b"garbage")
    (found,) = timestamping.checks(case)
    assert found.state == "not-checked"
