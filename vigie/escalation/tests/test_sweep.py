"""Steps that fire: who is told, what is kept, once each, whatever the worker missed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from tests.world import START, World, report
from vigie.escalation.actions.acknowledge import acknowledge
from vigie.escalation.actions.sweep import fire_due_steps
from vigie.escalation.models import Escalation, Recipient, Watch
from vigie.escalation.tests.scene import HOUR, clock, fired, lead, make_ladder, steps, usual
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.notifications.models import Delivery, Notice
from vigie.tickets.actions.handling import set_priority
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.sweep import announce_due_clocks
from vigie.tickets.models import Fact, Ticket

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def told(ticket: Ticket) -> set[str]:
    kinds = ["escalation_told", "escalation_asks"]
    return set(
        Notice.objects.filter(subject_id=ticket.pk, kind__in=kinds).values_list("recipient__name", flat=True)
    )


def urgent(world: World, **more: object) -> Ticket:
    """P2: eight hours of service time, due at 17:00."""
    return report(world, impact=2, urgency=1, **more)


@pytest.fixture
def ticket(world: World) -> Ticket:
    usual(world)
    found = urgent(world)
    assert clock(found).target_seconds == 8 * 3600
    return found


class TestFiring:
    def test_each_step_at_its_instant(self, world: World, ticket: Ticket) -> None:
        fire_due_steps(START + 4 * HOUR - MINUTE)
        assert fired(ticket) == []
        fire_due_steps(START + 4 * HOUR)
        assert fired(ticket) == [(1, "waiting")]
        assert told(ticket) == {"Dispatcher"}
        row = Escalation.objects.get()
        assert (row.at, row.told_at) == (START + 4 * HOUR, START + 4 * HOUR)
        assert row.acknowledge_by == START + 4.5 * HOUR

    def test_it_is_mailed_and_the_mail_leads_to_the_answer(self, world: World, ticket: Ticket) -> None:
        fire_due_steps(START + 4 * HOUR)
        notice = Notice.objects.get(kind="escalation_asks")
        assert notice.params["link"] == f"/escalations/{Escalation.objects.get().pk}/"
        assert Delivery.objects.filter(notice=notice, address="dispatch@nord.example").exists()

    def test_a_second_run_does_nothing(self, world: World, ticket: Ticket) -> None:
        for _ in range(3):
            fire_due_steps(START + 4 * HOUR)
        assert fired(ticket) == [(1, "waiting")]
        assert Notice.objects.filter(kind="escalation_asks").count() == 1

    def test_a_step_fires_once_on_a_clock_whoever_writes_it(self, world: World, ticket: Ticket) -> None:
        fire_due_steps(START + 4 * HOUR)
        row = Escalation.objects.get()
        row.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()

    def test_after_an_absence_each_is_journalled_and_the_highest_alone_told(
        self, world: World, ticket: Ticket
    ) -> None:
        fire_due_steps(START + 9 * HOUR)
        assert fired(ticket) == [(1, "passed"), (2, "passed"), (3, "told")]
        assert told(ticket) == {"Delivery"}
        assert Fact.objects.filter(ticket=ticket, kind="escalated").count() == 3
        assert [row.at for row in Escalation.objects.order_by("position")] == [
            START + 4 * HOUR, START + 6 * HOUR, START + 8 * HOUR,
        ]  # fmt: skip

    def test_the_client_reads_none_of_it(self, world: World, ticket: Ticket) -> None:
        fire_due_steps(START + 9 * HOUR)
        assert set(Fact.objects.filter(kind="escalated").values_list("audience", flat=True)) == {"internal"}

    def test_unanswered_it_climbs(self, world: World, ticket: Ticket) -> None:
        fire_due_steps(START + 4 * HOUR)
        fire_due_steps(START + 4.5 * HOUR)
        assert fired(ticket) == [(1, "climbed"), (2, "waiting")]
        assert told(ticket) == {"Dispatcher", "Agent All"}

    def test_a_paused_clock_does_not_climb(self, world: World, ticket: Ticket) -> None:
        agent = world.actor(world.agent_all)
        take_step(agent, ticket.pk, "start", Given(), now=START)
        waiting = Given(pending_reason="client_info", text="<p>Quel poste ?</p>")
        take_step(agent, ticket.pk, "wait", waiting, now=START + HOUR)
        fire_due_steps(START + 48 * HOUR)
        assert fired(ticket) == []
        take_step(agent, ticket.pk, "resume", Given(), now=START + 48 * HOUR)
        fire_due_steps(START + 51 * HOUR - MINUTE)
        assert fired(ticket) == []
        fire_due_steps(START + 51 * HOUR)
        assert fired(ticket) == [(1, "waiting")]

    def test_a_solved_ticket_waits_for_no_answer_and_a_reopening_does_not_fire_again(
        self, world: World, ticket: Ticket
    ) -> None:
        agent = world.actor(world.agent_all)
        fire_due_steps(START + 4 * HOUR)
        take_step(agent, ticket.pk, "start", Given(), now=START + 4 * HOUR)
        done = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
        take_step(agent, ticket.pk, "resolve", done, now=START + 4 * HOUR + MINUTE)
        fire_due_steps(START + 5 * HOUR)
        assert fired(ticket) == [(1, "over")]
        take_step(
            agent,
            ticket.pk,
            "reopen",
            Given(reason="Encore en panne", text="<p>Encore.</p>"),
            now=START + 5 * HOUR,
        )
        fire_due_steps(START + 5 * HOUR + MINUTE)
        assert fired(ticket) == [(1, "over")]

    def test_a_higher_priority_fires_the_highest_newly_passed_alone(
        self, world: World, ticket: Ticket
    ) -> None:
        agent = world.actor(world.dispatcher)
        change_at = START + 3.5 * HOUR  # 87.5 % of the four hours of a P1
        set_priority(agent, ticket.pk, impact=1, urgency=1, now=change_at)
        fire_due_steps(change_at)
        assert fired(ticket) == [(1, "passed"), (2, "waiting")]
        assert Fact.objects.filter(ticket=ticket, kind="escalated").count() == 1
        assert told(ticket) == {"Agent All"}

    def test_what_was_late_before_the_ladder_came_is_not_told(self, world: World) -> None:
        old = urgent(world)
        usual(world, now=START + 9 * HOUR)
        fire_due_steps(START + 9 * HOUR)
        assert [state for _, state in fired(old)] == ["passed"] * 3
        assert told(old) == set()
        assert not Fact.objects.filter(kind="escalated").exists()

    def test_the_ladder_alone_tells_of_its_clocks(self, world: World, ticket: Ticket) -> None:
        """The usual warnings stay silent on the clock of the ladder, and go on for the others."""
        Ticket.objects.filter(pk=ticket.pk).update(assignee=world.agent)
        announce_due_clocks(START + 9 * HOUR)
        warned = Notice.objects.filter(kind__in=["clock_warned", "clock_breached"])
        assert {notice.params["clock"] for notice in warned} == {"response"}
        assert Fact.objects.filter(
            ticket=ticket, kind__in=["warned", "breached"], after__clock="resolution"
        ).exists()

    def test_the_sweep_looks_once_at_a_clock_until_something_changes(
        self, world: World, ticket: Ticket
    ) -> None:
        assert fire_due_steps(START) == 2
        assert fire_due_steps(START + MINUTE) == 0
        watch = Watch.objects.get(clock=clock(ticket))
        assert watch.next_at == START + 4 * HOUR

    def test_without_a_ladder_nothing_is_looked_at(self, world: World) -> None:
        urgent(world)
        assert fire_due_steps(START + 9 * HOUR) == 0

    def test_batches_go_on_where_the_last_ended(self, world: World) -> None:
        usual(world)
        tickets = [urgent(world) for _ in range(3)]
        fire_due_steps(START + 4 * HOUR, batch=2)
        assert [fired(one) for one in tickets] == [[(1, "waiting")]] * 3


class TestHandingOver:
    def test_a_functional_step_gives_the_ticket_to_a_team(self, world: World) -> None:
        lead(world)
        make_ladder({"value": 50, "mode": "functional", "audience": "team", "team": world.team2})
        ticket = urgent(world)
        due_before = clock(ticket).due_at
        fire_due_steps(START + 4 * HOUR)
        ticket.refresh_from_db()
        assert (ticket.team_id, ticket.assignee_id) == (world.team2.pk, None)
        assert clock(ticket).due_at == due_before  # R4.7
        assert Fact.objects.filter(ticket=ticket, kind="assigned").last().actor_name == "Vigie"

    def test_to_a_person(self, world: World) -> None:
        make_ladder({"value": 50, "mode": "functional", "person": world.dispatcher})
        ticket = urgent(world)
        fire_due_steps(START + 4 * HOUR)
        ticket.refresh_from_db()
        assert ticket.assignee_id == world.dispatcher.pk

    def test_nobody_to_tell_climbs_at_once(self, world: World) -> None:
        """The first person no longer sees the client."""
        ladder = make_ladder(
            {"value": 50, "person": world.agent_all}, {"value": 100, "person": world.dispatcher}
        )
        ticket = urgent(world)
        world.agent_all.is_active = False
        world.agent_all.save()
        fire_due_steps(START + 4 * HOUR)
        fire_due_steps(START + 4 * HOUR + MINUTE)
        assert fired(ticket) == [(1, "nobody"), (2, "told")]
        assert told(ticket) == {"Dispatcher"}
        assert len(steps(ladder)) == 2

    def test_those_who_do_not_see_the_client_are_never_told(self, world: World) -> None:
        """``manager`` is authorised for A alone."""
        usual(world)
        ticket = urgent(
            world, organisation_id=world.b.organisation.pk, requester_id=world.b.user.pk, client=world.b
        )
        fire_due_steps(START + 9 * HOUR)
        assert fired(ticket)[-1] == (3, "nobody")
        assert not Recipient.objects.exists()

    def test_a_confidential_ticket_is_told_to_its_own_alone(self, world: World) -> None:
        """The manager sees the client, and is not of the ticket's team; the dispatcher is."""
        make_ladder({"value": 50, "person": world.manager}, {"value": 75, "person": world.dispatcher})
        ticket = urgent(world)
        Ticket.objects.filter(pk=ticket.pk).update(is_confidential=True)
        fire_due_steps(START + 4 * HOUR)
        fire_due_steps(START + 4 * HOUR + MINUTE)
        assert fired(ticket) == [(1, "nobody"), (2, "told")]
        assert told(ticket) == {"Dispatcher"}


