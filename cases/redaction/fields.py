"""What each field of a summary means to redaction. A field that is not named here is running text, and is searched."""

from __future__ import annotations

from typing import Literal

from cases.redaction.record import Kind

Meaning = Literal["stays", "name", "text", "path", "authored", "person", "office"]

# Numbers, digests, instants and words of the tool itself: they name nobody, and without them nothing can be checked.
_STAYS = """
    action added agreement before computed date evidence exhibit family fate finding finding_id flags giver_sha256 grade
    hash hashed_again id into kind lang languages merged number parser predecessor quality receiver_sha256 request_number
    role row_id seal sha256 source sources state status supplied_sha256 time time_quality tool version when worked zone
"""
STAYS = frozenset(_STAYS.split())
# Paths of files, which still tell files apart once they are redacted.
PATHS = frozenset(["file", "on_disk", "duplicate_of"])
# Names that a rule's author chose: they stay as long as they look like one.
NAMES = frozenset(["attack", "cve", "level", "rule_id"])
BY_CLASS: dict[tuple[str, str], Meaning] = {
    ("Draft", "fields"): "stays",
    ("Draft", "limits"): "stays",
    ("Limits", "logs"): "stays",
    ("CaseInfo", "legal_basis"): "office",
    ("CaseInfo", "authority"): "office",
    ("CaseInfo", "laboratory"): "office",
    ("CaseInfo", "examiner"): "person",
    ("CaseInfo", "requester"): "person",
    ("CustodyLine", "who"): "person",
    ("Decision", "who"): "person",
    ("Opinion", "who"): "person",
    ("HandOver", "who"): "person",
    ("HandOver", "giver"): "person",
    ("HandOver", "receiver"): "person",
    ("FamilyCount", "family"): "stays",
    ("FormatCount", "name"): "stays",
    ("Act", "who"): "person",
    **{("Finding", name): "authored" for name in ("title", "description", "falsepositives", "texts")},
    **{("Finding", name): "stays" for name in ("rows", "families", "followed")},
    ("Inference", "title"): "authored",
    ("Inference", "description"): "authored",
    ("Inference", "falsepositives"): "authored",
    ("Inference", "texts"): "authored",
    ("RuleLine", "title"): "authored",
    ("RuleLine", "families"): "stays",
    ("Blind", "logsources"): "stays",
}
ENTITIES: dict[str, Kind] = {"users": "account", "hosts": "host", "ips": "address"}  # keys of `Inference.entities`

# Columns of the timeline, in small letters, whose whole value is of one kind.
_ACCOUNTS = "user user_ username targetusername subjectusername accountname samaccountname targetuser sourceuser parentuser cookie"
_ADDRESSES = "src_ip dst_ip ipaddress sourceip destinationip sourceaddress destaddress clientaddress"
_HOSTS = "host computer computername workstationname workstation sourcehostname destinationhostname targetservername client_name"
COLUMNS: dict[str, Kind] = {
    **dict.fromkeys(_ACCOUNTS.split(), "account"),
    **dict.fromkeys(_ADDRESSES.split(), "address"),
    **dict.fromkeys(_HOSTS.split(), "host"),
}
_KEPT = "time_desc time_quality family event protocol outcome exhibit flags row_id provider_name channel"
KEPT_COLUMNS = frozenset(_KEPT.split())


def meaning(owner: str, name: str) -> Meaning:
    """What the field `name` of the dataclass `owner` means."""
    plain: Meaning = "stays" if name in STAYS else "name" if name in NAMES else "path" if name in PATHS else "text"
    return BY_CLASS.get((owner, name), plain)
