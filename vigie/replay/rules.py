"""Pure decisions of a replay: what a variant makes of stamped terms, which month a clock falls in, what the months cost."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from vigie.compliance import rules
from vigie.contracts.rules import penalties
from vigie.contracts.rules.calendar import Calendar, Hours
from vigie.contracts.rules.compliance import Measure, Method, Verdict
from vigie.contracts.rules.penalties import NOTHING
from vigie.contracts.rules.promise import ClockKind, Delays, PriorityPolicy, ReopenPolicy, Target, Terms
from vigie.contracts.rules.reading import ClockState, Standing

# -- a variant ------------------------------------------------------------------------------------------------------


class Clause(NamedTuple):
    """What another version of the contract says in the place of a promise. ``calendar`` is ``None`` where the hours are the same;
    ``of_site``: measured in the zone and the closed days of the beneficiary's site.
    """

    kind: ClockKind
    target: Target
    pause_reasons: frozenset[str]
    on_retarget: PriorityPolicy
    on_reopen: ReopenPolicy
    delays: Delays
    calendar: Calendar | None = None
    of_site: bool = True

    def instead_of(self, terms: Terms) -> Terms:
        """The terms as that version would have stamped them; another kind of clock keeps its own."""
        if terms.kind != self.kind:
            return terms
        calendar = self.calendar or terms.calendar
        if self.calendar is not None and self.of_site:
            calendar = _moved(self.calendar, terms.calendar)
        return replace(
            terms, target=self.target, calendar=calendar, pause_reasons=self.pause_reasons,
            on_retarget=self.on_retarget, on_reopen=self.on_reopen, delays=self.delays,
        )  # fmt: skip


def _moved(new: Calendar, old: Calendar) -> Calendar:
    """The new hours in the zone of the old ones, with their closed days where the new ones have any."""
    if new.parts or old.parts:
        return new
    return new.for_site(old.zone, old.holiday_sets if new.holiday_sets else ())


@dataclass(frozen=True, slots=True)
class Change:
    """What a variant changes of a contract; what is left empty stays as it was promised.

    ``clauses`` by commitment id: another version, taken first. ``targets`` by commitment id. ``calendar`` replaces
    the hours and their closed days, in the zone of the promise;
    ``week`` the weekly hours alone. ``pauses``: what would, and would not, suspend the long clocks.
    """

    clauses: Mapping[str, Clause] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    calendar: Calendar | None = None
    week: tuple[Hours, ...] = ()
    pauses: Mapping[str, bool] = field(default_factory=dict)
    on_retarget: PriorityPolicy | None = None
    on_reopen: ReopenPolicy | None = None

    def applied(self, terms: Terms) -> Terms:
        """The terms as the variant would have stamped them."""
        clause = self.clauses.get(terms.commitment_id)
        if clause is not None:
            terms = clause.instead_of(terms)
        reasons = terms.pause_reasons
        if terms.kind != ClockKind.RESPONSE:
            reasons = (reasons | {r for r, pauses in self.pauses.items() if pauses}) - {
                r for r, pauses in self.pauses.items() if not pauses
            }
        return replace(
            terms,
            target=self.targets.get(terms.commitment_id, terms.target),
            calendar=self._hours(terms.calendar),
            pause_reasons=reasons,
            on_retarget=self.on_retarget or terms.on_retarget,
            on_reopen=self.on_reopen or terms.on_reopen,
        )

    def _hours(self, old: Calendar) -> Calendar:
        if self.calendar is not None:
            return _moved(self.calendar, old)
        if not self.week:
            return old
        return replace(old, week=self.week, parts=(), code="")


def alters(old: Terms, new: Terms) -> bool:
    """Could a clock under the new terms read otherwise than under the old ones?"""
    return _measured(old) != _measured(new)


def _measured(terms: Terms) -> tuple[object, ...]:
    return terms.target, terms.calendar, terms.pause_reasons, terms.on_retarget, terms.on_reopen


# -- months ---------------------------------------------------------------------------------------------------------


class Stood(NamedTuple):
    """A clock as a month counts it. Instants are epoch seconds; ``due`` is when time ran out, or would."""

    state: str
    stopped: int | None
    due: int | None
    used: int
    target: int

    @classmethod
    def of(cls, found: Standing) -> Stood:
        due = found.breached_at if found.due_at is None else found.due_at
        return cls(
            str(found.state), found.stopped_at, due, max(found.used_seconds, 0), max(found.target_seconds, 0)
        )


class Subject(NamedTuple):
    """What sets clocks apart in a rate, whatever became of them."""

    kind: str
    ticket_type: str
    priority: int
    excluded: bool
    opened: int


_MISSED, _CANCELLED = str(ClockState.MISSED), str(ClockState.CANCELLED)


class Place(NamedTuple):
    """In which month's population, and missed or not."""

    month: int
    late: bool


