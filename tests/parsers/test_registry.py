"""Parsers are found by their names, without loading the others where the name says where one lies."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import parsers
from parsers.registry import all_parsers, by_name, on_request


@pytest.mark.parametrize("name", [parser.name for parser in (*all_parsers(), *on_request())])
def test_every_parser_is_found_by_its_name(name: str) -> None:
    assert by_name(name).name == name


@pytest.mark.parametrize(
    "name", ["", "evtx", "web.log", "windows..evtx", "x/y", "x/y/z", "../web/log", "windows/chunks", "second/reading"]
)
def test_a_name_that_no_parser_has(name: str) -> None:
    with pytest.raises(KeyError):
        by_name(name)


def test_a_worker_loads_the_parser_that_it_needs_and_no_other() -> None:
    code = "import sys; from parsers.registry import by_name; by_name('windows/evtx'); print('parsers.network.capture' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
        == "False"
    )


def test_recognition_loads_parsers_and_not_what_else_there_is() -> None:
    """Every module that defines a parser is found though none is loaded to look; those of protocols wait until a capture is read."""
    code = (
        "import sys; from parsers.registry import all_parsers; all_parsers(); "
        "print([name in sys.modules for name in ('parsers.network.capture', 'parsers.network.protocols.dns', 'parsers.second.packets')])"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told.strip() == "[True, False, False]"
    defining = [
        path
        for path in Path(parsers.__file__).parent.rglob("*.py")
        if re.search(r"^PARSER = ", path.read_text("utf-8"), re.M)
    ]
    assert len(all_parsers()) >= len(defining) > 3
