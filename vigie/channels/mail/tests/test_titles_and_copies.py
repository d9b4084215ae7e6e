"""What a request by mail is called, who else is told of, and what of it agents read."""

from __future__ import annotations

import pytest

from tests.world import START, World
from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.rules.subjects import title_of
from vigie.channels.mail.tests.test_settle import DESK, mail_from, received, token
from vigie.tickets.models import Message, ProposedWatcher, Ticket


@pytest.fixture
def box(world: World) -> Mailbox:
    return Mailbox.objects.create(
        name="Support", address=DESK, source="pipe", team=world.team, created_at=START
    )


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Re: [INC-OTHER-517] Écran noir", "Écran noir"),
        ("TR : RE: Écran noir", "Écran noir"),
        ("Fwd: Fw: Écran noir", "Écran noir"),
        ("Re[2]: AW: Écran noir", "Écran noir"),
        ("[inc-kgs-5] Re : Écran noir", "Écran noir"),
        ("Reprise : serveur", "Reprise : serveur"),
        ("[URGENT] Écran noir", "[URGENT] Écran noir"),
        ("Tri : panne de la trieuse", "Tri : panne de la trieuse"),
        ("Re: ", ""),
    ],
)
def test_a_title_says_what_it_is_about(subject: str, title: str) -> None:
    assert title_of(subject) == title


def test_a_ticket_is_called_without_prefixes(world: World, box: Mailbox) -> None:
    row = received(box, mail_from(str(world.a.user.email), "Re: [INC-OTHER-517] Écran noir"))
    assert Ticket.objects.get(pk=row.ticket_id).title == "Écran noir"


def test_addresses_outside_the_client_are_told_to_agents_once_and_bring_nobody_in(
    world: World, box: Mailbox
) -> None:
    sender = str(world.a.user.email)
    copies = f"{world.a.colleague.email}, {world.b.user.email}, Presta <presta@ailleurs.example>"
    row = received(box, mail_from(sender, Cc=copies))
    ticket = Ticket.objects.get(pk=row.ticket_id)
    received(box, mail_from(sender, "Re", "Encore.", To=f"{DESK}, {token(ticket, world.a.user)}", Cc=copies))
    note = Message.objects.get(ticket=ticket, is_automatic=True)
    assert (note.audience, note.is_html) == ("internal", False)
    assert "presta@ailleurs.example" in note.body
    assert str(world.b.user.email) in note.body
    for known in (str(world.a.colleague.email), sender, DESK):
        assert known not in note.body
    assert list(ProposedWatcher.objects.values_list("person_id", flat=True)) == [world.a.colleague.pk]


def test_a_mail_to_the_client_alone_needs_no_note(world: World, box: Mailbox) -> None:
    row = received(box, mail_from(str(world.a.user.email), Cc=str(world.a.colleague.email)))
    assert Message.objects.filter(ticket_id=row.ticket_id).count() == 1
