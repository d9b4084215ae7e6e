"""A clock that was a day ahead and was set right: what it wrote holds no mail up for a day."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.world import START, World
from tests.world import report as reported
from vigie.channels.mail.actions import fetching, intake
from vigie.channels.mail.actions.settle import settle
from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.rules.delivery import PAUSES
from vigie.notifications import outbox
from vigie.notifications.models import Delivery
from vigie.tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
TOMORROW = START + dt.timedelta(days=1)


def test_a_mailbox_is_read_again_at_once() -> None:
    mailbox = Mailbox.objects.create(
        name="Support", address="support@nord.example", created_at=START, retry_at=TOMORROW + fetching.PAUSE
    )
    assert fetching.due(START) == [mailbox.pk]


def test_a_mail_written_or_claimed_then_leaves_at_once(world: World) -> None:
    reported(world, channel="email")  # type: ignore[arg-type]
    (lane,) = outbox.due_lanes(START, busy=(), most=1)
    for values in ({"next_try_at": TOMORROW}, {"next_try_at": START, "claimed_until": TOMORROW}):
        Delivery.objects.update(**values)
        assert outbox.claim_next(lane, START) is not None


def test_a_mail_received_then_becomes_a_ticket_of_now(world: World) -> None:
    mailbox = Mailbox.objects.create(name="Support", address="support@nord.example", created_at=START)
    raw = f"From: {world.a.user.email}\r\nSubject: Panne\r\n\r\nPlus rien.\r\n".encode()
    kept = intake.store(mailbox, raw, now=TOMORROW)
    settle(kept.mail_id, now=START)
    assert Ticket.objects.get(channel="email").opened_at == START


def test_an_honest_wait_is_waited() -> None:
    assert max(PAUSES) <= outbox.LONGEST_WAIT
