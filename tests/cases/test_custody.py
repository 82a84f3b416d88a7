"""The chain names the first bad entry: edited, deleted, moved, inserted, cut off, or torn by a power cut."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from cases.custody import GENESIS, Act, Custody, Head, Subject
from cases.errors import CaseError


def act(number: int) -> Act:
    return Act(
        time=f"2026-03-03T21:14:{number:02d}Z",
        who="analyst.one",
        action="ingest",
        tool="athar",
        version="0.1.0",
        options={"workers": number, "tz": None},
        subjects=[Subject(f"E001/access-{number}.log", hashlib.sha256(bytes([number])).hexdigest())],
    )


@pytest.fixture
def chain(tmp_path: Path) -> Custody:
    custody = Custody(tmp_path)
    for number in range(1, 6):
        custody.append(act(number))
    return custody


def lines(custody: Custody) -> list[bytes]:
    return custody.journal.read_bytes().splitlines(keepends=True)


def test_entries_come_back_as_recorded_and_each_names_the_hash_before_it(chain: Custody) -> None:
    entries = chain.entries()
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    assert entries[2].act.options == {"workers": 3, "tz": None}
    assert list(entries[2].act.subjects) == act(3).subjects
    assert chain.head() == Head(5, entries[-1].hash)
    assert chain.check() == []


def test_the_hash_can_be_repeated_with_nothing_but_a_json_and_a_sha256_tool(chain: Custody) -> None:
    body = json.loads(lines(chain)[0])
    stated = body.pop("hash")
    assert hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest() == stated


def test_same_acts_give_same_bytes_in_any_folder(chain: Custody, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = Custody(tmp_path / "elsewhere")
    for number in range(1, 6):
        other.append(act(number))
    assert other.journal.read_bytes() == chain.journal.read_bytes()
    assert other.head_file.read_bytes() == chain.head_file.read_bytes()


def test_an_edited_entry_is_named(chain: Custody) -> None:
    text = chain.journal.read_bytes()
    chain.journal.write_bytes(text.replace(b"access-3.log", b"access-9.log"))
    assert [(f.seq, f.reason) for f in chain.check()] == [(3, "does not fit its own hash (edited)")]


def test_an_edited_entry_with_a_new_hash_breaks_the_link_to_the_next(chain: Custody) -> None:
    held = lines(chain)
    body = json.loads(held[2])
    body["who"] = "somebody.else"
    del body["hash"]
    compact = {"sort_keys": True, "separators": (",", ":")}
    body["hash"] = hashlib.sha256(json.dumps(body, **compact).encode()).hexdigest()
    held[2] = json.dumps(body, **compact).encode() + b"\n"
    chain.journal.write_bytes(b"".join(held))
    assert [(f.seq, f.reason) for f in chain.check()] == [(4, "does not fit the hash of the entry before it")]


def test_a_respelled_entry_is_named(chain: Custody) -> None:
    chain.journal.write_bytes(chain.journal.read_bytes().replace(b'"workers":2', b'"workers": 2'))
    assert [(f.seq, f.reason) for f in chain.check()] == [(2, "not written as Athar writes it (edited)")]


def test_a_deleted_entry_is_named(chain: Custody) -> None:
    held = lines(chain)
    chain.journal.write_bytes(b"".join(held[:1] + held[2:]))
    first = chain.check()[0]
    assert (first.seq, first.reason) == (2, "holds number 3, expected 2 (entries deleted, moved or inserted)")


def test_reordered_entries_are_named(chain: Custody) -> None:
    held = lines(chain)
    chain.journal.write_bytes(b"".join([held[0], held[2], held[1], *held[3:]]))
    assert chain.check()[0].seq == 2


def test_a_repeated_entry_is_named(chain: Custody) -> None:
    held = lines(chain)
    chain.journal.write_bytes(b"".join([*held, held[-1]]))
    first = chain.check()[0]
    assert (first.seq, first.reason) == (6, "holds number 5, expected 6 (entries deleted, moved or inserted)")


def test_a_cut_tail_shows_against_the_anchored_head(chain: Custody) -> None:
    chain.journal.write_bytes(b"".join(lines(chain)[:3]))
    assert [(f.seq, f.reason) for f in chain.check()] == [
        (4, "missing: the journal ends at entry 3, its head says 5 (tail cut off)")
    ]


def test_the_whole_journal_gone_shows_too(chain: Custody) -> None:
    chain.journal.unlink()
    assert chain.check()[0].seq == 1


def test_a_missing_head_is_a_fault(chain: Custody) -> None:
    chain.head_file.unlink()
    assert [fault.seq for fault in chain.check()] == [5]


def test_a_line_that_is_no_entry_is_named(chain: Custody) -> None:
    held = lines(chain)
    for wrong in (b"\xff\xfe\n", b"[]\n", b'{"seq": 2}\n', b"\n"):
        chain.journal.write_bytes(b"".join([held[0], wrong, *held[2:]]))
        assert chain.check()[0].seq == 2
        with pytest.raises(CaseError, match=r"entry 2: .*athar verify"):
            chain.entries()


def test_nothing_is_added_to_a_journal_that_does_not_end_at_its_head(chain: Custody) -> None:
    chain.journal.write_bytes(b"".join(lines(chain)[:3]))
    before = chain.journal.read_bytes()
    with pytest.raises(CaseError, match="ends at entry 3, expected the anchored head, entry 5"):
        chain.append(act(6))
    assert chain.journal.read_bytes() == before


def test_a_line_torn_by_a_power_cut_is_reported_then_kept_in_the_next_entry(chain: Custody) -> None:
    with chain.journal.open("ab") as handle:
        handle.write(b'{"action":"ing')
    assert [(f.seq, f.reason) for f in chain.check()] == [
        (6, "unfinished line of 14 bytes at the end (interrupted write)")
    ]
    entry = chain.append(act(6))
    assert bytes.fromhex(entry.act.options["torn"]) == b'{"action":"ing'
    assert chain.check() == []


def test_a_power_cut_between_journal_and_head_is_no_fault(chain: Custody) -> None:
    before = chain.head_file.read_bytes()
    chain.append(act(6))
    chain.head_file.write_bytes(before)
    assert chain.check() == []
    chain.append(act(7))
    assert chain.check() == []
    assert chain.head().seq == 7


def test_two_entries_after_the_head_are_a_fault(chain: Custody) -> None:
    before = chain.head_file.read_bytes()
    chain.append(act(6))
    chain.append(act(7))
    chain.head_file.write_bytes(before)
    assert [(f.seq, f.reason) for f in chain.check()] == [(6, "added after the anchored head (entry 5)")]


def test_options_that_are_no_json_are_refused(chain: Custody) -> None:
    with pytest.raises(CaseError, match="not plain JSON"):
        chain.append(Act("2026-03-03T21:14:06Z", "a", "b", "c", "d", {"path": Path("x")}))
    assert chain.check() == []


def test_undecodable_file_names_are_kept(chain: Custody) -> None:
    name = b"E001/caf\xe9.log".decode("utf-8", "surrogateescape")
    chain.append(Act("2026-03-03T21:14:06Z", "a", "b", "c", "d", {}, [Subject(name, "0" * 64)]))
    assert chain.entries()[-1].act.subjects[0].name == name
    assert chain.check() == []
