"""Mailboxes and raw mails belong to the provider: no client-side request reads them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from vigie.channels.mail.models import ClientDomain, InboundMail, Mailbox
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.walls import Internal, TableClass

GRANTS = ("mail:manage", "mail:triage")

TABLES: dict[str, TableClass] = {
    "mail_mailbox": Internal(),
    "mail_inboundmail": Internal(),
    "mail_clientdomain": Internal(),
    "mail_deadaddress": Internal(),
    "mail_automaticanswer": Internal(),
}


def _in_sight(actor: Actor) -> Q:
    """Rows of the clients in sight, and those that belong to no client yet."""
    if actor.organisations is None:
        return Q()
    return Q(organisation=None) | Q(organisation_id__in=sorted(actor.organisations))


def mailboxes(actor: Actor) -> QuerySet[Mailbox]:
    return Mailbox.objects.filter(_in_sight(actor)) if actor.is_provider else Mailbox.objects.none()


def mailbox(actor: Actor, mailbox_id: int) -> Mailbox:
    found = mailboxes(actor).filter(pk=mailbox_id).first()
    if found is None:
        raise NotFound()
    return found


def visible(actor: Actor) -> QuerySet[InboundMail]:
    """Mails in sight, without their bytes (``raw`` is read by its own query alone)."""
    if not actor.is_provider:
        return InboundMail.objects.none()
    limits = _in_sight(actor) & (
        Q() if actor.organisations is None else Q(mailbox__in=mailboxes(actor).values("pk"))
    )
    return InboundMail.objects.filter(limits).defer("raw")


def one(actor: Actor, mail_id: int, *, lock: bool = False) -> InboundMail:
    mails = visible(actor)
    if lock:
        mails = mails.select_for_update(of=("self",))
    found = mails.filter(pk=mail_id).first()
    if found is None:
        raise NotFound()
    return found


def domains(actor: Actor) -> QuerySet[ClientDomain]:
    if not actor.is_provider:
        return ClientDomain.objects.none()
    if actor.organisations is None:
        return ClientDomain.objects.all()
    return ClientDomain.objects.filter(organisation_id__in=sorted(actor.organisations))
