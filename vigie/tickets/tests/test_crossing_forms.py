"""Two people act on one ticket: what somebody set is never overwritten unseen, and an end says that it is one."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.world import World, report
from vigie.accounts.models import Person
from vigie.kernel.refusal import Refusal
from vigie.tenancy.walls import client_wall
from vigie.tickets.actions import handling
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Approval, Fact, Ticket, TicketLink
from vigie.tickets.queries.history import history

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}
SOLVED = Given(resolution_code="solved_permanently", text="<p>Réparé.</p>")


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now().replace(microsecond=0)


def signed_in(person: Person) -> Client:
    person.language = "en"
    person.save()
    client = Client()
    client.force_login(person)
    return client


def hidden(page: str) -> dict[str, str]:
    """What the form says it showed."""
    return dict(re.findall(r'name="(seen_\w+)" value="([^"]*)"', page))


def test_an_assignment_is_not_overwritten_unseen(world: World, now: dt.datetime) -> None:
    ticket, desk = report(world, now=now), signed_in(world.agent)
    address = reverse("ticket_assign", args=[ticket.pk])
    seen = hidden(desk.get(address, **HX).content.decode())
    assert seen == {"seen_team_id": str(world.team.pk), "seen_assignee_id": ""}
    handling.assign(
        world.actor(world.dispatcher),
        ticket.pk,
        team_id=world.team2.pk,
        assignee_id=world.agent_all.pk,
        now=now,
    )
    mine = {"team": world.team.pk, "assignee": world.agent.pk}
    crossed = desk.post(address, {**mine, **seen}, **HX)
    page = crossed.content.decode()
    assert crossed.status_code == 409
    assert "Dispatcher saved a change" in page
    assert world.team2.name_en in page
    assert "Agent All" in page
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id) == (world.team2.pk, world.agent_all.pk)
    assert desk.post(address, {**mine, **hidden(page)}, **HX).status_code == 200  # knowing what it overwrites
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id) == (world.team.pk, world.agent.pk)


def test_a_priority_is_not_overwritten_unseen(world: World, now: dt.datetime) -> None:
    ticket, desk = report(world, now=now), signed_in(world.agent)
    address = reverse("ticket_priority", args=[ticket.pk])
    seen = hidden(desk.get(address, **HX).content.decode())
    handling.set_priority(world.actor(world.dispatcher), ticket.pk, impact=1, urgency=1, now=now)
    mine = {"impact": 3, "urgency": 3, "priority": "", "reason": ""}
    crossed = desk.post(address, {**mine, **seen}, **HX)
    assert crossed.status_code == 409
    assert "Dispatcher saved a change" in crossed.content.decode()
    ticket.refresh_from_db()
    assert (ticket.impact, ticket.urgency, ticket.priority) == (1, 1, 1)
    assert desk.post(address, {**mine, **hidden(crossed.content.decode())}, **HX).status_code == 200
    ticket.refresh_from_db()
    assert (ticket.impact, ticket.urgency, ticket.priority) == (3, 3, 5)


def test_what_was_seen_is_what_stands(world: World, now: dt.datetime) -> None:
    """The same wish as the other's is no conflict, and nothing is journalled twice."""
    ticket, desk = report(world, now=now), signed_in(world.agent)
    address = reverse("ticket_assign", args=[ticket.pk])
    seen = hidden(desk.get(address, **HX).content.decode())
    there = {"team_id": world.team2.pk, "assignee_id": world.agent.pk}
    handling.assign(world.actor(world.dispatcher), ticket.pk, **there, now=now)
    again = {"team": world.team2.pk, "assignee": world.agent.pk, **seen}
    assert desk.post(address, again, **HX).status_code == 200
    assert Fact.objects.filter(ticket=ticket, kind="assigned", actor_name="Dispatcher").count() == 1
    assert not Fact.objects.filter(ticket=ticket, kind="assigned", actor_name="Agent A").exists()


