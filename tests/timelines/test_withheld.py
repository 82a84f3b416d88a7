"""What is withheld is not found meanwhile, by the thread that asks for it, and is as it was after that."""

from __future__ import annotations

import importlib
import sys
import threading

import pytest

from timelines.withheld import withheld


def test_a_library_is_not_found_meanwhile_and_the_same_as_before_after_that() -> None:
    import yaml

    with pytest.raises(ModuleNotFoundError, match="yaml"), withheld("yaml"):
        importlib.import_module("yaml")
    assert sys.modules["yaml"] is yaml
    assert importlib.import_module("yaml") is yaml


def test_other_threads_find_it_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with withheld("colorsys"):
        thread = threading.Thread(target=importlib.import_module, args=("colorsys",))
        thread.start()
        thread.join()
        assert "colorsys" in sys.modules
