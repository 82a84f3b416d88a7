"""Every export format keeps to one contract: same bytes, recorded, never over a file, nothing raw, nothing without a name."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import shutil
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from cases.case import Case
from cases.errors import CaseError
from cases.exchange import Exchange, Options, exchanges
from cases.exchange.delivery import EXPORTED, SEAL, deliver
from cases.verify import verify

NEEDS = {"bag": "bagit", "stix": "stix2", "xlsx": "openpyxl"}  # what is not in the core: `athar-forensics[exchange]`
PLACES = [
    pytest.param(exchange, suffix, id=f"{name}{suffix}")
    for name, exchange in exchanges().items()
    for suffix in (exchange.suffixes or ("",))
]
every_place = pytest.mark.parametrize(("exchange", "suffix"), PLACES)
every_format = pytest.mark.parametrize("exchange", exchanges().values(), ids=lambda exchange: exchange.name)
OPTIONS = Options("2026-03-06")


@pytest.fixture(scope="module")
def hostile() -> ModuleType:
    """The hand-made case of tests/cases/exchange."""
    place = Path(__file__).parents[1] / "cases" / "exchange" / "conftest.py"
    spec = importlib.util.spec_from_file_location("athar_hostile_case", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(hostile: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    case: Case = hostile.make(tmp_path_factory.mktemp("contract") / "case")
    return case.folder


def exported(made: Path, place: Path, exchange: Exchange, suffix: str) -> Path:
    """An export of a fresh copy of the case, in folders of its own."""
    if exchange.name in NEEDS:
        pytest.importorskip(NEEDS[exchange.name])
    shutil.copytree(made, place / "case")
    return deliver(Case.open(place / "case"), exchange.name, place / f"made{suffix}", OPTIONS).path


def content(path: Path) -> dict[str, bytes]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {file.relative_to(path.parent).as_posix(): file.read_bytes() for file in files if file.is_file()}


@every_format
def test_a_format_says_what_it_is(exchange: Exchange) -> None:
    assert exchange.name.isidentifier()
    assert exchange.doc.endswith(".")
    assert len(exchange.doc) < 110
    assert all(suffix.startswith(".") for suffix in exchange.suffixes)


@every_place
def test_the_same_case_and_date_give_the_same_bytes_anywhere(
    exchange: Exchange, suffix: str, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = exported(made, tmp_path / "one", exchange, suffix)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.chdir(tmp_path)
    second = exported(made, tmp_path / "two" / "deeper", exchange, suffix)
    assert content(first) == content(second)


@every_place
def test_custody_holds_the_hash_and_the_case_still_verifies(
    exchange: Exchange, suffix: str, made: Path, tmp_path: Path
) -> None:
    path = exported(made, tmp_path, exchange, suffix)
    case = Case.open(tmp_path / "case")
    act = case.custody.entries()[-1].act
    sealed = path / SEAL if path.is_dir() else path
    assert act.action == EXPORTED
    assert act.options["format"] == exchange.name
    assert act.options["date"] == OPTIONS.date
    assert [(s.name, s.sha256) for s in act.subjects] == [
        (f"outside/{path.name}", hashlib.sha256(sealed.read_bytes()).hexdigest())
    ]
    assert [check for check in verify(case).failed if check.name != "evidence"] == []


@every_place
def test_nothing_is_overwritten_and_nothing_is_left_behind(
    exchange: Exchange, suffix: str, made: Path, tmp_path: Path
) -> None:
    path = exported(made, tmp_path, exchange, suffix)
    before = content(path)
    journal = (tmp_path / "case" / "custody.jsonl").read_bytes()
    with pytest.raises(CaseError, match="never overwrites"):
        deliver(Case.open(tmp_path / "case"), exchange.name, path, OPTIONS)
    assert content(path) == before
    assert (tmp_path / "case" / "custody.jsonl").read_bytes() == journal
    assert sorted(file.name for file in tmp_path.iterdir()) == ["case", path.name]


@every_place
def test_no_control_or_bidi_character_of_evidence_stands_raw(
    exchange: Exchange, suffix: str, made: Path, tmp_path: Path
) -> None:
    if exchange.name in ("bag", "parquet", "xlsx"):
        pytest.skip("binary, or the case's own files; xlsx is read back cell by cell in its own tests")
    text = exported(made, tmp_path, exchange, suffix).read_text("utf-8")
    assert not {"\x00", "\x1b", "\u202e", "\t"} & set(text)


@every_format
def test_a_case_without_rows_or_findings_can_be_exported(exchange: Exchange, tmp_path: Path) -> None:
    if exchange.name in NEEDS:
        pytest.importorskip(NEEDS[exchange.name])
    case = Case.create(tmp_path / "case")
    suffix = next(iter(exchange.suffixes), "")
    made = deliver(case, exchange.name, tmp_path / f"made{suffix}", OPTIONS)
    assert made.path.exists()
    assert made.counts


@pytest.mark.parametrize(("name", "package"), NEEDS.items())
def test_a_missing_package_is_one_line_that_says_how_to_install_it(
    name: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CaseError, match=r"pip install 'athar-forensics\[exchange\]'") as error:
        deliver(Case.create(tmp_path / "case"), name, tmp_path / "made", OPTIONS)
    assert package in str(error.value)
    assert "\n" not in str(error.value)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["case"]


@every_place
def test_no_folder_of_this_machine_is_named(exchange: Exchange, suffix: str, made: Path, tmp_path: Path) -> None:
    if exchange.name == "bag":
        pytest.skip("the case folder itself, whose register says where evidence was read from")
    data = exported(made, tmp_path, exchange, suffix).read_bytes()
    if exchange.name == "xlsx":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    assert b"/secret/place" not in data
    assert str(tmp_path).encode() not in data
