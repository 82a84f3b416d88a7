"""The chain of custody: an append-only journal, each entry chained to the one before by its hash.

What the chain shows, and what it does not. An entry that is edited, deleted or moved no longer fits its hash, its number or
its neighbour, and `check` names it. Entries cut off the end leave a valid shorter chain: they show only against the *head*
(number and hash of the last entry), which is kept in `custody.head` and printed in every report. Someone who can write to
the case can rewrite the whole chain together with `custody.head`; only a head that is out of their reach, on paper, in a
report already handed over or under a signature, shows that. The chain is no proof of who acted: `who` is what the tool was told.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cases import durable
from cases.errors import CaseError

JOURNAL, HEAD = "custody.jsonl", "custody.head"
GENESIS = "0" * 64  # what the first entry names as the hash before it
_FIELDS = frozenset({"seq", "time", "who", "action", "tool", "version", "options", "subjects", "previous", "hash"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about and its SHA-256: `E001/logs/access.log`, or a file of the case such as `findings/findings.json`."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be recorded. `time` is UTC, `YYYY-MM-DDTHH:MM:SSZ`; `options` are those in force, defaults included."""

    time: str
    who: str
    action: str
    tool: str
    version: str
    options: Mapping[str, Any] = field(default_factory=dict)
    subjects: Sequence[Subject] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the journal; `hash` is the SHA-256 of the canonical JSON of everything else in it."""

    seq: int
    act: Act
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's number and hash: what a report prints so that a cut tail shows. An empty journal is (0, zeros)."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong at entry `seq` (1 is the first)."""

    seq: int
    reason: str


def _body(seq: int, act: Act, previous: str) -> dict[str, Any]:
    subjects = [{"name": s.name, "sha256": s.sha256} for s in act.subjects]
    return {
        "seq": seq,
        "time": act.time,
        "who": act.who,
        "action": act.action,
        "tool": act.tool,
        "version": act.version,
        "options": dict(act.options),
        "subjects": subjects,
        "previous": previous,
    }


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(durable.canonical({k: v for k, v in body.items() if k != "hash"})).hexdigest()