class TestAnswering:
    @pytest.fixture
    def row(self, world: World, ticket: Ticket) -> Escalation:
        fire_due_steps(START + 4 * HOUR)
        return Escalation.objects.get()

    def test_an_answer_stops_the_climb_until_the_next_time(
        self, world: World, ticket: Ticket, row: Escalation
    ) -> None:
        acknowledge(world.actor(world.dispatcher), row.pk, now=START + 4 * HOUR + MINUTE)
        fire_due_steps(START + 5 * HOUR)
        assert fired(ticket) == [(1, "acknowledged")]
        fire_due_steps(START + 6 * HOUR)
        assert fired(ticket) == [(1, "acknowledged"), (2, "waiting")]
        fact = Fact.objects.get(ticket=ticket, kind="acknowledged")
        assert (fact.actor_name, fact.audience) == ("Dispatcher", "internal")

    def test_twice_is_once(self, world: World, row: Escalation) -> None:
        actor = world.actor(world.dispatcher)
        for minute in (1, 2):
            acknowledge(actor, row.pk, now=START + 4 * HOUR + minute * MINUTE)
        row.refresh_from_db()
        assert row.acknowledged_at == START + 4 * HOUR + MINUTE

    def test_somebody_else_did_it(self, world: World, row: Escalation) -> None:
        acknowledge(world.actor(world.dispatcher), row.pk, now=START + 5 * HOUR)
        with pytest.raises(Refusal, match="already_answered"):
            acknowledge(world.actor(world.manager), row.pk, now=START + 5 * HOUR)

    def test_who_was_not_told_does_not_answer(self, world: World, row: Escalation) -> None:
        with pytest.raises(NotAllowed, match="not_yours"):
            acknowledge(world.actor(world.agent_all), row.pk, now=START + 5 * HOUR)

    def test_it_may_be_answered_after_it_climbed(self, world: World, ticket: Ticket, row: Escalation) -> None:
        fire_due_steps(START + 4.5 * HOUR)
        acknowledge(world.actor(world.dispatcher), row.pk, now=START + 5 * HOUR)
        assert fired(ticket)[0] == (1, "acknowledged")

    def test_what_needs_no_answer_any_more_is_refused(self, world: World, row: Escalation) -> None:
        Escalation.objects.update(state="over")
        with pytest.raises(Refusal, match="over"):
            acknowledge(world.actor(world.dispatcher), row.pk, now=START + 5 * HOUR)

    def test_out_of_sight_is_not_found(self, world: World, row: Escalation) -> None:
        stranger = world.actor(world.agent)
        stranger = type(stranger)(
            **{**{f: getattr(stranger, f) for f in stranger.__slots__}, "organisations": frozenset()}
        )
        with pytest.raises(NotFound):
            acknowledge(stranger, row.pk, now=START + 5 * HOUR)
