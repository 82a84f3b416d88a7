"""The sample log that loads the compiled loops before workers are forked: it is sound, and asks for all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from parsers.base import Evidence, Shared, Told
from parsers.windows import evtx
from parsers.windows.evtx import PARSER
from parsers.windows.sample import read_once, sample
from parsers.windows.structures import FILE_HEADER
from tests.fuzz.seeds import written_seeds
from timelines import compiled

ROOT = Path(__file__).resolve().parents[3]
APART = "import sys; from tests.parsers.windows.test_sample import forms; forms(sys.argv[1])"


def loops() -> dict[str, int]:
    """In how many forms each compiled loop of event logs that was called is loaded."""
    return {
        f"{name}.{loop.__name__}": compiled.forms(loop)
        for name, module in sorted(sys.modules.items())
        if name.startswith("parsers.windows.")
        for loop in vars(module).values()
        if getattr(loop, "__module__", None) == name and hasattr(loop, "_made") and compiled.forms(loop)
    }


def forms(log: str) -> None:
    """What is loaded once the sample was read, and once another log was read too."""
    read_once(PARSER)
    first = loops()
    path = Path(log)
    evidence = Evidence("E001", path.name, path, path.stat().st_size, "0" * 64)
    for piece in PARSER.slices(evidence):
        list(PARSER.parse(evidence, piece))
    print(json.dumps([first, loops()]))


def test_the_sample_is_a_sound_log_of_both_kinds_of_event(monkeypatch):
    ways = []

    def counting(way):
        def counted(*given):
            found = way(*given)
            ways.append(sum(len(one.rows) for one in found[0]))
            return found

        return counted

    monkeypatch.setattr(evtx, "grouped", counting(evtx.grouped))
    monkeypatch.setattr(evtx, "inline", counting(evtx.inline))
    log = sample()
    told = list(PARSER.parse_together([Evidence("", "", Path(), len(log), "")], log))
    shapes = [item.batch.rows.num_rows for item in told if isinstance(item, Shared)]
    problems = [item.item for item in told if isinstance(item, Told)]
    assert ways == [2, 12]  # by a template, and as documents of their own
    assert shapes == [14]  # both have the same columns, so they stand in one table
    assert {problem.reason.partition(": ")[2] for problem in problems} == {"TimeCreated: no usable time; left empty"}


def test_who_has_read_it_has_every_loop_in_the_form_that_logs_ask_for(tmp_path):
    path = tmp_path / "log.evtx"
    path.write_bytes(sample()[:FILE_HEADER].tobytes() + b"".join(seed.chunk for seed in written_seeds()))
    command = [sys.executable, "-c", APART, str(path)]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    before, after = json.loads(told)
    assert before == after
    assert len(before) == 14
    assert set(before.values()) == {1}
