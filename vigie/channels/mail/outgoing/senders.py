"""Under which address a mail leaves, and by which server."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Q

from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.oauth import access_token
from vigie.tickets.models import Ticket
from vigie.toolkit import vault

UNWELL = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Route:
    """A server and how to sign in to it. ``security``: ``tls``, ``starttls`` or ``none``."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Sender:
    """``mailbox`` is None when only the installation's own address is there: nobody reads the answers to it."""

    address: str
    route: Route
    mailbox: Mailbox | None = None


def installation_route() -> Route | None:
    """The server of VIGIE_SMTP_HOST, or None."""
    if not settings.EMAIL_HOST:
        return None
    security = "tls" if settings.EMAIL_USE_SSL else "starttls" if settings.EMAIL_USE_TLS else "none"
    return Route(
        settings.EMAIL_HOST,
        settings.EMAIL_PORT,
        security,
        settings.EMAIL_HOST_USER,
        settings.EMAIL_HOST_PASSWORD,
    )


def mailbox_route(mailbox: Mailbox, *, now: dt.datetime) -> Route | None:
    """The mailbox's own server, or None when it has none.

    Refuses (``vault.wrong_key``, ``mail.oauth_*``) when its secret cannot be had.
    """
    if not mailbox.smtp_host:
        return None
    username, password, token = mailbox.smtp_username, vault.unseal(mailbox.smtp_password_sealed), ""
    if mailbox.sign_in == Mailbox.SignIn.OAUTH:
        token = access_token(mailbox.pk, now=now)
        username = username or mailbox.username or mailbox.address
    return Route(mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_security, username, password, token)


def mailbox_for(ticket: Ticket | None, *, now: dt.datetime) -> Mailbox | None:
    """The mailbox a ticket is written under, among those that can send: its client's before a general one, one that works
    before one that has not been read for a while (answers to it would not arrive), its team's before another, the oldest then.
    """
    organisation_id, team_id = (ticket.organisation_id, ticket.team_id) if ticket else (None, None)
    wanted = Q(organisation=None) | Q(organisation_id=organisation_id)
    found = Mailbox.objects.filter(wanted, is_active=True)
    if installation_route() is None:
        found = found.exclude(smtp_host="")
    return min(
        found,
        key=lambda box: (box.organisation_id is None, _is_unwell(box, now), box.team_id != team_id, box.pk),
        default=None,
    )


def _is_unwell(mailbox: Mailbox, now: dt.datetime) -> bool:
    """Has it failed for longer than a hiccup, or from its first round on?"""
    return mailbox.failures > 0 and (mailbox.succeeded_at is None or now - mailbox.succeeded_at > UNWELL)


def sender_for(ticket: Ticket | None, *, now: dt.datetime) -> Sender | None:
    """Who writes about this ticket, or None when no server takes outgoing mail."""
    mailbox = mailbox_for(ticket, now=now)
    route = (mailbox_route(mailbox, now=now) if mailbox else None) or installation_route()
    if route is None:
        return None
    return Sender(mailbox.address if mailbox else settings.DEFAULT_FROM_EMAIL, route, mailbox)
