"""The replay itself: every clock of a contract's last twelve months as it is, and as it would be under each variant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from vigie.compliance import rules as compliance
from vigie.compliance.models import StatementCorrection, StatementLine
from vigie.compliance.queries import figures
from vigie.compliance.queries.measured import measured
from vigie.compliance.queries.reading import carried, charged, cost_of, measures_in, own_of, step_of
from vigie.compliance.queries.terms import Stated, statements_before, terms_in
from vigie.contracts.models import Contract
from vigie.contracts.queries.book import terms_of, terms_of_many
from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.compliance import Verdict
from vigie.contracts.rules.cycles import Cycle
from vigie.contracts.rules.penalties import NOTHING, PerTicket, StepKind
from vigie.contracts.rules.promise import Terms
from vigie.contracts.rules.sla_clock import stand_of
from vigie.kernel.actor import SYSTEM
from vigie.replay.queries import stream
from vigie.replay.queries.journal import Journal
from vigie.replay.rules import Bill, Board, Change, MonthOf, Months, Place, Settled, Stood, alters, months_of
from vigie.tickets.rules import cycles, facts
from vigie.tickets.rules.clock_facts import Row, clock_facts, cycle_facts
from vigie.toolkit.memory import no_search_for_cycles

LENGTH = 12


class Moved(NamedTuple):
    """A clock that a variant judges otherwise."""

    variant: int
    clock: stream.Kept
    was: tuple[Place, ...]
    then: tuple[Place, ...]
    stood: Stood


@dataclass(slots=True)
class Supposed:
    """A variant over the stamped terms of tickets, each changed once. Thresholds decide nothing and are left out."""

    change: Change
    changed: dict[int, Terms] = field(default_factory=dict)
    same: dict[int, bool] = field(default_factory=dict)

    def terms(self, stamped_id: int) -> Terms:
        found = self.changed.get(stamped_id)
        if found is None:
            old = terms_of(stamped_id)
            new = self.change.applied(old)
            found = self.changed[stamped_id] = replace(new, thresholds=())
            self.same[stamped_id] = not alters(old, new)
        return found

    def leaves(self, stamped_id: int) -> bool:
        """Is this promise what it was?"""
        if stamped_id not in self.same:
            self.terms(stamped_id)
        return self.same[stamped_id]


class Apart(NamedTuple):
    """What a frozen month was corrected by, and the month whose statement told it (``None``: none yet)."""

    month: dt.date
    amount: Decimal
    told_in: dt.date | None


@dataclass(frozen=True, slots=True)
class Ground:
    """What the months are judged by, read once."""

    contract: Contract
    months: Months
    bills: Sequence[Bill]
    earlier: Sequence[Settled]
    stated: Mapping[dt.date, Decimal]
    """What the statements of months come to."""
    stated_own: Mapping[dt.date, Decimal]
    """The same without what they tell of other months or carry over."""
    apart: Sequence[Apart] = ()
    """Corrections of these months: the clocks of today hold them already, so that no month adds them."""

    def board(self) -> Board:
        costs = any(isinstance(one.formula, PerTicket) for bill in self.bills for one in bill.promises)
        return Board(self.months, wants_beyond=costs)

    def told(self, board: Board) -> list[MonthOf]:
        return months_of(
            board, self.bills, self.contract.starts_on, self.earlier, lambda month: month in self.stated
        )


def window(contract: Contract, last: dt.date) -> list[dt.date]:
    """The twelve months up to ``last``, since the contract started."""
    start = contract.starts_on.replace(day=1)
    wanted = (compliance.later(last, n - LENGTH + 1) for n in range(LENGTH))
    return [month for month in wanted if month >= start] or [last]


def ground_of(contract: Contract, last: dt.date, *, now: dt.datetime) -> Ground:
    """The months of :func:`window`, and what was corrected of them and before them."""
    months = window(contract, last)
    terms = terms_in(SYSTEM, contract, months)
    statements = statements_before(SYSTEM, contract, compliance.later(last))
    measures = {month: measures_in(terms[month]) for month in months}
    found = measured(SYSTEM, contract, measures, now)
    corrected = _corrected(contract, last, statements, now)
    bills = [
        Bill(
            terms[month].rates(), terms[month].limits(), terms[month].penalty.earn_back_after,
            [(promise, line) for (_, promise), (line, _) in zip(measures[month], found[month], strict=True)],
            sum((one.amount for one in corrected if one.month < months[0] and (one.told_in or last) == month), NOTHING),
        )
        for month in months
    ]  # fmt: skip
    methods = [terms[month].method for month in months]
    return Ground(
        contract,
        Months.up_to(months, contract.organisation.timezone, methods, now),
        bills,
        _earlier([row for row in statements if row.month < months[0]]),
        {row.month: row.total for row in statements},
        {row.month: own_of(row) for row in statements},
        [one for one in corrected if one.month >= months[0]],
    )


def _corrected(
    contract: Contract, last: dt.date, statements: Sequence[Stated], now: dt.datetime
) -> list[Apart]:
    """What statements told of months before them, and what nobody told yet."""
    if not statements:
        return []
    told = StatementCorrection.objects.filter(statement__in=[row.id for row in statements])
    rows = told.order_by("corrected__month", "statement__month")
    found = [Apart(*row) for row in rows.values_list("corrected__month", "amount", "statement__month")]
    untold = figures.ground_of(SYSTEM, contract, last, now=now).past.corrections
    return [*found, *(Apart(one.month, one.amount, None) for one in untold)]


def _earlier(statements: Sequence[Stated]) -> list[Settled]:
    lines: dict[int, list[tuple[int, Decimal, Verdict]]] = {}
    rows = StatementLine.objects.filter(statement__in=[row.id for row in statements])
    for pk, key, amount, verdict in rows.values_list("statement_id", "commitment_id", "penalty", "verdict"):
        lines.setdefault(pk, []).append((key, amount, Verdict(verdict)))
    return [
        Settled(
            row.month, charged(row), row.due + step_of(row, StepKind.CORRECTION), cost_of(row),
            tuple(lines.get(row.id, ())), carried(row),
        )
        for row in statements
    ]  # fmt: skip


@dataclass(slots=True)
class Replay:
    """Replays ticket by ticket: iterate over :meth:`run`, then read the boards."""

    ground: Ground
    variants: Sequence[Change]
    now: dt.datetime
    tickets: int = 0
    done: int = 0
    before: Board = field(init=False)
    after: list[Board] = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.ground.board()
        self.after = [self.ground.board() for _ in self.variants]

    def run(self) -> Iterator[list[Moved]]:
        """One batch after the other: the clocks judged otherwise. ``done`` of ``tickets`` tells how far it is."""
        months = self.ground.months
        start, end = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (months.bounds[0], months.bounds[-1]))
        ids = stream.tickets_of(self.ground.contract, start, min(end, self.now))
        self.tickets = len(ids)
        supposed = [Supposed(change) for change in self.variants]

        def moves(stamped_ids: set[int]) -> set[int]:
            terms_of_many(stamped_ids)
            return {pk for pk in stamped_ids if not all(one.leaves(pk) for one in supposed)}

        journal = Journal()
        scenarios = list(zip(range(len(supposed)), supposed, self.after, strict=True))
        with no_search_for_cycles():
            for batch in stream.lives(ids, journal, moves):
                moved: list[Moved] = []
                for lived in batch:
                    self._ticket(lived, journal, scenarios, moved.append)
                self.done += len(batch)
                yield moved

    def _ticket(
        self,
        lived: stream.Lived,
        journal: Journal,
        scenarios: Sequence[tuple[int, Supposed, Board]],
        tell: Callable[[Moved], None],
    ) -> None:
        now = self.ground.months.now
        plain = journal.plain_facts(lived.raw)
        rows = [] if plain else journal.rows(lived.raw)
        promised = [row for row in rows if row.kind == facts.PROMISED]
        for clock in lived.clocks:
            subject = clock.subject
            was = self.before.add(subject, clock.stood)
            mine = _promised_to(clock, promised) if promised else ()
            shared: list[ClockFact] | None = None
            for number, one, board in scenarios:
                if one.leaves(clock.terms_id) and all(map(one.leaves, mine)):
                    board.count(subject, clock.stood, was)
                    continue
                if shared is None or mine:
                    if plain and subject.kind not in cycles.KINDS:
                        shared = plain.response if subject.kind == "response" else plain.other
                    else:
                        shared = _facts(clock, rows or journal.rows(lived.raw), one)
                stood = Stood.of(stand_of(one.terms(clock.terms_id), shared, now))
                then = board.add(subject, stood)
                if was != then:
                    tell(Moved(number, clock, was, then, stood))


def _promised_to(clock: stream.Kept, promised: Sequence[Row]) -> list[int]:
    """Ids of the terms that changes on the way promised to this clock."""
    kind = clock.subject.kind
    return [
        int(row.after["terms_id"])
        for row in promised
        if row.after.get("terms_id")
        and (row.after.get("clock_id") == clock.id or row.after.get("cycles") == kind)
    ]


def _facts(clock: stream.Kept, rows: Sequence[Row], supposed: Supposed) -> list[ClockFact]:
    """What the clock reads; a cycle lies within the bounds that stand on its row."""
    if clock.subject.kind in cycles.KINDS:
        bounds = Cycle(clock.cycle, clock.started, clock.stood.stopped)
        return cycle_facts(clock.subject.kind, bounds, rows, supposed.terms)
    return clock_facts(clock.subject.kind, clock.id, rows, supposed.terms)
