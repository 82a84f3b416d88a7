"""The project itself: what the wheel must carry, what the README promises, what no file may hold."""

from __future__ import annotations

import configparser
import re
from fnmatch import fnmatch
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cases", "forensics", "parsers", "timelines")


def shipped() -> list[Path]:
    """Files of the packages, without what Python makes of them."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def settings() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", "utf-8")
    return parser


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for path in shipped() if path.suffix == ".py"}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_every_data_file_is_of_a_kind_that_the_wheel_takes() -> None:
    patterns = settings()["options.package_data"]["*"].split()
    left_out = [
        str(path.relative_to(ROOT))
        for path in shipped()
        if path.suffix != ".py" and not any(fnmatch(path.name, pattern.rpartition("/")[2]) for pattern in patterns)
    ]
    assert left_out == []


def test_all_four_packages_are_in_the_wheel_and_under_the_floors() -> None:
    named = settings()["options.packages.find"]["include"].split()
    assert sorted(named) == [f"{package}*" for package in PACKAGES]
    assert sorted(settings()["importlinter"]["root_packages"].split()) == sorted(PACKAGES)


def command(name: str) -> str:
    """The fenced block after a marker, as `.ci/run` takes it."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.findall(rf"^<!-- command:{name} -->\n```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"README.md: one fenced block after <!-- command:{name} -->, found {len(found)}"
    return str(found[0])


def test_the_readme_has_one_command_for_the_demo_and_one_for_the_tests() -> None:
    assert command("demo").strip().endswith("athar demo")
    assert "pytest" in command("tests")
    assert [len(command(name).strip().splitlines()) for name in ("demo", "tests")] == [1, 1]


def test_every_athar_command_that_the_readme_shows_exists() -> None:
    from forensics.cli import athar

    shown = set(re.findall(r"^athar ([a-z]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    assert shown
    assert sorted(shown - set(athar.list_commands(click.Context(athar)))) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_names_a_machines_own_folders(package: str) -> None:
    own = re.compile(rb"(?:^|[\s\"'(=])(?:/work/|/home/\w|/Users/\w|/root/)")
    paths = [path for path in shipped() if path.relative_to(ROOT).parts[0] == package]
    assert paths
    assert [str(path.relative_to(ROOT)) for path in paths if own.search(path.read_bytes())] == []
