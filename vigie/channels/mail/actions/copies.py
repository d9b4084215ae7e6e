"""Who else a mail was sent to. People of the ticket's client may become followers; any other address is only text for agents."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext as _

from vigie.accounts.models import Person
from vigie.channels.mail.models import InboundMail
from vigie.channels.mail.outgoing.admission import is_own
from vigie.channels.mail.rules.parsed import ParsedMail
from vigie.channels.mail.rules.trust import Verdict
from vigie.tickets.actions.conversation import Said, keep_automatic
from vigie.tickets.actions.watching import propose_watchers
from vigie.tickets.models import Message, Ticket

LOOKED_AT = 50


def keep_copies(mail: InboundMail, read: ParsedMail, ticket: Ticket, *, now: dt.datetime) -> None:
    """Propose known people as followers, unless the sender is in doubt, and tell agents the other addresses.

    Of a mail to a crowd (more than ``LOOKED_AT`` addresses) nothing is kept.
    """
    addresses = {one.email.lower() for one in (*read.to, *read.cc) if one.email}
    addresses = {address for address in addresses - {mail.sender.lower()} if not is_own(address)}
    if not addresses or len(addresses) > LOOKED_AT:
        return
    named = Q()
    for address in addresses:
        named |= Q(email__iexact=address)
    people = Person.objects.filter(named, side=Person.Side.CLIENT, is_active=True)
    if mail.trust != Verdict.UNVERIFIED:
        propose_watchers(ticket, list(people.values_list("pk", flat=True)), now=now)
    inside = people.filter(affiliations__organisation_id=ticket.organisation_id)
    known = {str(email).lower() for email in inside.values_list("email", flat=True)}
    _tell(mail, ticket, sorted(addresses - known), now)


def _tell(mail: InboundMail, ticket: Ticket, outside: list[str], now: dt.datetime) -> None:
    """Once a ticket for the same addresses, however many mails bear them."""
    text = _("In copy: %(addresses)s") % {"addresses": ", ".join(outside)}
    told = Message.objects.filter(ticket=ticket, is_automatic=True, audience="internal", body=text)
    if outside and not told.exists():
        keep_automatic(
            ticket.pk, Said(text, is_html=False, submission=f"copies:{mail.pk}", via="mail"), now=now
        )
