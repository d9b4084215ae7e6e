"""The bar of a clock: nights are not counted, what is left is not full."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.world import START, World, report
from vigie.contracts.rules.strip import strip
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.queries.clock_view import ClockView, explained

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def clock(world: World, ticket_id: int, now: dt.datetime) -> ClockView:
    found = explained(world.actor(world.agent), ticket_id, now=now)
    return next(x.clock for x in found if x.clock.kind == "resolution")


def hours(view: ClockView) -> list[tuple[str, float]]:
    return [(part.kind, part.seconds / 3600) for part in strip(view.reading)]


def test_a_night_cuts_the_bar_and_the_rest_is_left(world: World) -> None:
    """Monday 09:00, 16 h promised, 08:00-18:00: due Tuesday 15:00. Read on Tuesday at 09:00."""
    ticket = report(world, now=START, impact=2, urgency=2)
    seen = clock(world, ticket.pk, START + 24 * HOUR)
    assert (ticket.priority, seen.left) == (3, 6 * 3600)
    assert hours(seen) == [("run", 9), ("off", 14), ("run", 1), ("left", 6)]


def test_a_hold_is_a_part_of_its_own_and_a_stopped_clock_has_nothing_left(world: World) -> None:
    ticket = report(world, now=START, impact=2, urgency=2)
    agent = world.actor(world.agent)
    given = Given(pending_reason="client_info", text="<p>Quel poste ?</p>")
    take_step(agent, ticket.pk, "start", Given(), now=START + HOUR)
    take_step(agent, ticket.pk, "wait", given, now=START + 2 * HOUR)
    assert hours(clock(world, ticket.pk, START + 4 * HOUR)) == [("run", 2), ("pause", 2)]


def test_what_is_beyond_the_promise_is_late(world: World) -> None:
    ticket = report(world, now=START, impact=2, urgency=2)
    late = hours(clock(world, ticket.pk, START + 32 * HOUR))
    assert [kind for kind, _length in late] == ["run", "off", "run", "late"]
    assert late[-1][1] == pytest.approx(2, abs=0.01)
