"""Folded tickets written in bulk: COPY, in the order that the tables need."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, models

from vigie.tickets.actions.findable import PEOPLE
from vigie.tickets.actions.ingest.fold import Fold
from vigie.tickets.models import Clock, Fact, Message, Referral, SupportClock, Ticket, Watcher
from vigie.toolkit.search import INDEXED_CHARACTERS

YOUNG = 1000
"""Tickets below which a table counts as young: it may grow many times over within one import."""

_INDEX = f"""
insert into toolkit_searchdoc (kind, object_id, organisation_id, audience, tsv)
select 'ticket', t.id, %s, t.audience, vigie_doc(t.title, t.body) || {PEOPLE}
from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
  as t (id, audience, title, body, requester_id, beneficiary_id)
"""  # noqa: S608 (constants)


_as_json = json.JSONEncoder(ensure_ascii=False).encode


def copy_rows(model: type[models.Model], rows: Iterable[Any], *, but: Sequence[str] = ()) -> None:
    """COPY unsaved rows of one model: instances, or anything with its attributes.

    ``but`` names the columns that the database fills.
    """
    columns = [f for f in model._meta.concrete_fields if f.attname not in but]
    values_of = attrgetter(*(f.attname for f in columns))
    documents = [place for place, f in enumerate(columns) if isinstance(f, models.JSONField)]
    names = ", ".join(f'"{f.column}"' for f in columns)
    statement = f'copy "{model._meta.db_table}" ({names}) from stdin'
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            values = list(values_of(row))
            for place in documents:
                if values[place] is not None:
                    values[place] = _as_json(values[place])
            copy.write_row(values)


def write(
    folds: Sequence[Fold], organisation_id: int, fact_ids: Callable[[], int], watching: set[tuple[int, int]]
) -> None:
    """Write everything that these folds hold, in the caller's transaction. ``watching`` is who watches already."""
    copy_rows(Ticket, (fold.ticket for fold in folds))
    copy_rows(Message, (message for fold in folds for message in fold.messages))
    copy_rows(Clock, (clock for fold in folds for clock in fold.clocks.clocks))
    copy_rows(Referral, (referral for fold in folds for referral in fold.referrals), but=("id",))
    copy_rows(SupportClock, (clock for fold in folds for clock in fold.behind), but=("id",))
    facts = [fact for fold in folds for fact in fold.facts]
    for fact in facts:  # before the COPY begins: a connection does one thing at a time
        fact.id = fact_ids()
    copy_rows(Fact, facts)
    watchers = {(w.ticket_id, w.person_id): w for fold in folds for w in fold.watchers.values()}
    fresh = watchers.keys() - watching
    copy_rows(Watcher, (watcher for key, watcher in watchers.items() if key in fresh), but=("id",))
    watching |= fresh
    _index(folds, organisation_id)
    _measure_young_table()


def _measure_young_table() -> None:
    """Tell the planner that the table of tickets is no longer empty.

    A plan made for an empty table checks each reference to a ticket by walking all tickets of its client, and the
    connection keeps it: the twentieth batch would take forty times as long as the first.
    """
    with connection.cursor() as cursor:
        cursor.execute("select reltuples < %s from pg_class where oid = 'tickets_ticket'::regclass", [YOUNG])
        if cursor.fetchone()[0]:
            cursor.execute("analyze tickets_ticket")


def _index(folds: Sequence[Fold], organisation_id: int) -> None:
    """One search document a ticket and audience."""
    docs: dict[tuple[int, str], tuple[list[str], list[str]]] = {}
    for fold in folds:
        for audience, title, body in fold.texts:
            titles, bodies = docs.setdefault((fold.ticket.pk, audience), ([], []))
            titles.append(title)
            bodies.append(body[:INDEXED_CHARACTERS])
    ids = [key[0] for key in docs]
    audiences = [key[1] for key in docs]
    people = {fold.ticket.pk: (fold.ticket.requester_id, fold.ticket.beneficiary_id) for fold in folds}
    requesters, beneficiaries = [people[pk][0] for pk in ids], [people[pk][1] for pk in ids]
    titles = [" ".join(filter(None, parts[0])) for parts in docs.values()]
    texts = ["\n".join(parts[1]) for parts in docs.values()]
    with connection.cursor() as cursor:
        cursor.execute(_INDEX, [organisation_id, ids, audiences, titles, texts, requesters, beneficiaries])
