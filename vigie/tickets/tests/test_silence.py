"""A client that does not answer: two reminders, then the end that the workflow allows. Time is moved, never awaited."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.world import START, World, report
from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import openings
from vigie.notifications.models import Delivery, Notice
from vigie.tenancy.walls import client_wall
from vigie.tickets.actions import handling
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.silence import remind_silent_clients
from vigie.tickets.models import Clock, Fact, Ticket
from vigie.tickets.rules.silence import next_stage

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)
# The wait begins on Monday 12 January 2026 at 10:00 in Paris; days end at 18:00.
WEDNESDAY = dt.datetime(2026, 1, 14, 17, 0, tzinfo=dt.UTC)
FRIDAY = dt.datetime(2026, 1, 16, 17, 0, tzinfo=dt.UTC)
TUESDAY = dt.datetime(2026, 1, 20, 17, 0, tzinfo=dt.UTC)


def waiting(world: World, ticket_type: str = "incident", reason: str = "client_info") -> Ticket:
    ticket = report(world, ticket_type=ticket_type)
    agent = world.actor(world.agent)
    handling.assign(agent, ticket.pk, team_id=world.team.pk, assignee_id=world.agent.pk, now=START)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    given = Given(pending_reason=reason, text="<p>Quel poste ?</p>")
    take_step(agent, ticket.pk, "wait", given, now=START + HOUR)
    return ticket


def reminders(world: World) -> int:
    return Notice.objects.filter(kind="client_reminded", recipient=world.a.user).count()


def test_two_reminders_then_no_answer_each_once(world: World) -> None:
    ticket = waiting(world)
    assert remind_silent_clients(WEDNESDAY) == 0  # the second day ends with its last instant
    assert remind_silent_clients(WEDNESDAY + SECOND) == 1
    assert remind_silent_clients(WEDNESDAY + HOUR) == 0
    assert remind_silent_clients(FRIDAY) == 0
    assert remind_silent_clients(FRIDAY + SECOND) == 1
    assert reminders(world) == 2
    assert Delivery.objects.filter(notice__kind="client_reminded", address="user@alpha.example").count() == 2
    told = Fact.objects.filter(ticket=ticket, kind="reminded").order_by("id")
    assert [fact.after for fact in told] == [{"nth": 1, "of": 2}, {"nth": 2, "of": 2}]
    assert remind_silent_clients(TUESDAY) == 0
    assert remind_silent_clients(TUESDAY + SECOND) == 1
    ticket.refresh_from_db()
    assert (ticket.state, ticket.resolution_code) == ("resolved", "no_client_response")
    assert ticket.messages.filter(audience="public", side="system").count() == 1
    assert Notice.objects.filter(kind="client_silent", recipient=world.agent).count() == 1
    resolution = Clock.objects.get(ticket=ticket, kind="resolution")
    assert (resolution.state, resolution.used_seconds) == ("met", 3600)  # the wait was the client's
    assert remind_silent_clients(TUESDAY + 30 * 24 * HOUR) == 0


def test_after_an_absence_nobody_loses_the_time_to_answer(world: World) -> None:
    ticket = waiting(world)
    back = dt.datetime(2026, 2, 9, 9, 0, tzinfo=dt.UTC)  # Monday 9 February, 10:00: four weeks later
    assert remind_silent_clients(back) == 1
    assert remind_silent_clients(back + HOUR) == 0
    tuesday = dt.datetime(2026, 2, 10, 17, 0, tzinfo=dt.UTC)
    assert (remind_silent_clients(tuesday), remind_silent_clients(tuesday + SECOND)) == (0, 1)
    thursday = dt.datetime(2026, 2, 12, 17, 0, tzinfo=dt.UTC)
    assert (remind_silent_clients(thursday), remind_silent_clients(thursday + SECOND)) == (0, 1)
    ticket.refresh_from_db()
    assert (reminders(world), ticket.phase) == (2, "done")


def test_an_answer_ends_the_silence_and_a_new_wait_begins_again(world: World) -> None:
    ticket = waiting(world)
    remind_silent_clients(WEDNESDAY + SECOND)
    user = world.actor(world.a.user)
    thursday = dt.datetime(2026, 1, 15, 9, 0, tzinfo=dt.UTC)
    with client_wall(user):
        reply(user, ticket.pk, Said("<p>Le poste 12</p>"), now=thursday)
    assert remind_silent_clients(TUESDAY + HOUR) == 0
    again = Given(pending_reason="client_validation", text="<p>Et maintenant ?</p>")
    take_step(world.actor(world.agent), ticket.pk, "wait", again, now=thursday + HOUR)
    monday = dt.datetime(2026, 1, 19, 17, 0, tzinfo=dt.UTC)
    assert (remind_silent_clients(monday), remind_silent_clients(monday + SECOND)) == (0, 1)
    assert reminders(world) == 2


def test_only_waits_for_the_client_are_reminded(world: World) -> None:
    waiting(world, reason="supplier")
    assert remind_silent_clients(TUESDAY + HOUR) == 0


def test_a_request_is_left_to_a_person_once(world: World) -> None:
    ticket = waiting(world, "request")
    for day in (WEDNESDAY, FRIDAY, TUESDAY):
        assert remind_silent_clients(day + SECOND) == 1
    assert remind_silent_clients(TUESDAY + HOUR) == 0
    ticket.refresh_from_db()
    assert ticket.state == "pending"
    assert Notice.objects.filter(kind="client_silent", recipient=world.agent).count() == 1


def test_silence_is_never_an_approval(world: World) -> None:
    ticket = waiting(world, reason="client_approval")
    for day in (WEDNESDAY, FRIDAY, TUESDAY):
        assert remind_silent_clients(day + SECOND) == 1
    ticket.refresh_from_db()
    assert (ticket.state, ticket.resolution_code) == ("pending", "")


def test_stages_by_value() -> None:
    hours = openings(Calendar.weekly("Europe/Paris", WEEKDAYS[:5], ("08:00", "18:00"), code="t"))
    since = epoch(START + HOUR)
    days = (2, 4, 6)
    assert next_stage(hours, since, days, []) == epoch(WEDNESDAY)
    assert next_stage(hours, since, days, [epoch(WEDNESDAY) + 60]) == epoch(FRIDAY)
    assert next_stage(hours, since, days, [epoch(WEDNESDAY), epoch(FRIDAY)]) == epoch(TUESDAY)
    assert next_stage(hours, since, days, [1, 2, 3]) is None
