"""Signatures of the custody head, so that a chain that was cut or written anew shows to whoever holds the public key.

What is signed is the exact content of `custody.head` (`{"hash":"…","seq":N}` and a newline), by Ed25519 (RFC 8032): 64 bytes, the same each
time, which other tools verify too:

    openssl pkeyutl -verify -pubin -inkey key.pub.pem -rawin -in custody-000012.head -sigfile custody-000012-1a2b3c4d.sig

Both files lie in `signatures/` of the case. A signature covers the entries up to its number. Whoever can write to the case can also
take the newest signature away together with the entries it covers: keep a copy of head and signature elsewhere, and give it to
`athar verify --signed`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cases import durable
from cases.case import Case
from cases.checks import Check
from cases.custody import Head
from cases.errors import CaseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FOLDER = "signatures"
_SIGNATURE = 64  # bytes of an Ed25519 signature
_KEY_LIMIT = 1 << 16  # bytes of a key file read


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed head: which, by which key (first 8 hex digits of the SHA-256 of its DER form), and where it lies in the case."""

    head: Head
    key: str
    head_file: Path
    signature_file: Path


def head_bytes(head: Head) -> bytes:
    """The content of `custody.head` for this head: what is signed and time-stamped."""
    return durable.canonical({"seq": head.seq, "hash": head.hash}) + b"\n"


def stem(head: Head) -> str:
    """How files about this head are called: `custody-000012`."""
    return f"custody-{head.seq:06d}"


def make_key(path: Path, passphrase: bytes | None = None) -> Path:
    """Write a new private key to `path` (PEM, readable by its owner only) and its public key beside it, whose path is returned.

    Raises CaseError when either file is there already.
    """
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = path.with_name(f"{path.stem}.pub.pem")
    for place in (path, public):
        if place.exists():
            raise CaseError(f"{place}: is there already; a key is never overwritten, choose another name")
    key = Ed25519PrivateKey.generate()
    lock = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
    private_pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, lock)
    public_pem = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(private_pem)
        with public.open("xb") as handle:
            handle.write(public_pem)
    except OSError as error:
        raise CaseError(f"{path}: cannot write: {error.strerror or error}; choose a place you can write to") from error
    return public


