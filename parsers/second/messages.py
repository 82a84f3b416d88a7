"""Messages of application protocols as scapy's dissectors read them: what one packet's payload says of a row, by family.

A family that is not in `FAMILIES` has no dissector here: of its rows scapy reads time, addresses and ports alone. A TCP payload is read
only where one whole message fills it, since a row may have been read from a later one, or from several packets.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Values = dict[str, str | None]
_BANNER = re.compile(rb"(SSH-[ -~]+?)\r?\n")
_COOKIE = re.compile(rb"\x03\x00.{9}Cookie: mstshash=([ -~]+?)\r\n", re.DOTALL)
_SSH = 22
_RELAYS = 8  # of DHCPv6, one in the other (RFC 8415 section 7.6: HOP_COUNT_LIMIT)


@dataclass(frozen=True, slots=True)
class Payload:
    """What TCP or UDP carries: its bytes, and the ports of sender and receiver."""

    data: bytes
    tcp: bool
    sport: int
    dport: int


def values_of(family: str, payload: Payload) -> Values:
    """What scapy reads of the message that the payload is. Empty where it is none, or where the family has no dissector."""
    read = FAMILIES.get(family)
    return read(payload) if read is not None and payload.data else {}


def _layer(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"scapy.{module}"), name)


def _text(value: Any) -> str:
    raw = getattr(value, "val", value)
    return raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else str(raw)


def _dhcp(payload: Payload) -> Values:
    message = _layer("layers.dhcp", "BOOTP")(payload.data)
    if message.htype != 1 or message.hlen != 6:
        return {"trans_id": f"{message.xid:08x}"}
    return {"trans_id": f"{message.xid:08x}", "chaddr": bytes(message.chaddr)[:6].hex(":")}


def _dhcpv6(payload: Payload) -> Values:
    """The client's message, or the server's, within as many relays as scapy looks through."""
    importlib.import_module("scapy.layers.dhcp6")
    datagram = _layer("layers.inet", "UDP")(sport=payload.sport, dport=payload.dport) / payload.data
    message = type(datagram)(bytes(datagram)).payload
    for _ in range(_RELAYS):
        if not message.name.startswith("DHCPv6 Relay"):
            break
        message = message[_layer("layers.dhcp6", "DHCP6OptRelayMsg")].message
    if "trid" not in message.fields:
        return {}
    values: Values = {"trans_id": f"{message.trid:06x}"}
    client, asked = (_layer("layers.dhcp6", name) for name in ("DHCP6OptClientId", "DHCP6OptOptReq"))
    if client in message and message.getlayer(client, 2) is None:
        held = bytes(message[client].duid)
        values |= {"client_duid": held.hex()} if len(held) == message[client].optlen else {}  # else it is cut
    if (
        asked in message
        and message.getlayer(asked, 2) is None
        and 2 * len(message[asked].reqopts) == message[asked].optlen
    ):
        values["param_list"] = ",".join(map(str, message[asked].reqopts))
    return values


def _ntp(payload: Payload) -> Values:
    message = _layer("layers.ntp", "NTP")(payload.data)
    if message.name != "NTPHeader":
        return {"version": str(int(message.version)), "mode": str(int(message.mode))}
    return {name: str(int(getattr(message, name))) for name in ("version", "mode", "stratum")}


def _snmp(payload: Payload) -> Values:
    version = int(_layer("layers.snmp", "SNMP")(payload.data).version.val)
    return {"version": {0: "1", 1: "2c"}[version]} if version in (0, 1) else {}  # scapy reads no third version


def _tftp(payload: Payload) -> Values:
    message = _layer("layers.tftp", "TFTP")(payload.data)
    if message.op not in (1, 2):
        return {}
    return {
        "wrq": "true" if message.op == 2 else "false",
        "fname": _text(message.filename),
        "mode": _text(message.mode),
    }


def _smb(kind: str, field: str, column: str) -> Callable[[Payload], Values]:
    def read(payload: Payload) -> Values:
        """The one message of that kind: a compound, or a segment of several, may be of another row."""
        session, wanted = _layer("layers.netbios", "NBTSession"), _layer("layers.smb2", kind)
        message = session(payload.data)
        listing = _layer(
            "layers.smb2", "SMB2_Query_Directory_Request"
        )  # a row of its own, of the file that is opened before it
        if wanted not in message or listing in message or len(payload.data) != message.LENGTH + 4:
            return {}
        found, others = message[wanted], message.getlayer(wanted, 2)
        told = dict(found.fields.get("Buffer") or ()).get(field)
        if others is not None or told is None:
            return {}
        return {column: bytes(told).decode("utf-16-le", "backslashreplace")}

    return read


def _kerberos(payload: Payload) -> Values:
    data = payload.data
    if payload.tcp:
        if len(data) < 4 or int.from_bytes(data[:4], "big") != len(data) - 4:
            return {}
        data = data[4:]
    message = _layer("layers.kerberos", "Kerberos")(data).root
    kind = {"KRB_AS_REQ": "AS", "KRB_TGS_REQ": "TGS"}.get(type(message).__name__)
    if kind is None:
        return {}
    asked = message.reqBody
    values: Values = {"request_type": kind, "realm": _text(asked.realm)}
    if asked.sname is not None:
        values["service"] = "/".join(map(_text, asked.sname.nameString))
    if kind == "AS" and asked.cname is not None:
        values["client"] = "/".join(map(_text, asked.cname.nameString)) + "/" + _text(asked.realm)
    return values


def _ldap(payload: Payload) -> Values:
    message = _layer("layers.ldap", "LDAP")(payload.data)
    if message.payload or message.messageID is None:
        return {}
    values: Values = {"message_id": str(int(message.messageID.val))}
    asked = message.protocolOp
    if type(asked).__name__ == "LDAP_SearchRequest":
        values["base_object"] = _text(asked.baseObject)
    return values


def _ssh(payload: Payload) -> Values:
    """The identification, given to scapy as a line of its own; whose it is, the usual port tells."""
    found = _BANNER.match(payload.data)
    if found is None or _SSH not in (payload.sport, payload.dport):
        return {}
    (line,) = _layer("layers.ssh", "SSHVersionExchange")(found[0]).lines
    return {"client" if payload.dport == _SSH else "server": _text(line).rstrip("\r\n")}


def _rdp(payload: Payload) -> Values:
    """Scapy has no dissector: the cookie of the connection request (MS-RDPBCGR 2.2.1.1), in the payload it gives."""
    found = _COOKIE.match(payload.data)
    return {} if found is None else {"cookie": _text(found[1])}


def _radius(payload: Payload) -> Values:
    message = _layer("layers.radius", "Radius")(payload.data)
    named = [attribute.value for attribute in message.attributes if attribute.type == 1]
    return {"username": _text(named[0])} if len(named) == 1 else {}


def _modbus(payload: Payload) -> Values:
    message = _layer("contrib.modbus", "ModbusADURequest")(payload.data)
    if message.protoId != 0 or message.len + 6 != len(payload.data):
        return {}
    return {"tid": str(message.transId), "unit": str(message.unitId)}


def _mqtt(payload: Payload) -> Values:
    message = _layer("contrib.mqtt", "MQTT")(payload.data)
    whole = message.len is not None and message.len + (2 if message.len < 128 else 3) == len(payload.data)
    return {"topic": _text(message.payload.topic)} if message.type == 3 and whole else {}


def _tls(payload: Payload) -> Values:
    """The server named by a client's greeting that one record holds."""
    data = payload.data
    if len(data) < 6 or data[0] != 22 or data[5] != 1 or int.from_bytes(data[3:5], "big") + 5 != len(data):
        return {}
    importlib.import_module("scapy.layers.tls.all")
    hello = _layer("layers.tls.handshake", "TLSClientHello")(data[5:])
    for extension in hello.ext or ():
        if type(extension).__name__ == "TLS_Ext_ServerName" and len(extension.servernames) == 1:
            return {"server_name": _text(extension.servernames[0].servername)}
    return {}


