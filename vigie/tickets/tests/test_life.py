"""A ticket's life, by action: what is written, who is told, what the clock says."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.world import START, World, report
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import NotFound, Refusal, Stale
from vigie.notifications.models import Delivery, Notice
from vigie.tenancy.walls import client_wall
from vigie.tickets.actions import bulk, classifying, handling, lifecycle, sweep
from vigie.tickets.actions.conversation import Said, add_note, reply
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.opening import NewTicket, open_ticket
from vigie.tickets.models import Clock, Fact, Message, Ticket

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)


def clock(ticket: Ticket, kind: str = "resolution") -> Clock:
    return Clock.objects.exclude(state="cancelled").get(ticket=ticket, kind=kind)


def test_a_report_becomes_a_ticket_with_its_promise(world: World) -> None:
    ticket = report(world)
    ticket.refresh_from_db()
    assert (ticket.reference, ticket.state, ticket.phase, ticket.priority) == (
        "INC-ALPHA-1",
        "new",
        "active",
        4,
    )
    assert ticket.team == world.team
    resolution = clock(ticket)
    # P4: 24 service hours from Monday 09:00, 10 h a day -> 9 h + 10 h + 5 h = Wednesday 13:00 Paris
    assert resolution.due_at == dt.datetime(2026, 1, 14, 12, 0, tzinfo=dt.UTC)
    assert clock(ticket, "response").due_at == START + 2 * HOUR
    assert ticket.due_at == START + 2 * HOUR
    notice = Notice.objects.get()  # an acknowledgement to keep; on the screen it is no news
    assert (notice.kind, notice.read_at) == ("ticket_opened", START)
    assert Delivery.objects.get(notice=notice).address == "user@alpha.example"


def test_the_beneficiary_is_told_and_a_mail_is_answered(world: World) -> None:
    report(world, beneficiary_id=world.a.colleague.pk)
    unread = Notice.objects.filter(kind="ticket_opened", read_at=None)
    assert [n.recipient for n in unread] == [world.a.colleague]
    assert Delivery.objects.filter(address="colleague@alpha.example", state="waiting").count() == 1
    report(world, channel="email")
    assert unread.filter(recipient=world.a.user).count() == 1


def test_a_customer_opens_and_answers_behind_the_wall(world: World) -> None:
    actor = world.actor(world.a.user)
    new = NewTicket(
        world.a.organisation.pk,
        "incident",
        "Panne",
        "<p>En panne</p>",
        world.a.user.pk,
        service_id=world.service.pk,
        submission="s1",
    )
    with client_wall(actor):
        ticket = open_ticket(actor, new, now=START)
        again = open_ticket(actor, new, now=START)
    assert again.pk == ticket.pk
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=START + MINUTE)
    take_step(
        agent,
        ticket.pk,
        "wait",
        Given(pending_reason="client_info", text="<p>Quel poste ?</p>"),
        now=START + HOUR,
    )
    assert clock(ticket).state == "paused"
    with client_wall(actor):
        reply(actor, ticket.pk, Said("<p>Le poste 12</p>"), now=START + 3 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.pending_reason) == ("in_progress", "")
    assert clock(ticket).used_seconds == 3600
    assert clock(ticket).due_at == dt.datetime(2026, 1, 14, 14, 0, tzinfo=dt.UTC)
    assert Fact.objects.filter(ticket=ticket, kind="assigned", audience="internal").exists()
    with client_wall(actor):
        assert not Fact.objects.filter(ticket=ticket, audience="internal").exists()


def test_the_first_human_answer_stops_the_response_clock(world: World) -> None:
    ticket = report(world)
    agent = world.actor(world.agent)
    add_note(agent, ticket.pk, Said("<p>vu</p>"), now=START + MINUTE)
    assert clock(ticket, "response").state == "running"
    reply(
        agent, ticket.pk, Said("<p>Bonjour, je regarde.</p>"), now=START + 2 * HOUR + dt.timedelta(seconds=1)
    )
    response = clock(ticket, "response")
    assert (response.state, response.used_seconds) == ("missed", 7201)


def test_pending_needs_a_reason_and_a_public_word(world: World) -> None:
    ticket = report(world)
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    with pytest.raises(Refusal, match="needs_pending_reason"):
        take_step(agent, ticket.pk, "wait", Given(), now=START)
    with pytest.raises(Refusal, match="needs_public_text"):
        take_step(agent, ticket.pk, "wait", Given(pending_reason="client_info"), now=START)
    take_step(agent, ticket.pk, "wait", Given(pending_reason="supplier"), now=START)
    assert clock(ticket).state == "running"


def test_resolve_reopen_and_close(world: World) -> None:
    ticket = report(world)
    agent, user = world.actor(world.agent), world.actor(world.a.user)
    take_step(
        agent,
        ticket.pk,
        "resolve",
        Given(resolution_code="solved_permanently", text="<p>Réparé</p>"),
        now=START + HOUR,
    )
    assert clock(ticket).state == "met"
    with client_wall(user):
        take_step(
            user,
            ticket.pk,
            "reopen",
            Given(reason="again", text="<p>Toujours en panne</p>"),
            now=START + 2 * HOUR,
        )
    ticket.refresh_from_db()
    assert (ticket.state, ticket.reopen_count, ticket.resolved_at) == ("in_progress", 1, None)
    assert clock(ticket).used_seconds == 3600
    take_step(
        agent,
        ticket.pk,
        "resolve",
        Given(resolution_code="solved_permanently", text="<p>Réparé</p>"),
        now=START + 3 * HOUR,
    )
    end = dt.datetime(2026, 1, 19, 17, 0, tzinfo=dt.UTC)  # J+5, 18:00 in Paris
    assert sweep.close_silent_tickets(end) == 0
    assert sweep.close_silent_tickets(end + dt.timedelta(seconds=1)) == 1
    with pytest.raises(Refusal, match=r"tickets\.closed"):
        reply(user, ticket.pk, Said("<p>merci</p>"), now=end + HOUR)


def test_the_sweep_announces_each_threshold_once_even_late(world: World) -> None:
    ticket = report(world)
    handling.assign(
        world.actor(world.agent), ticket.pk, team_id=world.team.pk, assignee_id=world.agent.pk, now=START
    )
    late = START + 3 * HOUR
    assert sweep.announce_due_clocks(late) == 1
    assert sweep.announce_due_clocks(late) == 0
    facts = Fact.objects.filter(ticket=ticket, kind__in=["warned", "breached"])
    assert sorted(f.after["percent"] for f in facts) == [50, 75, 90, 100, 150]
    assert Notice.objects.filter(recipient=world.agent, kind="clock_breached").count() == 1
    ticket.refresh_from_db()
    assert ticket.has_breach


def test_out_of_sight_is_not_found(world: World) -> None:
    ticket = report(world, world.b)
    for person in (world.agent, world.a.user, world.a.manager):
        with pytest.raises(NotFound):
            reply(world.actor(person), ticket.pk, Said("<p>x</p>"), now=START)


def test_a_stale_edit_keeps_both_versions(world: World) -> None:
    ticket = report(world)
    agent = world.actor(world.agent)
    classifying.edit_ticket(
        agent, ticket.pk, {"title": "Panne A"}, {"title": "Messagerie en panne"}, now=START
    )
    with pytest.raises(Stale) as caught:
        classifying.edit_ticket(
            agent, ticket.pk, {"title": "Panne B"}, {"title": "Messagerie en panne"}, now=START
        )
    assert caught.value.params == {"yours": "Panne B", "theirs": "Panne A"}


def test_raising_the_priority_carries_the_used_time_over(world: World) -> None:
    ticket = report(world)
    dispatcher = world.actor(world.dispatcher)
    handling.set_priority(dispatcher, ticket.pk, impact=1, urgency=1, now=START + HOUR)
    resolution = clock(ticket)
    assert (resolution.target_seconds, resolution.used_seconds) == (4 * 3600, 3600)
    assert resolution.due_at == START + 4 * HOUR


def test_only_who_may_correct_can_undo_a_breach(world: World) -> None:
    ticket = report(world, impact=1, urgency=1)
    late = START + 5 * HOUR  # P1: 4 h
    with pytest.raises(Refusal, match="not_granted"):
        handling.set_priority(
            world.actor(world.agent), ticket.pk, impact=3, urgency=3, reason="x", is_error=True, now=late
        )
    dispatcher = world.actor(world.dispatcher)
    with pytest.raises(Refusal, match="override_needs_reason"):
        handling.set_priority(dispatcher, ticket.pk, impact=3, urgency=3, is_error=True, now=late)
    assert clock(ticket).target_seconds == 4 * 3600
    handling.set_priority(dispatcher, ticket.pk, impact=3, urgency=3, reason="x", is_error=True, now=late)
    assert (clock(ticket).target_seconds, clock(ticket).breached_at) == (40 * 3600, None)


def test_a_type_change_keeps_the_stopped_response_and_restarts_the_rest_from_the_opening(
    world: World,
) -> None:
    ticket = report(world)
    agent = world.actor(world.agent)
    reply(agent, ticket.pk, Said("<p>Bonjour</p>"), now=START + MINUTE)
    classifying.change_type(agent, ticket.pk, "request", now=START + HOUR)
    ticket.refresh_from_db()
    assert (ticket.reference, ticket.former_references, ticket.state) == (
        "REQ-ALPHA-1",
        ["INC-ALPHA-1"],
        "submitted",
    )
    assert clock(ticket, "response").state == "met"
    assert clock(ticket).used_seconds == 3600
    assert Clock.objects.filter(ticket=ticket, state="cancelled").count() == 1


def test_parent_resolution_resolves_children_once(world: World) -> None:
    parent, child = report(world), report(world)
    agent = world.actor(world.agent)
    handling.set_parent(agent, child.pk, parent.reference, now=START)
    take_step(
        agent,
        parent.pk,
        "resolve",
        Given(resolution_code="solved_permanently", text="<p>ok</p>"),
        now=START + HOUR,
    )
    assert lifecycle.resolve_children(SYSTEM, parent.pk, now=START + HOUR) == 1
    assert lifecycle.resolve_children(SYSTEM, parent.pk, now=START + HOUR) == 0
    child.refresh_from_db()
    assert child.phase == "done"


def test_a_duplicate_is_cancelled_and_its_requester_follows_the_master(world: World) -> None:
    master = report(world, requester_id=world.a.user.pk)
    other = open_ticket(
        world.actor(world.agent),
        NewTicket(world.a.organisation.pk, "incident", "Idem", "<p>idem</p>", world.a.colleague.pk), now=START,
    )  # fmt: skip
    handling_agent = world.actor(world.agent)
    lifecycle.mark_duplicate(handling_agent, other.pk, master.reference, now=START)
    other.refresh_from_db()
    assert (other.state, other.cancel_reason, other.duplicate_of_id) == ("cancelled", "duplicate", master.pk)
    assert master.watchers.filter(person=world.a.colleague).exists()
    with pytest.raises(Refusal, match="loop"):
        lifecycle.mark_duplicate(handling_agent, master.pk, other.reference, now=START)


def test_bulk_reports_each_refusal(world: World) -> None:
    one, two = report(world), report(world)
    agent = world.actor(world.agent)
    take_step(agent, one.pk, "cancel", Given(reason="withdrawn"), now=START)
    outcome = bulk.step_many(agent, [one.pk, two.pk], "start", Given(), now=START)
    assert outcome.done == 1
    assert [reference for reference, _ in outcome.refused] == [one.reference]


def test_a_bulk_assignment_leaves_what_was_not_chosen(world: World) -> None:
    ticket = report(world)
    agent = world.actor(world.agent)
    handling.assign(agent, ticket.pk, team_id=world.team2.pk, assignee_id=world.agent.pk, now=START)
    bulk.assign_many(agent, [ticket.pk], assignee_id=world.agent_all.pk, now=START)
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id) == (world.team2.pk, world.agent_all.pk)
    bulk.assign_many(agent, [ticket.pk], team_id=world.team.pk, now=START)
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id) == (world.team.pk, world.agent_all.pk)
    bulk.assign_many(agent, [ticket.pk], team_id=None, assignee_id=None, now=START)
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id) == (None, None)


def test_the_journal_refuses_to_be_rewritten(world: World) -> None:
    from django.db import IntegrityError, transaction

    ticket = report(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Fact.objects.filter(ticket=ticket).update(kind="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(
            organisation=world.b.organisation, ticket=ticket, author_name="x", side="client", kind="reply",
            audience="public", body="x", created_at=START,
        )  # fmt: skip
        from django.db import connection

        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
