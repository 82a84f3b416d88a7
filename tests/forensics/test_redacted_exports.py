"""The demo case and a hostile one exported under a profile: no value is left in any format, read as its own readers read it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.exchange import Options, exchanges
from cases.exchange.delivery import EXPORTED, Delivery, deliver
from cases.exchange.formats import xlsx
from cases.redaction import of_case
from cases.redaction.of_case import redactor_of
from cases.redaction.profile import Profile, profile
from cases.redaction.redactor import Known, Redactor
from cases.summarise import summarise
from cases.summary import Summary
from timelines.query import Filter, Timeline

from ..cases.conftest import fill
from .test_redacted_demo import DATE, distinct, left

NEEDS = {"stix": "stix2", "xlsx": "openpyxl"}
PLACES = [
    pytest.param(name, suffix, id=f"{name}{suffix}")
    for name, exchange in exchanges().items()
    if exchange.redactable
    for suffix in exchange.suffixes
    if suffix not in (".ndjson", ".jsonld")
]
every_place = pytest.mark.parametrize(("name", "suffix"), PLACES)
PERSONS = "/mail/jane.doe@example.org?to=JANE.DOE%40example.org&tel=0612345678&ip=203.0.113.200&b=amFuZS5kb2VAZXhhbXBsZS5vcmc="


@pytest.fixture(scope="module")
def copied(demo, tmp_path_factory) -> tuple[Path, Redactor]:
    """A copy of the demo case, and the redactor of its public exports."""
    folder = tmp_path_factory.mktemp("exported") / "case"
    shutil.copytree(demo.case, folder)
    case = Case.open(folder)
    return folder, redactor_of(case, summarise(case, DATE), profile("public"))


@pytest.fixture(scope="module")
def rows_once(copied) -> Callable[[pytest.MonkeyPatch], None]:
    """Rows that this redactor has rewritten are kept, by what was asked for: six formats ask for the same rows of two shapes. What is
    asked of the timeline without it, or with another, is read as ever."""
    kept: dict[tuple[object, ...], pa.Table] = {}
    read, rewrite = Timeline._window, copied[1].table

    def window(
        self: Timeline, family: str, chosen: Filter, timeless: bool, names: Sequence[str], lang: str
    ) -> pa.Table:
        if self._rewrite != rewrite:
            return read(self, family, chosen, timeless, names, lang)
        key = (self.store.root, self._whole, self.secrets, family, chosen, timeless, tuple(names), lang)
        if key not in kept:
            kept[key] = read(self, family, chosen, timeless, names, lang)
        return kept[key]

    return lambda patch: patch.setattr(Timeline, "_window", window)


@pytest.fixture(scope="module")
def seen(copied, rows_once) -> tuple[Path, Redactor]:
    """The copy, and its redactor after it has seen every row."""
    folder, redactor = copied
    with pytest.MonkeyPatch.context() as patch:
        rows_once(patch)
        for span in Timeline(Case.open(folder).timeline_folder, rewrite=redactor.table).spans(Filter(), "fr"):
            for _family, table in span:
                assert table.num_rows
    return folder, redactor


@pytest.fixture(scope="module")
def handed_out(seen) -> tuple[Path, dict[str, str]]:
    """The copy, and every value anywhere in its timeline that a public export must not hold, with its pseudonym."""
    folder, redactor = seen
    return folder, dict(redactor.replaced)


def export(case: Case, place: Path, name: str, suffix: str, under: str | None = "public") -> Delivery:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    return deliver(case, name, place / f"{name}{suffix}", Options(DATE, "fr", under))


@pytest.fixture(scope="module")
def public(seen, rows_once, tmp_path_factory) -> Callable[[str, str], Path]:
    """The copy exported under the public profile, each form once, by the redactor that has seen every row: it remembers their texts.
    Exports by redactors of their own are made, and one compared byte for byte, in tests of their own."""
    place = tmp_path_factory.mktemp("public")

    def made(name: str, suffix: str) -> Path:
        with pytest.MonkeyPatch.context() as patch:
            if name == "xlsx":  # openpyxl writes and reads some thousand rows a second: one row in sixteen
                patch.setattr(xlsx, "Filter", lambda: Filter(where="hash(row_id) % 16 = 0"))
            patch.setattr("cases.redaction.of_case.redactor_of", lambda *_: seen[1])
            patch.setattr("cases.summarise.summarise", lambda *_: None)  # of which the redactor would be made
            rows_once(patch)
            return export(Case.open(seen[0]), place, name, suffix).path

    return cache(made)


def strings(path: Path) -> str:
    """Every text in a file once, names of columns and keys included, as the format's own reader gives it."""
    return "\n".join(texts(path))


