"""Worked examples and rules of clocks on real tickets, through actions."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from tests.world import START, World, report, rewriting
from vigie.compliance.queries import clocks as months
from vigie.contracts.models import CalendarVersion, Commitment
from vigie.contracts.rules.compliance import Method
from vigie.contracts.rules.instants import epoch
from vigie.tickets.actions import classifying, handling, lifecycle
from vigie.tickets.actions.conversation import Said, add_note, keep_automatic, reply
from vigie.tickets.actions.ledger import load_rows, reading_of
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Clock, Fact, Ticket
from vigie.tickets.queries.clock_view import explained
from vigie.tickets.tests.test_repeated_promises import promise, say

pytestmark = pytest.mark.django_db
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
SOLVED = Given(resolution_code="solved_permanently", text="<p>Réparé.</p>")


def clock(ticket: Ticket, kind: str = "resolution") -> Clock:
    return Clock.objects.get(ticket=ticket, kind=kind)


def test_w30_response_over_the_night(world: World) -> None:
    """Received Monday 17:45, 30 minutes promised: neither the automatic reply nor the note is a response."""
    with rewriting():
        Commitment.objects.filter(organisation=world.a.organisation, kind="response").update(
            target_seconds=1800
        )
    received = dt.datetime(2026, 1, 12, 16, 45, tzinfo=dt.UTC)
    ticket = report(world, now=received, channel="email")
    keep_automatic(ticket.pk, Said("Absent du bureau", is_html=False), now=received + dt.timedelta(seconds=5))
    agent = world.actor(world.agent)
    add_note(agent, ticket.pk, Said("<p>vu</p>"), now=received + 10 * MINUTE)
    assert clock(ticket, "response").state == "running"
    reply(agent, ticket.pk, Said("<p>Bonjour</p>"), now=received + 14 * HOUR + 35 * MINUTE)
    response = clock(ticket, "response")
    assert (response.state, response.used_seconds) == ("missed", 35 * 60)


def test_w29_a_month_counts_each_cycle_once(world: World) -> None:
    """Cycles of 45, 70, 45 and 50 minutes under a promise of 60: three kept of four."""
    promise(world, "update", 60)
    ticket = report(world)
    for minutes in (70, 115, 185, 230):
        say(world, ticket, minutes)
    take_step(world.actor(world.agent), ticket.pk, "resolve", SOLVED, now=START + 280 * MINUTE)
    now = START + dt.timedelta(days=40)
    period = months.period_of(world.a.contract, dt.date(2026, 1, 1), now)
    found = months.counted(world.a.contract, [period], Method.RESOLVED, late=False)[0].counts
    late = {row.late: row.number for row in found if row.kind == "update"}
    assert late == {False: 3, True: 1}


def test_r4_7_reassignment_changes_no_promise(world: World) -> None:
    ticket, still = report(world), report(world)
    agent = world.actor(world.agent)
    for hours, team in ((1, world.team2), (2, world.team), (3, world.team2)):
        at = START + hours * HOUR
        handling.assign(agent, ticket.pk, team_id=team.pk, assignee_id=None, now=at)
    for one in (ticket, still):
        take_step(agent, one.pk, "resolve", SOLVED, now=START + 5 * HOUR)
    assert clock(ticket).used_seconds == clock(still).used_seconds == 5 * 3600


def test_r4_8_a_supplier_suspends_only_where_the_commitment_says_so(world: World) -> None:
    agent, used = world.actor(world.agent), []
    for pauses in ({}, {"supplier": True}):
        with rewriting():
            Commitment.objects.filter(organisation=world.a.organisation, kind="resolution").update(
                pauses=pauses
            )
        ticket = report(world)
        take_step(agent, ticket.pk, "start", Given(), now=START)
        take_step(agent, ticket.pk, "wait", Given(pending_reason="supplier"), now=START + HOUR)
        take_step(agent, ticket.pk, "resume", Given(), now=START + 4 * HOUR)
        used.append(clock(ticket).used_seconds)
    assert used == [4 * 3600, 3600]


def test_r4_9_the_response_is_one_for_a_life(world: World) -> None:
    ticket, agent = report(world), world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    asked = Given(pending_reason="client_info", text="<p>?</p>")
    take_step(agent, ticket.pk, "wait", asked, now=START + HOUR)
    stopped = clock(ticket, "response")
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + 2 * HOUR)
    again = Given(reason="encore", text="<p>Non</p>")
    take_step(world.actor(world.a.user), ticket.pk, "reopen", again, now=START + 3 * HOUR)
    found = clock(ticket, "response")
    assert (found.state, found.used_seconds, found.stopped_at) == ("met", 3600, stopped.stopped_at)


def test_r4_15_a_stopped_clock_keeps_the_hours_it_was_measured_by(world: World) -> None:
    ticket, agent = report(world), world.actor(world.agent)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + 26 * HOUR)
    before = clock(ticket)
    CalendarVersion.objects.create(
        calendar=world.calendar, effective_on=dt.date(2026, 1, 1), created_at=START,
        definition={"code": "K1", "timezone": "Europe/Paris", "hours": {"mon": [["10:00", "11:00"]]}},
    )  # fmt: skip
    lifecycle.close_if_silent(agent, ticket.pk, now=START + dt.timedelta(days=30))
    after = reading_of(before, load_rows(ticket.pk), START + dt.timedelta(days=60))
    assert (after.used_seconds, str(after.state)) == (before.used_seconds, before.state) == (12 * 3600, "met")


def test_r4_16_the_segments_add_up_to_the_result(world: World) -> None:
    ticket, agent = report(world), world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=START + HOUR)
    for hours, verb, reason in (
        (2, "wait", "client_info"),
        (20, "resume", ""),
        (22, "wait", "supplier"),
        (30, "resume", ""),
    ):
        given = Given(pending_reason=reason, text="<p>?</p>" if reason else "")
        take_step(agent, ticket.pk, verb, given, now=START + hours * HOUR)
    handling.assign(agent, ticket.pk, team_id=world.team2.pk, assignee_id=None, now=START + 31 * HOUR)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + 50 * HOUR)
    for one in explained(agent, ticket.pk, now=START + 60 * HOUR):
        counted = sum(stretch.seconds for stretch in one.stretches if stretch.counted)
        assert counted == one.clock.used
        assert one.elapsed == one.closed + one.held + one.clock.used
        edges = [(epoch(stretch.start), epoch(stretch.end)) for stretch in one.stretches]
        assert all(end == start for (_, end), (start, _) in pairwise(edges))


def test_r4_17_another_site_changes_a_promise_only_where_it_puts_an_error_right(world: World) -> None:
    ticket = report(world, impact=1, urgency=2)
    before = clock(ticket).due_at
    other = type(world.a.site).objects.create(
        organisation=world.a.organisation, name="Montréal", timezone="America/Toronto", country="CA"
    )
    agent = world.actor(world.agent)
    classifying.edit_ticket(agent, ticket.pk, {"site_id": other.pk}, {}, now=START + HOUR)
    assert clock(ticket).due_at == before
    classifying.edit_ticket(agent, ticket.pk, {"site_id": world.a.site.pk}, {}, now=START + HOUR)
    boss = world.actor(world.manager)
    classifying.edit_ticket(
        boss,
        ticket.pk,
        {"site_id": other.pk},
        {},
        is_error=True,
        reason="site mal choisi",
        now=START + 2 * HOUR,
    )
    assert clock(ticket).due_at != before
    kept = Fact.objects.filter(
        ticket=ticket, kind="promised", after__cause="correction", after__clock="resolution"
    )
    assert {"target", "used", "missed_at"} <= kept.get().before.keys()
