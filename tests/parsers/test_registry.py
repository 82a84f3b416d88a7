"""Parsers are found by their names, without loading the others where the name says where one lies."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
