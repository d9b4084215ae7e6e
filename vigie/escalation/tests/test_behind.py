"""Ladders on what teams and suppliers promised: they climb on clocks that no client ever sees, and leave the client's alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from tests.world import START, World
from vigie.compliance.tests.test_pages import enter, text_of
from vigie.escalation.actions import ladders
from vigie.escalation.actions.acknowledge import acknowledge
from vigie.escalation.actions.sweep import fire_due_steps
from vigie.escalation.models import Escalation, Ladder, SupportWatch
from vigie.escalation.rules.ladder import Case, Scope, check_tie, choose
from vigie.escalation.tests.scene import BEFORE, HOUR, fired, ladder_values, make_ladder, step_values, usual
from vigie.escalation.tests.test_sweep import MINUTE, told, urgent
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import Refusal
from vigie.notifications.models import Notice
from vigie.tickets.actions import handling, referring
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.sweep import announce_due_clocks
from vigie.tickets.models import Fact, SupportClock, Ticket
from vigie.tickets.tests.test_support_clocks import ola, underpinning

pytestmark = pytest.mark.django_db


def team_ladder(world: World, **more: Any) -> Ladder:
    """At half of what a team promised the dispatcher, to acknowledge within 30 minutes; at its end the manager."""
    return make_ladder(
        {"value": 50, "person": world.dispatcher, "acknowledge_within": 30},
        {"value": 100, "audience": "role", "role": world.roles["delivery_manager"]},
        **{"kind": "", "whose": "team", **more},
    )


def promised(world: World, hours: float = 2) -> Ticket:
    ola(world, world.team, "ola_work", hours)
    ticket = urgent(world)
    assert ticket.team_id == world.team.pk
    return ticket


def behind(ticket: Ticket) -> SupportClock:
    return SupportClock.objects.get(ticket=ticket)


class TestTeams:
    def test_it_climbs_on_what_the_team_promised(self, world: World) -> None:
        team_ladder(world)
        ticket = promised(world)
        fire_due_steps(START + HOUR - MINUTE)
        assert fired(ticket) == []
        fire_due_steps(START + HOUR)
        assert fired(ticket) == [(1, "waiting")]
        assert told(ticket) == {"Dispatcher"}
        row = Escalation.objects.get()
        assert (row.clock_id, row.support_clock_id) == (None, behind(ticket).pk)
        fire_due_steps(START + 1.5 * HOUR)
        assert fired(ticket) == [(1, "climbed"), (2, "told")]
        assert Fact.objects.filter(ticket=ticket, kind="escalated", audience="internal").count() == 2

    def test_an_answer_holds_it(self, world: World) -> None:
        team_ladder(world)
        ticket = promised(world)
        fire_due_steps(START + HOUR)
        acknowledge(world.actor(world.dispatcher), Escalation.objects.get().pk, now=START + HOUR + MINUTE)
        fire_due_steps(START + 1.5 * HOUR)
        assert fired(ticket) == [(1, "acknowledged")]
        fire_due_steps(START + 2 * HOUR)
        assert fired(ticket) == [(1, "acknowledged"), (2, "told")]

    def test_it_rests_while_another_team_has_the_ticket_and_goes_on_when_it_comes_back(
        self, world: World
    ) -> None:
        team_ladder(world)
        ticket = promised(world)
        agent = world.actor(world.agent_all)
        fire_due_steps(START + HOUR)
        handling.assign(agent, ticket.pk, team_id=world.team2.pk, assignee_id=None, now=START + HOUR + MINUTE)
        fire_due_steps(START + HOUR + 2 * MINUTE)
        assert fired(ticket) == [(1, "over")]
        fire_due_steps(START + 5 * HOUR)
        assert fired(ticket) == [(1, "over")]
        handling.assign(agent, ticket.pk, team_id=world.team.pk, assignee_id=None, now=START + 5 * HOUR)
        fire_due_steps(START + 6 * HOUR - 2 * MINUTE)
        assert fired(ticket) == [(1, "over")]
        fire_due_steps(START + 6 * HOUR)
        assert fired(ticket) == [(1, "over"), (2, "told")]

    def test_ladders_of_the_client_leave_it_alone_and_it_leaves_theirs(self, world: World) -> None:
        usual(world, kind="")
        ticket = promised(world)
        fire_due_steps(START + 9 * HOUR)
        assert not Escalation.objects.filter(clock=None).exists()
        assert not SupportWatch.objects.exists()
        team_ladder(world, now=BEFORE)
        fire_due_steps(START + 9 * HOUR + MINUTE)
        rows = Escalation.objects.filter(ticket=ticket).select_related("step__ladder")
        assert {(row.step.ladder.whose, row.clock_id is None) for row in rows} == {
            ("client", False),
            ("team", True),
        }

    def test_a_step_fires_once_on_such_a_clock_and_each_is_of_one_clock(self, world: World) -> None:
        team_ladder(world)
        ticket = promised(world)
        for _ in range(3):
            fire_due_steps(START + HOUR)
        row = Escalation.objects.get()
        row.pk = None
        with pytest.raises(IntegrityError, match="escalation_once_behind"), transaction.atomic():
            row.save()
        with pytest.raises(IntegrityError, match="escalation_of_one_clock"), transaction.atomic():
            Escalation.objects.update(clock=ticket.clocks.first())

    def test_the_ladder_alone_tells_of_them(self, world: World) -> None:
        ticket = promised(world)
        Ticket.objects.filter(pk=ticket.pk).update(assignee=world.agent)
        team_ladder(world)
        announce_due_clocks(START + 3 * HOUR)
        clocks = Notice.objects.filter(kind__in=["clock_warned", "clock_breached"]).values_list(
            "params__clock", flat=True
        )
        assert "ola_work" not in set(clocks)
        assert Fact.objects.filter(ticket=ticket, kind="support_warned").exists()

    def test_a_solved_ticket_waits_for_no_answer(self, world: World) -> None:
        team_ladder(world)
        ticket = promised(world)
        fire_due_steps(START + HOUR)
        agent = world.actor(world.agent_all)
        take_step(agent, ticket.pk, "start", Given(), now=START + HOUR)
        done = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
        take_step(agent, ticket.pk, "resolve", done, now=START + HOUR + MINUTE)
        fire_due_steps(START + 9 * HOUR)
        assert fired(ticket) == [(1, "over")]


def test_it_climbs_on_what_the_supplier_promised(world: World) -> None:
    """Six hours of London from 09:00 in Paris, 08:00 there: the half is at 12:00 in London, four hours later."""
    make_ladder({"value": 50, "person": world.dispatcher}, kind="uc", whose="supplier")
    ticket = urgent(world)
    contract = underpinning()
    take_step(world.actor(world.agent_all), ticket.pk, "start", Given(), now=START)
    referring.refer(world.actor(world.agent_all), ticket.pk, contract.pk, now=START)
    fire_due_steps(START + 4 * HOUR - MINUTE)
    assert fired(ticket) == []
    fire_due_steps(START + 4 * HOUR)
    assert fired(ticket) == [(1, "told")]


class TestLadders:
    def test_each_sort_of_promise_has_its_own(self) -> None:
        scopes = [
            Scope(1),
            Scope(2, whose="team"),
            Scope(3, whose="team", kind="ola_own"),
            Scope(4, whose="supplier"),
        ]

        def chosen(kind: str) -> int | None:
            found = choose(scopes, Case(1, 1, kind, 3, is_vip=False))
            return found.key if found else None

        assert [chosen(kind) for kind in ("resolution", "reply", "ola_work", "ola_own", "uc")] == [
            1,
            1,
            2,
            3,
            4,
        ]
        check_tie(Scope(9, whose="team", kind="ola_work"), scopes)
        with pytest.raises(Refusal, match="tie"):
            check_tie(Scope(9, whose="supplier"), scopes)

    @pytest.mark.parametrize(
        ("whose", "kind"),
        [("team", "resolution"), ("client", "uc"), ("supplier", "ola_work"), ("team", "uc")],
    )
    def test_a_clock_of_others_is_refused(self, world: World, whose: str, kind: str) -> None:
        with pytest.raises(Refusal, match="kind_of_another"):
            ladders.save_ladder(SYSTEM, None, ladder_values(whose=whose, kind=kind), now=BEFORE)

    def test_its_steps_are_ordered_by_what_teams_promise(self, world: World) -> None:
        """90 minutes before the end of two hours come before its half."""
        ola(world, world.team, "ola_work", 2)
        ladder = team_ladder(world)
        step = step_values(unit="service", value=-90, person=world.dispatcher, position=2)
        with pytest.raises(Refusal, match="out_of_order"):
            ladders.save_step(SYSTEM, ladder.pk, None, step, now=BEFORE)

    def test_pages_say_whose_promise_it_is(self, world: World) -> None:
        browser = enter(world.admin)
        names = {"name_fr": "Équipes", "name_en": "Teams", "is_active": "on"}
        bad = browser.post(reverse("ladder_new"), {**names, "whose": "team", "kind": "resolution"})
        assert bad.status_code == 422
        made = browser.post(reverse("ladder_new"), {**names, "whose": "team", "kind": "ola_work"})
        assert made.status_code == 302
        page = text_of(browser, "ladder", Ladder.objects.get(whose="team").pk)
        assert "Engagements des équipes · Travail de l’équipe" in page

    def test_the_ticket_and_the_escalation_name_the_clock(self, world: World) -> None:
        team_ladder(world)
        ticket = promised(world)
        fire_due_steps(START + HOUR)
        browser = enter(world.dispatcher)
        row = Escalation.objects.get()
        words = "Travail de l’équipe"
        assert words in text_of(browser, "escalation", row.pk)
        assert words in text_of(browser, "escalations")
        assert words in text_of(browser, "ticket", ticket.pk)
        assert words in text_of(browser, "ticket_history", ticket.pk)
