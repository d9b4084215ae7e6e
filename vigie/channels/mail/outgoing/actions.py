"""What people do about mails that did not leave: send them again, try the server, forgive an address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from vigie.accounts import access as people
from vigie.channels.mail.keys import own_domain
from vigie.channels.mail.models import DeadAddress
from vigie.channels.mail.outgoing.queries import visible
from vigie.channels.mail.outgoing.senders import installation_route
from vigie.channels.mail.outgoing.transport import Patience, Session
from vigie.channels.mail.rules.delivery import Answer
from vigie.channels.mail.rules.letter import BadAddress, Letter, build, plain_address
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.notifications import outbox
from vigie.toolkit import journal

SHORT = Patience(connect=8, answer=8, content=20, whole=40)


@transaction.atomic
def send_again(actor: Actor, ids: Sequence[int], *, now: dt.datetime) -> int:
    """Put refused, returned and waiting mails back at the head of the outbox; how many they are."""
    actor.demand("mail:manage")
    wanted = list(visible(actor).filter(pk__in=ids))
    for delivery in wanted:
        journal.record(actor, "sent_again", delivery, now=now, before={"answer": delivery.answer})
    return outbox.retry([delivery.pk for delivery in wanted], now)


@transaction.atomic
def use_again(actor: Actor, person_id: int, *, now: dt.datetime) -> None:
    """Write to a person's suspended address again: its refusals are forgotten."""
    actor.demand("tickets:reply")
    person = people.one(actor, person_id)
    refusals = DeadAddress.objects.filter(address=(person.email or "").lower())
    if refusals.update(hard_bounces=0, suspended_at=None):
        journal.record(actor, "address_used_again", person, now=now, after={"email": person.email})


def try_server(actor: Actor, email: str, *, now: dt.datetime) -> Answer:
    """Send a test mail to the actor's own address by the installation's server, and say what it answered."""
    actor.demand("mail:manage")
    route = installation_route()
    if route is None:
        raise Refusal("mail.no_outgoing_server")
    with translation.override(actor.language):
        text = gettext("This is a test of outgoing mail. It works.")
        letter = Letter(
            header_id=f"test.{int(now.timestamp())}@{own_domain()}",
            sender=("Vigie", settings.DEFAULT_FROM_EMAIL),
            recipient=(actor.name, email),
            subject=gettext("Test of outgoing mail"),
            text=text + "\n",
            html=f"<p>{text}</p>",
            written_at=now,
            stamps={"X-Loop": own_domain(), "Auto-Submitted": "auto-generated"},
        )
    session = Session(SHORT, own_domain())
    try:
        data = build(letter).as_bytes()
        return session.send(route, plain_address(settings.DEFAULT_FROM_EMAIL), plain_address(email), data)
    except BadAddress as error:
        raise Refusal("mail.bad_address", address=str(error)) from error
    finally:
        session.close()
