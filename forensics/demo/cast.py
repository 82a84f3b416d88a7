"""Who and what the demo case speaks of: an invented commune, its machines, accounts, addresses and clocks.

Every address is of a documentation range (RFC 5737, RFC 3849); every name is invented. 192.0.2.0/24 is the commune's network, which our
rules count as inside; rule sets of others that tell inside from outside by RFC 1918 alone take it for the Internet.
"""

from __future__ import annotations

from dataclasses import dataclass

LAN = "192.0.2."  # the commune's servers and desks

COMMUNE = "Commune de Tamrirt"
DOMAIN = "TAMRIRT"
DNS_DOMAIN = "tamrirt.example"
PORTAL = "portal.tamrirt.example"
INTRANET = "intranet.tamrirt.example"
DOMAIN_SID = "S-1-5-21-2871640193-1409217756-3905518214"

SYSTEM_SID = "S-1-5-18"
NOBODY_SID = "S-1-0-0"


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer of the commune. `clock_ahead_s` is how far its clock runs ahead of true time, in seconds."""

    name: str
    ip: str
    ip6: str
    mac: str
    clock_ahead_s: int = 0

    @property
    def fqdn(self) -> str:
        return f"{self.name}.{DNS_DOMAIN}"

    def clock(self, time_ns: int) -> int:
        """What this machine's clock shows at a true instant, in ns since 1970."""
        return time_ns + self.clock_ahead_s * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    sid: str
    domain: str = DOMAIN


def _account(name: str, rid: int) -> Account:
    return Account(name, f"{DOMAIN_SID}-{rid}")


WEB01 = Machine("WEB01", LAN + "20", "2001:db8:20::20", "02:00:5e:00:53:20", clock_ahead_s=187)
SRV02 = Machine("SRV02", LAN + "30", "2001:db8:20::30", "02:00:5e:00:53:30")
DC01 = Machine("DC01", LAN + "10", "2001:db8:20::10", "02:00:5e:00:53:10")
SUPERV01 = Machine("SUPERV01", LAN + "11", "2001:db8:20::11", "02:00:5e:00:53:11")
PC_ADM01 = Machine("PC-ADM01", LAN + "41", "2001:db8:20::41", "02:00:5e:00:53:41")
GATEWAY_MAC = "02:00:5e:00:53:01"

SYSTEM = Account("SYSTEM", SYSTEM_SID, "NT AUTHORITY")
LOCAL_SERVICE = Account("LOCAL SERVICE", "S-1-5-19", "NT AUTHORITY")
NETWORK_SERVICE = Account("NETWORK SERVICE", "S-1-5-20", "NT AUTHORITY")
SVC_WEB = _account("svc_web", 1121)
SVC_BACKUP = _account("svc_sauvegarde", 1122)
ADMIN = _account("adm.tazarine", 1105)
STAFF = tuple(
    _account(name, 1130 + number)
    for number, name in enumerate(
        ("y.amsaad", "s.tilila", "k.ouzran", "f.zemrani", "h.aglou", "m.tafraout", "n.ouirgan", "r.imlil", "a.telouet",
         "l.agdal", "b.skoura", "z.tinmel", "o.ifrane", "w.azrou")
    )
)  # fmt: skip
STAFF_PCS = tuple(f"{LAN}{50 + number}" for number in range(len(STAFF)))

ATTACKER_IP = "203.0.113.66"
CONTROL_IP = "198.51.100.23"
CONTROL_NAME = "status.cdn-relay.example"
DROP_NAME = "files.cdn-relay.example"
TUNNEL_ZONE = "s1.ns-relay.example"


def machine_account(machine: Machine) -> Account:
    rids = {"WEB01": 1110, "SRV02": 1111, "DC01": 1000, "PC-ADM01": 1112, "SUPERV01": 1113}
    return _account(machine.name + "$", rids[machine.name])
