"""`athar case keygen|sign|timestamp-request|timestamp-accept`: custody's head vouched for by a key or a time-stamping authority."""

from __future__ import annotations

from pathlib import Path

import click

_CASE = click.argument("case_folder", metavar="CASE", type=click.Path(path_type=Path))
_PASSPHRASE = click.option(
    "--passphrase-file", type=click.Path(path_type=Path), help="File whose first line is the key's passphrase."
)


def _passphrase(path: Path | None) -> bytes | None:
    if path is None:
        return None
    from cases.errors import CaseError

    line = path.read_bytes().partition(b"\n")[0].rstrip(b"\r")
    if not line:
        raise CaseError(f"{path}: its first line is empty; write the passphrase there")
    return line


@click.command(epilog="\b\nExamples:\n  athar case keygen laboratory.pem --passphrase-file pass.txt")
@click.argument("key", metavar="KEY.pem", type=click.Path(path_type=Path))
@_PASSPHRASE
def keygen(key: Path, passphrase_file: Path | None) -> int:
    """Make an Ed25519 key to sign custody with: KEY.pem stays secret, KEY.pub.pem is given to whoever verifies."""
    from cases.signing import fingerprint, make_key, public_key
    from forensics.terminal import say

    public = make_key(key, _passphrase(passphrase_file))
    say(f"{key}: private key, keep it secret\n{public}: public key, SHA-256 {fingerprint(public_key(public))}")
    return 0


@click.command(
    epilog="\b\nExamples:\n  athar case sign CASE --key laboratory.pem\n  athar verify CASE --public-key laboratory.pub.pem"
)
@_CASE
@click.option("--key", required=True, type=click.Path(path_type=Path), help="Ed25519 private key (PEM).")
@_PASSPHRASE
def sign(case_folder: Path, key: Path, passphrase_file: Path | None) -> int:
    """Sign the head of custody, so that entries cut off, edited or written anew show to whoever holds the public key.

    The signature lies in CASE/signatures/ with the head it covers. Keep a copy of both elsewhere: athar verify --signed takes it.
    """
    from cases.case import Case
    from cases.signing import private_key
    from cases.signing import sign as sign_head
    from forensics.terminal import say

    signed = sign_head(Case.open(case_folder), private_key(key, _passphrase(passphrase_file)))
    say(f"custody entries 1 to {signed.head.seq} signed; head {signed.head.hash}\n{signed.signature_file}")
    return 0


@click.command(
    "timestamp-request",
    epilog="\b\nExamples:\n  athar case timestamp-request CASE -o head.tsq\n"
    "  curl -H 'Content-Type: application/timestamp-query' --data-binary @head.tsq AUTHORITY -o head.tsr   (elsewhere)",
)
@_CASE
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write; never overwritten."
)
def timestamp_request(case_folder: Path, output: Path) -> int:
    """Write an RFC 3161 request for the head of custody, to be carried to a time-stamping authority. It holds a hash, nothing else."""
    from cases.case import Case
    from cases.timestamping import request
    from forensics.new_file import write_new
    from forensics.terminal import say

    case = Case.open(case_folder)
    head, data = request(case)
    write_new(case, output, [data])
    say(
        f"{output}: request for the head of entry {head.seq}; next: athar case timestamp-accept {case_folder} ANSWER.tsr"
    )
    return 0


@click.command(
    "timestamp-accept", epilog="\b\nExamples:\n  athar case timestamp-accept CASE head.tsr --ca authority.pem"
)
@_CASE
@click.argument("answer", metavar="ANSWER.tsr", type=click.Path(path_type=Path))
@click.option(
    "--ca", "authorities", multiple=True, type=click.Path(path_type=Path), help="Certificate of the authority (PEM)."
)
def timestamp_accept(case_folder: Path, answer: Path, authorities: tuple[Path, ...]) -> int:
    """Take the authority's answer into the case, if it speaks of this custody; with --ca also only if that authority signed it."""
    from cases.case import Case
    from cases.timestamping import accept
    from forensics.terminal import say

    stamp = accept(Case.open(case_folder), answer, authorities)
    say(f"custody entries 1 to {stamp.head.seq} existed at {stamp.time}\n{stamp.file}")
    if not stamp.checked:
        say("the authority's signature was not checked: give --ca, here or as athar verify --tsa-ca")
    return 0


COMMANDS = (keygen, sign, timestamp_request, timestamp_accept)
