"""Putting a mail on a ticket: an answer to one that its writer is on, else a ticket of its own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from vigie.channels.mail.actions.copies import keep_copies
from vigie.channels.mail.keys import mail_key
from vigie.channels.mail.models import InboundMail
from vigie.channels.mail.rules.body import Body, body_of
from vigie.channels.mail.rules.meant import Meant, meant_by
from vigie.channels.mail.rules.parsed import ParsedMail
from vigie.channels.mail.rules.subjects import title_of
from vigie.channels.mail.rules.trust import Verdict
from vigie.kernel.actor import SYSTEM, Actor
from vigie.notifications.models import Delivery
from vigie.tickets import access
from vigie.tickets.actions.conversation import Said, add_note, keep_received, mail_columns, reply
from vigie.tickets.actions.handling import link_tickets
from vigie.tickets.actions.opening import TITLE_LIMIT, NewTicket, open_ticket
from vigie.tickets.models import Message, Ticket, Watcher


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a mail went. ``how``: ``opened``, ``joined``, ``noted_by_agent`` or ``follow_up``."""

    how: str
    organisation_id: int | None = None
    ticket_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """The ticket that the mail may join, or those it points to without the right to join them."""

    ticket: Ticket | None = None
    related: Ticket | None = None
    is_foreign: bool = False


def place(
    mail: InboundMail, read: ParsedMail, writer: Actor, *, quiet: bool, now: dt.datetime
) -> Placed | None:
    """Join the ticket that the mail answers, or open one. ``quiet``: a machine wrote, nothing is answered by itself.

    None when an agent writes without answering a notice of its own: nothing says for whom the ticket would be.
    """
    found = _find(mail, read, writer)
    if writer.is_provider and found.ticket is None:
        return None
    if found.ticket is None:
        return _open(mail, read, writer, found, quiet, now)
    if found.ticket.phase == "ended":
        return _open(mail, read, writer, _Found(related=found.ticket), quiet, now, how="follow_up")
    return _join(mail, read, writer, found, now)


def _find(mail: InboundMail, read: ParsedMail, writer: Actor) -> _Found:
    """The first ticket pointed to that the writer sees and is on. What it may not join is only told to agents."""
    related, is_foreign = None, False
    for meant in meant_by(read, mail_key()):
        ticket = _pointed(mail, writer, meant)
        if ticket is None:
            related = related or _of_same_client(writer, meant)
            is_foreign = is_foreign or meant.is_marked
            continue
        if _may_join(mail, writer, ticket, meant):
            return _Found(_master(writer, ticket))
        related = related or ticket
    return _Found(related=related, is_foreign=is_foreign and related is None)


def _pointed(mail: InboundMail, writer: Actor, meant: Meant) -> Ticket | None:
    visible = access.visible(writer)
    if meant.ticket is not None:
        return visible.filter(pk=meant.ticket).first()
    if meant.reference:
        number = meant.reference
        return visible.filter(Q(reference=number) | Q(former_references__contains=[number])).first()
    known = InboundMail.objects.filter(header_id=meant.answered, mailbox_id=mail.mailbox_id)
    ticket_id = known.exclude(ticket_id=None).values_list("ticket_id", flat=True).first()
    return visible.filter(pk=ticket_id).first() if ticket_id else None


def _of_same_client(writer: Actor, meant: Meant) -> Ticket | None:
    """The ticket of a genuine mark that its writer may not see, when it is its own client's: agents may be told of it."""
    client = writer.organisation_id
    if meant.ticket is None or writer.is_provider or client is None:
        return None
    return Ticket.objects.filter(pk=meant.ticket, organisation_id=client).first()


def _may_join(mail: InboundMail, writer: Actor, ticket: Ticket, meant: Meant) -> bool:
    """An agent needs the mark made for itself. A contact must be on the ticket; in doubt, it needs its mark too."""
    is_own_mark = meant.is_marked and meant.recipient == writer.person_id
    if writer.is_provider:
        return is_own_mark
    if mail.trust == Verdict.UNVERIFIED and not is_own_mark:
        return False
    on_it = writer.person_id in (ticket.requester_id, ticket.beneficiary_id)
    return is_own_mark or on_it or Watcher.objects.filter(ticket=ticket, person_id=writer.me).exists()


def _master(writer: Actor, ticket: Ticket) -> Ticket:
    """An ended duplicate gives way to the ticket that goes on, where the writer sees it."""
    if ticket.phase != "ended" or ticket.duplicate_of_id is None:
        return ticket
    return access.visible(writer).filter(pk=ticket.duplicate_of_id).first() or ticket


