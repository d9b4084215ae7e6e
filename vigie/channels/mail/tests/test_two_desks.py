"""Two installations that are each other's client: one mail of a person, and then silence.

Both live in one test database; what tells two installations apart (secret key, mailbox) is exchanged between turns.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import override_settings

from tests.world import START, World
from vigie.channels.mail.actions import settle as settling
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.outgoing import admission
from vigie.channels.mail.outgoing.dispatch import dispatch
from vigie.channels.mail.tests.sink import Sink, open_sink
from vigie.channels.mail.tests.test_outgoing import HASTE, make_mailbox
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.models import Ticket

pytestmark = pytest.mark.django_db
LEFT, RIGHT = "support@left.example", "support@right.example"
OTHER = {LEFT: RIGHT, RIGHT: LEFT}


class Desks:
    """The two installations and the wire between them."""

    def __init__(self, world: World, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.sink, self.monkeypatch = world, sink, monkeypatch
        self.boxes = {
            address: make_mailbox(sink, address, ticket_type="incident") for address in (LEFT, RIGHT)
        }
        for contact, desk in (
            (world.a.user, RIGHT),
            (world.b.user, LEFT),
        ):  # the left desk's client, the right one's
            contact.email = desk
            contact.save()
        self.now = START
        self.sent = {LEFT: 0, RIGHT: 0}

    @contextmanager
    def acting(self, address: str) -> Iterator[Mailbox]:
        Mailbox.objects.exclude(address=address).update(is_active=False)
        Mailbox.objects.filter(address=address).update(is_active=True)
        self.monkeypatch.setattr(settling, "_own_addresses", lambda: frozenset({address}))
        self.monkeypatch.setattr(admission, "is_own", lambda other: other == address)
        with override_settings(
            SECRET_KEY=f"the secret of {address}", VIGIE_URL=f"https://{address.split('@')[1]}"
        ):
            yield self.boxes[address]

    def receive(self, address: str, raw: bytes) -> InboundMail:
        self.now += dt.timedelta(seconds=10)
        with self.acting(address) as box:
            row = InboundMail.objects.create(
                mailbox=box,
                sha256=hashlib.sha256(raw).hexdigest(),
                size=len(raw),
                raw=raw,
                received_at=self.now,
            )
            settling.settle(row.pk, now=self.now)
            row.refresh_from_db()
            self.leave(address)
        return row

    def leave(self, address: str) -> None:
        """Let the mails that wait here leave; they lie at the sink."""
        before = len(self.sink.taken)
        self.now += dt.timedelta(seconds=10)
        dispatch(lambda: self.now, HASTE)
        self.sent[address] += len(self.sink.taken) - before

    def run(self) -> int:
        """Carry mails between the desks until none is left; the number of mails carried."""
        carried = 0
        while self.sink.taken and carried < 20:
            mail = self.sink.taken.pop(0)
            to = mail.recipients[0]
            if to in OTHER:
                carried += 1
                self.receive(to, mail.data)
        return carried


@pytest.fixture
def desks(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desks]:
    with open_sink() as sink:
        yield Desks(world, sink, monkeypatch)


def test_a_mail_that_claims_to_come_from_the_other_desk_is_answered_once(desks: Desks) -> None:
    person = f"From: Quelqu'un <{RIGHT}>\nTo: {LEFT}\nSubject: Panne\nMessage-ID: <p1@right.example>\n\nRien ne va plus.\n"
    desks.receive(LEFT, person.encode())
    desks.run()
    assert desks.sent == {LEFT: 1, RIGHT: 0}


def test_an_agents_answer_to_the_other_desk_ends_after_its_acknowledgement(
    desks: Desks, world: World
) -> None:
    person = f"From: Quelqu'un <{RIGHT}>\nTo: {LEFT}\nSubject: Panne\nMessage-ID: <p1@right.example>\n\nRien ne va plus.\n"
    row = desks.receive(LEFT, person.encode())
    desks.run()
    with desks.acting(LEFT):
        reply(world.actor(world.agent_all), row.ticket_id or 0, Said("<p>Nous regardons.</p>"), now=desks.now)
        desks.leave(LEFT)
    desks.run()
    assert desks.sent[LEFT] == 2, "the acknowledgement and the agent's own answer"
    assert desks.sent[RIGHT] <= 1, "one acknowledgement at most"
    assert Ticket.objects.count() <= 2
