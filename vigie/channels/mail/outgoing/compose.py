"""From a delivery of the outbox to the mail that one person reads: in its language, with what it may see, and no more."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from vigie.accounts.models import Person
from vigie.channels.mail.keys import mail_key, own_domain
from vigie.channels.mail.models import InboundMail
from vigie.channels.mail.outgoing import words
from vigie.channels.mail.outgoing.admission import Withheld, admit
from vigie.channels.mail.outgoing.gathering import Told, gather
from vigie.channels.mail.outgoing.senders import Route, Sender, sender_for
from vigie.channels.mail.rules.letter import BadAddress, Letter, build, plain_address, thread_of
from vigie.channels.mail.rules.tokens import message_id, reply_address
from vigie.notifications import outbox
from vigie.notifications.models import Delivery
from vigie.tickets.models import Ticket

HEADER_ID = re.compile(r"[\x21-\x3b=\x3f-\x7e]{3,240}")
LONGEST_LOCAL_PART = 64


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail as a server takes it: the way out, both ends of the envelope, the bytes."""

    route: Route
    sender: str
    recipient: str
    data: bytes


def compose(delivery: Delivery, *, now: dt.datetime) -> Ready:
    """The mail of a delivery in hand, its Message-ID fixed. :class:`Withheld` when it is not to be sent."""
    told = gather(delivery.notice, now)
    sender = sender_for(told.ticket, now=now)
    if sender is None:
        raise Withheld("no_server")
    ticket_id = told.ticket.pk if told.ticket else None
    admit(delivery, ticket_id, answers=told.is_acknowledgement, now=now)
    if not delivery.header_id:
        outbox.name_it(delivery, _header_id(delivery, told))
    try:
        letter = _letter(delivery, told, sender)
        return Ready(
            sender.route,
            plain_address(sender.address),
            plain_address(delivery.address),
            build(letter).as_bytes(),
        )
    except BadAddress as error:
        raise Withheld("bad_address") from error


def _header_id(delivery: Delivery, told: Told) -> str:
    if told.ticket is None:
        return f"notice.{delivery.pk}@{own_domain()}"
    signed = message_id(
        mail_key(),
        own_domain(),
        ticket=told.ticket.pk,
        message=delivery.pk,
        recipient=told.notice.recipient_id,
    )
    return signed.strip("<>")


def _letter(delivery: Delivery, told: Told, sender: Sender) -> Letter:
    person = told.notice.recipient
    with translation.override(person.language), timezone.override(_zone(person)):
        said = words.written(told, sender, _link(told))
        values = said.values
        text = render_to_string(f"mail/out/{said.template}.txt", values)
        html = render_to_string(f"mail/out/{said.template}.html", values)
    answered, references = ("", ()) if told.ticket is None else _thread(delivery, told.ticket, person)
    return Letter(
        header_id=delivery.header_id,
        sender=(words.sender_name(told), sender.address),
        recipient=(person.name, delivery.address),
        subject=said.subject,
        text=_tidy(text),
        html=html,
        written_at=told.notice.created_at,
        reply_to=_reply_to(told, sender),
        in_reply_to=answered,
        references=references,
        stamps=_stamps(told),
        enclosures=said.enclosures,
    )


def _zone(person: Person) -> dt.tzinfo:
    try:
        return zoneinfo.ZoneInfo(person.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return timezone.get_default_timezone()


def _tidy(text: str) -> str:
    """At most one empty line in a row."""
    return re.sub(r"\n{3,}", "\n\n", text.replace("\r\n", "\n")).strip() + "\n"


def _link(told: Told) -> str:
    base = settings.VIGIE_URL.rstrip("/")
    if told.reader.is_provider and told.notice.params.get("link"):
        return base + str(told.notice.params["link"])
    if told.ticket is None:
        return base + reverse("home")
    return base + reverse("portal_ticket" if told.reader.is_client else "ticket", args=[told.ticket.pk])


def _reply_to(told: Told, sender: Sender) -> str:
    """The address that leads an answer back to the ticket; '' when nobody reads answers here."""
    if sender.mailbox is None or told.ticket is None:
        return ""
    marked = reply_address(
        mail_key(), sender.address, ticket=told.ticket.pk, recipient=told.notice.recipient_id
    )
    return marked if marked.index("@") <= LONGEST_LOCAL_PART else sender.address


def _stamps(told: Told) -> dict[str, str]:
    """The loop stamp on everything; that nobody need answer on what no person wrote."""
    stamps = {"X-Loop": own_domain()}
    if told.is_personal:
        return stamps
    return stamps | {
        "Auto-Submitted": "auto-replied" if told.is_acknowledgement else "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "bulk",
    }


def _thread(delivery: Delivery, ticket: Ticket, person: Person) -> tuple[str, tuple[str, ...]]:
    """The mails exchanged with this person about this ticket, both ways, and the last one it wrote."""
    ours: list[tuple[Any, str]] = list(
        Delivery.objects.filter(
            notice__recipient=person,
            notice__subject="ticket",
            notice__subject_id=ticket.pk,
            pk__lt=delivery.pk,
        )
        .exclude(header_id="")
        .exclude(sent_at=None)
        .values_list("sent_at", "header_id")
    )
    theirs: list[tuple[Any, str]] = [
        (at, header_id.strip("<> "))
        for at, header_id in InboundMail.objects.filter(ticket_id=ticket.pk, sender__iexact=delivery.address)
        .exclude(header_id="")
        .order_by("received_at", "id")
        .values_list("received_at", "header_id")
        if HEADER_ID.fullmatch(header_id.strip("<> "))
    ]
    return thread_of((one for _, one in sorted([*ours, *theirs])), theirs[-1][1] if theirs else "")
