"""A rule set that was kept is the rule set that was loaded; whatever is wrong with the cache, the rules are made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from timelines.detection import RuleSet, load_rules
from timelines.detection.logsources import entries
from timelines.detection.rule_cache import KEPT, cached

RULE = """title: {title}
id: 00000000-0000-4000-8000-000000000001
logsource: {{product: windows, category: process_creation}}
detection:
  selection:
    CommandLine|contains|all: ['a*b', '{needle}']
    Image|re: '(?i)x\\.exe$'
    SourceIp|cidr: 192.0.2.0/24
    ProcessId|gt: 4
    ParentImage: null
  condition: selection and not 1 of filter*
  filter_same:
    Image|fieldref: ParentImage
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ATHAR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Loads:
    """Counts how often the rules had to be read. What the same text comes to is loaded once for all tests: half a second each."""

    def __init__(self, path: Path, known: dict[str, RuleSet]) -> None:
        self.paths, self.times, self._known = [path], 0, known

    def __call__(self) -> RuleSet:
        return cached(self.paths, {}, self._load)

    def _load(self) -> RuleSet:
        self.times += 1
        return self.fresh()

    def fresh(self) -> RuleSet:
        """What the rules come to without a cache."""
        text = self.paths[0].read_text("utf-8")
        if text not in self._known:
            self._known[text] = load_rules(self.paths)
        return self._known[text]


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> tuple[Path, dict[str, RuleSet]]:
    """The place of the rule file, one for all tests since rule sets name it, and the sets by the file's text."""
    return tmp_path_factory.mktemp("given") / "rule.yml", {}


@pytest.fixture
def loads(known, folder) -> Loads:
    path, sets = known
    path.write_text(RULE.format(title="One", needle="c"), "utf-8")
    return Loads(path, sets)


def test_what_was_kept_is_what_was_loaded(loads, folder):
    first, second = loads(), loads()
    assert loads.times == 1
    assert first == second == load_rules(loads.paths) == loads.fresh()
    assert len(first.rules) > 40  # ours among them
    assert len(list(folder.iterdir())) == 1


def test_the_words_of_predicates_and_the_log_sources_are_the_same_too(loads):
    loads()
    kept, fresh = loads().rules, loads.fresh().rules
    assert repr([rule.condition for rule in kept]) == repr(
        [rule.condition for rule in fresh]
    )  # `shown` is not compared
    known = {id(entry.source) for entry in entries()}
    assert all(id(source) in known for rule in kept for source in rule.sources)


def test_a_rule_that_changed_is_read_again(loads):
    loads()
    loads.paths[0].write_text(RULE.format(title="One", needle="d"), "utf-8")
    assert loads() == loads.fresh()
    assert loads.times == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw.replace(b"One", b"Two"),  # the digest no longer fits
        lambda raw: b"\xff" + raw,
    ],
)
def test_a_damaged_cache_costs_time_and_nothing_else(loads, folder, damage):
    loads()
    (kept,) = folder.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    assert loads() == loads.fresh()
    assert loads.times == 2


def test_a_cache_of_another_make_is_no_rule_set(loads, folder):
    import hashlib

    loads()
    (kept,) = folder.iterdir()
    for body in (
        b"{}",
        b'{"objects":[["Path","/"]],"root":{"o":0}}',
        b'{"objects":[],"root":{"o":0}}',
        b'{"objects":[],"root":1}',
    ):
        kept.write_bytes(hashlib.blake2b(body, digest_size=16).hexdigest().encode() + b"\n" + body)
        assert loads() == loads.fresh()
    assert loads.times == 5


def test_a_folder_that_cannot_be_written_is_no_error(loads, folder):
    folder.write_text("a file stands where the folder should be", "utf-8")
    assert loads() == loads.fresh()


def test_an_empty_name_turns_the_cache_off(loads, folder, monkeypatch):
    monkeypatch.setenv("ATHAR_CACHE", "")
    assert loads() == loads()
    assert loads.times == 2
    assert not folder.exists()


def test_few_sets_are_kept(loads, folder):
    some = loads.fresh()
    for number in range(KEPT + 2):
        loads.paths[0].write_text(RULE.format(title=f"Rule {number}", needle="c"), "utf-8")
        cached(loads.paths, {}, lambda: some)
    assert len(list(folder.iterdir())) == KEPT


CORRELATIONS = """
---
{title: A, id: 00000000-0000-4000-8000-00000000000a, name: a, logsource: {product: windows}, detection: {s: {F: a}, condition: s}}
---
{title: B, id: 00000000-0000-4000-8000-00000000000b, name: b, logsource: {product: windows}, detection: {s: {F: b}, condition: s}}
---
{title: One, id: 30000000-0000-4000-8000-000000000001,
 correlation: {type: temporal, rules: [a, b], timespan: 1m, condition: not (a and b) or b}}
---
{title: Two, id: 30000000-0000-4000-8000-000000000002, correlation: {type: temporal_ordered, rules: [a, b], timespan: 1m}}
---
{title: Three, id: 30000000-0000-4000-8000-000000000003,
 correlation: {type: value_percentile, rules: [a], timespan: 1m, condition: {field: n, percentile: 95, gt: 1.5, lte: 9}}}
"""


def test_correlations_with_ranges_and_expressions_are_kept(loads):
    loads.paths[0].write_text(RULE.format(title="One", needle="c") + CORRELATIONS, "utf-8")
    fresh, kept = loads(), loads()
    assert loads.times == 1
    assert kept.correlations == fresh.correlations
    assert {c.about.title for c in kept.correlations} >= {"One", "Two", "Three"}


def test_another_version_of_what_reads_rules_reads_them_again(loads, monkeypatch):
    loads()
    monkeypatch.setattr("timelines.detection.rule_cache.version", lambda name: "0.0")
    assert loads() == loads.fresh()
    assert loads.times == 2
