"""Mails that did not arrive: the ticket says so, and an address that keeps refusing is left alone."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F

from vigie.channels.mail.models import DeadAddress
from vigie.channels.mail.rules.delivery_status import Failed
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import NotFound
from vigie.notifications import outbox
from vigie.notifications.actions import Message as Told
from vigie.notifications.actions import notify
from vigie.notifications.labels import reason_words
from vigie.notifications.models import Delivery
from vigie.tickets import access
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.rules import facts
from vigie.toolkit import journal

SUSPENDED_AFTER = 3
REPORTED_WITHIN = dt.timedelta(days=5)


@transaction.atomic
def bounced(failed: Failed, *, now: dt.datetime) -> bool:
    """A mail of ours came back. False when it is none of ours, was known already, or is only late.

    The Message-ID in the report says which mail. A report that names none means the last mail sent to that address; as
    anybody can write such a report, it never counts against the address. Nor does a report about another address, to
    which our mail was passed on: ours took it.
    """
    if failed.reason == "delayed":
        return False
    ours = Delivery.objects.select_related("notice", "notice__recipient").select_for_update(of=("self",))
    if failed.original_id:
        found = ours.filter(header_id=failed.original_id).first()
    else:
        sent = ours.filter(address__iexact=failed.address, sent_at__gt=now - REPORTED_WITHIN)
        found = sent.order_by("-sent_at").first()
    if found is None or found.state == Delivery.State.BOUNCED:
        return False
    outbox.mark_bounced(found, failed.detail or f"came_back.{failed.reason}")
    is_about_it = bool(failed.original_id) and failed.address.casefold() == found.address.casefold()
    undelivered(found, found.answer, blames_address=failed.is_hard and is_about_it, now=now)
    return True


@transaction.atomic
def undelivered(delivery: Delivery, reason: str, *, blames_address: bool, now: dt.datetime) -> None:
    """Journal on the ticket that this mail did not arrive, tell who handles it, and count against the address."""
    if blames_address:
        _count(delivery, reason, now)
    notice = delivery.notice
    if notice.subject != "ticket" or notice.recipient.side != "client":
        return
    try:
        ticket = access.one(SYSTEM, notice.subject_id, lock=True)
    except NotFound:  # it went with its client
        return
    fact = NewFact(
        facts.UNDELIVERED, {"person": notice.recipient_id, "address": delivery.address, "why": reason}
    )
    change(SYSTEM, ticket, {}, [fact], now=now, is_public=False, moves_clock=False)
    if ticket.assignee_id:
        told = Told(
            kind="mail_undelivered",
            organisation_id=ticket.organisation_id,
            subject="ticket",
            subject_id=ticket.pk,
            params={"reference": ticket.reference, "title": ticket.title, "name": notice.recipient.name},
        )
        notify([ticket.assignee_id], told, now=now)


def _count(delivery: Delivery, reason: str, now: dt.datetime) -> None:
    address = delivery.address.lower()
    known, _ = DeadAddress.objects.get_or_create(address=address, defaults={"last_at": now})
    DeadAddress.objects.filter(pk=known.pk).update(
        hard_bounces=F("hard_bounces") + 1,
        last_at=now,
        last_reason=reason_words(reason)[:300],
        person_id=delivery.notice.recipient_id,
    )
    too_many = DeadAddress.objects.filter(
        pk=known.pk, hard_bounces__gte=SUSPENDED_AFTER, suspended_at__isnull=True
    )
    if too_many.update(suspended_at=now):
        person = delivery.notice.recipient
        journal.record(SYSTEM, "address_suspended", person, now=now, after={"email": address})