def private_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Read an Ed25519 private key (PEM). Raises CaseError that says what is wrong with it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read(path)
    try:
        key = load_pem_private_key(data, passphrase)
    except TypeError as error:  # a passphrase that is missing, or given for a key without one
        need = "is not encrypted; leave the passphrase out" if passphrase else "is encrypted; give --passphrase-file"
        raise CaseError(f"{path}: the private key {need}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CaseError(
            f"{path}: no private key in PEM, or the passphrase is wrong; `athar case keygen` makes one"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CaseError(f"{path}: expected an Ed25519 key, found another kind; `athar case keygen` makes one")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Read an Ed25519 public key (PEM). Raises CaseError that says what is wrong with it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data = _read(path)
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CaseError(f"{path}: no public key in PEM; give the .pub.pem that `athar case keygen` wrote") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CaseError(
            f"{path}: expected an Ed25519 key, found another kind; give the key that the head was signed with"
        )
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            return handle.read(_KEY_LIMIT)
    except OSError as error:
        raise CaseError(f"{path}: cannot read: {error.strerror or error}") from error


def fingerprint(key: Ed25519PublicKey) -> str:
    """The SHA-256 of the key's DER form (SubjectPublicKeyInfo) in hex, as `openssl pkey -pubin -outform DER | sha256sum` prints it."""
    from cryptography.hazmat.primitives import serialization as form

    return hashlib.sha256(key.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def sign(case: Case, key: Ed25519PrivateKey) -> Signed:
    """Sign the head of custody as it is now, keep head and signature in the case, and record that. The record is a new entry, which the
    next signature covers. Raises CaseError when the chain is not whole: what is broken is not to be vouched for."""
    faults = case.custody.check()
    if faults:
        raise CaseError(f"custody entry {faults[0].seq}: {faults[0].reason}; nothing was signed; run `athar verify`")
    head = case.custody.head()
    mark = fingerprint(key.public_key())
    folder = case.folder / FOLDER
    signed = Signed(head, mark[:8], folder / f"{stem(head)}.head", folder / f"{stem(head)}-{mark[:8]}.sig")
    durable.write(signed.head_file, head_bytes(head))
    durable.write(signed.signature_file, key.sign(head_bytes(head)))
    names = [f"{FOLDER}/{path.name}" for path in (signed.head_file, signed.signature_file)]
    case.log("head-signed", {"seq": head.seq, "key": mark, "algorithm": "Ed25519"}, names)
    return signed


def parse_head(data: bytes) -> Head | None:
    """The head that these bytes name, or None when they are not written as `custody.head` is."""
    try:
        value = json.loads(data)
    except ValueError:
        return None
    if not isinstance(value, dict) or type(value.get("seq")) is not int or not isinstance(value.get("hash"), str):
        return None
    head = Head(value["seq"], value["hash"])
    return head if head_bytes(head) == data else None


def against_journal(case: Case, head: Head) -> str:
    """What is wrong between this head and the journal; empty when the journal holds it and is whole up to there."""
    try:
        entries = case.custody.entries()
    except CaseError as error:
        return str(error)
    if not 1 <= head.seq <= len(entries):
        return f"the journal ends at entry {len(entries)}: entries up to {head.seq} were cut off"
    if entries[head.seq - 1].hash != head.hash:
        return f"entry {head.seq} is not the one that was vouched for: its hash is {entries[head.seq - 1].hash}, it was {head.hash}"
    bad = [fault for fault in case.custody.check() if fault.seq <= head.seq]
    return f"entry {bad[0].seq}: {bad[0].reason}" if bad else ""


def checks(case: Case, keys: Sequence[Path] = (), outside: Sequence[Path] = ()) -> Iterator[Check]:
    """Every signature of the case, and of signed heads kept `outside` it, against the journal and the public `keys`.

    A signature that no given key fits is not counted as good: it is `not-checked`. A key that no signature fits is a failure.
    """
    known = {fingerprint(key): (path, key) for path in keys for key in (public_key(path),)}
    used: set[str] = set()
    folder = case.folder / FOLDER
    for path in [*(sorted(folder.glob("*.sig")) if folder.is_dir() else ()), *outside]:
        subject = f"{FOLDER}/{path.name}" if path.parent == folder else path.name
        yield _signature(case, path, subject, known, used)
    for mark, (path, _) in known.items():
        if mark not in used:
            yield Check(
                "signature",
                path.name,
                "failed",
                f"no signature by this key ({mark[:8]}…): it was taken away, or never made",
            )


def _signature(
    case: Case, path: Path, subject: str, known: dict[str, tuple[Path, Ed25519PublicKey]], used: set[str]
) -> Check:
    from cryptography.exceptions import InvalidSignature

    name, _, mark = path.stem.rpartition("-")
    try:
        signature, data = _read(path), _read(path.with_name(f"{name}.head"))
    except CaseError as error:
        return Check("signature", subject, "failed", str(error))
    head = parse_head(data)
    if head is None or len(signature) != _SIGNATURE:
        what = f"{len(signature)} bytes, expected {_SIGNATURE}" if head else f"{name}.head is not a custody head"
        return Check("signature", subject, "failed", f"{what}: edited or damaged")
    wrong = against_journal(case, head)
    if wrong:
        return Check("signature", subject, "failed", wrong)
    for full, (_, key) in known.items():
        try:
            key.verify(signature, data)
        except InvalidSignature:
            continue
        used.add(full)
        return Check("signature", subject, "ok", f"entries 1 to {head.seq} signed by key {full}{_after(case, head)}")
    if any(full.startswith(mark) for full in known):
        return Check("signature", subject, "failed", f"does not fit the head of entry {head.seq} under key {mark}…")
    return Check(
        "signature", subject, "not-checked", f"head of entry {head.seq} fits; give --public-key of key {mark}…"
    )


def _after(case: Case, head: Head) -> str:
    last = case.custody.head().seq
    return f"; entries {head.seq + 1} to {last} came after it" if last > head.seq else ""
