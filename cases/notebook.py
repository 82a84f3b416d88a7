"""What the examiner writes down: files of one JSON object a line, added to and never changed, each addition through custody.

The custody entry of an addition holds the same words and the hash of the file, so that an altered line shows, and what it said
can still be read. Nothing is added to a file that is not what custody recorded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cases import durable
from cases.case import Case
from cases.custody import Fault
from cases.errors import CaseError

LONGEST = 10_000  # characters of one text: pages of it; more belongs into a document of its own


@dataclass(frozen=True, slots=True)
class Notebook:
    """One such file of a case, by its name in the case (`findings/reviews.jsonl`)."""

    case: Case
    name: str

    def records(self) -> list[dict[str, Any]]:
        """Every record in order. Raises CaseError that names the line that is none."""
        found: list[dict[str, Any]] = []
        for number, line in enumerate(self._bytes().splitlines(), 1):
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if not isinstance(record, dict):
                raise CaseError(
                    f"{self.name}: line {number}: not a JSON object (edited or damaged); run `athar verify`"
                )
            found.append(record)
        return found

    def add(self, action: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Add a record, with who and when, and log it as `action`. Raises CaseError, and adds nothing, when the file was altered."""
        hand = self.case.hand
        whole = {"who": one_line("--who", hand.who), "time": hand.now(), **record}
        sound, torn = self._sound()
        durable.write(self.case.folder / self.name, sound + durable.canonical(whole) + b"\n")
        options = {**record, "interrupted": torn.decode("utf-8", "replace")} if torn else record
        self.case.log(action, options, [self.name])
        return whole

    def faults(self) -> list[Fault]:
        """What is wrong with the file, by the custody entry that it should agree with."""
        try:
            self._sound(torn_is_sound=False)
        except CaseError as error:
            return [Fault(self._recorded()[1], str(error))]
        return []

    def _sound(self, torn_is_sound: bool = True) -> tuple[bytes, bytes]:
        """The bytes that custody recorded, and a last line that a power cut kept from being recorded."""
        data = self._bytes()
        recorded, seq = self._recorded()
        if _sha256(data) == recorded:
            return data, b""
        before = data[: data.rfind(b"\n", 0, max(len(data) - 1, 0)) + 1]
        if torn_is_sound and _sha256(before) == recorded:
            return before, data[len(before) :]
        where = f"custody entry {seq} recorded" if seq else "custody knows (no entry records it)"
        raise CaseError(f"{self.name}: not what {where}; nothing is added to it; run `athar verify`")

    def _recorded(self) -> tuple[str, int]:
        """The hash that the last custody entry gives the file, and the entry's number; that of no bytes, and 0, when there is none."""
        for entry in reversed(self.case.custody.entries()):
            for subject in entry.act.subjects:
                if subject.name == self.name:
                    return subject.sha256, entry.seq
        return _sha256(b""), 0

    def _bytes(self) -> bytes:
        path = self.case.folder / self.name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise CaseError(f"{path}: cannot read: {error.strerror or error}") from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def one_line(what: str, text: str) -> str:
    """`text` without blanks around it. Raises CaseError when nothing is left, when it has line breaks, or when it is too long."""
    stripped = text.strip()
    if not stripped:
        raise CaseError(f"{what}: empty; expected words")
    if "\n" in stripped or "\r" in stripped:
        raise CaseError(f"{what}: holds a line break; expected one line")
    return bounded(what, stripped)


def bounded(what: str, text: str) -> str:
    """`text` without blanks around it. Raises CaseError when nothing is left or it is too long."""
    stripped = text.strip().replace("\r\n", "\n")
    if not stripped:
        raise CaseError(f"{what}: empty; expected words")
    if len(stripped) > LONGEST:
        raise CaseError(f"{what}: {len(stripped):,} characters; expected at most {LONGEST:,}; name a document instead")
    return stripped


def texts_of(record: Mapping[str, Any], names: tuple[str, ...], where: str) -> dict[str, str]:
    """Fields of a record that must be text. Raises CaseError that names the first that is not."""
    for name in names:
        if not isinstance(record.get(name), str):
            raise CaseError(f"{where}: {name}: expected text (edited or damaged); run `athar verify`")
    return {name: record[name] for name in names}
