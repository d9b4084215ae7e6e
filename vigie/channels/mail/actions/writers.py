"""Who writes, and for which client: known address, then the client's domain, then the mailbox's policy."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from vigie.accounts.actions.contacts import create_contact
from vigie.accounts.actors import active_affiliations, actor_of, contact_of
from vigie.accounts.models import Person
from vigie.channels.mail.actions.joining import Placed
from vigie.channels.mail.models import ClientDomain, InboundMail, Mailbox
from vigie.channels.mail.rules.parsed import Address, ParsedMail
from vigie.channels.mail.rules.trust import is_vouched_for
from vigie.kernel.actor import SYSTEM, Actor
from vigie.tenancy.models import Organisation


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody may be said to write. ``suggested`` names the client that the address points to."""

    code: str
    is_refused: bool = False
    suggested: Placed | None = None


def writer_of(mail: InboundMail, read: ParsedMail, now: dt.datetime) -> Actor | Unknown:
    """The actor whose words these are. An agent is one only when the sender is not in doubt."""
    if mail.decided_person_id is not None:
        return _decided(mail, now)
    if not read.sender.email:
        return Unknown("no_sender")
    person = Person.objects.filter(email__iexact=read.sender.email).first()
    if person is None:
        return _stranger(mail, read.sender, now)
    if not person.is_active:
        return Unknown("disabled_person")
    if person.side == Person.Side.PROVIDER:
        if not is_vouched_for(mail.trust, mail.mailbox.authserv_id):
            return Unknown("agent_in_doubt")
        return actor_of(person, today=now.date()) or Unknown("disabled_person")
    return _contact(mail, person, now)


def _decided(mail: InboundMail, now: dt.datetime) -> Actor | Unknown:
    person = Person.objects.get(pk=mail.decided_person_id or 0)
    actor = actor_of(person, today=now.date(), organisation_id=mail.organisation_id)
    if actor is None or (actor.is_client and actor.organisation_id != mail.organisation_id):
        return Unknown("disabled_person")
    return actor


def _contact(mail: InboundMail, person: Person, now: dt.datetime) -> Actor | Unknown:
    """A contact writes for one client: the mailbox's, else its only one, else the one of the address's domain."""
    held = active_affiliations(person.pk, now.date())
    clients = [affiliation.organisation_id for affiliation in held]
    if not clients:
        return Unknown("left_client")
    wanted = mail.mailbox.organisation_id or _client_of_domain(mail.sender)
    if mail.mailbox.organisation_id and wanted not in clients:
        return Unknown("other_client", suggested=Placed("", organisation_id=clients[0]))
    if wanted not in clients:
        if len(clients) > 1:
            return Unknown("several_clients")
        wanted = clients[0]
    return contact_of(person, held, wanted) or Unknown("left_client")


def _client_of_domain(address: str) -> int | None:
    domain = address.rpartition("@")[2]
    return (
        ClientDomain.objects.filter(domain__iexact=domain).values_list("organisation_id", flat=True).first()
    )


def _stranger(mail: InboundMail, sender: Address, now: dt.datetime) -> Actor | Unknown:
    """A new address. Its domain may point to a client; a sender in doubt never makes a contact."""
    policy = mail.mailbox.unknown
    if policy == Mailbox.Unknown.REFUSE:
        return Unknown("refused_stranger", is_refused=True)
    client = _client_of_domain(sender.email)
    box = mail.mailbox.organisation_id
    if client is None or (box and box != client):
        return Unknown("stranger", suggested=Placed("", organisation_id=client or box))
    if policy != Mailbox.Unknown.CREATE or not is_vouched_for(mail.trust, mail.mailbox.authserv_id):
        return Unknown("new_address", suggested=Placed("", organisation_id=client))
    if Organisation.objects.filter(pk=client, status=Organisation.Status.CLOSED).exists():
        return Unknown("stranger", suggested=Placed("", organisation_id=client))
    person = create_contact(
        SYSTEM,
        client,
        {"name": sender.name[:150] or _name_in(sender.email), "email": sender.email},
        {"roles": ["user"]},
        now=now,
    )
    return actor_of(person, today=now.date(), organisation_id=client) or Unknown("stranger")


def _name_in(address: str) -> str:
    """A readable name from ``jean.dupont@…`` until somebody writes a better one."""
    words = address.partition("@")[0].replace("_", ".").split(".")
    return " ".join(word.capitalize() for word in words if word)[:150] or address
