"""Changes of ladders: who may, what is refused, what is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.world import START, World, make_agent, rewriting
from vigie.accounts.models import TeamMember
from vigie.contracts.models import Commitment
from vigie.escalation.actions import ladders
from vigie.escalation.actions.sweep import fire_due_steps
from vigie.escalation.models import Ladder, Step
from vigie.escalation.queries.ladders import book
from vigie.escalation.tests.scene import (
    BEFORE,
    HOUR,
    fired,
    ladder_values,
    make_ladder,
    step_values,
    steps,
    usual,
)
from vigie.escalation.tests.test_sweep import urgent
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.toolkit.models import JournalEntry

pytestmark = pytest.mark.django_db


def refused(code: str):  # type: ignore[no-untyped-def]
    return pytest.raises(Refusal, match=code)


def add(ladder: Ladder, **more: Any) -> Step:
    return ladders.save_step(SYSTEM, ladder.pk, None, step_values(**more), now=BEFORE)


class TestSteps:
    def test_they_keep_their_places(self, world: World) -> None:
        ladder = usual(world)
        middle = add(ladder, position=2, value=60, person=world.dispatcher)
        assert [(s.position, s.value) for s in steps(ladder)] == [(1, 50), (2, 60), (3, 75), (4, 100)]
        ladders.remove_step(SYSTEM, ladder.pk, middle.pk, now=BEFORE)
        assert [(s.position, s.value) for s in steps(ladder)] == [(1, 50), (2, 75), (3, 100)]
        assert Step.objects.get(pk=middle.pk).is_removed

    def test_a_change_keeps_what_fired(self, world: World) -> None:
        ladder = usual(world)
        ticket = urgent(world)
        fire_due_steps(START + 4 * HOUR)
        first = steps(ladder)[0]
        values = step_values(value=60, position=1, person=world.dispatcher)
        ladders.save_step(SYSTEM, ladder.pk, first.pk, values, now=START + 4 * HOUR)
        fire_due_steps(START + 5 * HOUR)
        assert [position for position, _ in fired(ticket)] == [1]

    def test_every_change_is_journalled(self, world: World) -> None:
        ladder = usual(world)
        subjects = JournalEntry.objects.filter(subject__startswith="escalation.")
        assert set(subjects.values_list("subject", flat=True)) == {"escalation.ladder", "escalation.step"}
        assert subjects.filter(subject="escalation.ladder", subject_id=ladder.pk, verb="created").exists()

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"value": 40}, "out_of_order"),
            ({"value": 2000}, "never_fires_percent"),
            ({"unit": "wall", "value": -30}, "out_of_order"),
            ({"unit": "wall", "value": 99_999}, "never_fires_minutes"),
            ({"value": 120, "audience": "person", "person": None}, "who"),
            ({"value": 120, "audience": "role", "role": None}, "who"),
            ({"value": 120, "mode": "functional", "audience": "role", "role": "sdm"}, "needs_taker"),
            ({"value": 120, "mode": "functional", "audience": "team", "team": None}, "needs_taker"),
            ({"value": 120, "mode": "functional", "audience": "assignee"}, "needs_taker"),
            ({"value": 120, "audience": "leads", "team": "n1"}, "nobody"),
            ({"value": 120, "calendar": "k1"}, "percent_no_calendar"),
        ],
    )
    def test_what_is_refused_changes_nothing(self, world: World, values: dict[str, Any], code: str) -> None:
        ladder = usual(world)
        named = {"sdm": world.roles["delivery_manager"], "n1": world.team, "k1": world.calendar}
        told = {
            "person": world.dispatcher,
            **{k: named.get(v, v) if isinstance(v, str) else v for k, v in values.items()},
        }
        with refused(code):
            add(ladder, **told)
        assert [(s.position, s.value) for s in steps(ladder)] == [(1, 50), (2, 75), (3, 100)]

    def test_a_ticket_is_not_handed_back(self, world: World) -> None:
        TeamMember.objects.create(team=world.team2, agent_id=world.agent_all.pk)
        ladder = make_ladder(
            {"value": 50, "mode": "functional", "audience": "team", "team": world.team2},
            {"value": 75, "mode": "functional", "audience": "team", "team": world.team},
        )
        with refused("circular"):
            add(ladder, value=100, mode="functional", audience="team", team=world.team2)

    def test_somebody_who_does_not_see_the_client_is_nobody(self, world: World) -> None:
        ladder = make_ladder(organisation=world.b.organisation)
        with refused("nobody"):
            add(ladder, person=world.manager)  # authorised for A alone

    def test_before_the_longest_promise_there_is_no_step(self, world: World) -> None:
        ladder = make_ladder(contract=world.a.contract, priorities=[2])  # eight hours
        with refused("never_fires_early"):
            add(ladder, unit="service", value=-480, person=world.dispatcher)
        add(ladder, unit="service", value=-479, person=world.dispatcher)


class TestLadders:
    def test_a_contract_brings_its_client(self, world: World) -> None:
        assert make_ladder(contract=world.a.contract).organisation_id == world.a.organisation.pk

    def test_a_contract_of_another_client_is_refused(self, world: World) -> None:
        with refused("contract_of_another"):
            make_ladder(contract=world.a.contract, organisation=world.b.organisation)

    def test_two_that_contend_are_refused(self, world: World) -> None:
        make_ladder(priorities=[1, 2])
        with refused("tie"):
            make_ladder(priorities=[2])
        make_ladder(priorities=[2], is_active=False)

    def test_a_clock_that_the_contract_does_not_promise_is_refused(self, world: World) -> None:
        with rewriting():
            Commitment.objects.filter(version__contract=world.a.contract, priority=5).delete()
        with refused("no_such_promise"):
            make_ladder(contract=world.a.contract, priorities=[5])

    def test_ladders_that_lead_to_each_other_are_refused(self, world: World) -> None:
        end = make_ladder({"value": 100, "person": world.dispatcher}, kind="response")
        start = make_ladder({"value": 50, "person": world.dispatcher}, continues_with=end)
        with refused("circular"):
            ladders.save_ladder(
                SYSTEM, end.pk, ladder_values(kind="response", continues_with=start), now=BEFORE
            )

    def test_a_ladder_follows_one_of_its_owner_or_of_fewer_tickets(self, world: World) -> None:
        client = make_ladder(organisation=world.a.organisation, is_active=False)
        own = make_ladder(contract=world.a.contract, continues_with=client)
        theirs = make_ladder(organisation=world.b.organisation, is_active=False)
        for wrong in (own, theirs):
            with refused("then_narrower"):
                make_ladder(is_active=False, continues_with=wrong)
        with refused("then_narrower"):
            make_ladder(organisation=world.a.organisation, is_active=False, continues_with=own)
        with refused("in_use"):  # for another client, it would no longer follow the contract's
            ladders.save_ladder(
                SYSTEM, client.pk, ladder_values(organisation=world.b.organisation), now=BEFORE
            )

    def test_a_ladder_does_not_continue_with_one_for_fewer_priorities_or_vips_alone(
        self, world: World
    ) -> None:
        few = make_ladder(priorities=[1, 2], is_active=False)
        with refused("then_narrower"):
            make_ladder(continues_with=few)
        with refused("then_narrower"):
            make_ladder(priorities=[2, 3], continues_with=few)
        make_ladder(priorities=[2], continues_with=few)
        with refused("then_narrower"):
            make_ladder(continues_with=make_ladder(vip_only=True, is_active=False))
        with refused("in_use"):
            ladders.save_ladder(SYSTEM, few.pk, ladder_values(priorities=[1], is_active=False), now=BEFORE)

    def test_the_end_that_ladders_share_is_checked_with_each(self, world: World) -> None:
        end = make_ladder({"value": 100, "person": world.dispatcher}, kind="response")
        make_ladder({"value": 90, "person": world.dispatcher}, continues_with=end)
        with refused("out_of_order"):
            ladders.save_step(
                SYSTEM, end.pk, steps(end)[0].pk, step_values(value=80, person=world.dispatcher), now=BEFORE
            )

    def test_a_ladder_that_begins_before_the_one_it_follows_ends_is_said_of_the_continuation(
        self, world: World
    ) -> None:
        early = make_ladder({"value": 50, "person": world.agent_all}, is_active=False)
        with pytest.raises(Refusal) as found:
            first = make_ladder({"value": 90, "person": world.dispatcher}, kind="response")
            values = ladder_values(kind="response", continues_with=early)
            ladders.save_ladder(SYSTEM, first.pk, values, now=BEFORE)
        assert (found.value.code, found.value.field) == ("escalation.then_out_of_order", "continues_with")

    def test_the_shared_end_is_climbed(self, world: World) -> None:
        end = make_ladder({"value": 100, "person": world.agent_all}, is_active=False)
        make_ladder({"value": 50, "person": world.dispatcher}, continues_with=end)
        ticket = urgent(world)
        fire_due_steps(START + 4 * HOUR)
        fire_due_steps(START + 8 * HOUR)
        assert fired(ticket) == [(1, "told"), (2, "told")]

    def test_what_was_behind_before_the_link_is_kept_silent(self, world: World) -> None:
        end = make_ladder({"value": 75, "person": world.agent_all}, is_active=False)
        ticket = urgent(world)
        start = make_ladder({"value": 50, "person": world.dispatcher}, now=START + 7 * HOUR)
        fire_due_steps(START + 7 * HOUR)
        assert fired(ticket) == [(1, "passed")]
        linked = ladder_values(continues_with=end)
        ladders.save_ladder(SYSTEM, start.pk, linked, now=START + 7 * HOUR)
        fire_due_steps(START + 7.1 * HOUR)
        assert fired(ticket) == [(1, "passed"), (2, "passed")], "reached an hour before the link"

    def test_a_new_ladder_that_continues_with_an_old_one_does_not_ring_for_what_is_behind(
        self, world: World
    ) -> None:
        end = make_ladder(
            {"value": 75, "person": world.agent_all},
            {"value": 100, "person": world.agent_all},
            is_active=False,
        )
        ticket = urgent(world)
        make_ladder({"value": 50, "person": world.dispatcher}, continues_with=end, now=START + 7 * HOUR)
        fire_due_steps(START + 7.1 * HOUR)
        assert fired(ticket) == [(1, "passed"), (2, "passed")]
        fire_due_steps(START + 8 * HOUR)
        assert fired(ticket)[-1] == (3, "told"), "what comes after the link rings"

    def test_the_most_specific_applies(self, world: World) -> None:
        def applies() -> int | None:
            found = book(START).ladder_of(ticket, "resolution")
            return None if found is None else found.ladder_id

        ticket = urgent(world)
        step = {"person": world.dispatcher}
        common = make_ladder(step)
        assert applies() == common.pk
        client = make_ladder(step, organisation=world.a.organisation)
        assert applies() == client.pk
        contract = make_ladder(step, contract=world.a.contract)
        assert applies() == contract.pk
        empty = make_ladder(contract=world.a.contract, priorities=[2])
        assert applies() == contract.pk, "a ladder without a step applies to nothing"
        add(empty, person=world.dispatcher)
        assert applies() == empty.pk

    def test_who_sees_some_clients_does_not_change_the_common_ladder(self, world: World) -> None:
        common = usual(world)
        manager = world.actor(world.manager)
        with pytest.raises(NotAllowed, match="common_needs_all"):
            ladders.save_ladder(manager, common.pk, ladder_values(), now=BEFORE)
        with pytest.raises(NotAllowed, match="common_needs_all"):
            ladders.save_ladder(manager, None, ladder_values(priorities=[1]), now=BEFORE)
        own = ladders.save_ladder(manager, None, ladder_values(contract=world.a.contract), now=BEFORE)
        assert own.pk

    def test_the_ladder_of_another_client_is_not_found(self, world: World) -> None:
        theirs = make_ladder(organisation=world.b.organisation)
        manager = world.actor(world.manager)
        with pytest.raises(NotFound):
            ladders.save_ladder(
                manager, theirs.pk, ladder_values(organisation=world.b.organisation), now=BEFORE
            )
        with pytest.raises(NotFound):
            ladders.save_ladder(manager, None, ladder_values(organisation=world.b.organisation), now=BEFORE)

    def test_the_grant_is_asked(self, world: World) -> None:
        with pytest.raises(NotAllowed):
            ladders.save_ladder(world.actor(world.agent_all), None, ladder_values(), now=BEFORE)

    def test_the_on_call_of_a_team_is_told(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        called = make_agent(
            "Astreinte", "astreinte@nord.example", ["agent"], world.roles, clients=None, team=world.team2
        )

        def on_call(team_id: int, at: dt.datetime) -> tuple[Any, ...]:
            assert (team_id, at) == (world.team2.pk, START + 4 * HOUR)
            return (called,)

        monkeypatch.setattr("vigie.escalation.queries.people.on_call", on_call)
        make_ladder({"audience": "on_call", "team": world.team2, "mode": "functional"})
        ticket = urgent(world)
        fire_due_steps(START + 4 * HOUR)
        ticket.refresh_from_db()
        assert (ticket.team_id, ticket.assignee_id) == (world.team2.pk, called.pk)
