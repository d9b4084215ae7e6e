"""Which rates the coverage of a contract finds."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.world import START, World
from vigie.compliance.actions import terms
from vigie.contracts.questions import measures_of
from vigie.kernel.actor import SYSTEM

pytestmark = pytest.mark.django_db
MONTH = dt.date(2026, 1, 1)
RATE = {
    "kind": "resolution", "ticket_type": "", "priority": 2, "target": 95, "n_min": 20, "allowed_misses": 1, "formula": "none",
    "terms": {}, "base": None, "cause": "", "bonus_from": None, "bonus_percent": 0,
}  # fmt: skip


def test_a_rate_measures_its_clock_and_priority_while_it_is_in_force(world: World) -> None:
    row = terms.add_rate(SYSTEM, world.a.contract.pk, RATE, MONTH, now=START)
    found = [one for one in measures_of(SYSTEM, world.a.contract, MONTH) if one.kind == "resolution"]
    assert [(one.priority, one.ticket_type) for one in found] == [(2, "")]
    assert "95" in found[0].words
    terms.end_rate(SYSTEM, world.a.contract.pk, row.pk, dt.date(2026, 2, 1), now=START)
    assert not measures_of(SYSTEM, world.a.contract, dt.date(2026, 2, 1))
    assert not measures_of(SYSTEM, world.b.contract, MONTH)