def texts(path: Path) -> set[str]:
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        return {*frame.columns, *(str(v) for c in frame for v in frame[c].dropna().unique())}
    if path.suffix == ".xlsx":
        import openpyxl
        from openpyxl.worksheet._read_only import ReadOnlyWorksheet

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ReadOnlyWorksheet, "_get_size", lambda _: None)  # reads every row to count them
            book = openpyxl.load_workbook(path, read_only=True)
        cells = (cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
        return {*book.sheetnames, *(str(cell) for cell in cells if cell is not None)}
    if path.suffix == ".csv":
        return {cell for row in csv.reader(io.StringIO(path.read_text("utf-8"), newline="")) for cell in row}
    lines = path.read_text("utf-8").splitlines() if path.suffix == ".jsonl" else [path.read_text("utf-8")]
    found: set[str] = set()
    for line in lines:
        leaves(json.loads(line), found)
    return found


def leaves(value: object, found: set[str]) -> None:
    if isinstance(value, dict):
        found.update(value)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,):
        if type(item) is str:
            found.add(item)
        elif isinstance(item, dict | list):
            leaves(item, found)
        else:
            found.add(str(item))


@every_place
def test_no_value_of_the_demo_is_left(handed_out, public, name, suffix):
    folder, replaced = handed_out
    assert len(distinct(replaced)) > 200
    text = strings(public(name, suffix))
    assert left(text, distinct(replaced)) == set()
    assert folder.as_posix() not in text


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Case:
    from ..cases.exchange.conftest import make

    return make(tmp_path_factory.mktemp("hostile") / "case")


@pytest.fixture(scope="module")
def shaped(tmp_path_factory) -> Case:
    return shapes(tmp_path_factory.mktemp("shaped") / "case")


@pytest.fixture
def known_once(once, monkeypatch):
    """What a case sums up to and what it knows of its values is made once for its exports in every form; each has a redactor of its own."""
    find = of_case.known

    def summed(case: Case, date: str) -> Summary:
        key = ("summary", case.folder, date)
        if key not in once:
            once[key] = summarise(case, date)
        return once[key]

    def known(summary: Summary, timeline: Timeline, under: Profile) -> Known:
        key = ("known", timeline.store.root, under.name)
        if key not in once:
            once[key] = find(summary, timeline, under)
        return once[key]

    monkeypatch.setattr("cases.summarise.summarise", summed)
    monkeypatch.setattr(of_case, "known", known)


@pytest.fixture(scope="module")
def once() -> dict[tuple[object, ...], Any]:
    return {}


@pytest.mark.usefixtures("known_once")
@every_place
def test_hostile_values_are_replaced(hostile, tmp_path, name, suffix):
    text = strings(export(hostile, tmp_path, name, suffix).path)
    assert (
        left(text, ["@SUM(1)", "SUM(1)", "198.51.100.1", "198.51.100.2", "2001:db8::1", "fe80::1", "analyst.one"])
        == set()
    )


def shapes(folder: Path) -> Case:
    from ..cases.exchange.conftest import make

    case = make(folder)
    fill(case, hostile=PERSONS)
    return case


@pytest.mark.usefixtures("known_once")
@every_place
def test_encoded_and_shaped_values_are_replaced(shaped, tmp_path, name, suffix):
    text = strings(export(shaped, tmp_path, name, suffix).path)
    for value in ("jane.doe", "0612345678", "203.0.113.200", "amFuZS5kb2VA"):
        assert value.lower() not in text.lower()
    if name in ("csv", "jsonl", "parquet", "xlsx", "timesketch", "ecs"):
        assert "email-" in text
        assert "phone-" in text


def test_what_can_be_checked_stays_and_what_names_someone_was_there(handed_out, public, tmp_path):
    folder, replaced = handed_out
    whole = export(Case.open(folder), tmp_path, "parquet", ".parquet", None).path
    tables = [pq.read_table(path).sort_by("row_id") for path in (whole, public("parquet", ".parquet"))]
    for column in (
        "row_id",
        "exhibit",
        "offset",
        "length",
        "record",
        "time",
        "family",
        "event",
        "flags",
        "time_quality",
    ):
        assert tables[0].column(column).equals(tables[1].column(column)), column
    for column in ("src_ip", "file"):
        assert len({*(tables[0].column(column).to_pylist())}) == len({*(tables[1].column(column).to_pylist())})
    assert len(left(strings(whole), distinct(replaced))) > 50


