"""What is compared, as tshark tells it and as our rows tell it: for each measure a multiset of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import zip_longest
from typing import Any

from tests.parsers.network.agreement.yardstick import Packet

Row = dict[str, Any]
Values = dict[str, Counter[Any]]
TUPLES = ("TCP 5-tuples", "UDP 5-tuples", "ICMP address pairs")
COUNTS = (
    "DNS responses", "HTTP requests", "HTTP responses", "TLS client hellos", "TLS server hellos", "SMB files opened", "SMB shares mapped",
    "Kerberos requests", "Kerberos answers", "SSH version lines", "SMTP mails",
    "FTP commands",
)  # fmt: skip
VALUES = (
    "dns.qry.name", "dns rcode", "dns a, aaaa", "http method, uri", "http host", "http status", "ssl SNI", "ssl JA3", "ssl JA3S",
    "ssl version",
    "ssl cipher", "smb_files name", "kerberos client", "kerberos type", "kerberos error",
)  # fmt: skip
SETS = {*TUPLES, "dns.qry.name", "dns a, aaaa", "smb_files name", "kerberos client"}  # compared without how often
_TRANSPORTS = {
    "tcp": ("TCP 5-tuples", "tcp.srcport", "tcp.dstport"),
    "udp": ("UDP 5-tuples", "udp.srcport", "udp.dstport"),
}


def theirs(found: Iterable[Packet]) -> Values:
    """What tshark reads. Packets that an ICMP error quotes are no flows, and what they carry is no message."""
    values: Values = {name: Counter() for name in (*TUPLES, *COUNTS, *VALUES)}
    for packet in found:
        quoted = _flows(packet, values)
        if not quoted:
            _names(packet, values)
            _web(packet, values)
            _handshakes(packet, values)
            _windows(packet, values)
            _lines(packet, values)
    return _settled(values)


def _settled(values: Values) -> Values:
    return {name: Counter(set(held)) if name in SETS else held for name, held in values.items()}


def _ends(*ends: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(ends))


def _flows(packet: Packet, values: Values) -> bool:
    """Note the flow of each layer. Returns whether the packet is an ICMP message that quotes another."""
    layers = packet.get("frame.protocols", [""])[0].split(":")
    at: Counter[str] = Counter()
    hosts: tuple[str, str] | None = None
    for place, layer in enumerate(layers):
        if layer in ("ip", "ipv6"):
            sources, targets = packet.get(f"{layer}.src", []), packet.get(f"{layer}.dst", [])
            if at[layer] < len(sources):
                hosts = sources[at[layer]], targets[at[layer]]
        elif layer in _TRANSPORTS and hosts:
            name, source, target = _TRANSPORTS[layer]
            if at[layer] < len(packet.get(source, [])):
                ports = packet[source][at[layer]], packet[target][at[layer]]
                values[name][_ends((hosts[0], ports[0]), (hosts[1], ports[1]))] += 1
        elif layer in ("icmp", "icmpv6") and hosts:
            values["ICMP address pairs"][_ends((hosts[0], ""), (hosts[1], ""))] += 1
            return any(inner in ("ip", "ipv6") for inner in layers[place + 1 :])
        at[layer] += 1
    return False


def _names(packet: Packet, values: Values) -> None:
    responses = [*packet.get("dns.flags.response", []), *packet.get("nbns.flags.response", [])]
    values["DNS responses"]["all"] += sum(value in ("1", "True") for value in responses)
    if "dns.flags.response" in packet:
        values["dns.qry.name"].update(name.lower() for name in packet.get("dns.qry.name", []))
        values["dns rcode"].update(packet.get("dns.flags.rcode", []))
        values["dns a, aaaa"].update([*packet.get("dns.a", []), *packet.get("dns.aaaa", [])])


def _web(packet: Packet, values: Values) -> None:
    methods = [*packet.get("http.request.method", []), *packet.get("http2.headers.method", [])]
    targets = [*packet.get("http.request.uri", []), *packet.get("http2.headers.path", [])]
    codes = [*packet.get("http.response.code", []), *packet.get("http2.headers.status", [])]
    values["HTTP requests"]["all"] += len(methods)
    values["HTTP responses"]["all"] += len(codes)
    values["http method, uri"].update(zip_longest(methods, targets, fillvalue=""))
    values["http host"].update([*packet.get("http.host", []), *packet.get("http2.headers.authority", [])])
    values["http status"].update(codes)


def _handshakes(packet: Packet, values: Values) -> None:
    kinds = [*packet.get("tls.handshake.type", []), *packet.get("dtls.handshake.type", [])]
    values["TLS client hellos"]["all"] += kinds.count("1")
    values["TLS server hellos"]["all"] += kinds.count("2")
    values["ssl SNI"].update(packet.get("tls.handshake.extensions_server_name", []))
    values["ssl JA3"].update(packet.get("tls.handshake.ja3", []))
    values["ssl JA3S"].update(packet.get("tls.handshake.ja3s", []))
    if "2" in kinds and "1" not in kinds:
        chosen = packet.get("tls.handshake.extensions.supported_version", [])[:1]
        values["ssl version"].update(chosen or packet.get("tls.handshake.version", [])[:1])
        values["ssl cipher"].update(packet.get("tls.handshake.ciphersuite", [])[:1])


def _halves(packet: Packet, protocol: str) -> Iterator[str]:
    """Commands that are requests."""
    answers = packet.get(f"{protocol}.flags.response", [])
    for command, answer in zip(packet.get(f"{protocol}.cmd", []), answers, strict=False):
        if answer in ("0", "False"):
            yield command


def _windows(packet: Packet, values: Values) -> None:
    two, one = Counter(_halves(packet, "smb2")), Counter(_halves(packet, "smb"))
    values["SMB files opened"]["all"] += two["5"] + one["0xa2"] + one["0x2d"]
    values["SMB shares mapped"]["all"] += two["3"] + one["0x75"]
    if two["5"]:
        values["smb_files name"].update(name for name in packet.get("smb2.filename", []) if name != "<share_root>")
    if one["0xa2"] + one["0x2d"]:
        values["smb_files name"].update(name.lstrip("\\") for name in packet.get("smb.file", []) if name.strip("\\"))
    kinds = packet.get("kerberos.msg_type", [])
    if kinds and "88" in _ports(packet):
        values["Kerberos requests"]["all"] += sum(kind in ("10", "12") for kind in kinds)
        values["Kerberos answers"]["all"] += sum(kind in ("11", "13", "30") for kind in kinds)
        values["kerberos type"].update({"10": "AS", "12": "TGS"}[kind] for kind in kinds if kind in ("10", "12"))
        values["kerberos error"].update(packet.get("kerberos.error_code", []))
        values["kerberos client"].update(packet.get("kerberos.CNameString", []))


def _ports(packet: Packet) -> set[str]:
    return {
        port for name in ("tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport") for port in packet.get(name, [])
    }


def _lines(packet: Packet, values: Values) -> None:
    values["SSH version lines"].update(line.rstrip("\r\\") for line in packet.get("ssh.protocol", []))
    mails = sum(command.upper() == "MAIL" for command in packet.get("smtp.req.command", []))
    values["SMTP mails"]["all"] += mails
    values["FTP commands"].update(command.upper() for command in packet.get("ftp.request.command", []))


def ours(rows: dict[str, list[Row]]) -> Values:
    """What our rows of one capture say, by family."""
    values: Values = {name: Counter() for name in (*TUPLES, *COUNTS, *VALUES)}
    for row in rows.get("net/conn", []):
        hosts = row["id_orig_h"], row["id_resp_h"]
        if row["proto"] == "icmp":
            values["ICMP address pairs"][_ends((hosts[0], ""), (hosts[1], ""))] += 1
        elif row["proto"] in _TRANSPORTS:
            ports = str(row["id_orig_p"]), str(row["id_resp_p"])
            values[_TRANSPORTS[row["proto"]][0]][_ends((hosts[0], ports[0]), (hosts[1], ports[1]))] += 1
    _our_names(rows.get("net/dns", []), values)
    _our_web(rows.get("net/http", []), values)
    _our_handshakes(rows.get("net/ssl", []), values)
    _our_windows(rows, values)
    for row in rows.get("net/ssh", []):
        values["SSH version lines"].update(row[name] for name in ("client", "server") if name in row)
    values["SMTP mails"]["all"] += sum("mailfrom" in row for row in rows.get("net/smtp", []))
    commands = (row for row in rows.get("net/ftp", []) if row["event"] == "ftp.command" and "command" in row)
    values["FTP commands"].update(row["command"].upper() for row in commands)
    return _settled(values)


def _our_names(rows: list[Row], values: Values) -> None:
    values["DNS responses"]["all"] += len(
        {(row["uid"], row["packet_last"], row["trans_id"]) for row in rows if "rcode" in row}
    )
    for row in rows:
        if row["id_resp_p"] == 137 or row["id_orig_p"] == 137:
            continue
        values["dns.qry.name"].update([row["query"]] if "query" in row else [])
        values["dns rcode"].update([str(row["rcode"])] if "rcode" in row else [])
        values["dns a, aaaa"].update(value for value in row.get("answers", "").split(",") if _is_address(value))


def _is_address(value: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _our_web(rows: list[Row], values: Values) -> None:
    for row in rows:
        if "method" in row:
            values["HTTP requests"]["all"] += 1
            values["http method, uri"][row["method"], row.get("uri", "")] += 1
            values["http host"].update([row["host_"]] if "host_" in row else [])
        codes = [str(row[name]) for name in ("info_code", "status_code") if name in row]
        values["HTTP responses"]["all"] += len(codes)
        values["http status"].update(codes)


def _our_handshakes(rows: list[Row], values: Values) -> None:
    for row in rows:
        letters = row.get("ssl_history", "").lower()
        values["TLS client hellos"]["all"] += letters.count("c")
        values["TLS server hellos"]["all"] += letters.count("s") + letters.count("j")
        for name, column in (("ssl SNI", "server_name"), ("ssl JA3", "ja3"), ("ssl JA3S", "ja3s")):
            values[name].update([row[column]] if column in row else [])
        values["ssl version"].update([versions().get(row["version"], row["version"])] if "version" in row else [])
        values["ssl cipher"].update([suites().get(row["cipher"], row["cipher"])] if "cipher" in row else [])


def versions() -> dict[str, str]:
    """Zeek's names of versions, as numbers."""
    names = {
        "SSLv2": "0x0002",
        "SSLv3": "0x0300",
        "TLSv10": "0x0301",
        "TLSv11": "0x0302",
        "TLSv12": "0x0303",
        "TLSv13": "0x0304",
    }
    return names | {"DTLSv10": "0xfeff", "DTLSv12": "0xfefd", "DTLSv13": "0xfefc"}


@cache
def suites() -> dict[str, str]:
    """Numbers of cipher suites by name, from scapy's table, not ours."""
    from scapy.layers.tls.crypto.suites import _tls_cipher_suites

    return {name: f"0x{number:04x}" for number, name in _tls_cipher_suites.items()}


def _our_windows(rows: dict[str, list[Row]], values: Values) -> None:
    opened = [row for row in rows.get("net/smb_files", []) if row["event"] == "smb.open"]
    values["SMB files opened"]["all"] += len(opened)
    values["SMB shares mapped"]["all"] += sum(row["event"] == "smb.map" for row in rows.get("net/smb_mapping", []))
    values["smb_files name"].update(row["name"] for row in opened if row["name"] != "<share_root>")
    asked = [row for row in rows.get("net/kerberos", []) if row["event"] == "kerberos.request"]
    values["Kerberos requests"]["all"] += len(asked)
    values["Kerberos answers"]["all"] += sum("success" in row for row in asked)
    values["kerberos type"].update(row["request_type"] for row in asked)
    values["kerberos error"].update(str(row["error_code"]) for row in asked if "error_code" in row)
    values["kerberos client"].update(row["client"].rpartition("/")[0] for row in asked if "client" in row)
