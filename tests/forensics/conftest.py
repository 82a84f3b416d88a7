"""What tests of commands share."""

from __future__ import annotations

import pytest

from timelines.statistics import Statistic


@pytest.fixture(scope="module")
def _counts():
    return {}


@pytest.fixture
def counted_once(_counts, monkeypatch):
    """Each table of a case is counted once for the tests of a module that show it in several forms or widths. A case that is changed
    is counted by other tests."""
    count = Statistic.table

    def table(self, scope):
        key = (self.name, scope.timeline.store.root, scope.chosen, scope.lang)
        if key not in _counts:
            _counts[key] = count(self, scope)
        return _counts[key]

    monkeypatch.setattr(Statistic, "table", table)
