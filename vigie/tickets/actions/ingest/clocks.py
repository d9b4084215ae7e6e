"""The clocks of a folded ticket: read from its facts as the actions do, and swept as the worker does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from vigie.contracts.queries import terms_of
from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import ClockKind, Terms
from vigie.contracts.rules.reading import Reading, Threshold
from vigie.contracts.rules.sla_clock import read_clock
from vigie.kernel.actor import SYSTEM
from vigie.tickets.actions.ingest.ground import Ground
from vigie.tickets.actions.ledger import (
    FactRow,
    NewFact,
    cache_reading,
    due_columns,
    fact_row,
    facts_of,
    moment,
)
from vigie.tickets.actions.promises import Supposing
from vigie.tickets.actions.turning import turned
from vigie.tickets.models import Clock, Ticket
from vigie.tickets.rules import cycles, facts
from vigie.tickets.rules.clock_facts import CLOCK_KINDS, Row

SWEEP_LAG = 1
"""Seconds between a threshold and the sweep that tells it: the first sweep that can see a breach."""


@dataclass(slots=True)
class Told:
    """One visit of the sweep: a clock, the thresholds found behind, and the instant of the visit."""

    at: int
    clock: Clock
    thresholds: list[Threshold]


@dataclass(slots=True)
class ClockFold:
    """``journal`` is the ticket's facts so far (shared); ``refreshed`` the instants when an action read the clocks."""

    ticket: Ticket
    ground: Ground
    promised: Mapping[ClockKind, Terms]
    journal: list[FactRow]
    refreshed: list[dt.datetime] = field(default_factory=list)
    clocks: list[Clock] = field(init=False)

    def __post_init__(self) -> None:
        ids = self.ground.stamps.of(self.promised.values())
        self.clocks = [
            Clock(
                id=self.ground.clock_ids(),
                organisation_id=self.ticket.organisation_id,
                ticket_id=self.ticket.pk,
                kind=str(kind),
                terms_id=ids[terms],
            )
            for kind, terms in self.promised.items()
        ]

    @property
    def terms(self) -> dict[str, Terms]:
        return {str(kind): terms for kind, terms in self.promised.items()}

    def now(self) -> list[Clock]:
        """The live clocks as the last action left them."""
        for clock in self.clocks:
            cache_reading(clock, self._read(clock, self._facts(clock), epoch(self.refreshed[-1])))
        return [clock for clock in self.clocks if clock.state != Clock.State.CANCELLED]

    def supposing(self, at: dt.datetime) -> Supposing:
        """How a clock would read at ``at`` with one more promise made then."""

        def read(clock: Clock, promise: Mapping[str, Any] | None) -> Reading:
            more = [Row(len(self.journal), at, facts.PROMISED, promise, {})] if promise else []
            return self._read(clock, self._facts(clock, more), epoch(at))

        return read

    def rows(self) -> list[Row]:
        """The journal so far, as a clock reads it."""
        return [self._row(n, fact) for n, fact in enumerate(self.journal) if fact.kind in CLOCK_KINDS]

    def _row(self, order: int, fact: FactRow) -> Row:
        return Row(order, fact.at, fact.kind, fact.after, fact.before or {}, fact.side)

    def _facts(self, clock: Clock, more: Iterable[Row] = ()) -> list[ClockFact]:
        return facts_of(clock, chain(self.rows(), more), self._terms)

    def _turn(self) -> list[Row]:
        """Add the cycles of what is promised again and again; the rows that clocks are read from."""
        rows = self.rows()
        if cycles.promises(rows):
            told = [
                self._row(n, fact)
                for n, fact in enumerate(self.journal)
                if fact.kind in CLOCK_KINDS or (fact.kind == facts.MESSAGE and fact.audience == "public")
            ]
            self.clocks = turned(self.ticket, self.clocks, told, new_id=self.ground.clock_ids)
        return rows

    def _terms(self, pk: int) -> Terms:
        return self.ground.stamps.terms.get(pk) or terms_of(pk)

    def _read(self, clock: Clock, found: list[ClockFact], at: int) -> Reading:
        return read_clock(self._terms(clock.terms_id), found, at)

    # -- the end of the fold -------------------------------------------------

    def settle(self, until: dt.datetime) -> list[FactRow]:
        """Give clocks and ticket their figures as of ``until``; the warnings that were told on the way."""
        last = epoch(self.refreshed[-1])
        rows = self._turn()
        found = {clock.pk: facts_of(clock, rows, self._terms) for clock in self.clocks}
        visits: list[Told] = []
        for clock in self.clocks:
            reading = self._read(clock, found[clock.pk], max(epoch(until), last))
            mine = _visits(clock, reading, epoch(until))
            visits.extend(mine)
            clock.announced = mine[-1].thresholds[-1].percent if mine else 0
            read_at = max(last, mine[-1].at if mine else 0)
            if reading.stopped_at is None:
                reading = self._read(clock, found[clock.pk], read_at)
            cache_reading(clock, reading)
        due_columns(self.ticket, self.clocks)
        visits.sort(key=lambda visit: (visit.at, visit.clock.pk))
        self._count_changes(visits, found)
        return [fact for visit in visits for fact in self._told(visit, found[visit.clock.pk])]

    def _told(self, visit: Told, found: list[ClockFact]) -> list[FactRow]:
        now = dt.datetime.fromtimestamp(visit.at, dt.UTC)
        due_at = moment(self._read(visit.clock, found, visit.at - SWEEP_LAG).due_at)
        return [
            fact_row(
                SYSTEM,
                self.ticket,
                NewFact(
                    facts.BREACHED if step.percent >= 100 else facts.WARNED,
                    {"clock": visit.clock.kind, "percent": step.percent, "due_at": due_at},
                    at=dt.datetime.fromtimestamp(step.at, dt.UTC),
                ),
                now,
            )
            for step in visit.thresholds
        ]

    def _count_changes(self, visits: list[Told], found: Mapping[int, list[ClockFact]]) -> None:
        """Each visit is a change of the ticket; the one that first sees a breach is another."""
        if not visits:
            return
        self.ticket.version += len(visits)
        seen = dt.datetime.fromtimestamp(visits[-1].at, dt.UTC)
        self.ticket.updated_at = max(self.ticket.updated_at, seen)
        if not self.ticket.has_breach:
            return
        known = False
        moments = [(visit.at, 0, visit.clock) for visit in visits]
        moments += [(epoch(at), 1, clock) for at in self.refreshed for clock in self.clocks]
        for at, is_action, clock in sorted(moments, key=lambda m: (m[0], m[1])):
            if (
                not known
                and epoch(clock.started_at) <= at
                and self._read(clock, found[clock.pk], at).breached_at is not None
            ):
                known = True
                self.ticket.version += not is_action


def _visits(clock: Clock, reading: Reading, until: int) -> list[Told]:
    """The sweep's visits to this clock up to ``until``: one for the thresholds that lie behind at the same time."""
    visits: list[Told] = []
    for step in sorted(reading.thresholds, key=lambda step: (step.at, step.percent)):
        if not step.announced or step.at + SWEEP_LAG > until:
            continue
        if visits and step.at <= visits[-1].at:
            visits[-1].thresholds.append(step)
        else:
            visits.append(Told(step.at + SWEEP_LAG, clock, [step]))
    return visits
