"""Telling people: the notice and its outbox row, in the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from vigie.accounts.models import Person
from vigie.kernel.actor import Actor
from vigie.notifications import access, outbox
from vigie.notifications.models import Delivery, Notice
from vigie.tenancy.walls import past_the_wall
from vigie.toolkit import events


@dataclass(frozen=True, slots=True)
class Message:
    """What is told: ``kind`` is a code of ``notifications.labels``, ``params`` fill its sentence.

    ``params["link"]``: the path where an agent acts on it, in place of its subject's page.
    """

    kind: str
    organisation_id: int | None
    subject: str
    subject_id: int
    params: Mapping[str, Any]


def notify(
    recipients: Iterable[int],
    message: Message,
    *,
    now: dt.datetime,
    by: int | None = None,
    knows: int | None = None,
) -> None:
    """Tell each recipient once (never the author ``by``), in the application and in the outbox.

    ``knows`` has the fact on its screen: it gets the mail, as a trace, and a notice that is read already.
    """
    wanted = {r for r in recipients if r != by}
    if not wanted:
        return
    with past_the_wall("notify"):
        people = list(Person.objects.filter(pk__in=wanted, is_active=True).only("id", "email"))
        notices = Notice.objects.bulk_create(
            Notice(
                recipient_id=person.pk,
                organisation_id=message.organisation_id,
                kind=message.kind,
                subject=message.subject,
                subject_id=message.subject_id,
                message_id=message.params.get("message"),
                params=dict(message.params),
                created_at=now,
                read_at=now if person.pk == knows else None,
            )
            for person in people
        )
        _put_in_the_outbox(notices, people, now)
        events.wake(f"person:{person.pk}" for person in people)


def _put_in_the_outbox(notices: Sequence[Notice], people: Sequence[Person], now: dt.datetime) -> None:
    """A mail beside each notice whose recipient has an address."""
    mails = Delivery.objects.bulk_create(
        Delivery(
            notice=notice,
            address=person.email,
            lane=person.email.rpartition("@")[2].lower(),
            next_try_at=now,
        )
        for notice, person in zip(notices, people, strict=True)
        if person.email
    )
    if mails:
        outbox.wake_sender()


def mark_read(actor: Actor, *, now: dt.datetime, up_to: int | None = None) -> int:
    """Mark the actor's own notices (up to an id) as read; the number that changed."""
    unread = access.visible(actor).filter(read_at=None)
    if up_to is not None:
        unread = unread.filter(pk__lte=up_to)
    with transaction.atomic():
        return unread.update(read_at=now)
