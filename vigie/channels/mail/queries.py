"""Reads of the mail pages: mailboxes with their health, mails by state, one mail as text."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Min, Q

from vigie.accounts.access import offered_agents
from vigie.accounts.access import visible as visible_people
from vigie.accounts.models import Affiliation, Agent
from vigie.channels.mail import access
from vigie.channels.mail.actions.mailboxes import PUBLIC_DOMAINS
from vigie.channels.mail.labels import trouble_sentence
from vigie.channels.mail.models import ClientDomain, InboundMail, Mailbox
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.access import in_sight
from vigie.toolkit.letters import patterns
from vigie.toolkit.ordering import by_name
from vigie.toolkit.paging import Order, Page, capped_count, page_of

State = InboundMail.State

# A mailbox nobody has heard of for so long is said to be late.
LATE = dt.timedelta(minutes=10)
# A stored mail is read within seconds.
BEHIND = dt.timedelta(minutes=5)
# A round that was queued is run and ended within.
A_ROUND = dt.timedelta(minutes=1)
# Who has waited longest comes first where a person decides; elsewhere the last to arrive.
WAITING, NEWEST = Order(("received_at", "id")), Order(("-id",))
FOR_PEOPLE = (State.HELD, State.QUARANTINED)
ROW = (
    "id", "sender", "subject", "envelope_from", "state", "outcome", "received_at", "trust",
)  # fmt: skip
HEADERS_SHOWN = 64 * 1024
CHOICES = 12
NAMED = 6


def mailboxes(actor: Actor, now: dt.datetime) -> list[dict[str, Any]]:
    """Mailboxes in sight by address: ``{"mailbox", "health", "text", "waiting", "oldest"}``."""
    received = Q(inboundmail__state=State.RECEIVED)
    found = (
        access.mailboxes(actor)
        .select_related("organisation", "team")
        .annotate(
            waiting=Count("inboundmail", filter=received),
            oldest=Min("inboundmail__received_at", filter=received),
        )
        .order_by("address")
    )
    return [
        {
            "mailbox": mailbox,
            "health": health(mailbox, now, mailbox.oldest),
            "text": trouble_sentence(mailbox),
            "waiting": mailbox.waiting,
            "oldest": mailbox.oldest,
        }
        for mailbox in found
    ]


def oldest_unread(mailbox: Mailbox) -> dt.datetime | None:
    """When the oldest mail that waits to be read came in, or None."""
    received = InboundMail.objects.filter(mailbox=mailbox, state=State.RECEIVED).order_by("received_at")
    return received.values_list("received_at", flat=True).first()


def health(mailbox: Mailbox, now: dt.datetime, oldest: dt.datetime | None) -> str:
    """``off``, ``late``, ``behind`` (a stored mail waits too long: ``oldest``), ``pipe`` (never asked), ``new``, ``warn``, ``ok``."""
    if not mailbox.is_active:
        return "off"
    is_fetched = mailbox.source != Mailbox.Source.PIPE
    is_silent = mailbox.succeeded_at and now - mailbox.succeeded_at > LATE
    if is_fetched and (mailbox.failures or (is_silent and not _is_being_read(mailbox, now))):
        return "late"
    if oldest is not None and now - oldest > BEHIND:
        return "behind"
    if not is_fetched:
        return "pipe"
    if mailbox.succeeded_at is None:
        return "new"
    return "warn" if mailbox.trouble else "ok"


def _is_being_read(mailbox: Mailbox, now: dt.datetime) -> bool:
    """Was its round queued just now, and has not ended? So it is after a service that was away has begun again."""
    asked, polled = mailbox.asked_at, mailbox.polled_at
    return asked is not None and now - asked < A_ROUND and (polled is None or polled < asked)


def counts_for_people(actor: Actor) -> dict[str, int]:
    """Mails that wait for a person, by state, counted up to the cap."""
    return {state: capped_count(access.visible(actor).filter(state=state)) for state in FOR_PEOPLE}


def reasons(actor: Actor, state: str) -> list[tuple[str, int]]:
    """Why mails are in ``state``, the most frequent first: ``[(outcome, count)]``."""
    found = access.visible(actor).filter(state=state).values_list("outcome").annotate(number=Count("id"))
    return [(str(code), int(number)) for code, number in found.order_by("-number", "outcome")]


def page(
    actor: Actor,
    *,
    state: str,
    outcome: str = "",
    sender: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page:
    """Mails of a state (every one when empty); ``sender``: what the sender's address begins with.

    Those that wait for a person come in the order of their waiting, the others newest first.
    """
    mails = access.visible(actor)
    if state:
        mails = mails.filter(state=state)
    if outcome:
        mails = mails.filter(outcome=outcome)
    if sender:
        mails = mails.filter(sender__startswith=sender.lower())
    order = WAITING if state in FOR_PEOPLE else NEWEST
    return page_of(mails, order, fields=ROW, size=size, cursor=cursor)


def one(actor: Actor, mail_id: int) -> InboundMail:
    """A mail in sight with what its page names, without its bytes."""
    found = (
        access.visible(actor)
        .select_related("mailbox", "organisation", "decided_person")
        .filter(pk=mail_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def creators(actor: Actor, mail: InboundMail) -> list[str]:
    """Colleagues in sight who may make a contact of this mail's sender, by name: at most ``NAMED``."""
    wanted = Q(roles__role__grants__contains=["people:manage"])
    agents = offered_agents(Agent.objects.filter(wanted))
    if mail.organisation_id:
        agents = agents.filter(Q(all_clients=True) | Q(clients__organisation_id=mail.organisation_id))
    seen = visible_people(actor).filter(pk__in=agents.values("pk"))
    return list(seen.order_by(by_name("name"), "id").values_list("name", flat=True)[:NAMED])


def raw_of(actor: Actor, mail_id: int) -> bytes:
    """The bytes as they came."""
    found = access.visible(actor).filter(pk=mail_id).values_list("raw", flat=True).first()
    if found is None:
        raise NotFound()
    return bytes(found)


def headers_of(raw: bytes) -> str:
    """The head of a mail as text, readable whatever is in it."""
    start = raw[:HEADERS_SHOWN].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = start.partition(b"\n\n")[0].decode("utf-8", "replace")
    return "".join(
        char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def may_remember(domain: str) -> bool:
    """Can a domain be told to be a client's? Not one that anybody may have an address at, nor one told already."""
    known = ClientDomain.objects.filter(domain__iexact=domain)
    return bool(domain) and domain not in PUBLIC_DOMAINS and not known.exists()


def contacts(actor: Actor, words: str, organisation_id: int | None, today: dt.date) -> list[dict[str, Any]]:
    """Contacts in sight, of one client if given, whose name or address begins with ``words``."""
    found = in_sight(actor, Affiliation.objects.all()).filter(person__is_active=True)
    found = found.filter(Q(active_until=None) | Q(active_until__gt=today))
    if organisation_id:
        found = found.filter(organisation_id=organisation_id)
    for pattern in patterns(words)[:4]:
        found = found.filter(Q(person__name__iregex=pattern) | Q(person__email__iregex=f"^{pattern}"))
    fields = ("id", "person__name", "person__email", "organisation__name")
    return list(found.order_by(by_name("person__name"), "id").values(*fields)[:CHOICES])
