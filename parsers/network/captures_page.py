"""`docs/captures.md`: what is read of packet captures, under which names, and within which bounds, from the code itself.

`python -m parsers.network.captures_page > docs/captures.md`
"""

from __future__ import annotations

import ast
import importlib
import io
import pkgutil
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from parsers.network import links, protocols
from parsers.network.tunnels import NAMES

_FOLDER = Path(__file__).parent
_WORDS = "LIMIT|MOST|MESSAGES|ROWS|FRAMES|STREAMS|DEPTH|ENTRIES|DATAGRAMS|PARTS|NAMES"
_BOUND = re.compile(rf"(?:[A-Z]+_)*(?:{_WORDS})(?:_[A-Z]+)*")
_LINKS = (
    "NULL", "LOOP", "ETHERNET", "PPP", "PPP_HDLC", "PPPOE", "HDLC", "RAW", "RAW_BSD", "RAW_OPENBSD", "LINK_IPV4", "LINK_IPV6",
    "SLL", "SLL2", "WIRELESS", "RADIOTAP",
)  # fmt: skip

_HEAD = """\
# Packet captures

Written by `python -m parsers.network.captures_page` from the code.

pcap (micro- and nanoseconds, either byte order, the modified form) and pcapng (all blocks, several sections and
interfaces) are recognised by content, also inside gz, bz2, zst, lz4, zip and tar. Times are whole nanoseconds.
Columns have the names of Zeek's logs, with `_` for `.` (`id_orig_h`); those that Athar adds say so in
[columns.md](columns.md). Every row names its packets (`packet_first`, `packet_last`, counted from 1 in the file) and
where the first one's record lies (`offset`, `length`).

From a row back to its packets:

- `athar show CASE ROW` lists the packets, takes the first one apart with scapy, sets scapy's reading beside the row's
  values, and prints a display filter for Wireshark and tshark with the file to use it on.
  [verification.md](verification.md) says what scapy reads of which family.
- `athar extract CASE ROW --pcap` writes the packets as a capture of their own, `--flow` the whole connection; of a
  row of net/files the carried file.
- A row that was read from several flows (`uids` of DHCP and DHCPv6, `answer_uid` of net/dns) has the packets of all of
  them there, in file order; of more than 25 flows the first ones, and how many are left.

## What counts as one flow

Packets of the same ends, ports and protocol are one flow until nothing passes for longer than 5 minutes (TCP), 1 minute
(UDP) or 1 minute (all else), as in Zeek; a SYN that opens a new connection begins one too. `--flow-timeout tcp=1h` on
`athar run` and `athar add` (`flow_timeouts=` in Python) sets other times for an exhibit. They are kept with it, in
custody too, are part of what its reading depends on, and are told in the summary.

## What is told and what is not

- Damage: after a record header that cannot be, reading goes on where three consistent headers follow one another; the
  gap is a problem and in the ledger. Checksums that are wrong are flagged (`athar` keeps the packet): captures on the
  sending machine see them before the card fills them in.
- Payload that breaks its protocol is a row of net/weird under Zeek's name for it, where Zeek has one. What a bound
  below leaves out is told there or as a problem.
- Passwords and their like are read into `net/credentials` and shown masked ([secrets.md](secrets.md)).
- A question to a group of hosts (LLMNR, a NetBIOS broadcast, mDNS with an identifier) and its answer, which comes in a
  flow of its own, are one row of net/dns, where identifier, name, type and the client's address and port are the same and
  no more than 5 seconds lie between; `answered_by` tells who answered. Zeek has a row of each. Further answers stay rows.
- The originator of a connection whose SYN is not in the capture is who sent the first packet there. `client` and
  `server` of net/ssh do not hang on that: who sends the host key, asks for a key exchange or says `ext-info-s` tells,
  else port 22.
- Of several frames in one of IEEE 802.11 (A-MSDU) nine are read. `athar show` of a row read from a later one of them lists the
  packets of the flow in the first.
- Not read: what is encrypted (TLS, SSH, QUIC beyond its first flight, SMB 3 with encryption, Kerberos' sealed parts);
  keys in a capture's decryption blocks are not used. Protocols that are not listed are flows in net/conn without a
  service. HTTP/2 is read without TLS only. Brotli content is kept as it was sent, and `encoding` says so, unless
  `athar-forensics[brotli]` is installed. Names and values are those that the wire shows, whoever wrote them.
"""


