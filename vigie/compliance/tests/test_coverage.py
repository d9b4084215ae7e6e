"""Which rates the coverage of a contract finds."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from tests.world import START, World
from vigie.compliance.actions import terms
from vigie.compliance.models import RateCommitment
from vigie.contracts.actions import requirements
from vigie.contracts.queries.coverage import Line, coverage
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


def measure(world: World, kind: str) -> RateCommitment:
    """A measure of this kind on A's contract, of the mail where it is of a service."""
    more: dict[str, dict[str, object]] = {
        "availability": {
            "service": world.service,
            "calendar": world.calendar,
            "measured": {"notice_hours": 72},
        },
        "report": {"calendar": world.calendar, "measured": {"days": 5}},
        "backlog": {"calendar": world.calendar, "measured": {"days": 20}},
        "volume": {"measured": {"forecast": 45, "low": 25, "high": 20}},
    }
    values = {**RATE, "kind": kind, "priority": None, **more.get(kind, {})}
    return terms.add_rate(SYSTEM, world.a.contract.pk, values, MONTH, now=START)


def lines(world: World) -> list[Line]:
    return [line for line in coverage(SYSTEM, world.a.contract, now=START).lines if not line.commitment_id]


@pytest.mark.parametrize("kind", RateCommitment.Measure.values)
def test_what_is_asked_without_a_clock_is_covered_by_its_measure(world: World, kind: str) -> None:
    service = world.service if kind == "availability" else None
    asked = {
        "title_fr": "Toujours là", "title_en": "Always there", "service": service, "measure": kind, "wished": "95 %",
        "asked_by": "Philippe Garnier", "asked_on": MONTH,
    }  # fmt: skip
    wish = requirements.ask(SYSTEM, world.a.contract.pk, asked, now=START)
    requirements.decide(SYSTEM, wish.pk, "agreed", "", now=START)
    assert [line.gaps for line in lines(world)] == [{"uncommitted"}]
    row = measure(world, kind)
    (line,) = lines(world)
    assert (line.requirements, line.gaps) == ([wish], set())
    assert [one.href for one in line.measures] == [
        reverse("measure_month", args=[world.a.contract.pk, row.pk])
    ]


@pytest.mark.parametrize("kind", RateCommitment.Measure.values)
def test_a_measure_that_nobody_asked_has_its_line_too(world: World, kind: str) -> None:
    measure(world, kind)
    (line,) = lines(world)
    assert (line.requirements, line.gaps) == ([], {"unasked"})
