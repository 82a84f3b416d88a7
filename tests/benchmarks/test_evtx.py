"""The measurement of one tool over some logs: what it can be asked, and what it says where it can't."""

from __future__ import annotations

import io
import json

import pytest

from benchmarks.evtx import chosen, main
from forensics.demo.binxml_values import Kind
from forensics.demo.evtx_writer import Event, write_log

TOOL = "athar, parser only"


@pytest.fixture
def logs(tmp_path):
    event = Event("Example", None, 1, 1_614_859_200_000_000_000, 1, "host.example", data=(("Name", Kind.UNICODE, "v"),))
    for name in ("b", "a"):
        write_log(tmp_path / f"{name}.evtx", "Security", [event])
    return [tmp_path / "a.evtx", tmp_path / "b.evtx"]


def test_logs_are_named_or_those_of_a_folder_or_listed(logs, monkeypatch):
    assert chosen([TOOL, *map(str, logs)]) == (TOOL, logs)
    assert chosen([TOOL, str(logs[0].parent)]) == (TOOL, logs)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(map(str, logs))))
    assert chosen([TOOL]) == (TOOL, logs)


def test_one_tool_over_a_folder(logs, capsys):
    main([TOOL, str(logs[0].parent)])
    assert json.loads(capsys.readouterr().out)["rows"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([TOOL, "{there}/c.evtx"], "c.evtx: no such file"),
        ([TOOL, "{there}/empty"], "empty has no .evtx file"),
        ([TOOL], "standard input has no .evtx file"),
        ([TOOL, "{there}/a.evtx", "{there}/empty/../b.evtx"], "are two"),
        (["another", "{there}"], "invalid choice: 'another'"),
    ],
)
def test_what_cannot_be_measured_is_one_line(logs, monkeypatch, capsys, arguments, said):
    there = logs[0].parent
    (there / "empty").mkdir()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(SystemExit) as ended:
        chosen([argument.format(there=there) for argument in arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