def test_a_resolved_ticket_says_why_its_priority_stays(world: World, now: dt.datetime) -> None:
    ticket, desk = report(world, now=now), signed_in(world.agent)
    take_step(world.actor(world.agent), ticket.pk, "resolve", SOLVED, now=now)
    with pytest.raises(Refusal) as refused:
        handling.set_priority(world.actor(world.agent), ticket.pk, impact=1, urgency=1, now=now)
    assert refused.value.code == "tickets.priority_after_resolution"
    answer = desk.get(reverse("ticket_priority", args=[ticket.pk]))
    assert answer.status_code == 422
    assert "its priority no longer changes" in answer.content.decode()


def test_a_closed_ticket_offers_a_follow_up_in_place_of_an_answer(world: World, now: dt.datetime) -> None:
    ticket, desk = report(world, now=now), signed_in(world.agent)
    address = reverse("ticket", args=[ticket.pk])
    assert 'name="kind" value="reply"' in desk.get(address).content.decode()
    take_step(world.actor(world.agent), ticket.pk, "resolve", SOLVED, now=now)
    take_step(world.actor(world.agent), ticket.pk, "close", Given(), now=now)
    page = desk.get(address).content.decode()
    assert "This ticket is closed for good" in page
    assert 'name="kind" value="reply"' not in page
    assert 'name="kind" value="note"' in page
    link = re.search(r'href="(/tickets/new/\?follows=[^"]+)"', page)
    assert link is not None
    form = desk.get(link[1].replace("&amp;", "&")).content.decode()
    assert f'name="follows" value="{ticket.reference}"' in form
    typed = {
        "organisation": world.a.organisation.pk, "requester": world.a.user.pk, "ticket_type": "incident",
        "channel": "phone", "title": "Encore", "body": "<div>Encore</div>", "urgency": 2, "follows": ticket.reference,
    }  # fmt: skip
    assert desk.post(reverse("ticket_new"), typed).status_code == 302
    after = Ticket.objects.latest("pk")
    assert TicketLink.objects.filter(source=after, target=ticket, kind="follow_up").count() == 1


# -- an approval given in the client's place ---------------------------------------


def asked(world: World, now: dt.datetime) -> Ticket:
    ticket = report(world, ticket_type="request", now=now)
    given = Given(approvers=(world.a.manager.pk,))
    take_step(world.actor(world.agent), ticket.pk, "ask_approval", given, now=now)
    return ticket


@pytest.mark.parametrize(
    ("verb", "line"),
    [
        ("approve", "Approved by Agent A for Manager Alpha: accord au téléphone"),
        ("reject", "Refused by Agent A for Manager Alpha: accord au téléphone"),
    ],
)
def test_who_answered_for_whom_and_how_is_read_by_all(
    world: World, now: dt.datetime, verb: str, line: str
) -> None:
    ticket, desk, requester = asked(world, now), signed_in(world.agent), signed_in(world.a.user)
    given = Given(reason="accord au téléphone", text="<p>Voilà.</p>")
    take_step(world.actor(world.agent), ticket.pk, verb, given, now=now)
    assert Fact.objects.get(ticket=ticket, after__verb=verb).after["for"] == ["Manager Alpha"]
    assert line in desk.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert line in desk.get(reverse("ticket_history", args=[ticket.pk])).content.decode()
    assert line in requester.get(reverse("portal_ticket", args=[ticket.pk])).content.decode()


def test_a_reason_is_asked_even_where_nobody_was(world: World, now: dt.datetime) -> None:
    ticket, agent = asked(world, now), world.actor(world.agent)
    Approval.objects.filter(ticket=ticket).update(verdict="void", answered_at=now)
    with pytest.raises(Refusal) as refused:
        take_step(agent, ticket.pk, "approve", Given(), now=now)
    assert refused.value.code == "tickets.approval_for_another"
    take_step(agent, ticket.pk, "approve", Given(reason="courriel du 12"), now=now)
    signed_in(world.agent)
    told = [entry.told.text for entry in history(agent, ticket.pk)[1]]
    assert any("courriel du 12" in text for text in told)


def test_an_approver_who_answers_alone_answers_for_nobody(world: World, now: dt.datetime) -> None:
    ticket, actor = asked(world, now), world.actor(world.a.manager)
    with client_wall(actor):
        take_step(actor, ticket.pk, "approve", Given(), now=now)
    assert "for" not in Fact.objects.get(ticket=ticket, after__verb="approve").after
