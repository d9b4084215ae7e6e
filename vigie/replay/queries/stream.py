"""The tickets of a contract, their clocks and what happened to them, in narrow batches: memory does not grow with the contract."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Callable, Container, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection

from vigie.contracts.models import Contract
from vigie.replay.queries.journal import Journal, Raw
from vigie.replay.rules import Stood, Subject
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import CLOCK_KINDS

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
select ticket_id, id, floor(date_part('epoch', at))::bigint, case when kind = any (%s) then kind || E'\x1f\x1f'
  else concat(kind, E'\x1f', after, E'\x1f', before) end
from tickets_fact where ticket_id = any (%s) and kind = any (%s)
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
    """A ticket: its clocks, and its journal where a clock of it may read otherwise, in no order."""

    clocks: list[Kept]
    raw: list[Raw]


Moves = Callable[[set[int]], Container[int]]
"""Of stamped terms, those that a variant changes."""


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


def lives(ids: array[int], journal: Journal, moves: Moves) -> Iterator[list[Lived]]:
    """The tickets, in batches. A ticket none of whose promises moves has no journal: its clocks read the same (R4.6)."""
    for place in range(0, len(ids), BATCH):
        yield _batch(ids[place : place + BATCH].tolist(), journal, moves)


def _batch(ids: list[int], journal: Journal, moves: Moves) -> list[Lived]:
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS, [ids])
        clocks = groupby(map(_kept, cursor.fetchall()), key=itemgetter(1))
        found = {ticket_id: list(group) for ticket_id, group in clocks}
        moved = moves({clock.terms_id for group in found.values() for clock in group})
        whole = {pk for pk, group in found.items() if any(clock.terms_id in moved for clock in group)}
        whole |= _promised_anew(cursor, [pk for pk in found if pk not in whole], journal, moves)
        raw: dict[int, list[Raw]] = {pk: [] for pk in found}
        if whole:
            cursor.execute(FACTS, [BARE, list(whole), READ])
            for row in cursor.fetchall():
                raw[row[0]].append(row)
    return [Lived(group, raw[pk]) for pk, group in found.items()]


def _promised_anew(cursor: Any, ids: list[int], journal: Journal, moves: Moves) -> set[int]:
    """Those of the tickets to which a change on the way promised something that moves."""
    if not ids:
        return set()
    cursor.execute(FACTS, [BARE, ids, [facts.PROMISED]])
    said = [(row[0], journal.read(row[3]).after.get("terms_id")) for row in cursor.fetchall()]
    moved = moves({int(terms_id) for _, terms_id in said if terms_id})
    return {pk for pk, terms_id in said if terms_id and int(terms_id) in moved}


def _kept(row: tuple[Any, ...]) -> Kept:
    return Kept(row[0], row[1], row[2], Subject(*row[3:8]), Stood(*row[8:13]), row[13], row[14])
