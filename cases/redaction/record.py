"""What was redacted, told without a word of what stood there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["account", "address", "email", "host", "national-id", "person", "phone"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many different values of one kind became pseudonyms."""

    kind: Kind
    values: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """The log of one redacted copy. `why` is by language; `key` names the secret of the case without giving it away;
    `full_name`, `full_sha256` are those of the full copy, which stays sealed with the case."""

    profile: str
    why: Mapping[str, str]
    who: str
    counts: tuple[KindCount, ...]
    key: str
    full_name: str
    full_sha256: str
