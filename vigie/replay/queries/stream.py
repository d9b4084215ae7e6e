"""The tickets of a contract, their clocks and what happened to them, in narrow batches: memory does not grow with the contract."""

from __future__ import annotations

import datetime as dt
import json
from array import array
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection
from psycopg.types.datetime import TimestamptzLoader

from vigie.contracts.models import Contract
from vigie.replay.rules import Stood, Subject
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import CLOCK_KINDS, Row

BATCH = 2000
READ = [kind for kind in CLOCK_KINDS if kind != facts.ASSIGNED]
"""Who has a ticket in hand is told in an explanation; it never moves a clock of the client (R4.7)."""
BARE = [facts.OPENED, facts.RESPONDED]
"""Facts whose instant alone a clock reads."""

TICKETS = """
select distinct c.ticket_id from tickets_clock c join tickets_ticket t on t.id = c.ticket_id
where c.organisation_id = %(client)s and t.contract_id = %(contract)s and t.opened_at < %(end)s and c.state <> 'cancelled'
  and (c.stopped_at is null or c.stopped_at >= %(start)s or t.opened_at >= %(since)s or coalesce(c.due_at, c.breached_at) >= %(start)s)
order by 1
"""
CLOCKS = """
select c.id, c.ticket_id, c.terms_id, c.kind, t.ticket_type, t.priority,
  exists (select from compliance_exclusion e where e.clock_id = c.id and e.state = 'approved'),
  floor(extract(epoch from t.opened_at))::bigint, c.state, extract(epoch from c.stopped_at)::bigint,
  extract(epoch from coalesce(c.due_at, c.breached_at))::bigint, c.used_seconds, c.target_seconds,
  c.cycle, extract(epoch from c.started_at)::bigint
from tickets_clock c join tickets_ticket t on t.id = c.ticket_id
where c.ticket_id = any (%s) and c.state <> 'cancelled' order by c.ticket_id, c.id
"""
FACTS = """
select ticket_id, id, at, kind, case when kind = any (%s) then null else after::text end,
  case when kind = any (%s) then null else before::text end
from tickets_fact where ticket_id = any (%s) and kind = any (%s) order by ticket_id, at, id
"""
YEAR = dt.timedelta(days=366)


class Kept(NamedTuple):
    """A clock as its row keeps it."""

    id: int
    ticket_id: int
    terms_id: int
    subject: Subject
    stood: Stood
    cycle: int
    started: int


class Lived(NamedTuple):
    """A ticket: its clocks, and its journal where a clock of it must be read again."""

    clocks: list[Kept]
    rows: list[Row]


def tickets_of(contract: Contract, start: dt.datetime, end: dt.datetime) -> array[int]:
    """Ids of the tickets whose clocks may fall in ``[start, end)``, eight bytes each."""
    given: dict[str, Any] = {
        "client": contract.organisation_id,
        "contract": contract.pk,
        "start": start,
        "end": end,
        "since": start - YEAR,
    }
    with connection.cursor() as cursor:
        cursor.execute(TICKETS, given)
        return array("q", (row[0] for row in cursor))


def lives(ids: array[int]) -> Iterator[list[Lived]]:
    """The tickets, in batches."""
    texts: dict[str, Mapping[str, Any]] = {}
    for place in range(0, len(ids), BATCH):
        yield _batch(ids[place : place + BATCH].tolist(), texts)


def _batch(ids: list[int], texts: dict[str, Mapping[str, Any]]) -> list[Lived]:
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS, [ids])
        clocks = groupby(map(_kept, cursor.fetchall()), key=itemgetter(1))
        of_ticket = {ticket_id: list(group) for ticket_id, group in clocks}
        # the zone of every instant is UTC already: Django's own loader would say so once more, a million times
        cursor.cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(FACTS, [BARE, BARE, ids, READ])
        journal: dict[int, list[Row]] = {ticket_id: [] for ticket_id in of_ticket}
        for ticket_id, pk, at, kind, after, before in cursor.fetchall():
            journal[ticket_id].append(Row(pk, at, kind, _read(after, texts), _read(before, texts)))
    return [Lived(found, journal[ticket_id]) for ticket_id, found in of_ticket.items()]


def _kept(row: tuple[Any, ...]) -> Kept:
    return Kept(row[0], row[1], row[2], Subject(*row[3:8]), Stood(*row[8:13]), row[13], row[14])


def _read(text: str | None, texts: dict[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Most facts say the same few things: each is parsed once."""
    if text is None:
        return {}
    found = texts.get(text)
    if found is None:
        if len(texts) > 20_000:
            texts.clear()
        found = texts[text] = json.loads(text) or {}
    return found