def test_pseudonyms_are_those_of_the_report(athar, handed_out, public):
    folder, replaced = handed_out
    ran = athar("report", folder, "--lang", "en", "--format", "json", "--date", DATE, "--redact", "public")
    report = json.loads(Path(ran.out.strip()).read_text("utf-8"))
    lines = public("jsonl", ".jsonl").read_text("ascii").splitlines()
    rows = {row["row_id"]: row for row in map(json.loads, lines)}
    seen = [one for found in report["inferences"] for one in found["observations"]]
    assert len(seen) > 100
    assert {one["file"] for one in seen} <= {row["file"] for row in rows.values()}
    assert all(rows[one["row_id"]]["file"] == one["file"] for one in seen)
    hosts = {name for found in report["inferences"] for name in found["entities"].get("hosts", ())}
    assert hosts <= {row["host"] for row in rows.values()} | set(replaced.values())
    assert any(name in {row["host"] for row in rows.values()} for name in hosts)


def test_the_court_sees_what_findings_name(handed_out, tmp_path):
    folder, _ = handed_out
    text = export(Case.open(folder), tmp_path, "jsonl", ".jsonl", "court").path.read_text("ascii")
    assert "203.0.113.66" in text
    assert "S-1-5-21-" not in text


def test_the_same_export_is_the_same_bytes_and_custody_says_what_why_and_who_and_no_value(handed_out, public, tmp_path):
    folder, replaced = handed_out
    case = Case.open(folder)
    made = export(case, tmp_path, "case", ".json")
    assert made.path.read_bytes() == public("case", ".json").read_bytes()
    case = Case.open(folder)
    act = case.custody.entries()[-1].act
    assert (act.action, act.who, act.subjects[0].sha256) == (EXPORTED, case.hand.who, made.sha256)
    assert (act.options["profile"], act.options["why"]) == ("public", dict(profile("public").why))
    assert act.options["replaced"]["address"] > 10
    assert len(act.options["key"]) == 16
    assert left(json.dumps(dict(act.options)), distinct(replaced)) == set()


def test_a_bag_is_refused_in_one_line_before_anything_is_made(athar, demo, tmp_path):
    shutil.copytree(demo.case, tmp_path / "case")
    ran = athar("export", tmp_path / "case", "--to", "bag", "-o", tmp_path / "bag", "--redact", "public")
    assert ran.code != 0
    assert len(ran.err.strip().splitlines()) == 1
    assert "export to bag cannot be redacted" in ran.err
    assert not (tmp_path / "bag").exists()
    assert not (tmp_path / "case" / "redaction.key").exists()


def test_a_profile_that_is_none_is_refused_in_one_line(athar, handed_out, tmp_path):
    folder, _ = handed_out
    ran = athar("export", folder, "--to", "csv", "-o", tmp_path / "x.csv", "--redact", "prosecutor")
    assert (ran.code != 0, len(ran.err.strip().splitlines())) == (True, 1)
    assert "no redaction profile 'prosecutor'" in ran.err


def test_a_lost_secret_is_refused(tmp_path):
    export(shapes(tmp_path / "case"), tmp_path, "navigator", ".json")
    (tmp_path / "case" / "redaction.key").unlink()
    with pytest.raises(CaseError, match="restore it from a copy"):
        export(Case.open(tmp_path / "case"), tmp_path / "again", "navigator", ".json")


def test_files_that_differ_in_a_name_only_still_differ(tmp_path):
    """`Jdoe1.log` and `jdoe1.log` name one account: their pseudonym is one, their files are not."""
    redactor = Redactor(
        profile("public"),
        whole_known({"jdoe1"}),
        pseudonyms(),
        ["home/Jdoe1/x.log", "home/jdoe1/x.log", "home/other.log"],
    )
    first, second = redactor.path("home/Jdoe1/x.log"), redactor.path("home/jdoe1/x.log")
    assert first != second
    assert second == f"{first} (2)"
    assert redactor.path("E001/home/jdoe1/x.log") == f"E001/{second}"
    assert redactor.path("home/other.log") == "home/other.log"


def whole_known(accounts: set[str]):
    from cases.redaction.redactor import Known

    return Known({"account": frozenset(accounts)})


def pseudonyms():
    from cases.redaction.pseudonyms import Pseudonyms

    return Pseudonyms(bytes(range(32)))
