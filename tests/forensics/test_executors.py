"""Where tasks run: here, in workers, on a cluster; the rows are the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.api import OpenCase, start
from forensics.executors import InProcess, executor, prepare

LINE = '192.0.2.1 - - [14/Jan/2026:08:00:01 +0000] "GET /%d HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'


def test_one_worker_is_this_process():
    with executor(1) as pool:
        assert isinstance(pool, InProcess)
        assert pool.submit(divmod, 7, 2).result() == (3, 1)


def test_no_workers_is_refused():
    with pytest.raises(ValueError, match="--workers 0: expected 1 or more"):
        executor(0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_cluster_gives_the_same_rows(tmp_path):
    from distributed import LocalCluster

    for name in ("a", "b"):
        (tmp_path / f"{name}.log").write_text(
            "".join(LINE % n for n in range(ord(name), 200)), encoding="utf-8", newline=""
        )
    evidence = [tmp_path / "a.log", tmp_path / "b.log"]
    alone = start(tmp_path / "alone", evidence, None)
    pipeline.ingest(alone, workers=1)
    shared = start(tmp_path / "shared", evidence, None)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        result = pipeline.ingest(shared, scheduler=cluster.scheduler_address)
    assert result.tasks == 2
    columns = ["row_id", "time", "exhibit", "file", "offset"]
    assert OpenCase(alone).timeline(columns=columns).equals(OpenCase(shared).timeline(columns=columns))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::RuntimeWarning")
def test_a_scheduler_that_does_not_answer_is_one_line(monkeypatch):
    import distributed

    def refuse(address, timeout):
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(ValueError, match="no Dask scheduler answers there"):
        executor(scheduler="tcp://192.0.2.7:8786")


def imported():
    import sys

    return {name for name in sys.modules if name.startswith("parsers.")}


def test_workers_have_every_format_and_dissector_loaded():
    with executor(2) as pool:
        found = pool.submit(imported).result()
    assert {
        "parsers.web.formats.clf",
        "parsers.web.wrappers.prefixes",
        "parsers.network.protocols.dns",
        "parsers.windows.evtx",
    } <= found


def loaded():
    """Heavy modules that a worker has loaded, and whether pyarrow gives a frame when it is asked for one."""
    import sys

    before = sorted({"pandas", "duckdb", "scapy", "altair", "sigma", "distributed"} & set(sys.modules))
    import pyarrow as pa

    return before, pa.table({"a": [1, 2]}).to_pandas()["a"].tolist(), pa.array(pa.array([1.5, None]).to_pandas())


def test_workers_load_what_they_need_alone():
    prepare(2)
    with executor(2) as pool:
        before, frame, series = pool.submit(loaded).result()
    assert before == []
    assert frame == [1, 2]
    assert series.null_count == 1


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_workers_start_though_the_scratch_folder_has_too_long_a_path(monkeypatch):
    from multiprocessing import forkserver

    def refuse():
        raise OSError("AF_UNIX path too long")

    monkeypatch.setattr(forkserver, "ensure_running", refuse)
    prepare(2)
    with executor(2) as pool:
        assert pool.submit(divmod, 7, 2).result() == (3, 1)


APART = """
import sys
sys.path[:] = [place for place in sys.path if place not in ("", {folder!r})]
{start}
import forensics
print("asked", flush=True)
case = forensics.run(["seized"], "case", rules=[], workers=2)
print(len(case.timeline()))
"""
SPAWN = "import forensics.executors; forensics.executors.FORKED = False"


@pytest.mark.parametrize("start", ["", SPAWN], ids=["usual", "spawned"])
def test_neither_the_working_folder_nor_the_script_that_asks_is_run_by_workers(tmp_path, start):
    """The folder holds evidence that calls itself `pickle.py`; the script has no `if __name__ == "__main__"`."""
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "a.log").write_text(LINE % 1, encoding="utf-8", newline="")
    for name in ("pickle", "pyarrow", "forensics"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w'); raise SystemExit(3)\n")
    (tmp_path / "ask").mkdir()
    script = tmp_path / "ask" / "script.py"
    script.write_text(APART.format(folder=str(tmp_path), start=start))
    places = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, script], cwd=tmp_path, env=places, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["asked", "1"], "")
    assert not (tmp_path / "ran").exists()
