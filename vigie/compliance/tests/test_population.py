"""The SQL of a period says what the pure rule says, on random clocks, method by method."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from tests.world import START, World, report
from vigie.compliance import rules
from vigie.compliance.models import Exclusion
from vigie.compliance.queries import clocks
from vigie.compliance.tests.scene import FEBRUARY, JANUARY
from vigie.contracts.rules.compliance import Method, Outcome, measure
from vigie.contracts.rules.instants import epoch
from vigie.tickets.models import Clock

NOW = dt.datetime(2026, 3, 15, tzinfo=dt.UTC)
MONTHS = (JANUARY, FEBRUARY, dt.date(2026, 3, 1))
STOPPED = ("met", "missed", "cancelled")


def _scatter(world: World, chance: random.Random, count: int) -> list[Outcome]:
    """Random clocks on tickets of A, written as they stand, and what the rule would be told of each."""
    start = dt.datetime(2025, 12, 20, tzinfo=dt.UTC)
    found = []
    for n in range(count):
        opened = start + dt.timedelta(hours=chance.randrange(24 * 90))
        ticket = report(world, now=START, title=f"Panne {n}")
        type(ticket).objects.filter(pk=ticket.pk).update(opened_at=opened, created_at=opened)
        Clock.objects.filter(ticket=ticket).exclude(kind="resolution").delete()
        clock = Clock.objects.get(ticket=ticket)
        state = chance.choice(("running", "paused", *STOPPED))
        due = opened + dt.timedelta(hours=chance.randrange(1, 400))
        stopped = opened + dt.timedelta(hours=chance.randrange(1, 900)) if state in STOPPED else None
        breached = due + dt.timedelta(seconds=1) if state == "missed" or chance.random() < 0.5 else None
        known = None if state == "paused" else due
        Clock.objects.filter(pk=clock.pk).update(
            state=state, started_at=opened, stopped_at=stopped, due_at=known, breached_at=breached
        )
        excluded = breached is not None and chance.random() < 0.3
        if excluded:
            Exclusion.objects.create(
                organisation=ticket.organisation, ticket=ticket, clock=clock, kind="force_majeure", reason="crue",
                evidence="arrêté", state="approved", asked_by=world.agent, asked_at=START, decided_by=world.manager,
                decided_at=START, decision="accord",
            )  # fmt: skip
        end = known or breached
        found.append(
            Outcome(
                epoch(opened), epoch(end) if end else None, epoch(stopped) if stopped else None,
                state == "missed" if stopped else breached is not None, excluded, state == "cancelled",
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize("method", Method)
def test_sql_and_rule_agree(world: World, method: Method) -> None:
    outcomes = _scatter(world, random.Random(f"{method}"), 60)
    periods = [clocks.period_of(world.a.contract, month, NOW) for month in MONTHS]
    counted = [one.counts for one in clocks.counted(world.a.contract, periods, method, late=False)]
    for period, counts in zip(periods, counted, strict=True):
        expected = measure(outcomes, method, epoch(period.start), epoch(period.end))
        assert rules.measure_of(counts) == expected
        listed = clocks.population(world.a.contract, [period], method)
        assert listed.filter(late=False, excluded=False).count() == expected.met
    assert sum(count.number for counts in counted for count in counts) > 10


def test_a_month_is_the_client_s(world: World) -> None:
    world.a.organisation.timezone = "America/Toronto"
    period = clocks.period_of(world.a.contract, JANUARY, NOW)
    assert (period.start, period.end) == (
        dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC),
        dt.datetime(2026, 2, 1, 5, tzinfo=dt.UTC),
    )
    assert clocks.period_of(world.a.contract, MONTHS[2], NOW).end == NOW  # the month in progress ends now


def test_contract_years_turn_on_the_month_of_the_start() -> None:
    started = dt.date(2024, 4, 15)
    assert rules.contract_year(started, dt.date(2026, 3, 1)) == dt.date(2025, 4, 1)
    assert rules.contract_year(started, dt.date(2026, 4, 1)) == dt.date(2026, 4, 1)