def page() -> str:
    """The page as Markdown."""
    sections = [_HEAD, _links(), _tunnels(), _protocols(), _bounds()]
    return "\n".join(sections)


def _links() -> str:
    rows = [f"| {name.lower().removeprefix('link_')} | {getattr(links, name)} |" for name in _LINKS]
    return "\n".join(
        [
            "## Link types\n",
            "Others are a problem, once a file and kind.\n",
            "| Link | Number |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _tunnels() -> str:
    names = ", ".join(name for name in NAMES if name)
    return (
        f"## Tunnels\n\n{names}; also VLAN and QinQ tags, and PPPoE. Flows inside name the flows that carried them in `tunnel_parents`; "
        "net/tunnel has one row a carrying flow.\n"
    )


def _protocols() -> str:
    lines = ["## Protocols\n", "Recognised by their first bytes; ports decide only where bytes cannot.\n"]
    lines += ["| Service | Families | Read by |", "|---|---|---|"]
    for module, dissector in _dissectors():
        families = (dissector.family, *getattr(dissector, "families", ()))
        about = (module.__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")
        lines.append(f"| `{dissector.service}` | {', '.join(f'`{name}`' for name in families)} | {about} |")
    lines.append(
        "\nBeside them: `net/conn` (every flow), `net/arp`, `net/tunnel`, `net/capture` (what a pcapng file says of itself), "
        "`net/files` (carried files with their digests), `net/x509`, `net/credentials`, `net/ntlm`, `net/websocket`, `net/weird`. "
        "A service whose family is `net/conn` is named there and has no rows of its own.\n"
    )
    return "\n".join(lines)


def _dissectors() -> Iterator[tuple[object, protocols.Dissector]]:
    for found in pkgutil.iter_modules(protocols.__path__):
        module = importlib.import_module(f"{protocols.__name__}.{found.name}")
        dissector = getattr(module, "DISSECTOR", None)
        if dissector is not None:
            yield module, dissector


def _bounds() -> str:
    lines = [
        "## Bounds\n",
        "Named constants of the readers, with what they are of.\n",
        "| Where | Constant | Value | Of |",
        "|---|---|---|---|",
    ]
    for path in sorted(_FOLDER.rglob("*.py")):
        where = path.relative_to(_FOLDER).with_suffix("").as_posix().removesuffix("/__init__").replace("/", ".")
        for name, value, comment in _constants(path.read_text("utf-8")):
            lines.append(f"| {where} | `{name}` | {value:,} | {comment} |")
    return "\n".join(lines) + "\n"


def _constants(source: str) -> Iterator[tuple[str, int, str]]:
    """Bounds that a module defines in one statement with a comment: name, value, comment."""
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        name = node.targets[0].id
        end = node.end_lineno or node.lineno
        comment = next((comments[line] for line in range(node.lineno, end + 1) if line in comments), None)
        value = _number(node.value)
        if comment is not None and value is not None and _BOUND.fullmatch(name):
            yield name, value, comment.replace("|", "\\|")


def _number(node: ast.expr) -> int | None:
    """A whole number that literals, products and shifts write; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if not isinstance(node, ast.BinOp):
        return None
    left, right = _number(node.left), _number(node.right)
    if left is None or right is None:
        return None
    if isinstance(node.op, ast.LShift):
        return left << right
    return left * right if isinstance(node.op, ast.Mult) else None


if __name__ == "__main__":
    print(page(), end="")
