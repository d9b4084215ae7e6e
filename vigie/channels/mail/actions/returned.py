"""Mails that nobody wrote: refusals of our own mails, and absence notices. Kept beside their ticket, never answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.utils.translation import gettext as _

from vigie.channels.mail.actions.joining import Placed
from vigie.channels.mail.keys import mail_key, own_domain
from vigie.channels.mail.models import InboundMail
from vigie.channels.mail.outgoing.bounces import bounced
from vigie.channels.mail.rules.delivery_status import failed_recipients
from vigie.channels.mail.rules.nature import Nature
from vigie.channels.mail.rules.parsed import ParsedMail
from vigie.channels.mail.rules.tokens import Mark, marks_of, message_id, message_marks_in
from vigie.tickets.actions.conversation import Said, keep_automatic
from vigie.tickets.models import Ticket

SHOWN = 2_000


def note_returned(mail: InboundMail, read: ParsedMail, nature: Nature, now: dt.datetime) -> Placed | None:
    """What became of a mail of ours: a refusal marks its delivery and is told on its ticket."""
    mark = _returned_mark(read)
    if nature is Nature.BOUNCE:
        ours = _id_of(mark)
        for failed in failed_recipients(read):
            bounced(failed if failed.original_id else replace(failed, original_id=ours), now=now)
    return _placed(mark)


def note_automatic(mail: InboundMail, read: ParsedMail, now: dt.datetime) -> Placed | None:
    """An absence notice goes on the ticket that it answers, as a note of Vigie: it moves no clock and opens nothing."""
    marks = marks_of(read, mail_key())
    placed = _placed(next(iter((*marks.replies, *marks.messages)), None))
    if placed is None or placed.ticket_id is None:
        return None
    text = _("Automatic answer of %(who)s:") % {"who": read.sender.name or read.sender.email}
    said = Said(f"{text}\n\n{read.text[:SHOWN]}", is_html=False, submission=f"mail:{mail.pk}", via="mail")
    message = keep_automatic(placed.ticket_id, said, now=now)
    return Placed("", placed.organisation_id, placed.ticket_id, message.pk)


def _returned_mark(read: ParsedMail) -> Mark | None:
    """The mail of ours that came back: named in the references, in the report or in the returned headers."""
    marks = marks_of(read, mail_key()).messages
    if marks:
        return marks[0]
    texts = [*(text for values in read.report.values() for text in values), read.text]
    texts += [part.data[:20_000].decode("latin-1") for part in read.parts]
    return next((mark for text in texts for mark in message_marks_in(mail_key(), text)), None)


def _id_of(mark: Mark | None) -> str:
    """The Message-ID that bears this mark, without ``<>``."""
    if mark is None or mark.message is None:
        return ""
    named = message_id(
        mail_key(), own_domain(), ticket=mark.ticket, message=mark.message, recipient=mark.recipient
    )
    return named.strip("<>")


def _placed(mark: Mark | None) -> Placed | None:
    if mark is None:
        return None
    ticket = Ticket.objects.filter(pk=mark.ticket).only("id", "organisation_id").first()
    return Placed("", ticket.organisation_id, ticket.pk) if ticket else None
