"""Every notebook runs from top to bottom on the demo case, offline, and shows what it promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_runs_on_the_demo_case(path, demo, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("ATHAR_CASE", str(demo.case))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    warned = [o["text"] for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    assert warned == []
    charts = [o for o in outputs if "image/svg+xml" in o.get("data", {})]
    assert len(charts) == 3
    assert not any(
        "http://" in html or "https://" in html
        for html in (o["data"].get("text/html", "") for o in outputs if "data" in o)
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_is_kept_without_outputs(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
