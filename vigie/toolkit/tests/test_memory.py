"""The search for cycles rests while somebody asks for it, and is on again after the last one."""

from __future__ import annotations

import gc

import pytest

from vigie.toolkit.memory import no_search_for_cycles


def test_it_is_on_again_after_the_last_who_asked() -> None:
    assert gc.isenabled()
    with no_search_for_cycles():
        with no_search_for_cycles():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="row"), no_search_for_cycles():
        raise ValueError("row")
    assert gc.isenabled()
