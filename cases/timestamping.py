"""RFC 3161 time stamps of the custody head, by an exchange of files: the machine that holds the case need not reach any network.

`request` makes the question (`head.tsq`), which is carried to a time-stamping authority; its answer (`head.tsr`) is carried back to
`accept`. The stamp shows that the entries up to its head existed at the authority's time. The question holds nothing but a SHA-256,
and is the same each time for the same head: it has no nonce, since the answer may come days later and is bound to the head by its
hash alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from cases import durable
from cases.case import Case
from cases.checks import Check
from cases.custody import Head
from cases.errors import CaseError
from cases.signing import FOLDER, against_journal, head_bytes, stem

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

_ANSWER_LIMIT = 1 << 20  # bytes of an answer or certificate file; real ones hold a few thousand
_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True, slots=True)
class Stamp:
    """An answer that was taken in: the head it speaks of, the authority's time (UTC, ISO 8601), and its file in the case."""

    head: Head
    time: str
    file: Path
    checked: bool  # whether the authority's signature was checked against a certificate


class MissingPackage(CaseError):
    """The package that reads time stamps is not installed."""


def _available() -> None:
    import importlib.util

    if importlib.util.find_spec("rfc3161_client") is None:
        raise MissingPackage("time stamps need the package rfc3161-client: pip install 'athar-forensics[exchange]'")


def request(case: Case) -> tuple[Head, bytes]:
    """The head of custody, and a time-stamp request (DER) for it. Raises CaseError when the chain is not whole."""
    _available()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    faults = case.custody.check()
    if faults:
        raise CaseError(f"custody entry {faults[0].seq}: {faults[0].reason}; nothing to stamp; run `athar verify`")
    head = case.custody.head()
    builder = TimestampRequestBuilder().data(head_bytes(head)).hash_algorithm(HashAlgorithm.SHA256)
    return head, builder.nonce(nonce=False).cert_request(cert_request=True).build().as_bytes()


def accept(case: Case, answer: Path, authorities: Sequence[Path] = ()) -> Stamp:
    """Take the authority's answer into the case and record it. Raises CaseError for what is no answer, was refused, speaks of no entry of
    this journal, or, with `authorities` (PEM), was not signed under one of them."""
    data = _read(answer)
    response = _decoded(data, answer.name)
    head = _stamped_head(case, response, answer.name)
    wrong = against_journal(case, head) or (
        _signature_fault(response, head, _certificates(authorities)) if authorities else ""
    )
    if wrong:
        raise CaseError(f"{answer.name}: {wrong}; nothing was taken in")
    place = case.folder / FOLDER / f"{stem(head)}-{hashlib.sha256(data).hexdigest()[:8]}.tsr"
    head_file = place.with_name(f"{stem(head)}.head")
    durable.write(head_file, head_bytes(head))
    durable.write(place, data)
    time = _time(response)
    options = {"seq": head.seq, "time": time, "authority_checked": bool(authorities)}
    case.log("head-time-stamped", options, [f"{FOLDER}/{path.name}" for path in (head_file, place)])
    return Stamp(head, time, place, bool(authorities))


def checks(case: Case, authorities: Sequence[Path] = ()) -> Iterator[Check]:
    """Every time stamp of the case against the journal, and against the `authorities` (PEM); without those it is `not-checked`."""
    folder = case.folder / FOLDER
    stamps = sorted(folder.glob("*.tsr")) if folder.is_dir() else []
    certificates = _certificates(authorities)
    for path in stamps:
        subject = f"{FOLDER}/{path.name}"
        try:
            response = _decoded(_read(path), path.name)
            head = _stamped_head(case, response, path.name)
        except MissingPackage as error:
            yield Check("time stamp", subject, "not-checked", str(error))
            continue
        except CaseError as error:
            yield Check("time stamp", subject, "failed", str(error))
            continue
        wrong = against_journal(case, head) or (_signature_fault(response, head, certificates) if certificates else "")
        said = f"entries 1 to {head.seq} existed at {_time(response)}"
        if wrong:
            yield Check("time stamp", subject, "failed", wrong)
        elif not certificates:
            yield Check(
                "time stamp",
                subject,
                "not-checked",
                f"{said}, if the authority says so: give --tsa-ca to check its signature",
            )
        else:
            yield Check("time stamp", subject, "ok", f"{said}, signed by an authority that was given")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            data = handle.read(_ANSWER_LIMIT + 1)
    except OSError as error:
        raise CaseError(f"{path}: cannot read: {error.strerror or error}") from error
    if len(data) > _ANSWER_LIMIT:
        raise CaseError(f"{path}: more than {_ANSWER_LIMIT} bytes; expected a time-stamp answer or a certificate")
    return data


def _decoded(data: bytes, name: str) -> TimeStampResponse:
    _available()
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(data)
        status, said = response.status, "; ".join(response.status_string)
    except ValueError as error:
        raise CaseError(f"{name}: no RFC 3161 time-stamp answer (DER): {error}; ask the authority again") from error
    if status != 0:
        raise CaseError(f"{name}: the authority did not grant a stamp: status {status}{', ' + said if said else ''}")
    return response


def _stamped_head(case: Case, response: TimeStampResponse, name: str) -> Head:
    """The head of this journal whose hash was stamped. Raises CaseError when there is none."""
    try:
        imprint = response.tst_info.message_imprint
        algorithm, digest = imprint.hash_algorithm.dotted_string, imprint.message
    except ValueError as error:
        raise CaseError(f"{name}: the time-stamp token cannot be read: {error}") from error
    if algorithm != _SHA256:
        raise CaseError(f"{name}: stamps a hash of kind {algorithm}, expected SHA-256 ({_SHA256})")
    for entry in case.custody.entries():
        head = Head(entry.seq, entry.hash)
        if hashlib.sha256(head_bytes(head)).digest() == digest:
            return head
    raise CaseError(
        f"{name}: stamps no entry of this journal: its entry was cut off or altered, or the answer is of another case"
    )


def _time(response: TimeStampResponse) -> str:
    return response.tst_info.gen_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _certificates(paths: Sequence[Path]) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    found: list[Certificate] = []
    for path in paths:
        data = _read(path)
        try:
            found += load_pem_x509_certificates(data)
        except ValueError as error:
            raise CaseError(f"{path}: no certificates in PEM; give those of the time-stamping authority") from error
    return found


def _signature_fault(response: TimeStampResponse, head: Head, certificates: Sequence[Certificate]) -> str:
    """Why the answer does not come from an authority under one of the certificates; empty when it does."""
    from rfc3161_client import VerifierBuilder
    from rfc3161_client.errors import VerificationError

    builder = VerifierBuilder()
    for certificate in dict.fromkeys(certificates):
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify_message(response, head_bytes(head))
    except (VerificationError, ValueError) as error:
        return f"not signed by an authority that was given: {error}"
    return ""
