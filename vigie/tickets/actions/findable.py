"""Tickets findable by who asked and for whom: their names and addresses beside the texts, replaced when they change."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from vigie.tickets.models import Message, Ticket
from vigie.toolkit import richtext
from vigie.toolkit.search import INDEXED_CHARACTERS, TEXTS

BATCH = 500

PEOPLE = """(
select vigie_aside(string_agg(p.name || ' ' || split_part(coalesce(p.email, ''), '@', 1), ' '), string_agg(p.email, ' '))
from accounts_person p where p.id in (t.requester_id, t.beneficiary_id) and p.side = 'client')"""
"""The words of the people of the ticket ``t``: clients alone, for a customer reads the same text."""

_UPDATE = f"""
update toolkit_searchdoc d set tsv = ts_filter(d.tsv, {TEXTS}) || {PEOPLE}
from tickets_ticket t where d.kind = 'ticket' and d.object_id = t.id and t.id = any (%s)
"""  # noqa: S608 (constants)


_OPEN = f"""
insert into toolkit_searchdoc (kind, object_id, organisation_id, audience, tsv)
select 'ticket', t.id, t.organisation_id, 'public', vigie_doc(%s, %s) || {PEOPLE}
from tickets_ticket t where t.id = %s
"""  # noqa: S608 (constants)


def index_opening(ticket: Ticket, opening: Message) -> None:
    """Make a new ticket findable by its reference, title, opening message and people, in one statement.

    Past the client wall: a customer may not read the addresses of others.
    """
    text = richtext.to_text(opening.body) if opening.is_html else opening.body
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [f"{ticket.reference} {ticket.title}", text[:INDEXED_CHARACTERS], ticket.pk])


def name_people(ticket_ids: Sequence[int]) -> None:
    """Write the people of these tickets beside their texts, in the place of what stood there."""
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [list(ticket_ids)])


def follow_person(person_id: int) -> None:
    """Write them again on every ticket of a person whose name or address changed; each batch by itself."""
    mine = Ticket.objects.filter(Q(requester_id=person_id) | Q(beneficiary_id=person_id)).order_by("id")
    ids = list(mine.values_list("id", flat=True))
    for start in range(0, len(ids), BATCH):
        name_people(ids[start : start + BATCH])
