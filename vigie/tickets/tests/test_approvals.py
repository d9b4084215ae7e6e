"""Approval of a request by the client: who is asked, who may answer, what the clock does, what nobody else sees."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from tests.world import START, World, report
from vigie.accounts.models import Affiliation, Person
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.notifications.models import Notice
from vigie.tenancy.walls import client_wall
from vigie.tickets import access
from vigie.tickets.actions import approvals
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.silence import remind_silent_clients
from vigie.tickets.models import Approval, Clock, Fact, Ticket
from vigie.tickets.portal.explained import pieces
from vigie.tickets.queries import customer
from vigie.tickets.queries.clock_story import story

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def makes_approver(person: Person) -> Person:
    for affiliation in Affiliation.objects.filter(person=person):
        affiliation.roles = [*affiliation.roles, "approver"]
        affiliation.save()
    return person


@pytest.fixture
def approver(world: World) -> Person:
    """A contact of Alpha who approves, and sees nothing else than its own."""
    return makes_approver(world.a.colleague)


def asked(world: World, *people: Person, now: dt.datetime = START + HOUR) -> Ticket:
    ticket = report(world, ticket_type="request", now=now - HOUR)
    given = Given(approvers=tuple(person.pk for person in people))
    take_step(world.actor(world.agent), ticket.pk, "ask_approval", given, now=now)
    ticket.refresh_from_db()
    return ticket


def verdicts(ticket: Ticket) -> dict[str, str]:
    return dict(Approval.objects.filter(ticket=ticket).values_list("approver__name", "verdict"))


def notices(kind: str, person: Person) -> int:
    return Notice.objects.filter(kind=kind, recipient=person).count()


def answer(world: World, person: Person, ticket: Ticket, verb: str, given: Given, now: dt.datetime) -> None:
    actor = world.actor(person)
    with client_wall(actor):
        take_step(actor, ticket.pk, verb, given, now=now)
    ticket.refresh_from_db()


def test_a_response_that_is_owed_is_ours_while_the_client_is_waited_for(
    world: World, approver: Person
) -> None:
    ticket = asked(world)
    now = START + 2 * HOUR
    with translation.override("en"):
        told = story(world.actor(world.agent), ticket.pk, now=now)
        words = {one.clock.kind: (one.stretches[-1].why, one.stretches[-1].holder) for one in told.clocks}
        response, resolution = customer.promises(world.actor(world.a.user), ticket, now)
        pieces_told = [
            [(str(p.label), p.hands, p.counted, p.seconds) for p in pieces(one.reading)][-1]
            for one in (response, resolution)
        ]
    reason = "Approval expected from the client"
    assert words == {
        "response": (f"On hold ({reason}): counted, our message is owed all the same", world.team.name_en),
        "resolution": (f"On hold ({reason}): not counted", "The client"),
    }
    assert pieces_told == [
        ("On hold, but a message from us is still owed to you", "ours", True, 3600),
        ("We wait for an approval on your side", "yours", False, 3600),
    ]


def test_the_clients_approvers_are_asked_and_the_clock_waits(world: World, approver: Person) -> None:
    ticket = asked(world)
    assert (ticket.state, ticket.pending_reason) == ("pending_approval", "client_approval")
    assert verdicts(ticket) == {"Colleague Alpha": ""}
    assert notices("approval_asked", approver) == 1
    clock = Clock.objects.get(ticket=ticket, kind="resolution")
    assert (clock.state, clock.used_seconds) == ("paused", 3600)
    answer(world, approver, ticket, "approve", Given(), START + 4 * HOUR)
    assert (ticket.state, verdicts(ticket)) == ("approved", {"Colleague Alpha": "approved"})
    clock.refresh_from_db()
    assert (clock.state, clock.used_seconds) == (
        "running",
        3600,
    )  # the three hours of the approval did not count
    assert (notices("approval_given", world.a.user), notices("approval_given", approver)) == (1, 0)


def test_a_refusal_needs_its_reason_and_ends_the_request(world: World, approver: Person) -> None:
    ticket = asked(world)
    with pytest.raises(Refusal, match="needs_"):
        answer(world, approver, ticket, "reject", Given(), START + 2 * HOUR)
    assert verdicts(ticket) == {"Colleague Alpha": ""}
    why = "Pas de budget cette année"
    answer(world, approver, ticket, "reject", Given(reason=why, text=why, is_html=False), START + 2 * HOUR)
    assert (ticket.state, ticket.phase) == ("rejected", "ended")
    assert Approval.objects.get(ticket=ticket).reason == why
    assert notices("approval_refused", world.a.user) == 1


def test_the_first_answer_decides(world: World, approver: Person) -> None:
    makes_approver(world.a.manager)
    ticket = asked(world)
    assert verdicts(ticket) == {"Colleague Alpha": "", "Manager Alpha": ""}
    answer(world, approver, ticket, "approve", Given(), START + 2 * HOUR)
    assert verdicts(ticket) == {"Colleague Alpha": "approved", "Manager Alpha": "void"}
    with pytest.raises(Refusal):
        answer(world, world.a.manager, ticket, "reject", Given(reason="non", text="non"), START + 3 * HOUR)
    assert ticket.state == "approved"


def test_nobody_approves_its_own_request_nor_one_it_was_not_asked_for(world: World, approver: Person) -> None:
    makes_approver(world.a.user)
    ticket = asked(world)
    assert verdicts(ticket) == {"Colleague Alpha": ""}
    for person in (world.a.user, world.a.manager):
        with pytest.raises(NotAllowed, match="not_your_approval"):
            answer(world, person, ticket, "approve", Given(), START + 2 * HOUR)
    with pytest.raises(Refusal, match="own_approval"):
        approvals.ask_others(world.actor(world.agent), ticket.pk, [world.a.user.pk], now=START + 2 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, verdicts(ticket)) == ("pending_approval", {"Colleague Alpha": ""})


def test_an_approver_sees_what_it_is_asked_for_and_nothing_of_another_client(
    world: World, approver: Person
) -> None:
    ticket, hidden = asked(world), report(world, ticket_type="request")
    beta = report(world, world.b, ticket_type="request")
    take_step(world.actor(world.agent_all), beta.pk, "ask_approval", Given(), now=START + HOUR)
    actor = world.actor(approver)
    with client_wall(actor):
        assert [row["id"] for row in customer.to_approve(actor)] == [ticket.pk]
        assert list(access.visible(actor).values_list("pk", flat=True)) == [ticket.pk]
        assert Approval.objects.count() == 1
        for other in (hidden, beta):
            with pytest.raises(NotFound):
                take_step(actor, other.pk, "approve", Given(), now=START + 2 * HOUR)
    with pytest.raises(Refusal, match="approver_of_another"):
        approvals.ask_others(world.actor(world.agent), ticket.pk, [world.b.manager.pk], now=START + 2 * HOUR)


def test_an_agent_answers_in_their_place_only_saying_how(world: World, approver: Person) -> None:
    ticket = asked(world)
    agent = world.actor(world.agent)
    with pytest.raises(Refusal, match="approval_for_another"):
        take_step(agent, ticket.pk, "approve", Given(), now=START + 2 * HOUR)
    take_step(agent, ticket.pk, "approve", Given(reason="Accord au téléphone"), now=START + 2 * HOUR)
    assert verdicts(ticket) == {"Colleague Alpha": "void"}
    assert (
        Fact.objects.get(ticket=ticket, kind="state", after__verb="approve").after["why"]
        == "Accord au téléphone"
    )


def test_without_approvers_the_managers_are_asked_and_more_people_may_be(world: World) -> None:
    ticket = asked(world)
    assert verdicts(ticket) == {"Manager Alpha": ""}
    agent = world.actor(world.agent)
    for _ in range(2):
        approvals.ask_others(agent, ticket.pk, [world.a.key_user.pk], now=START + 2 * HOUR)
    assert verdicts(ticket) == {"Manager Alpha": "", "Key Alpha": ""}
    assert notices("approval_asked", world.a.key_user) == 1
    assert [f.after for f in Fact.objects.filter(ticket=ticket, kind="asked").order_by("id")] == [
        {"approvers": ["Manager Alpha"]}, {"approvers": ["Key Alpha"]},
    ]  # fmt: skip


def test_a_silent_approver_is_reminded_and_a_withdrawn_request_asks_nobody(
    world: World, approver: Person
) -> None:
    ticket = asked(world)
    wednesday = dt.datetime(2026, 1, 14, 17, 0, 1, tzinfo=dt.UTC)
    assert remind_silent_clients(wednesday) == 1
    assert (notices("client_reminded", approver), notices("client_reminded", world.a.user)) == (1, 0)
    answer(world, world.a.user, ticket, "cancel", Given(), wednesday + HOUR)
    assert verdicts(ticket) == {"Colleague Alpha": "void"}


def test_the_pages_of_an_approver_and_of_an_agent(client: Client, world: World, approver: Person) -> None:
    now = timezone.now().replace(microsecond=0)
    ticket = asked(world, now=now)
    client.force_login(approver)
    home = client.get(reverse("portal_home")).content.decode()
    assert 'id="to-approve"' in home
    assert ticket.title in home
    page = client.get(reverse("portal_ticket", args=[ticket.pk])).content.decode()
    assert reverse("portal_step", args=[ticket.pk, "approve"]) in page
    client.force_login(world.a.user)
    page = client.get(reverse("portal_ticket", args=[ticket.pk])).content.decode()
    assert reverse("portal_step", args=[ticket.pk, "approve"]) not in page
    assert "Colleague Alpha" in page
    client.force_login(world.agent)
    assert "Colleague Alpha" in client.get(reverse("ticket_head", args=[ticket.pk])).content.decode()
    address = reverse("ticket_approvers", args=[ticket.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"person": world.a.key_user.pk}).status_code == 302
    client.force_login(approver)
    sent = client.post(reverse("portal_step", args=[ticket.pk, "reject"]), {"body": "Pas de budget"})
    assert sent.status_code == 302
    ticket.refresh_from_db()
    assert (ticket.state, verdicts(ticket)["Key Alpha"]) == ("rejected", "void")
    assert 'id="to-approve"' not in client.get(reverse("portal_home")).content.decode()
