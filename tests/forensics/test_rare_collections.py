"""The collector is as it was before once the work is done, also where it failed."""

from __future__ import annotations

import gc

import pytest

from forensics.rare_collections import COLLECTION_AFTER, rare_collections


@rare_collections()
def _fails() -> None:
    assert gc.get_threshold()[0] == COLLECTION_AFTER
    assert gc.get_freeze_count() > 0
    raise ZeroDivisionError


def test_within_and_after() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(ZeroDivisionError):
        _fails()
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_what_was_frozen_before_stays() -> None:
    gc.freeze()
    try:
        with rare_collections():
            assert gc.get_freeze_count() > 0
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