FAMILIES: Mapping[str, Callable[[Payload], Values]] = {
    "net/dhcp": _dhcp,
    "net/dhcpv6": _dhcpv6,
    "net/kerberos": _kerberos,
    "net/ldap": _ldap,
    "net/ldap_search": _ldap,
    "net/modbus": _modbus,
    "net/mqtt": _mqtt,
    "net/ntp": _ntp,
    "net/radius": _radius,
    "net/rdp": _rdp,
    "net/smb_files": _smb("SMB2_Create_Request", "Name", "name"),
    "net/smb_mapping": _smb("SMB2_Tree_Connect_Request", "Path", "path"),
    "net/snmp": _snmp,
    "net/ssh": _ssh,
    "net/ssl": _tls,
    "net/tftp": _tftp,
}

# Scapy's layers of families, imported where their names are to be shown: some take a third of a second
MODULES: Mapping[str, tuple[str, ...]] = {
    "net/dhcp": ("layers.dhcp",),
    "net/dhcpv6": ("layers.dhcp6",),
    "net/kerberos": ("layers.kerberos",),
    "net/ldap": ("layers.ldap",),
    "net/ldap_search": ("layers.ldap",),
    "net/modbus": ("contrib.modbus",),
    "net/mqtt": ("contrib.mqtt",),
    "net/ntp": ("layers.ntp",),
    "net/radius": ("layers.radius",),
    "net/smb_files": ("layers.smb", "layers.smb2"),
    "net/smb_mapping": ("layers.smb", "layers.smb2"),
    "net/snmp": ("layers.snmp",),
    "net/ssl": ("layers.tls.all",),
    "net/tftp": ("layers.tftp",),
}
