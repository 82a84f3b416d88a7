"""The same logs give the same parts, byte for byte, whatever the process has read before."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from parsers.base import Batch, Evidence
from parsers.windows.evtx import PARSER
from tests.fuzz.checks import forget
from tests.fuzz.mutation import mutated
from tests.fuzz.seeds import written_seeds
from timelines.part_writer import PartWriter
from timelines.rows import Provenance, finish

ROOT = Path(__file__).resolve().parents[3]
APART = """
import json, sys
from pathlib import Path
from tests.parsers.windows.test_same_bytes import parts
print(json.dumps(parts([Path(name) for name in sys.argv[2:]], Path(sys.argv[1]))))
"""


def parts(paths: list[Path], folder: Path) -> dict[str, list[str]]:
    """By log, the digests of its parts, read in this order in this process."""
    out = {}
    for path in paths:
        data = path.read_bytes()
        evidence = Evidence("E001", path.name, path, len(data), hashlib.sha256(data).hexdigest())
        writer = PartWriter(folder / path.stem, "task")
        for piece in PARSER.slices(evidence):
            for item in PARSER.parse(evidence, piece):
                if isinstance(item, Batch):
                    writer.add(finish(item.family, item.rows, Provenance("E001", path.name, evidence.sha256)))
        out[path.name] = [part.sha256 for part in writer.close([], [])]
    return out


@pytest.fixture
def logs(tmp_path):
    """Sound logs of our writer, and some with bytes changed."""
    seeds = written_seeds()
    made = [bytes([0, number, 0, 1]) for number in range(len(seeds))]
    made += [bytes([1, number, 9, *range(number, 120 + number)]) for number in range(len(seeds))]
    paths = []
    for number, choices in enumerate(made):
        paths.append(tmp_path / f"log{number}.evtx")
        paths[-1].write_bytes(mutated(seeds, choices))
    return paths


def test_two_orders_and_fresh_processes_give_the_same_parts(logs, tmp_path):
    forget()
    forwards = parts(logs, tmp_path / "forwards")
    assert parts(logs[::-1], tmp_path / "backwards") == forwards  # with all that the first reading left behind
    forget()
    assert parts(logs[::-1], tmp_path / "again") == forwards
    assert all(forwards.values())
    for chosen in (logs, logs[-1:]):
        command = [sys.executable, "-c", APART, str(tmp_path / f"apart{len(chosen)}"), *map(str, chosen)]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert json.loads(ran.stdout) == {path.name: forwards[path.name] for path in chosen}


def test_few_documents_whose_steps_an_earlier_log_taught_give_the_same_parts(made, tmp_path):
    """Found by both fuzzers: they stood by document where they were known, and by record where they were not."""

    def document(at: int, lean: bool) -> bytes:
        start = at + 4
        return b"\x0f\x01\x01\0" + made.element(start, "Note", made.text("seen"), lean=lean) + b"\0"

    def log(name: str, *lean: bool) -> Path:
        path = tmp_path / name
        makers = [lambda at, kind=kind: document(at, kind) for kind in lean]
        path.write_bytes(made.log(made.chunk(made.records(*makers))))
        return path

    few = log("few.evtx", *[True, False] * 4)
    taught = log("taught.evtx", *[True] * 20, *[False] * 20)
    forget()
    fresh = parts([few], tmp_path / "fresh")
    assert parts([taught, few], tmp_path / "later")["few.evtx"] == fresh["few.evtx"]
