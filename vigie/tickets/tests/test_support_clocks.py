"""Clocks of teams and suppliers behind a client's promise, by rule and through actions."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.world import START, World, report, rewriting
from vigie.contracts.models import (
    Calendar,
    CalendarVersion,
    Commitment,
    Supplier,
    SupplierContract,
    SupportCommitment,
)
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import NotFound, Refusal
from vigie.notifications.models import Notice
from vigie.tenancy.walls import client_wall
from vigie.tickets.actions import classifying, correcting, handling, referring, sweep
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.actions.ingest import Answered, Assigned, History, Referred, Stepped, ingest
from vigie.tickets.actions.ledger import load_rows
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.opening import NewTicket
from vigie.tickets.actions.support import support_reading
from vigie.tickets.models import Clock, Fact, Referral, SupportClock, Ticket
from vigie.tickets.rules.corrections import Correction
from vigie.tickets.rules.holders import holds
from vigie.tickets.rules.support import KINDS

pytestmark = pytest.mark.django_db
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
SOLVED = Given(resolution_code="solved_permanently", text="<p>Réparé.</p>")
K8 = {
    "code": "K8",
    "timezone": "Europe/London",
    "hours": {d: [["09:00", "17:00"]] for d in ("mon", "tue", "wed", "thu", "fri")},
}


def ola(world: World, team: object, kind: str, hours: float, **more: object) -> SupportCommitment:
    return SupportCommitment.objects.create(
        audience="ola", kind=kind, team=team, target_seconds=int(hours * 3600), calendar=world.calendar,
        valid_from=dt.date(2025, 1, 1), **more,
    )  # fmt: skip


def underpinning(hours: float = 6) -> SupplierContract:
    """A supplier that answers within ``hours`` of London working time."""
    calendar = Calendar.objects.create(code="k8", name_fr="Londres", name_en="London")
    CalendarVersion.objects.create(
        calendar=calendar, effective_on=dt.date(2025, 1, 1), definition=K8, created_at=START
    )
    supplier = Supplier.objects.create(code="telis", name="Telis Réseaux")
    contract = SupplierContract.objects.create(
        supplier=supplier,
        reference="UC-1",
        name_fr="Support",
        name_en="Support",
        starts_on=dt.date(2025, 1, 1),
    )
    SupportCommitment.objects.create(
        audience="uc", kind="uc", supplier_contract=contract, target_seconds=int(hours * 3600), calendar=calendar,
        valid_from=dt.date(2025, 1, 1),
    )  # fmt: skip
    return contract


def figures(ticket: Ticket) -> dict[str, tuple[str, float]]:
    """State and used hours of each clock behind the ticket, by kind and holder."""
    rows = SupportClock.objects.filter(ticket=ticket).select_related("team", "supplier_contract")
    return {
        f"{row.kind} {row.team.code if row.team else row.supplier_contract}": (
            row.state,
            row.used_seconds / 3600,
        )
        for row in rows
    }


def resolution(ticket: Ticket) -> tuple[str, float]:
    clock = Clock.objects.get(ticket=ticket, kind="resolution")
    return clock.state, clock.used_seconds / 3600


def lived_w12(world: World) -> Ticket:
    """W12: opened Monday 09:00 Paris at priority 2, referred 12:00, answered Tuesday 11:00, resolved 12:00."""
    ola(world, world.team, "ola_work", 2)
    ola(world, world.team2, "ola_work", 4)
    contract = underpinning()
    agent = world.actor(world.agent)
    ticket = report(world, impact=1, urgency=2)
    assert ticket.priority == 2
    handling.assign(
        agent, ticket.pk, team_id=world.team2.pk, assignee_id=world.agent.pk, now=START + 90 * MINUTE
    )
    referring.refer(agent, ticket.pk, contract.pk, reference="TLS-9", note="Lien coupé", now=START + 3 * HOUR)
    referring.answered(agent, ticket.pk, "accepted", note="Carte changée", now=START + 26 * HOUR)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + 27 * HOUR)
    return ticket


def test_w12_the_supplier_does_not_excuse_the_promise(world: World) -> None:
    ticket = lived_w12(world)
    assert resolution(ticket) == ("missed", 13.0)
    assert figures(ticket) == {
        "ola_work n1": ("met", 1.5),
        "ola_work n2": ("met", 2.5),
        "uc UC-1": ("missed", 7.0),
    }
    referral = Referral.objects.get(ticket=ticket)
    assert (referral.state, referral.reference) == ("accepted", "TLS-9")


def test_w13_with_a_clause_that_suspends_for_the_supplier(world: World) -> None:
    with rewriting():
        Commitment.objects.filter(organisation=world.a.organisation, kind="resolution").update(
            pauses={"supplier": True}
        )
    ticket = lived_w12(world)
    assert resolution(ticket) == ("met", 4.0)
    assert figures(ticket)["uc UC-1"] == ("missed", 7.0)


def test_w19_going_back_and_forth_accumulates(world: World) -> None:
    """With N2 09:00–10:30, 11:00–13:00, 14:00–15:00: 4:30 of 4 hours."""
    ola(world, world.team2, "ola_work", 4)
    agent = world.actor(world.agent)
    ticket = report(world, team_id=world.team2.pk)
    for minutes, team in ((90, world.team), (120, world.team2), (240, world.team), (300, world.team2)):
        at = START + minutes * MINUTE
        handling.assign(agent, ticket.pk, team_id=team.pk, assignee_id=None, now=at)
    take_step(agent, ticket.pk, "start", Given(), now=START + 6 * HOUR)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + 6 * HOUR)
    assert figures(ticket) == {"ola_work n2": ("missed", 4.5)}
    assert SupportClock.objects.get(
        ticket=ticket
    ).breached_at == START + 5 * HOUR + 30 * MINUTE + dt.timedelta(seconds=1)


def test_a_team_owns_a_ticket_once_a_person_takes_it(world: World) -> None:
    ola(world, world.team, "ola_own", 0.5)
    agent = world.actor(world.agent)
    ticket = report(world)
    assert figures(ticket) == {"ola_own n1": ("running", 0)}
    take_step(agent, ticket.pk, "start", Given(), now=START + 20 * MINUTE)
    assert figures(ticket) == {"ola_own n1": ("met", 1 / 3)}
    handling.assign(agent, ticket.pk, team_id=world.team.pk, assignee_id=None, now=START + 60 * MINUTE)
    handling.assign(
        agent, ticket.pk, team_id=world.team.pk, assignee_id=world.agent.pk, now=START + 75 * MINUTE
    )
    assert figures(ticket) == {"ola_own n1": ("missed", 35 / 60)}


def test_waiting_for_the_client_suspends_the_team_and_its_answer_resumes_it_past_the_wall(
    world: World,
) -> None:
    ola(world, world.team, "ola_work", 4)
    agent = world.actor(world.agent)
    ticket = report(world)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    asked = Given(pending_reason="client_info", text="<p>Quel poste ?</p>")
    take_step(agent, ticket.pk, "wait", asked, now=START + HOUR)
    assert figures(ticket) == {"ola_work n1": ("paused", 1)}
    user = world.actor(world.a.user)
    with client_wall(user):
        reply(user, ticket.pk, Said("<p>Le 12</p>"), now=START + 3 * HOUR)
    assert figures(ticket) == {"ola_work n1": ("running", 1)}
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + 4 * HOUR)
    assert figures(ticket) == {"ola_work n1": ("met", 2)}


def test_a_rejected_answer_resumes_the_same_clock_and_a_second_referral_accumulates(world: World) -> None:
    contract, agent = underpinning(), world.actor(world.agent)
    ticket = report(world)
    referring.refer(agent, ticket.pk, contract.pk, now=START + HOUR)  # 10:00 in Paris, 09:00 in London
    referring.answered(agent, ticket.pk, "check", now=START + 2 * HOUR)
    assert figures(ticket) == {"uc UC-1": ("met", 1)}
    ticket.refresh_from_db()
    assert ticket.phase == "active"
    with pytest.raises(Refusal) as refused:
        referring.judge_answer(agent, ticket.pk, accepted=False, now=START + 3 * HOUR)
    assert refused.value.code == "tickets.rejection_needs_reason"
    referring.judge_answer(agent, ticket.pk, accepted=False, note="Toujours coupé", now=START + 3 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.phase, ticket.pending_reason) == ("waiting", "supplier")
    referring.answered(agent, ticket.pk, "rejected", note="Rien reçu", now=START + 4 * HOUR)
    assert figures(ticket) == {"uc UC-1": ("running", 2)}
    referring.answered(agent, ticket.pk, "accepted", now=START + 5 * HOUR)
    referring.refer(agent, ticket.pk, contract.pk, now=START + 6 * HOUR)
    take_step(agent, ticket.pk, "resume", Given(), now=START + 7 * HOUR)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + 8 * HOUR)
    assert figures(ticket) == {"uc UC-1": ("met", 5)}
    assert sorted(Referral.objects.values_list("state", flat=True)) == ["accepted", "ended"]


def test_a_ticket_that_waits_for_a_supplier_already_is_referred_to_it(world: World) -> None:
    contract, agent = underpinning(), world.actor(world.agent)
    ticket = report(world)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    take_step(agent, ticket.pk, "wait", Given(pending_reason="supplier"), now=START + HOUR)
    referring.refer(agent, ticket.pk, contract.pk, now=START + 2 * HOUR)
    assert figures(ticket) == {"uc UC-1": ("running", 0)}
    referring.answered(agent, ticket.pk, "accepted", now=START + 3 * HOUR)
    assert figures(ticket) == {"uc UC-1": ("met", 1)}


def test_refusals_of_a_referral(world: World) -> None:
    contract, agent = underpinning(), world.actor(world.agent)
    ticket = report(world)

    def code(act: object) -> str:
        with pytest.raises(Refusal) as refused:
            act()  # type: ignore[operator]
        return refused.value.code

    now = START + HOUR
    assert (
        code(lambda: referring.refer(agent, ticket.pk, 0, now=now))
        == "tickets.supplier_contract_not_in_force"
    )
    assert code(lambda: referring.answered(agent, ticket.pk, "check", now=now)) == "tickets.no_answer_awaited"
    assert (
        code(lambda: referring.judge_answer(agent, ticket.pk, accepted=True, now=now))
        == "tickets.no_answer_to_judge"
    )
    referring.refer(agent, ticket.pk, contract.pk, now=now)
    assert code(lambda: referring.refer(agent, ticket.pk, contract.pk, now=now)) == "tickets.already_referred"
    user = world.actor(world.a.user)
    assert code(lambda: referring.refer(user, ticket.pk, contract.pk, now=now)) == "access.not_granted"
    elsewhere = report(world, world.b)
    with pytest.raises(NotFound):
        referring.refer(agent, elsewhere.pk, contract.pk, now=now)
    waiting = report(world)
    take_step(agent, waiting.pk, "start", Given(), now=now)
    asked = Given(pending_reason="client_info", text="<p>Quel poste ?</p>")
    take_step(agent, waiting.pk, "wait", asked, now=now)
    assert (
        code(lambda: referring.refer(agent, waiting.pk, contract.pk, now=now))
        == "tickets.refer_while_waiting"
    )
    referring.answered(agent, ticket.pk, "accepted", now=now)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=now)
    assert (
        code(lambda: referring.refer(agent, ticket.pk, contract.pk, now=now))
        == "tickets.refer_after_resolution"
    )


def test_another_priority_gives_the_running_clock_its_new_terms_and_keeps_its_time(world: World) -> None:
    ola(world, world.team, "ola_work", 8)
    ola(world, world.team, "ola_work", 2, priority=1)
    ticket = report(world)
    handling.set_priority(world.actor(world.dispatcher), ticket.pk, impact=1, urgency=1, now=START + HOUR)
    clock = SupportClock.objects.get(ticket=ticket)
    assert (clock.target_seconds, clock.used_seconds) == (2 * 3600, 3600)
    classifying.edit_ticket(world.actor(world.agent), ticket.pk, {"title": "Panne"}, {}, now=START + 2 * HOUR)
    assert Fact.objects.filter(ticket=ticket, kind="committed").count() == 1


def test_a_cancelled_ticket_cancels_what_was_promised_behind_it(world: World) -> None:
    ola(world, world.team, "ola_work", 8)
    ticket = report(world)
    take_step(
        world.actor(world.agent), ticket.pk, "cancel", Given(reason="entered_in_error"), now=START + HOUR
    )
    assert figures(ticket) == {"ola_work n1": ("cancelled", 1)}


def test_r4_6_replaying_the_journal_gives_the_stored_clocks(world: World) -> None:
    ticket = lived_w12(world)
    rows = load_rows(ticket.pk, KINDS)
    for clock in SupportClock.objects.filter(ticket=ticket):
        reading = support_reading(clock, rows, START + 99 * HOUR)
        assert (str(reading.state), reading.used_seconds) == (clock.state, clock.used_seconds)


def test_r4_18_each_warning_is_told_once_to_who_is_in_charge_and_never_to_the_client(world: World) -> None:
    ola(world, world.team, "ola_work", 2)
    ticket = report(world)
    handling.assign(
        world.actor(world.agent), ticket.pk, team_id=world.team.pk, assignee_id=world.agent.pk, now=START
    )
    Notice.objects.all().delete()
    for minutes in (61, 61, 200, 200):
        sweep.announce_due_clocks(START + minutes * MINUTE)
    told = Fact.objects.filter(ticket=ticket, kind="support_warned").order_by("id")
    assert [fact.after["percent"] for fact in told] == [50, 75, 90, 100, 150]
    assert {fact.audience for fact in told} == {"internal"}
    about = Notice.objects.filter(params__clock="ola_work")
    assert {notice.recipient_id for notice in about} == {world.agent.pk}
    assert about.count() == 2
    assert not Notice.objects.filter(recipient=world.a.user).exists()


def test_the_client_role_cannot_read_what_stands_behind_its_promise(world: World) -> None:
    from django.db import ProgrammingError, transaction

    lived_w12(world)
    for model in (SupportClock, Referral):
        with client_wall(world.actor(world.a.user)), pytest.raises(ProgrammingError), transaction.atomic():
            model.objects.count()
    with client_wall(world.actor(world.a.user)):
        assert not Fact.objects.filter(kind__in=["referred", "supplier_answered", "committed"]).exists()


def test_without_such_promises_there_is_no_such_clock(world: World) -> None:
    ticket = report(world)
    take_step(world.actor(world.agent), ticket.pk, "start", Given(), now=START)
    assert not SupportClock.objects.exists()


def test_a_history_written_at_once_leaves_the_same_clocks(world: World) -> None:
    """W12 again, folded in memory as an import does."""
    ola(world, world.team, "ola_work", 2)
    ola(world, world.team2, "ola_work", 4)
    contract, agent = underpinning(), world.actor(world.agent_all)
    new = NewTicket(
        organisation_id=world.a.organisation.pk, ticket_type="incident", title="Lien coupé", body="<p>Coupé</p>",
        requester_id=world.a.user.pk, service_id=world.service.pk, impact=1, urgency=2, opened_at=START,
    )  # fmt: skip
    events = (
        Assigned(START + 90 * MINUTE, agent, world.team2.pk, world.agent_all.pk),
        Stepped(START + 90 * MINUTE, agent, "start"),
        Referred(START + 3 * HOUR, agent, contract.pk, "Telis Réseaux", "TLS-9"),
        Stepped(START + 3 * HOUR, agent, "wait", Given(pending_reason="supplier")),
        Answered(START + 26 * HOUR, agent),
        Stepped(START + 26 * HOUR, agent, "resume"),
        Stepped(START + 27 * HOUR, agent, "resolve", SOLVED),
    )
    history = History(new, world.actor(world.a.user), START, events, "t")
    done = ingest(SYSTEM, world.a.organisation.pk, [history], until=START + 50 * HOUR)
    ticket = Ticket.objects.get(pk=done["t"])
    assert figures(ticket) == {
        "ola_work n1": ("met", 1.5),
        "ola_work n2": ("met", 2.5),
        "uc UC-1": ("missed", 7.0),
    }
    assert Referral.objects.get().state == "accepted"
    before = Notice.objects.count()
    sweep.announce_due_clocks(START + 60 * HOUR)
    assert (Notice.objects.count(), resolution(ticket)) == (before, ("missed", 13.0))


def test_a_correction_of_a_wait_reaches_the_team_and_who_held_the_ticket(world: World) -> None:
    ola(world, world.team, "ola_work", 4)
    agent, boss = world.actor(world.agent), world.actor(world.manager)
    ticket = report(world)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    forgotten = Correction("paused", at=START + HOUR, until=START + 3 * HOUR, reason="client_info")
    correcting.correct(boss, ticket.pk, forgotten, "Appel non noté", now=START + 4 * HOUR)
    assert figures(ticket) == {"ola_work n1": ("running", 2)}
    rows = load_rows(ticket.pk, KINDS)
    found = holds(rows, int((START + 4 * HOUR).timestamp()))
    assert [(hold.holder.partition(":")[0], (hold.end - hold.start) // 3600) for hold in found] == [
        ("team", 1), ("client", 2), ("team", 1),
    ]  # fmt: skip