class Custody:
    """The journal of one case folder."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / JOURNAL
        self.head_file = folder / HEAD

    def append(self, act: Act) -> Entry:
        """Record one act; it is on disk when this returns. Raises CaseError when the journal does not end at its head.

        A line that a power cut left unfinished is taken off, and its bytes are kept in the new entry's options.
        """
        lines, torn = self._lines()
        head = self._last(lines)
        if torn:
            act = Act(
                act.time, act.who, act.action, act.tool, act.version, {**act.options, "torn": torn.hex()}, act.subjects
            )
        try:
            body = _body(head.seq + 1, act, head.hash)
            body["hash"] = _digest(body)
            line = durable.canonical(body) + b"\n"
        except (TypeError, ValueError) as error:
            raise CaseError(f"custody: options of {act.action!r} are not plain JSON values: {error}") from error
        try:
            with self.journal.open("r+b" if self.journal.exists() else "xb") as handle:
                handle.truncate(sum(map(len, lines)))
                handle.seek(0, os.SEEK_END)
                handle.write(line)
                handle.flush()
                os.fsync(handle.fileno())
        except OSError as error:
            raise CaseError(f"{self.journal}: cannot write: {error.strerror or error}; nothing was recorded") from error
        durable.write(self.head_file, durable.canonical({"seq": head.seq + 1, "hash": body["hash"]}) + b"\n")
        return Entry(head.seq + 1, act, head.hash, body["hash"])

    def entries(self) -> list[Entry]:
        """Every entry in order. Raises CaseError that names the first line that is not an entry."""
        found: list[Entry] = []
        for number, line in enumerate(self._lines()[0], 1):
            body = _parse(line)
            if isinstance(body, str):
                raise CaseError(f"{self.journal}: entry {number}: {body}; run `athar verify`")
            found.append(_entry(body))
        return found

    def legible(self) -> list[Entry]:
        """The entries that can be read, of a journal that may be damaged: `check` names the others."""
        bodies = (_parse(line) for line in self._lines()[0])
        return [_entry(body) for body in bodies if not isinstance(body, str)]

    def head(self) -> Head:
        """The head as anchored in `custody.head`. Raises CaseError when there is none that can be read."""
        value = durable.read_json(self.head_file)
        if isinstance(value, dict) and isinstance(value.get("seq"), int) and isinstance(value.get("hash"), str):
            return Head(value["seq"], value["hash"])
        raise CaseError(f'{self.head_file}: expected {{"hash": …, "seq": …}}; run `athar verify`')

    def check(self) -> list[Fault]:
        """Everything wrong with the chain, in order of entry: the first fault names the first bad entry."""
        lines, torn = self._lines()
        faults: list[Fault] = []
        hashes: list[str] = [GENESIS]
        for number, line in enumerate(lines, 1):
            body = _parse(line)
            if isinstance(body, str):
                faults.append(Fault(number, body))
                hashes.append("")
                continue
            reason = _fault(body, number, hashes[-1])
            if reason:
                faults.append(Fault(number, reason))
            hashes.append(body["hash"])
        if torn:
            faults.append(Fault(len(lines) + 1, f"unfinished line of {len(torn)} bytes at the end (interrupted write)"))
        return sorted(faults + self._head_faults(hashes), key=lambda fault: fault.seq)

    def _head_faults(self, hashes: list[str]) -> list[Fault]:
        last = len(hashes) - 1
        try:
            head = self.head()
        except CaseError as error:
            return [Fault(last, str(error))]
        if head.seq > last:
            return [
                Fault(last + 1, f"missing: the journal ends at entry {last}, its head says {head.seq} (tail cut off)")
            ]
        if head.seq < 0 or hashes[head.seq] != head.hash:
            return [Fault(max(head.seq, 0), f"hash differs from the anchored head {head.hash}")]
        if head.seq < last - 1:  # one ahead is what a power cut between the two writes leaves
            return [Fault(head.seq + 1, f"added after the anchored head (entry {head.seq})")]
        return []

    def _last(self, lines: list[bytes]) -> Head:
        """Where the journal ends, after checking that it ends where it should."""
        if not lines and not self.head_file.exists():
            return Head(0, GENESIS)
        anchored = self.head()
        empty: dict[str, Any] = {"seq": 0, "hash": GENESIS, "previous": GENESIS}
        body = _parse(lines[-1]) if lines else empty
        if isinstance(body, str):
            raise CaseError(f"{self.journal}: entry {len(lines)}: {body}; run `athar verify`")
        held = Head(len(lines), body["hash"])
        behind = Head(len(lines) - 1, body["previous"])
        if anchored not in (held, behind) or (lines and _fault(body, len(lines), body["previous"])):
            raise CaseError(
                f"{self.journal}: ends at entry {held.seq}, expected the anchored head, entry {anchored.seq}; "
                "nothing was recorded; run `athar verify`"
            )
        return held

    def _lines(self) -> tuple[list[bytes], bytes]:
        """Complete lines with their newline, and what follows the last newline."""
        try:
            data = self.journal.read_bytes()
        except FileNotFoundError:
            return [], b""
        except OSError as error:
            raise CaseError(f"{self.journal}: cannot read: {error.strerror or error}") from error
        *lines, torn = data.split(b"\n")
        return [line + b"\n" for line in lines], torn


def _parse(line: bytes) -> dict[str, Any] | str:
    """An entry's fields, or what is wrong with the line."""
    try:
        body = json.loads(line)
    except ValueError:
        return "not JSON (edited or damaged)"
    if not isinstance(body, dict) or set(body) != _FIELDS:
        return f"expected the fields {', '.join(sorted(_FIELDS))}"
    plain = all(
        isinstance(body[name], str) for name in ("time", "who", "action", "tool", "version", "previous", "hash")
    )
    subjects = body["subjects"]
    whole = isinstance(subjects, list) and all(
        isinstance(s, dict) and isinstance(s.get("name"), str) and isinstance(s.get("sha256"), str) for s in subjects
    )
    if not plain or not whole or type(body["seq"]) is not int or not isinstance(body["options"], dict):
        return "a field has the wrong type (edited or damaged)"
    try:
        exact = durable.canonical(body) + b"\n" == line
    except ValueError:
        exact = False
    return body if exact else "not written as Athar writes it (edited)"


def _fault(body: Mapping[str, Any], number: int, previous: str) -> str:
    """What is wrong with entry `number` that follows an entry whose hash is `previous`; empty when nothing is."""
    if body["seq"] != number:
        return f"holds number {body['seq']}, expected {number} (entries deleted, moved or inserted)"
    if _digest(body) != body["hash"]:
        return "does not fit its own hash (edited)"
    if previous and body["previous"] != previous:
        return "does not fit the hash of the entry before it"
    return ""


def _entry(body: Mapping[str, Any]) -> Entry:
    subjects = tuple(Subject(s["name"], s["sha256"]) for s in body["subjects"])
    act = Act(body["time"], body["who"], body["action"], body["tool"], body["version"], body["options"], subjects)
    return Entry(body["seq"], act, body["previous"], body["hash"])
