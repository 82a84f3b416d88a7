"""The fields of one X.509 certificate (RFC 5280), read with cryptography and kept for when the same certificate comes again."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

REMEMBERED = 1024  # distinct certificates whose fields are kept; captures repeat few
REMEMBERED_SIZE = 16_384  # bytes; larger ones are read each time, so that memory stays bounded
NAMES = 200  # names of one kind that a row holds
# What cryptography raises for bytes that are no certificate, or for a part it cannot read.
_REFUSALS = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension,
             x509.UnsupportedGeneralNameType)  # fmt: skip
_LABELS = {
    NameOID.EMAIL_ADDRESS: "emailAddress", NameOID.SERIAL_NUMBER: "serialNumber", NameOID.SURNAME: "SN", NameOID.GIVEN_NAME: "GN",
    NameOID.TITLE: "title", NameOID.POSTAL_CODE: "postalCode", NameOID.BUSINESS_CATEGORY: "businessCategory",
    NameOID.JURISDICTION_COUNTRY_NAME: "jurisdictionC", NameOID.JURISDICTION_STATE_OR_PROVINCE_NAME: "jurisdictionST",
    NameOID.JURISDICTION_LOCALITY_NAME: "jurisdictionL", NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
    NameOID.UNSTRUCTURED_NAME: "unstructuredName", NameOID.PSEUDONYM: "pseudonym", NameOID.DN_QUALIFIER: "dnQualifier",
}  # fmt: skip
# Algorithm names as OpenSSL, and so Zeek, writes them.
_ALGORITHMS = {
    "1.2.840.113549.1.1.1": "rsaEncryption", "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption", "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "rsassaPss", "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption", "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption", "1.2.840.10045.2.1": "id-ecPublicKey",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1", "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256", "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512", "1.2.840.10040.4.1": "dsaEncryption", "1.2.840.10040.4.3": "dsaWithSHA1",
    "2.16.840.1.101.3.4.3.2": "dsa_with_SHA256", "1.3.101.112": "ED25519", "1.3.101.113": "ED448",
}  # fmt: skip
_CURVES = {"secp256r1": "prime256v1", "secp192r1": "prime192v1"}

_NAMED: dict[type[x509.GeneralName], str] = {
    x509.DNSName: "san_dns", x509.UniformResourceIdentifier: "san_uri", x509.RFC822Name: "san_email", x509.IPAddress: "san_ip",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Certificate:
    """Columns of net/x509; begin, end: validity in seconds since 1970; names: host names it is for, None where they cannot be read;
    faults: what of it cannot be read."""

    sha256: str
    values: dict[str, object]
    begin: int | None
    end: int | None
    names: tuple[str, ...] | None
    faults: tuple[str, ...]


def certificate(der: bytes) -> Certificate:
    """The fields of a certificate in DER. What cannot be read is missing from them and told in `faults`."""
    return _remembered(der) if len(der) <= REMEMBERED_SIZE else _read(der)


def _read(der: bytes) -> Certificate:
    values: dict[str, object] = {"fingerprint": hashlib.sha256(der).hexdigest()}
    values["sha1"] = hashlib.sha1(der, usedforsecurity=False).hexdigest()
    faults: list[str] = []
    with warnings.catch_warnings():  # cryptography warns of what it reads all the same
        warnings.simplefilter("ignore")
        try:
            one = x509.load_der_x509_certificate(der)
        except _REFUSALS as error:
            return Certificate(str(values["fingerprint"]), values, None, None, None, (_clear(error),))
        for reader in (_general, _names, _validity, _key, _alternatives, _constraints, _self_signed):
            _take(reader, one, values, faults)
        hosts = _hosts(one) if "certificate_subject" in values else None
    values["object"] = values.get("certificate_subject")
    begin, end = _seconds(one) if "certificate_not_valid_after" in values else (None, None)
    return Certificate(str(values["fingerprint"]), values, begin, end, hosts, tuple(faults))


_remembered = lru_cache(maxsize=REMEMBERED)(_read)


def _take(
    reader: Callable[[x509.Certificate], dict[str, object]],
    one: x509.Certificate,
    values: dict[str, object],
    faults: list[str],
) -> None:
    try:
        values |= reader(one)
    except _REFUSALS as error:
        reason = _clear(error)
        if reason not in faults:
            faults.append(reason)


def _clear(error: Exception) -> str:
    """What a refusal says, on one short line."""
    return " ".join(str(error).split())[:120] or type(error).__name__


def _general(one: x509.Certificate) -> dict[str, object]:
    algorithm = one.signature_algorithm_oid.dotted_string
    key = one.public_key_algorithm_oid.dotted_string
    return {
        "certificate_version": one.version.value + 1,
        "certificate_serial": _serial(one.serial_number),
        "certificate_sig_alg": _ALGORITHMS.get(algorithm, algorithm),
        "certificate_key_alg": _ALGORITHMS.get(key, key),
    }


def _serial(number: int) -> str:
    """Upper-case hex with whole bytes, as in Zeek."""
    digits = f"{abs(number):X}"
    return ("-" if number < 0 else "") + "0" * (len(digits) % 2) + digits


def _names(one: x509.Certificate) -> dict[str, object]:
    return {
        "certificate_subject": one.subject.rfc4514_string(_LABELS) or None,
        "certificate_issuer": one.issuer.rfc4514_string(_LABELS) or None,
    }


def _validity(one: x509.Certificate) -> dict[str, object]:
    """ISO 8601 text: certificates name years that nanoseconds of 64 bits do not reach."""
    return {
        "certificate_not_valid_before": f"{one.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0"),
        "certificate_not_valid_after": f"{one.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0"),
    }


def _seconds(one: x509.Certificate) -> tuple[int, int]:
    """The same in seconds since 1970."""
    return int(one.not_valid_before_utc.timestamp()), int(one.not_valid_after_utc.timestamp())


def _key(one: x509.Certificate) -> dict[str, object]:
    key = one.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return _sized("rsa", key.key_size) | {"certificate_exponent": str(key.public_numbers().e)}
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _sized("ecdsa", key.key_size) | {"certificate_curve": _CURVES.get(key.curve.name, key.curve.name)}
    if isinstance(key, dsa.DSAPublicKey):
        return _sized("dsa", key.key_size)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _sized("ed25519", 256)
    return _sized("ed448", 456) if isinstance(key, ed448.Ed448PublicKey) else {"certificate_key_type": "unknown"}


def _sized(kind: str, bits: int) -> dict[str, object]:
    return {"certificate_key_type": kind, "certificate_key_length": bits}


def _alternatives(one: x509.Certificate) -> dict[str, object]:
    """Subject alternative names by kind, joined by commas."""
    try:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return {}
    kinds: dict[str, list[str]] = {column: [] for column in _NAMED.values()}
    for name in names:
        column = _NAMED.get(type(name))
        if column is not None:
            kinds[column].append(str(name.value))
    return {column: _joined(found) for column, found in kinds.items() if found}


def _joined(found: list[str]) -> str:
    more = len(found) - NAMES
    return ",".join(found[:NAMES]) + (f",… and {more} more" if more > 0 else "")


def _constraints(one: x509.Certificate) -> dict[str, object]:
    try:
        value = one.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS).value
    except x509.ExtensionNotFound:
        return {}
    if not isinstance(value, x509.BasicConstraints):
        return {}
    return {"basic_constraints_ca": value.ca, "basic_constraints_path_len": value.path_length}


def _self_signed(one: x509.Certificate) -> dict[str, object]:
    """Whether its own key signed it. Where the signature cannot be checked (old digests, odd keys), nothing is said."""
    if one.issuer != one.subject:
        return {"self_signed": False}
    try:
        one.verify_directly_issued_by(one)
    except InvalidSignature:
        return {"self_signed": False}
    except (UnsupportedAlgorithm, ValueError, TypeError):
        return {}
    return {"self_signed": True}


def _hosts(one: x509.Certificate) -> tuple[str, ...] | None:
    """The names a certificate is for: its alternative names, else the last common name (RFC 6125 section 6.4.4)."""
    try:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName
        )
    except x509.ExtensionNotFound:
        names = []
    except _REFUSALS:
        return None
    return tuple(names) or tuple(
        str(name.value) for name in one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[-1:]
    )
