"""The clocks of teams and suppliers of a folded ticket, read once at its end.

They are stamped under the priority, type and service that the ticket ended with; what time alone would have told of
them is taken as told, without a fact: those it would have warned have long moved on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import Terms
from vigie.contracts.rules.sla_clock import read_clock
from vigie.tickets.actions.ingest.ground import Behind
from vigie.tickets.actions.ledger import FactRow, cache_reading
from vigie.tickets.actions.support import promised_behind, support_clock
from vigie.tickets.models import SupportClock, Ticket
from vigie.tickets.rules.clock_facts import Row
from vigie.tickets.rules.support import KINDS, stages, support_facts, tracks


def clocks_behind(
    ticket: Ticket, journal: Iterable[FactRow], behind: Behind, until: dt.datetime
) -> list[SupportClock]:
    """As they stand at ``until`` (not saved); none where nobody promised anything."""
    if not behind.book.rows:
        return []
    rows = (
        Row(order, fact.at, fact.kind, fact.after, fact.before or {}, fact.side)
        for order, fact in enumerate(journal)
        if fact.kind in KINDS
    )
    staged = stages(rows)
    found: list[SupportClock] = []
    for track, terms in promised_behind(ticket, tracks(staged), behind.book).items():
        clock = support_clock(ticket, track, behind.id_of(terms))
        reading = read_clock(terms, support_facts(track, staged, _nothing_anew), epoch(until))
        clock.announced = max((step.percent for step in reading.thresholds), default=0)
        cache_reading(clock, reading)
        found.append(clock)
    return found


def _nothing_anew(terms_id: int) -> Terms:
    raise KeyError(terms_id)
