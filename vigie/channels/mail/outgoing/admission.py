"""What keeps a mail from leaving: nobody to send it by, nobody who may read it, an address that refuses, a cap."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from vigie.channels.mail.models import AutomaticAnswer, DeadAddress, Mailbox
from vigie.notifications.models import Delivery

PER_TICKET = dt.timedelta(minutes=60)
PER_DAY, DAY = 5, dt.timedelta(days=1)
REFUSALS_PER_DAY = 200  # to all strangers together: what they say they are may be false


class Withheld(Exception):
    """This mail is not sent, for good. ``reason`` is one of ``notifications.labels.REASONS``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def admit(delivery: Delivery, ticket_id: int | None, *, answers: bool, now: dt.datetime) -> None:
    """Let the delivery pass or raise :class:`Withheld`.

    ``answers``: a mail that Vigie writes by itself to whoever wrote to it. Those are counted, here and in the database,
    when they are first admitted: two desks that answer each other stop after one, whatever process runs. What follows
    from an act of a person or from the passing of time (an approval asked, a reminder, a resolution) always leaves.
    """
    address = delivery.address.lower()
    if is_own(address):
        raise Withheld("own_address")
    if DeadAddress.objects.filter(address=address, suspended_at__isnull=False).exists():
        raise Withheld("suspended")
    if not answers or delivery.header_id:
        return
    sent = AutomaticAnswer.objects.filter(address=address, sent_at__gt=now - DAY)
    recent = sent.filter(ticket_id=ticket_id, sent_at__gt=now - PER_TICKET)
    if recent.exists() or sent.count() >= PER_DAY:
        raise Withheld("capped")
    AutomaticAnswer.objects.create(address=address, ticket_id=ticket_id, sent_at=now)


def admit_refusal(address: str, *, now: dt.datetime) -> bool:
    """Whether a stranger may be told that its mail was not taken; it is counted then. One to an address and day."""
    address = address.lower()
    if is_own(address) or DeadAddress.objects.filter(address=address, suspended_at__isnull=False).exists():
        return False
    sent = AutomaticAnswer.objects.filter(sent_at__gt=now - DAY)
    if sent.filter(address=address).exists() or sent.filter(ticket_id=None).count() >= REFUSALS_PER_DAY:
        return False
    AutomaticAnswer.objects.create(address=address, sent_at=now)
    return True


def is_own(address: str) -> bool:
    """Is it one of the addresses the desk writes under, with or without a reply mark?"""
    local, _, domain = address.lower().rpartition("@")
    bare = f"{local.partition('+')[0]}@{domain}"
    if settings.DEFAULT_FROM_EMAIL.lower() in (address, bare):
        return True
    return Mailbox.objects.filter(address__iexact=bare).exists() or (
        bare != address and Mailbox.objects.filter(address__iexact=address).exists()
    )