@cache
def _at(month: int, late: bool) -> tuple[Place]:
    """The few there are: a replay asks for them hundreds of thousands of times."""
    return (Place(month, late),)


@dataclass(frozen=True, slots=True)
class Months:
    """Months that follow each other, each with its population's method; the last ends at the present, if in it."""

    first: Sequence[dt.date]
    bounds: Sequence[int]  # one more than months
    methods: Sequence[Method]
    ends: Sequence[int]  # the last is the present, where it lies in that month
    now: int
    used: tuple[Method, ...]

    @classmethod
    def up_to(
        cls, months: Sequence[dt.date], zone: str, methods: Sequence[Method], now: dt.datetime
    ) -> Months:
        spans = [rules.span_of(month, zone) for month in months]
        bounds = [int(start.timestamp()) for start, _ in spans] + [int(spans[-1][1].timestamp())]
        at = int(now.timestamp())
        ends = [min(end, max(at, start)) for start, end in pairwise(bounds)]
        return cls(months, bounds, methods, ends, at, tuple(sorted(set(methods))))

    def of(self, at: int | None) -> int | None:
        if at is None or not self.bounds[0] <= at < self.ends[-1]:
            return None
        return bisect_right(self.bounds, at) - 1

    def places(self, subject: Subject, stood: Stood) -> tuple[Place, ...]:
        """As ``compliance.queries.clocks.population`` says it in SQL; two only where the method changes in between."""
        if stood.state == _CANCELLED:
            return ()
        if len(self.used) == 1:
            return self._place(self.used[0], subject, stood)
        return tuple(place for method in self.used for place in self._place(method, subject, stood))

    def _place(self, method: Method, subject: Subject, stood: Stood) -> tuple[Place, ...]:
        at = stood.stopped
        if method != Method.RESOLVED:
            at = subject.opened if method == Method.OPENED else stood.due
        month = self.of(at)
        if month is None or self.methods[month] != method:
            return ()
        end = self.ends[month]
        if stood.stopped is not None and stood.stopped < end:
            return _at(month, stood.state == _MISSED)
        due = stood.due is not None and stood.due < end
        return () if method == Method.OPENED and not due else _at(month, due)

    def open_late(self, due: int, stopped: int | None) -> range:
        """The months at whose end a clock was open and late."""
        first = bisect_right(self.ends, due)
        last = len(self.ends) if stopped is None else bisect_right(self.ends, stopped)
        return range(first, last)


@dataclass(slots=True)
class Board:
    """Counts of one scenario, month by month."""

    months: Months
    counts: list[Counter[tuple[str, str, int, bool, bool]]] = field(init=False)
    beyond: list[list[tuple[str, str, int, int]]] = field(init=False)
    open_late: list[int] = field(init=False)
    wants_beyond: bool = True

    def __post_init__(self) -> None:
        size = len(self.months.first)
        self.counts = [Counter() for _ in range(size)]
        self.beyond = [[] for _ in range(size)]
        self.open_late = [0] * size

    def add(self, subject: Subject, stood: Stood) -> tuple[Place, ...]:
        """Count the clock; where it went."""
        places = self.months.places(subject, stood)
        self.count(subject, stood, places)
        return places

    def count(self, subject: Subject, stood: Stood, places: tuple[Place, ...]) -> None:
        """Count the clock where it is known to go."""
        kind, of_type, priority, excluded, _ = subject
        for month, late in places:
            self.counts[month][kind, of_type, priority, late, excluded] += 1
            if self.wants_beyond and late and not excluded:
                self.beyond[month].append((kind, of_type, priority, stood.used - stood.target))
        if stood.due is not None and (stood.stopped is None or stood.stopped > stood.due):
            for month in self.months.open_late(stood.due, stood.stopped):
                self.open_late[month] += 1

    def counted(self, month: int) -> list[rules.Count]:
        return [rules.Count(*key, number) for key, number in sorted(self.counts[month].items())]


