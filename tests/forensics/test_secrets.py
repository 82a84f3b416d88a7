"""A password seen on the wire: no command, frame, export or summary gives it away unless it is asked for."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cases.exchange import exchanges
from forensics import open_case
from tests.parsers.network.conftest import Wire
from timelines.query import Timeline
from timelines.search import search
from timelines.secrecy import MASK

SECRET = "Zebra-Kite-77"
TALK = [
    ("s", b"220 files.example.org FTP\r\n"), ("c", b"USER alice\r\n"), ("s", b"331 password\r\n"),
    ("c", b"PASS " + SECRET.encode() + b"\r\n"), ("s", b"230 in\r\n"), ("c", b"SYST\r\n"), ("s", b"215 UNIX\r\n"),
]  # fmt: skip
RULE = f"""
title: The password itself
id: 6c7f4d4e-0a55-4f0c-9d3f-111111111111
level: low
logsource: {{product: zeek}}
detection:
  words: ["{SECRET}"]
  condition: words
"""
NEEDS = {"stix": "stix2", "xlsx": "openpyxl", "misp": "pymisp", "case": "rdflib"}


@pytest.fixture(scope="module")
def case(tmp_path_factory: Any) -> Path:
    """A case of one capture, its summaries issued, with a rule that names the password."""
    from forensics import run

    folder: Path = tmp_path_factory.mktemp("secret")
    wire = Wire()
    (folder / "login.pcap").write_bytes(wire.pcap(wire.session(TALK, port=21)))
    (folder / "rule.yml").write_text(RULE, "utf-8")
    opened = run([folder / "login.pcap"], folder / "case", rules=[folder / "rule.yml"], workers=1)
    for form in ("html", "json"):
        opened.report(folder / f"summary.{form}", date="2026-01-20")
    return folder / "case"


def row_id(case: Path, family: str = "net/credentials") -> str:
    return str(
        open_case(case).query.sql(f"select row_id from timeline where family = '{family}' limit 1").column(0)[0].as_py()
    )


def test_it_is_there(case: Path) -> None:
    told = open_case(case, secrets=True).sql("select username, secret from net_credentials")
    assert told.to_numpy().tolist() == [["alice", SECRET]]


@pytest.mark.parametrize(
    "asked",
    [
        ["timeline"],
        ["timeline", "--format", "table"],
        ["timeline", "--json"],
        ["timeline", "--family", "net/credentials", "--columns", "time,username,secret"],
        ["timeline", "--family", "net/credentials", "--columns", "secret", "--where", f"secret = '{SECRET}'"],
        ["timeline", "--grep", "zebra"],
        ["search", "alice"],
        ["search", "--regex", "Zeb.a"],
        ["findings"],
        ["stats"],
        ["case", "show"],
    ],
    ids=" ".join,
)
def test_commands(case: Path, athar: Any, asked: list[str]) -> None:
    words = asked[:2] if asked[0] == "case" else asked[:1]
    ran = athar(*words, case, *asked[len(words) :])
    assert ran.code in (0, 1)
    assert SECRET.lower() not in (ran.out + ran.err).lower()


def test_show(case: Path, athar: Any) -> None:
    for family in ("net/credentials", "net/ftp", "net/conn"):
        for options in ([], ["--json"], ["--all-bytes"]):
            assert SECRET not in athar("show", case, row_id(case, family), *options).out, (family, options)
    sheet = athar("show", case, row_id(case)).out
    assert MASK in sheet
    assert "The bytes are not shown" in sheet
    assert SECRET in athar("show", case, row_id(case), "--secrets").out


def test_asked_for(case: Path, athar: Any) -> None:
    ran = athar("timeline", case, "--family", "net/credentials", "--columns", "secret", "--secrets")
    assert SECRET in ran.out
    assert SECRET in athar("search", case, "zebra", "--secrets").out


def test_frames_and_sql(case: Path) -> None:
    opened = open_case(case)
    assert opened.events("net/credentials")["secret"].tolist() == [MASK]
    assert opened.sql("select secret from net_credentials where secret is not null")["secret"].tolist() == [MASK]
    assert opened.timeline(where=f"secret = '{SECRET}'", families="net/credentials").empty
    (frame,) = opened.rows([row_id(case)])
    assert frame["secret"].tolist() == [MASK]
    assert "The password itself" not in opened.matches()["rule_title"].tolist()  # rules meet the mask too
    assert not opened.matches()["why"].str.contains(SECRET).any()


def test_parts_and_search(case: Path) -> None:
    timeline = Timeline(open_case(case).case.timeline_folder)
    (part,) = timeline.parts("net/credentials")
    assert [table.column("secret").to_pylist() for table in part.read(["secret"])] == [[MASK]]
    assert [table.column("secret").to_pylist() for table in part.read(["secret"], secrets=True)] == [[SECRET]]
    assert list(search(timeline, MASK, families=("net/credentials",))) == []


@pytest.mark.parametrize("name", [name for name, exchange in exchanges().items() if name != "bag"])
def test_exports(case: Path, athar: Any, tmp_path: Path, name: str) -> None:
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    for suffix in exchanges()[name].suffixes:
        for options, whole in (([], False), (["--secrets"], True)):
            path = tmp_path / f"{name}{len(options)}{suffix}"
            assert athar("export", case, "--to", name, "-o", path, *options).code == 0
            told = written(path)
            assert "alice" in told or name in ("navigator", "stix", "misp", "case")
            assert SECRET not in told or whole
            assert (SECRET in told) == (whole and name in ("ecs", "timesketch") and suffix != ".csv")
    last = json.loads((case / "custody.jsonl").read_text("utf-8").splitlines()[-1])
    assert '"secrets": true' in json.dumps(last)


def written(path: Path) -> str:
    """All text of a file: of a workbook each member, of Parquet each value."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        return repr(pq.read_table(path).to_pylist())
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(path) as archive:
            return "".join(archive.read(member).decode("utf-8", "replace") for member in archive.namelist())
    return data.decode("utf-8")


def test_a_redacted_export_holds_none(case: Path, athar: Any, tmp_path: Path) -> None:
    ran = athar("export", case, "--to", "ecs", "-o", tmp_path / "x.jsonl", "--redact", "court", "--secrets")
    assert (ran.code != 0, "leave out --redact or --secrets" in ran.err) == (True, True)


def test_summaries(case: Path) -> None:
    made = [path for path in case.parent.iterdir() if path.suffix in (".html", ".json", ".csv")]
    assert len(made) >= 2
    for path in made:
        assert SECRET not in path.read_text("utf-8"), path.name
