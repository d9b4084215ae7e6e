"""Tickets findable by who asked and for whom: their names and addresses beside the texts, replaced when they change."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from vigie.tickets.models import Ticket
from vigie.toolkit.search import TEXTS

BATCH = 500

PEOPLE = """(
select vigie_aside(string_agg(p.name || ' ' || split_part(coalesce(p.email, ''), '@', 1), ' '), string_agg(p.email, ' '))
from accounts_person p where p.id in (t.requester_id, t.beneficiary_id) and p.side = 'client')"""
"""The words of the people of the ticket ``t``: clients alone, for a customer reads the same text."""

_UPDATE = f"""
update toolkit_searchdoc d set tsv = ts_filter(d.tsv, {TEXTS}) || {PEOPLE}
from tickets_ticket t where d.kind = 'ticket' and d.object_id = t.id and t.id = any (%s)
"""  # noqa: S608 (constants)


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