# -- what the months cost -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bill:
    """What a month is judged by: its promises, its caps, after how many months met a penalty is given back.

    ``measured``: what is no ticket, judged already. ``corrections``: of months before the first one replayed, told in this
    one. No variant moves either.
    """

    promises: Sequence[rules.Promise]
    limits: penalties.Limits
    earn_back_after: int = 0
    measured: Sequence[tuple[rules.Promise, rules.Judged]] = ()
    corrections: Decimal = NOTHING

    def judged(self, rates: Sequence[rules.Judged]) -> tuple[rules.Judged, ...]:
        """All lines of the month, those of its measures too."""
        return (*rates, *(line for _promise, line in self.measured))

    @property
    def groups(self) -> dict[int, str]:
        """Lines of one group answer for the same event: only the dearest of them is charged."""
        return {one.key: one.group for one in (*self.promises, *(promise for promise, _ in self.measured))}


@dataclass(frozen=True, slots=True)
class Settled:
    """A month that weighs on later ones."""

    month: dt.date
    charged: Decimal
    due: Decimal
    cost: Decimal
    lines: tuple[tuple[int, Decimal, Verdict], ...]
    carried: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class MonthOf:
    """A month of a scenario. ``lines`` are its rates of clocks; the ``settlement`` is of everything."""

    month: dt.date
    lines: tuple[rules.Judged, ...]
    together: Measure
    open_late: int
    settlement: penalties.Settlement


def months_of(
    board: Board,
    bills: Sequence[Bill],
    starts_on: dt.date,
    earlier: Sequence[Settled],
    weighs: Callable[[dt.date], bool],
) -> list[MonthOf]:
    """Every month of the board, judged and settled in order.

    ``earlier``: the statements before them. ``weighs``: has the month a statement? Only those count in the caps of
    the year, the franchise and what is given back, before as after.
    """
    known, found = list(earlier), []
    for place, month in enumerate(board.months.first):
        bill, counts = bills[place], board.counted(place)
        lines = tuple(
            rules.judged(one, counts, _beyond(one, board.beyond[place]), _pooled(one, board, place))
            for one in bill.promises
        )
        settlement = _settle(month, bill, lines, starts_on, known)
        measure = rules.together(bill.promises, counts) if bill.promises else rules.measure_of(counts)
        found.append(MonthOf(month, lines, measure, board.open_late[place], settlement))
        if weighs(month):
            known.append(_weight(month, bill, lines, settlement))
    return found


def _beyond(promise: rules.Promise, rows: Sequence[tuple[str, str, int, int]]) -> list[int]:
    if not isinstance(promise.formula, penalties.PerTicket):
        return []
    return [late for kind, of_type, priority, late in rows if promise.covers(kind, of_type, priority)]


def _pooled(promise: rules.Promise, board: Board, place: int) -> list[list[rules.Count]]:
    """The months before, the latest first, for a small volume that is judged with them."""
    if promise.small_volume != "pooled":
        return []
    return [board.counted(n) for n in range(place - 1, max(place - 4, -1), -1)]


def _weight(
    month: dt.date, bill: Bill, rates: Sequence[rules.Judged], settlement: penalties.Settlement
) -> Settled:
    bonus = settlement.step(penalties.StepKind.BONUS)
    told = tuple((line.key, line.penalty, line.verdict) for line in bill.judged(rates))
    charged, due = settlement.charged + bill.corrections, settlement.due + bill.corrections
    carried = settlement.step(penalties.StepKind.CARRIED_OUT) + settlement.step(penalties.StepKind.CARRIED_IN)
    return Settled(month, charged, due, settlement.due + bonus, told, carried)


def _settle(
    month: dt.date, bill: Bill, rates: Sequence[rules.Judged], starts_on: dt.date, known: Sequence[Settled]
) -> penalties.Settlement:
    lines, groups = bill.judged(rates), bill.groups
    year = rules.contract_year(starts_on, month)
    met = frozenset(line.key for line in lines if line.verdict == Verdict.CONFORMING)
    before = penalties.Before(
        charged_in_year=sum((one.charged for one in known if one.month >= year), NOTHING),
        charged=sum((one.charged for one in known), NOTHING),
        due=sum((one.due for one in known), NOTHING),
        carried=sum((one.carried for one in known), NOTHING),
    )
    return penalties.settle(
        [penalties.Line(line.key, line.penalty, groups[line.key]) for line in lines],
        bill.limits,
        before,
        bonus=sum((line.bonus for line in lines), NOTHING),
        earned_back=_earned_back(month, bill.earn_back_after, known, met),
        corrections=bill.corrections,
    )


def _earned_back(month: dt.date, after: int, known: Sequence[Settled], met: frozenset[int]) -> Decimal:
    wanted = [rules.later(month, -n) for n in range(after, 0, -1)]
    past = [penalties.Past(one.cost, one.lines) for one in known if one.month in wanted]
    return penalties.earned_back(past, met, after) if after and len(past) == after else NOTHING
