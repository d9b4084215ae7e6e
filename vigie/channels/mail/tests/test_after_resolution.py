"""The client answers a resolution by mail: nothing reopens by itself, and nothing is forgotten (R3.4)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from tests.world import START, World
from vigie.accounts.models import Person, TeamMember
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.outgoing.gathering import gather
from vigie.channels.mail.outgoing.senders import Route, Sender
from vigie.channels.mail.outgoing.words import written
from vigie.channels.mail.tests.test_settle import (
    LATER,
    authenticated,
    box,
    mail_from,
    open_one,
    received,
    token,
)
from vigie.notifications.models import Notice
from vigie.tickets.actions import asking, sweep
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Ticket

__all__ = ["box"]
pytestmark = pytest.mark.django_db
LONG_AFTER = START + dt.timedelta(days=40)
STILL = "Cela ne fonctionne toujours pas."


def solved(world: World) -> Ticket:
    ticket = open_one(world)
    given = Given(resolution_code="solved_permanently", text="<p>Réparé</p>")
    take_step(world.actor(world.agent), ticket.pk, "resolve", given, now=START + dt.timedelta(minutes=10))
    Notice.objects.all().delete()
    ticket.refresh_from_db()
    return ticket


def answered(world: World, box: Mailbox, ticket: Ticket, text: str = STILL, **headers: str) -> InboundMail:
    return received(
        box,
        mail_from("user@alpha.example", "Re: Écran noir", text, To=token(ticket, world.a.user), **headers),
    )


def told() -> set[tuple[str, str]]:
    return set(Notice.objects.values_list("kind", "recipient__email"))


def test_the_team_is_told_where_nobody_is_in_charge_and_the_client_is_asked(
    world: World, box: Mailbox
) -> None:
    ticket = solved(world)
    Ticket.objects.filter(pk=ticket.pk).update(assignee=None, team=world.team)
    team = TeamMember.objects.filter(team=world.team).values_list("agent__person__email", flat=True)
    answered(world, box, ticket)
    assert team
    assert told() == {("replied_since_solved", address) for address in team} | {
        ("settled_asked", "user@alpha.example")
    }
    ticket.refresh_from_db()
    assert (ticket.phase, ticket.awaiting_reply_since) == ("done", LATER)
    answered(world, box, ticket, "Alors ?", Message_ID="<2@client.example>")
    assert Notice.objects.filter(kind="settled_asked").count() == 1


def test_who_is_in_charge_is_told(world: World, box: Mailbox) -> None:
    ticket = solved(world)
    Ticket.objects.filter(pk=ticket.pk).update(assignee=world.agent)
    answered(world, box, ticket)
    assert ("replied_since_solved", world.agent.email) in told()


def test_the_question_says_what_to_do(world: World, box: Mailbox) -> None:
    answered(world, box, solved(world))
    notice = Notice.objects.get(kind="settled_asked")
    sender = Sender(box.address, Route("127.0.0.1", 25, "none"), box)
    with translation.override("en"):
        said = written(gather(notice, LATER), sender, "https://desk.example/portal/tickets/1/")
    assert said.template == "notice"
    assert "one click" in said.values["after"]


def test_it_does_not_close_by_itself_until_somebody_answers(world: World, box: Mailbox) -> None:
    ticket = solved(world)
    answered(world, box, ticket)
    assert sweep.close_silent_tickets(LONG_AFTER) == 0
    reply(world.actor(world.agent), ticket.pk, Said("<p>Essayez encore</p>"), now=LONG_AFTER)
    assert sweep.close_silent_tickets(LONG_AFTER) == 1


def test_words_of_the_portal_that_ask_for_nothing_answer_the_question(world: World, box: Mailbox) -> None:
    ticket = solved(world)
    answered(world, box, ticket, "Merci !")
    asking.answer(world.actor(world.a.user), ticket.pk, Said("<p>Merci</p>"), "reply", now=LATER)
    assert sweep.close_silent_tickets(LONG_AFTER) == 1


def test_one_click_opens_it_again_for_the_reason_that_was_written(
    world: World, box: Mailbox, client: Client
) -> None:
    ticket = solved(world)
    answered(world, box, ticket)
    asking.step(world.actor(world.a.user), ticket.pk, "reopen", Said("", is_html=False), now=LATER)
    ticket.refresh_from_db()
    assert ticket.phase == "active"
    assert ticket.facts.filter(after__verb="reopen", after__why=STILL).exists()


def test_the_page_asks_and_the_queue_has_a_view_of_it(world: World, box: Mailbox, client: Client) -> None:
    ticket = solved(world)
    Person.objects.update(language="en")
    client.force_login(world.agent)
    assert ticket.reference not in client.get(reverse("queue"), {"status": "replied"}).content.decode()
    answered(world, box, ticket)
    assert ticket.reference in client.get(reverse("queue"), {"status": "replied"}).content.decode()
    Ticket.objects.filter(pk=ticket.pk).update(resolved_at=timezone.now())
    client.force_login(world.a.user)
    page = client.get(reverse("portal_ticket", args=[ticket.pk])).content.decode()
    assert "Solved, or not yet?" in page
    assert f'action="{reverse("portal_step", args=[ticket.pk, "close"])}"' in page
    assert f'action="{reverse("portal_step", args=[ticket.pk, "reopen"])}"' in page


def test_words_in_doubt_are_seen_and_asked_nothing(world: World, box: Mailbox) -> None:
    Mailbox.objects.filter(pk=box.pk).update(authserv_id="mx.nord.example")
    box.refresh_from_db()
    ticket = solved(world)
    answered(world, box, ticket, **authenticated("dmarc=fail"))
    ticket.refresh_from_db()
    assert ticket.awaiting_reply_since == LATER
    assert not Notice.objects.filter(kind="settled_asked").exists()