def _join(mail: InboundMail, read: ParsedMail, writer: Actor, found: _Found, now: dt.datetime) -> Placed:
    ticket = found.ticket
    assert ticket is not None
    said = _said(mail, read, writer, ticket.organisation_id, is_reply=True, now=now)
    is_note = writer.is_provider and not _answers_public_words(read, writer, ticket)
    # counted when it was received, unless the ticket has moved on since
    at = mail.received_at if ticket.updated_at <= mail.received_at <= now else now
    message = (add_note if is_note else reply)(writer, ticket.pk, said, now=at)
    keep_copies(mail, read, ticket, now=now)
    how = "noted_by_agent" if is_note else "joined"
    return Placed(how, ticket.organisation_id, ticket.pk, message.pk)


def _answers_public_words(read: ParsedMail, writer: Actor, ticket: Ticket) -> bool:
    """Does the mail answer a notice of its writer's that brought words the client reads too?

    The answer to any other notice (a late promise, an assignment, a note) is for colleagues, and stays inside; so does one
    that names no notice.
    """
    answered = [m.delivery for m in meant_by(read, mail_key()) if m.ticket == ticket.pk and m.delivery]
    nearest = Delivery.objects.filter(pk__in=answered[:1], notice__recipient_id=writer.me)
    brought = nearest.values("notice__message_id")
    return Message.objects.filter(pk__in=brought, ticket=ticket, audience="public").exists()


def _open(
    mail: InboundMail,
    read: ParsedMail,
    writer: Actor,
    found: _Found,
    quiet: bool,
    now: dt.datetime,
    how: str = "opened",
) -> Placed:
    organisation_id = writer.organisation_id
    assert organisation_id is not None
    said = _said(mail, read, writer, organisation_id, is_reply=False, now=now)
    with translation.override(mail.mailbox.language):
        title = title_of(read.subject)[:TITLE_LIMIT] or _("(no subject)")
    ticket = open_ticket(
        writer,
        NewTicket(
            organisation_id=organisation_id,
            ticket_type=mail.mailbox.ticket_type,
            title=title,
            body=said.body,
            is_html=said.is_html,
            requester_id=writer.me,
            channel="email",
            team_id=mail.mailbox.team_id,
            opened_at=mail.received_at,
            uploads=said.uploads,
            submission=said.submission,
            acknowledge=not quiet,
            mail=mail_columns(said),
        ),
        now=now,
    )
    described = Message.objects.filter(ticket_id=ticket.pk, kind="description")
    _tell_relation(ticket, found, how, now)
    keep_copies(mail, read, ticket, now=now)
    return Placed(how, organisation_id, ticket.pk, described.values_list("pk", flat=True).get())


def _tell_relation(ticket: Ticket, found: _Found, how: str, now: dt.datetime) -> None:
    """Agents learn what the mail pointed to. Of another client's ticket nothing is said but that there is one."""
    if found.related is not None:
        kind = "follow_up" if how == "follow_up" else "related"
        link_tickets(SYSTEM, ticket.pk, found.related.reference, kind, now=now)
    elif found.is_foreign:
        text = _("This mail answers a ticket that its sender is not on. It was opened apart.")
        add_note(SYSTEM, ticket.pk, Said(text, is_html=False), now=now)


def _said(
    mail: InboundMail,
    read: ParsedMail,
    writer: Actor,
    organisation_id: int,
    *,
    is_reply: bool,
    now: dt.datetime,
) -> Said:
    """The words and files of the mail, ready to be said. Every file is kept, whatever it is."""
    tokens: list[str] = []
    images: dict[str, str] = {}
    for part in read.parts:
        kept = keep_received(writer, organisation_id, part.name or part.content_type, part.data, now=now)
        tokens.append(kept.token)
        if part.content_id:
            images[part.content_id] = reverse("file", args=[kept.token])
    body = body_of(read, is_reply=is_reply, addresses=images)
    if body.is_cut:
        whole, name = (read.html, "message.html") if read.html.strip() else (read.text, "message.txt")
        tokens.append(keep_received(writer, organisation_id, name, whole.encode(), now=now).token)
    return Said(
        body=_never_blank(body, read),
        is_html=body.is_html,
        uploads=tokens,
        submission=f"mail:{mail.pk}",
        via="mail",
        trust=mail.trust,
        trust_detail=mail.trust_detail,
        rest=body.rest,
        rest_kind=body.rest_kind,
    )


def _never_blank(body: Body, read: ParsedMail) -> str:
    """A mail without a word still says its subject; files alone say enough."""
    return body.text if body.text.strip() or read.parts else read.subject or "…"
